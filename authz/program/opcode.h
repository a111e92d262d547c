// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_OPCODE_H_
#define WRIT_AUTHZ_PROGRAM_OPCODE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace writ {

// What follows the opcode byte: nothing, a jump distance, or the index of an
// atom whose operands are of the named kind.
enum class OperandKind : uint8_t {
  kNone,
  kJump,
  kText,
  kFolded,
  kGlob,
  kDecimal,
  kInstant,
  kTruth,
  kBlock,
};

enum class Opcode : uint8_t {
#define RETIRED(...)
#define OPCODE(code, Name, ...) k##Name = code,
#include "authz/program/opcodes.def"
#undef OPCODE
#undef RETIRED
};

struct OpcodeInfo {
  Opcode op;
  std::string_view mnemonic;
  OperandKind operand;
  uint8_t pop;
  uint8_t push;
  uint8_t since;
  std::string_view meaning;
};

// Every live opcode, in the order of opcodes.def.
inline constexpr OpcodeInfo kOpcodes[] = {
#define RETIRED(...)
#define OPCODE(code, Name, text, kind, pop, push, since, doc) \
  {Opcode::k##Name, text, OperandKind::k##kind, pop, push, since, doc},
#include "authz/program/opcodes.def"
#undef OPCODE
#undef RETIRED
};

// Every code byte, live or retired; a byte used twice does not compile.
consteval bool OpcodeBytesAreUnique() {
  std::array<bool, 256> seen = {};
  bool unique = true;
#define OPCODE(code, ...)         \
  unique = unique && !seen[code]; \
  seen[code] = true;
#define RETIRED(code, ...)        \
  unique = unique && !seen[code]; \
  seen[code] = true;
#include "authz/program/opcodes.def"
#undef OPCODE
#undef RETIRED
  return unique;
}
static_assert(OpcodeBytesAreUnique(), "opcodes.def: a code byte is used twice");

// The row of the opcode with this byte, or null.
constexpr const OpcodeInfo* FindOpcode(uint8_t byte) {
  for (const OpcodeInfo& info : kOpcodes) {
    if (static_cast<uint8_t>(info.op) == byte) return &info;
  }
  return nullptr;
}

constexpr bool IsAtomOperand(OperandKind kind) {
  return kind != OperandKind::kNone && kind != OperandKind::kJump;
}

// Bytes of the whole instruction.
constexpr size_t InstructionBytes(OperandKind kind) {
  return kind == OperandKind::kNone ? 1 : 1 + sizeof(uint32_t);
}

}  // namespace writ

#endif  // WRIT_AUTHZ_PROGRAM_OPCODE_H_
