// SPDX-License-Identifier: Apache-2.0
// Loops over every row of opcodes.def.
#include "authz/program/opcode.h"

#include <cstdio>
#include <set>
#include <string>
#include <string_view>

#include "authz/vm.h"
#include "base/file.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

TEST(Opcodes, EveryRowIsSound) {
  std::set<std::string_view> mnemonics;
  for (const OpcodeInfo& info : kOpcodes) {
    EXPECT_TRUE(mnemonics.insert(info.mnemonic).second) << info.mnemonic;
    EXPECT_EQ(FindOpcode(static_cast<uint8_t>(info.op)), &info);
    EXPECT_LE(info.since, kImageMinor);
    EXPECT_FALSE(info.meaning.empty());
    if (IsAtomOperand(info.operand)) {
      EXPECT_EQ(info.pop, 0) << info.mnemonic;
      EXPECT_EQ(info.push, 1) << info.mnemonic;
    }
    EXPECT_EQ(InstructionBytes(info.operand),
              info.operand == OperandKind::kNone ? 1u : 5u);
  }
}

// Runs each opcode once in the smallest block that is sound, on a request
// without the key, and sees its result leave the stack as the row says.
TEST(Opcodes, EveryRowRunsInTheMachine) {
  for (const OpcodeInfo& info : kOpcodes) {
    std::string code;
    for (int i = 0; i < info.pop; ++i) {
      code += static_cast<char>(Opcode::kPushTrue);
    }
    code += static_cast<char>(info.op);
    if (info.operand != OperandKind::kNone) code.append(4, '\0');
    if (info.op != Opcode::kHalt) code += static_cast<char>(Opcode::kHalt);
    const KeyRecord key = {{0, 1}, 1};
    const AtomRecord atom = {0, static_cast<uint32_t>(info.op), 0, 0};
    const auto bytes = [](const auto& record) {
      return std::string_view(reinterpret_cast<const char*>(&record),
                              sizeof(record));
    };
    ProgramView view;
    view.strings = ImageTable<uint8_t>("k");
    view.keys = ImageTable<KeyRecord>(bytes(key));
    view.atoms = ImageTable<AtomRecord>(bytes(atom));
    view.code = ImageTable<uint8_t>(code);
    StepBudget budget(1000);
    const Truth result = RunCondition(
        view, {0, static_cast<uint32_t>(code.size())}, {}, &budget);
    const bool fails = IsAtomOperand(info.operand) || info.op == Opcode::kNot;
    EXPECT_EQ(result, fails ? Truth::kFalse : Truth::kTrue) << info.mnemonic;
    EXPECT_FALSE(budget.exhausted());
  }
}

TEST(Opcodes, MachineStopsWhereTheBudgetEnds) {
  const std::string code = {static_cast<char>(Opcode::kPushTrue),
                            static_cast<char>(Opcode::kHalt)};
  ProgramView view;
  view.code = ImageTable<uint8_t>(code);
  StepBudget enough(2);
  EXPECT_EQ(RunCondition(view, {0, 2}, {}, &enough), Truth::kTrue);
  StepBudget short_of_one(1);
  EXPECT_EQ(RunCondition(view, {0, 2}, {}, &short_of_one), Truth::kFalse);
  EXPECT_TRUE(short_of_one.exhausted());
}

std::string_view OperandName(OperandKind kind) {
  switch (kind) {
    case OperandKind::kNone:
      return "none";
    case OperandKind::kJump:
      return "jump";
    case OperandKind::kText:
      return "text atom";
    case OperandKind::kFolded:
      return "folded text atom";
    case OperandKind::kGlob:
      return "pattern atom";
    case OperandKind::kDecimal:
      return "decimal atom";
    case OperandKind::kInstant:
      return "instant atom";
    case OperandKind::kTruth:
      return "truth atom";
    case OperandKind::kBlock:
      return "block atom";
  }
  return "";
}

// docs/spec/opcodes.md holds this table, row for row.
std::string DocumentedTable() {
  std::string table =
      "| code | instruction | operand | pops | pushes | since | meaning |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const OpcodeInfo& info : kOpcodes) {
    char code[8];
    std::snprintf(code, sizeof(code), "0x%02x",
                  static_cast<unsigned>(static_cast<uint8_t>(info.op)));
    table += "| " + std::string(code) + " | `" + std::string(info.mnemonic) +
             "` | " + std::string(OperandName(info.operand)) + " | " +
             std::to_string(info.pop) + " | " + std::to_string(info.push) +
             " | 1." + std::to_string(info.since) + " | " +
             std::string(info.meaning) + " |\n";
  }
  return table;
}

TEST(Opcodes, DocumentationPageHoldsTheTable) {
  const auto page = ReadFile("docs/spec/opcodes.md", 1 << 20);
  ASSERT_TRUE(page.ok()) << page.status().message();
  EXPECT_NE(page->find(DocumentedTable()), std::string::npos)
      << "put this table into docs/spec/opcodes.md:\n"
      << DocumentedTable();
}

}  // namespace
}  // namespace writ
