// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_CONSTANT_TEXT_H_
#define WRIT_AUTHZ_CONSTANT_TEXT_H_

#include <cstdint>
#include <string>

#include "authz/program/format.h"
#include "authz/program/opcode.h"

// Constants of a program as a request would write them: what ReadDecimal,
// ReadInstant and ReadAddress read back.
namespace writ {

// "-12.5", "0", "1e40".
std::string DecimalText(const DecimalConstant& value);

// "2026-12-01T00:00:00Z", with a fraction where there is one.
std::string InstantText(const InstantConstant& value);

// The first address of the block, without its prefix.
std::string AddressText(const BlockConstant& block);

// "10.0.0.0/8"; a single address without its prefix.
std::string BlockText(const BlockConstant& block);

// Operand number `index` of its kind's table; a text in quotes, not escaped.
// Empty for a kind without constants.
std::string OperandText(const ProgramView& view, OperandKind kind,
                        uint32_t index);

}  // namespace writ

#endif  // WRIT_AUTHZ_CONSTANT_TEXT_H_
