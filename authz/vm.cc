// SPDX-License-Identifier: Apache-2.0
#include "authz/vm.h"

#include <algorithm>
#include <array>
#include <compare>

#include "authz/match_glob.h"
#include "authz/program/opcode.h"
#include "authz/read_value.h"
#include "authz/text.h"
#include "base/limits.h"

namespace writ {
namespace {

// The values of the key, or nothing when it is absent.
std::span<const std::string_view> ValuesOf(
    const ProgramView& view, const KeyRecord& key,
    std::span<const ContextEntry> context) {
  const std::string_view name = view.Text(key.text);
  for (const ContextEntry& entry : context) {
    if (entry.key.size() == name.size() &&
        EqualFolded(entry.key.substr(0, key.folded_bytes),
                    name.substr(0, key.folded_bytes)) &&
        entry.key.substr(key.folded_bytes) == name.substr(key.folded_bytes)) {
      return entry.values;
    }
  }
  return {};
}

// Reads every value, then asks whether one of them and one operand satisfy
// `holds` (R02). `read(text, &value)` is false for what cannot be read.
template <typename Value, typename Constant, typename Read, typename Holds>
Truth TestAny(std::span<const std::string_view> values,
              const ImageTable<Constant>& constants, const AtomRecord& atom,
              StepBudget* budget, Read read, Holds holds) {
  bool matched = false;
  for (const std::string_view text : values) {
    Value value{};
    if (!read(text, &value)) return Truth::kUnreadable;
    for (uint32_t i = 0; !matched && i < atom.operand_count; ++i) {
      if (!budget->Step()) return Truth::kFalse;
      matched = holds(value, constants[atom.operand_first + i]);
    }
  }
  return matched ? Truth::kTrue : Truth::kFalse;
}

// Runs one test instruction. `Opcode` and operands agree: the verifier saw to
// it.
class AtomTest {
 public:
  AtomTest(const ProgramView& view, std::span<const ContextEntry> context,
           StepBudget* budget)
      : view_(view), context_(context), budget_(budget) {}

  void Load(uint32_t atom) {
    atom_ = view_.atoms[atom];
    values_ = ValuesOf(view_, view_.keys[atom_.key], context_);
  }

  template <typename Holds>
  Truth Text(Holds holds) const {
    return TestAny<std::string_view>(
        values_, view_.texts, atom_, budget_,
        [](std::string_view text, std::string_view* value) {
          *value = text;
          return true;
        },
        [&](std::string_view value, TextRef operand) {
          return holds(value, view_.Text(operand));
        });
  }
  template <typename Holds>
  Truth Number(Holds holds) const {
    return TestAny<DecimalConstant>(
        values_, view_.decimals, atom_, budget_, ReadDecimal,
        [&](const DecimalConstant& value, const DecimalConstant& operand) {
          return holds(CompareDecimals(value, operand));
        });
  }
  template <typename Holds>
  Truth Date(Holds holds) const {
    return TestAny<InstantConstant>(
        values_, view_.instants, atom_, budget_, ReadInstant,
        [&](const InstantConstant& value, const InstantConstant& operand) {
          return holds(CompareInstants(value, operand));
        });
  }
  Truth Bool() const {
    return TestAny<bool>(
        values_, view_.truths, atom_, budget_, ReadTruth,
        [](bool value, uint32_t operand) { return value == (operand != 0); });
  }
  Truth Address() const {
    return TestAny<BlockConstant>(
        values_, view_.blocks, atom_, budget_, ReadAddress,
        [](const BlockConstant& value, const BlockConstant& operand) {
          return BlockHolds(operand, value);
        });
  }

 private:
  const ProgramView& view_;
  const std::span<const ContextEntry> context_;
  StepBudget* const budget_;
  AtomRecord atom_ = {};
  std::span<const std::string_view> values_;
};

Truth Negate(Truth value) {
  switch (value) {
    case Truth::kFalse:
      return Truth::kTrue;
    case Truth::kTrue:
      return Truth::kFalse;
    case Truth::kUnreadable:
      return Truth::kUnreadable;
  }
  return Truth::kUnreadable;
}

Truth Both(Truth a, Truth b) {
  if (a == Truth::kFalse || b == Truth::kFalse) return Truth::kFalse;
  if (a == Truth::kUnreadable || b == Truth::kUnreadable) {
    return Truth::kUnreadable;
  }
  return Truth::kTrue;
}

uint32_t OperandAt(const char* code, size_t pc) {
  uint32_t operand = 0;
  std::memcpy(&operand, code + pc + 1, sizeof(operand));
  return operand;
}

Truth RunTest(Opcode op, const AtomTest& test) {
  switch (op) {
    case Opcode::kStrEq:
      return test.Text(
          [](auto value, auto operand) { return value == operand; });
    case Opcode::kStrEqFold:
      return test.Text(
          [](auto value, auto operand) { return EqualFolded(value, operand); });
    case Opcode::kStrLike:
      return test.Text(
          [](auto value, auto operand) { return MatchGlob(operand, value); });
    case Opcode::kNumEq:
      return test.Number([](auto order) { return order == 0; });
    case Opcode::kNumLt:
      return test.Number([](auto order) { return order < 0; });
    case Opcode::kNumLe:
      return test.Number([](auto order) { return order <= 0; });
    case Opcode::kNumGt:
      return test.Number([](auto order) { return order > 0; });
    case Opcode::kNumGe:
      return test.Number([](auto order) { return order >= 0; });
    case Opcode::kDateEq:
      return test.Date([](auto order) { return order == 0; });
    case Opcode::kDateLt:
      return test.Date([](auto order) { return order < 0; });
    case Opcode::kDateLe:
      return test.Date([](auto order) { return order <= 0; });
    case Opcode::kDateGt:
      return test.Date([](auto order) { return order > 0; });
    case Opcode::kDateGe:
      return test.Date([](auto order) { return order >= 0; });
    case Opcode::kBoolEq:
      return test.Bool();
    case Opcode::kIpIn:
      return test.Address();
    case Opcode::kHalt:
    case Opcode::kPushTrue:
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kJumpIfFalse:
      break;
  }
  return Truth::kUnreadable;
}

}  // namespace

Truth RunCondition(const ProgramView& view, Run block,
                   std::span<const ContextEntry> context,
                   StepBudget* budget) noexcept {
  std::array<Truth, kMaxVmStack> stack;
  size_t depth = 0;
  const char* code = view.code.data() + block.first;
  AtomTest test(view, context, budget);
  // SAFETY: the verifier proved that every path halts inside the block, that
  // jumps go forward and that the stack stays within kMaxVmStack.
  size_t pc = 0;
  while (true) {
    if (!budget->Step()) return Truth::kFalse;
    const auto op = static_cast<Opcode>(code[pc]);
    switch (op) {
      case Opcode::kHalt:
        return stack[depth - 1];
      case Opcode::kPushTrue:
        stack[depth++] = Truth::kTrue;
        ++pc;
        break;
      case Opcode::kNot:
        stack[depth - 1] = Negate(stack[depth - 1]);
        ++pc;
        break;
      case Opcode::kAnd:
        --depth;
        stack[depth - 1] = Both(stack[depth - 1], stack[depth]);
        ++pc;
        break;
      case Opcode::kJumpIfFalse: {
        const size_t next = pc + InstructionBytes(OperandKind::kJump);
        pc = stack[depth - 1] == Truth::kFalse ? next + OperandAt(code, pc)
                                               : next;
        break;
      }
      case Opcode::kStrEq:
      case Opcode::kStrEqFold:
      case Opcode::kStrLike:
      case Opcode::kNumEq:
      case Opcode::kNumLt:
      case Opcode::kNumLe:
      case Opcode::kNumGt:
      case Opcode::kNumGe:
      case Opcode::kDateEq:
      case Opcode::kDateLt:
      case Opcode::kDateLe:
      case Opcode::kDateGt:
      case Opcode::kDateGe:
      case Opcode::kBoolEq:
      case Opcode::kIpIn:
        test.Load(OperandAt(code, pc));
        stack[depth++] = RunTest(op, test);
        if (budget->exhausted()) return Truth::kFalse;
        pc += InstructionBytes(OperandKind::kText);
        break;
    }
  }
}

bool SameContextKey(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  const size_t folded = std::min(a.find('/'), a.size());
  return EqualFolded(a.substr(0, folded), b.substr(0, folded)) &&
         a.substr(folded) == b.substr(folded);
}

}  // namespace writ
