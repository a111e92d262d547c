// SPDX-License-Identifier: Apache-2.0
#include "authz/vm.h"

#include <algorithm>
#include <array>
#include <compare>

#include "authz/bound_request.h"
#include "authz/match_glob.h"
#include "authz/program/opcode.h"
#include "authz/read_value.h"
#include "authz/text.h"
#include "base/limits.h"

namespace writ {
namespace {

// Reads every value, then asks whether one of them and one operand satisfy
// `holds` (R02). `read(text, &value)` is false for what cannot be read.
template <typename Value, typename Constant, typename Read, typename Holds>
Truth TestAny(std::span<const std::string_view> values,
              const ImageTable<Constant>& constants, const AtomRecord& atom,
              StepBudget* budget, Read read, Holds holds) {
  bool matched = false;
  for (const std::string_view text : values) {
    Value value{};
    if (!budget->TakeText(text.size())) return Truth::kFalse;
    if (!read(text, &value)) return Truth::kUnreadable;
    for (uint32_t i = 0; !matched && i < atom.operand_count; ++i) {
      if (!budget->Step() || !budget->TakeText(text.size())) {
        return Truth::kFalse;
      }
      matched = holds(value, constants.At(atom.operand_first + i));
    }
  }
  return matched ? Truth::kTrue : Truth::kFalse;
}

// One test of one key. `Opcode` and operands agree: the verifier saw to it.
class AtomTest {
 public:
  AtomTest(const ProgramView& view, const AtomRecord& atom,
           std::span<const std::string_view> values, StepBudget* budget)
      : view_(view), atom_(atom), values_(values), budget_(budget) {}

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
  const AtomRecord& atom_;
  const std::span<const std::string_view> values_;
  StepBudget* const budget_;
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

// Runs a block; `test(atom)` tells what a test instruction comes to.
template <typename Test>
Truth RunBlock(const ProgramView& view, Run block, StepBudget* budget,
               Test test) {
  std::array<Truth, kMaxVmStack> stack;
  size_t depth = 0;
  const char* code = view.code.data() + block.first;
  // SAFETY: the verifier proved that every path halts inside the block, that
  // jumps go forward and that the stack stays within kMaxVmStack.
  size_t pc = 0;
  while (true) {
    if (!budget->Step()) return Truth::kFalse;
    switch (static_cast<Opcode>(code[pc])) {
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
        stack[depth++] = test(OperandAt(code, pc));
        if (budget->exhausted()) return Truth::kFalse;
        pc += InstructionBytes(OperandKind::kText);
        break;
    }
  }
}

}  // namespace

Truth CompareOperands(const ProgramView& view, const AtomRecord& atom,
                      std::span<const ContextEntry> context,
                      StepBudget* budget) noexcept {
  const ContextEntry* entry = FindEntry(view, atom.key, context, budget);
  if (entry == nullptr) return Truth::kFalse;
  return RunTest(static_cast<Opcode>(atom.opcode),
                 AtomTest(view, atom, entry->values, budget));
}

Truth RunCondition(const ProgramView& view, Run block,
                   std::span<const ContextEntry> context,
                   StepBudget* budget) noexcept {
  return RunBlock(view, block, budget, [&](uint32_t atom) {
    return CompareOperands(view, view.atoms.At(atom), context, budget);
  });
}

Truth RunCondition(const ProgramView& view, Run block, BoundRequest* request,
                   StepBudget* budget) noexcept {
  return RunBlock(view, block, budget,
                  [&](uint32_t atom) { return request->TestAtom(atom); });
}

}  // namespace writ
