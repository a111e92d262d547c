// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_VERIFY_H_
#define WRIT_AUTHZ_PROGRAM_VERIFY_H_

#include <cstdint>
#include <string_view>

#include "authz/program/format.h"
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

// Refuses every image on which a decision could read out of bounds, loop, take
// more than kMaxDecideSteps for one policy or leave a wrong stack: sections,
// offsets, indexes, counts, UTF-8, code. Does not look at the checksum.
//
// image    at least a header
// Returns  the tables, borrowed from `image`
// Errors   kInvalidArgument  message has the section and entry
// Cost     linear in the image, but for a logarithm in the statements
Result<ProgramView> VerifyTables(std::string_view image);

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_VERIFY_H_
