// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_LISTING_H_
#define WRIT_AUTHZ_PROGRAM_LISTING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "authz/program/format.h"
#include "authz/program/opcode.h"
#include "base/limits.h"

// The parts of Disassemble. For disasm*.cc only.
namespace writ::listing {

// In quotes, without control characters.
std::string Quoted(std::string_view text);

// A number of at least four digits.
std::string Offset(size_t value);

// The constant of that kind and index; empty for kinds without constants.
std::string ConstantText(const ProgramView& view, OperandKind kind,
                         uint32_t index);

// Runs of a hostile image may overlap: its listing is cut here.
inline constexpr size_t kMaxListingBytes = kMaxProgramBytes;
inline bool IsFull(const std::string& out) {
  return out.size() >= kMaxListingBytes;
}

// Appends the index: units with their tries, ends and postings; action sets and
// what tells them apart; axes and ranges; tags of rulings. Nothing for an image
// without one. (disasm_index.cc)
void ListIndex(const ProgramView& view, std::string* out);

}  // namespace writ::listing

#endif  // WRIT_AUTHZ_PROGRAM_LISTING_H_
