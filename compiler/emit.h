// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_EMIT_H_
#define WRIT_COMPILER_EMIT_H_

#include "base/status.h"
#include "compiler/image.h"
#include "compiler/ir.h"

namespace writ {

// Writes the tables of `program` (the sections of minor version 0) into
// `image`. Deterministic; equal texts, patterns, lists and conditions are
// stored once.
//
// image_bytes   the tables may take this much
// decide_steps  one policy may take this much
// Errors   kResourceExhausted  more than that
Status EmitTables(const ir::Program& program, uint64_t image_bytes,
                  uint64_t decide_steps, Image* image);

}  // namespace writ

#endif  // WRIT_COMPILER_EMIT_H_
