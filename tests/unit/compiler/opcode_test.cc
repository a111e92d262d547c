// SPDX-License-Identifier: Apache-2.0
// Loops over every row of opcodes.def.
#include "authz/program/opcode.h"

#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "authz/read_value.h"
#include "authz/vm.h"
#include "base/file.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

constexpr std::span<const ContextEntry> kNoContext;

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

template <typename Record>
std::string_view BytesOf(const Record& record) {
  return {reinterpret_cast<const char*>(&record), sizeof(record)};
}

// What an instruction does: of a test, values of its key; of the others, the
// block around it. A row of opcodes.def without one does not compile.
struct OpcodeCase {
  std::string_view hit;
  std::string_view miss;
  // Empty: there is no value that cannot be read.
  std::string_view unreadable = {};
};

OpcodeCase CaseOf(Opcode op) {
  switch (op) {
    case Opcode::kHalt:
    case Opcode::kPushTrue:
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kJumpIfFalse:
      return {};
    case Opcode::kStrEq:
      return {"Ab*", "ab*"};
    case Opcode::kStrEqFold:
      return {"aB*", "ab"};
    case Opcode::kStrLike:
      return {"Abc", "abc"};
    case Opcode::kNumEq:
      return {"10.0", "10.1", "ten"};
    case Opcode::kNumLt:
      return {"9.99", "10", ""};
    case Opcode::kNumLe:
      return {"10", "10.1", "0x1"};
    case Opcode::kNumGt:
      return {"1e2", "10", "+11"};
    case Opcode::kNumGe:
      return {"10", "-11", "NaN"};
    case Opcode::kDateEq:
      return {"2026-01-01T08:00:00+08:00", "2026-01-01T00:00:01Z",
              "2026-01-01"};
    case Opcode::kDateLt:
      return {"2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "soon"};
    case Opcode::kDateLe:
      return {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1Z", "1"};
    case Opcode::kDateGt:
      return {"2027-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "today"};
    case Opcode::kDateGe:
      return {"2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "x"};
    case Opcode::kBoolEq:
      return {"TRUE", "false", "yes"};
    case Opcode::kIpIn:
      return {"10.1.2.3", "11.0.0.1", "10.1"};
  }
  return {};
}

// One key `k`, and one constant for each kind of operand.
class OneAtom {
 public:
  explicit OneAtom(Opcode op)
      : code_({static_cast<char>(op), 0, 0, 0, 0,
               static_cast<char>(Opcode::kHalt)}),
        atom_{0, static_cast<uint32_t>(op), 0, 1} {
    EXPECT_TRUE(ReadDecimal("10", &decimal_));
    EXPECT_TRUE(ReadInstant("2026-01-01T00:00:00Z", &instant_));
    block_.bytes[0] = 10;
    block_.prefix_bits = 8;
    // Folded constants are stored in lower case.
    strings_ = op == Opcode::kStrEqFold ? "kab*" : "kAb*";
    view_.strings = ImageTable<uint8_t>(strings_);
    view_.keys = ImageTable<KeyRecord>(BytesOf(key_));
    view_.texts = ImageTable<TextRef>(BytesOf(text_));
    view_.decimals = ImageTable<DecimalConstant>(BytesOf(decimal_));
    view_.instants = ImageTable<InstantConstant>(BytesOf(instant_));
    view_.truths = ImageTable<uint32_t>(BytesOf(truth_));
    view_.blocks = ImageTable<BlockConstant>(BytesOf(block_));
    view_.atoms = ImageTable<AtomRecord>(BytesOf(atom_));
    view_.code = ImageTable<uint8_t>(code_);
  }
  Truth Of(std::string_view value) const {
    StepBudget budget(1000);
    const ContextEntry entry = {"K", {&value, 1}};
    return RunCondition(view_, {0, view_.code.size()}, {&entry, 1}, &budget);
  }

 private:
  const std::string code_;
  const AtomRecord atom_;
  const KeyRecord key_ = {{0, 1}, 1};
  const TextRef text_ = {1, 3};
  const uint32_t truth_ = 1;
  DecimalConstant decimal_ = {};
  InstantConstant instant_ = {};
  BlockConstant block_ = {};
  std::string_view strings_;
  ProgramView view_;
};

TEST(Opcodes, EveryTestTellsHitsFromMissesAndFromWhatCannotBeRead) {
  for (const OpcodeInfo& info : kOpcodes) {
    if (!IsAtomOperand(info.operand)) continue;
    const OpcodeCase values = CaseOf(info.op);
    ASSERT_NE(values.hit, values.miss) << info.mnemonic;
    const OneAtom atom(info.op);
    EXPECT_EQ(atom.Of(values.hit), Truth::kTrue) << info.mnemonic;
    EXPECT_EQ(atom.Of(values.miss), Truth::kFalse) << info.mnemonic;
    const bool is_text = info.operand == OperandKind::kText ||
                         info.operand == OperandKind::kFolded ||
                         info.operand == OperandKind::kGlob;
    if (!is_text) {
      EXPECT_EQ(atom.Of(values.unreadable), Truth::kUnreadable)
          << info.mnemonic;
    }
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
    ProgramView view;
    view.strings = ImageTable<uint8_t>("k");
    view.keys = ImageTable<KeyRecord>(BytesOf(key));
    view.atoms = ImageTable<AtomRecord>(BytesOf(atom));
    view.code = ImageTable<uint8_t>(code);
    StepBudget budget(1000);
    const Truth result = RunCondition(
        view, {0, static_cast<uint32_t>(code.size())}, kNoContext, &budget);
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
  EXPECT_EQ(RunCondition(view, {0, 2}, kNoContext, &enough), Truth::kTrue);
  StepBudget short_of_one(1);
  EXPECT_EQ(RunCondition(view, {0, 2}, kNoContext, &short_of_one),
            Truth::kFalse);
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
