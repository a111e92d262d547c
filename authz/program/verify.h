// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_VERIFY_H_
#define WRIT_AUTHZ_PROGRAM_VERIFY_H_

#include <cstdint>
#include <string_view>

#include "authz/program/format.h"
#include "base/limits.h"
#include "base/status.h"

namespace writ {

// The checksum that belongs into the header of `image`, which must be at least
// as long as a header.
uint64_t ImageChecksum(std::string_view image);

// Checks what comes before the tables: size, magic, versions, checksum.
//
// Errors   kDataLoss       truncated, not an image, or the checksum differs
//          kUnimplemented  format or semantics newer than this build
Status VerifyEnvelope(std::string_view image);

struct VerifyOptions {
  // The most steps that the worst request may take of one unit (with one value
  // for every key); more than kMaxDecideSteps are never allowed.
  uint64_t max_steps = kMaxDecideSteps;
};

// Refuses every image on which a decision could read out of bounds, loop, take
// more steps than allowed for one unit or leave a wrong stack: sections,
// offsets, indexes, counts, UTF-8, code, tries, the order of what is searched.
// Does not look at the checksum.
//
// image    at least a header
// Returns  the tables, borrowed from `image`
// Errors   kInvalidArgument    message has the section and entry
//          kResourceExhausted  a unit takes more than options.max_steps
// Cost     linear in the image, but for a logarithm in the statements
Result<ProgramView> VerifyTables(std::string_view image,
                                 const VerifyOptions& options = {});

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_VERIFY_H_
