// SPDX-License-Identifier: Apache-2.0
//
// The tables of an image: what a decision without an index reads. Two habits
// keep the cost linear however hostile the image: text is judged once for the
// whole pool (a reference must only begin and end between code points), and
// code is tiled (a statement's block is new and follows the last one, or is
// exactly an earlier one).
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "authz/program/opcode.h"
#include "authz/program/utf8.h"
#include "authz/program/verify_parts.h"
#include "base/limits.h"

namespace writ::verify {
namespace {

// The row of each byte, or null.
constexpr std::array<const OpcodeInfo*, 256> kOpcodeOfByte = [] {
  std::array<const OpcodeInfo*, 256> rows = {};
  for (size_t byte = 0; byte < rows.size(); ++byte) {
    rows[byte] = FindOpcode(static_cast<uint8_t>(byte));
  }
  return rows;
}();

class TableChecker {
 public:
  TableChecker(const ProgramView& view, const VerifyOptions& options,
               TableFacts* facts)
      : view_(view), options_(options), facts_(*facts) {}

  Status CheckPools();
  Status CheckPatterns();
  Status CheckPrincipals();
  Status CheckLists();
  Status CheckConstants();
  Status CheckAtoms();
  Status CheckStatements();
  Status CheckPolicies();

 private:
  Status CheckCode(Run block, uint32_t* instructions);
  Status CheckStatement(uint32_t index, uint64_t* steps);

  bool TextIsSound(TextRef ref) const { return RefIsText(view_.strings, ref); }
  bool ColonAt(TextRef text, uint32_t offset) const {
    return offset < text.size_bytes && view_.Text(text)[offset] == ':';
  }

  const ProgramView& view_;
  const VerifyOptions& options_;
  TableFacts& facts_;
  uint32_t code_end_ = 0;                  // of the blocks seen so far
  std::vector<uint64_t> statement_steps_;  // running sum, one more than rows
  // Depth that earlier jumps of a block bring to each of its offsets.
  std::vector<uint8_t> landing_;
};

Status TableChecker::CheckPools() {
  for (const auto& [name, pool] : {std::pair("strings", view_.strings),
                                   std::pair("labels", view_.labels)}) {
    const size_t bad = FindInvalidUtf8(pool.bytes());
    if (bad != std::string_view::npos) return Refuse(name, bad, "not UTF-8");
    const size_t nul = pool.bytes().find('\0');
    if (nul != std::string_view::npos) return Refuse(name, nul, "holds NUL");
  }
  return OkStatus();
}

Status TableChecker::CheckPatterns() {
  for (uint32_t i = 0; i < view_.action_patterns.size(); ++i) {
    const ActionPattern pattern = view_.action_patterns[i];
    if (!TextIsSound(pattern.text)) return Refuse("actions", i, "bad text");
    const bool sound = pattern.colon == 0
                           ? view_.Text(pattern.text) == "*"
                           : ColonAt(pattern.text, pattern.colon) &&
                                 pattern.colon + 1 < pattern.text.size_bytes;
    if (!sound) return Refuse("actions", i, "bad colon");
  }
  for (uint32_t i = 0; i < view_.resource_patterns.size(); ++i) {
    const ResourcePattern pattern = view_.resource_patterns[i];
    if (!TextIsSound(pattern.text)) return Refuse("resources", i, "bad text");
    const std::string_view text = view_.Text(pattern.text);
    const auto& colons = pattern.colons;
    bool sound = true;
    if (colons[0] == 0) {
      sound = text == "*" && std::ranges::count(colons, 0u) == 4;
    } else {
      sound = colons[0] == 3 && text.starts_with("acs");
      for (size_t k = 0; k < colons.size(); ++k) {
        sound = sound && ColonAt(pattern.text, colons[k]) &&
                (k == 0 || colons[k] > colons[k - 1]);
      }
    }
    if (!sound) return Refuse("resources", i, "bad colons");
  }
  return OkStatus();
}

Status TableChecker::CheckPrincipals() {
  for (uint32_t i = 0; i < view_.principal_patterns.size(); ++i) {
    const PrincipalPattern pattern = view_.principal_patterns[i];
    const PrincipalKindInfo* info = FindPrincipalKind(pattern.kind);
    if (info == nullptr) return Refuse("principals", i, "unknown kind");
    for (uint32_t k = 0; k < pattern.texts.size(); ++k) {
      const TextRef text = pattern.texts[k];
      const bool sound = k < info->texts
                             ? TextIsSound(text) && text.size_bytes > 0
                             : text == TextRef{0, 0};
      if (!sound) return Refuse("principals", i, "bad text");
    }
  }
  return OkStatus();
}

Status TableChecker::CheckLists() {
  const auto inside = [](const ImageTable<uint32_t>& list, uint32_t size) {
    for (uint32_t i = 0; i < list.size(); ++i) {
      if (list[i] >= size) return false;
    }
    return true;
  };
  if (!inside(view_.action_lists, view_.action_patterns.size())) {
    return Refuse("action lists", 0, "index out of range");
  }
  if (!inside(view_.resource_lists, view_.resource_patterns.size())) {
    return Refuse("resource lists", 0, "index out of range");
  }
  if (!inside(view_.principal_lists, view_.principal_patterns.size())) {
    return Refuse("principal lists", 0, "index out of range");
  }
  return OkStatus();
}

bool DecimalIsSound(const DecimalConstant& value) {
  const uint32_t count = value.digit_count;
  if (count > DecimalConstant::kMaxDigits) return false;
  for (uint32_t i = 0; i < DecimalConstant::kMaxDigits; ++i) {
    if (value.digits[i] > (i < count ? 9 : 0)) return false;
  }
  if (value.sign == 0) return count == 0 && value.point == 0;
  return (value.sign == 1 || value.sign == -1) && count > 0 &&
         value.digits[0] != 0 && value.digits[count - 1] != 0;
}

bool BlockIsSound(const BlockConstant& block) {
  if (block.is_v6 > 1 || block.reserved != std::array<uint8_t, 2>{}) {
    return false;
  }
  if (block.prefix_bits > (block.is_v6 != 0 ? 128 : 32)) return false;
  for (uint32_t bit = block.prefix_bits; bit < 128; ++bit) {
    if ((block.bytes[bit / 8] & (0x80 >> (bit % 8))) != 0) return false;
  }
  return true;
}

Status TableChecker::CheckConstants() {
  for (uint32_t i = 0; i < view_.keys.size(); ++i) {
    const KeyRecord key = view_.keys[i];
    if (!TextIsSound(key.text)) return Refuse("keys", i, "bad text");
    const bool sound = key.folded_bytes == key.text.size_bytes ||
                       (key.folded_bytes < key.text.size_bytes &&
                        view_.Text(key.text)[key.folded_bytes] == '/');
    if (!sound) return Refuse("keys", i, "bad folded part");
  }
  for (uint32_t i = 0; i < view_.texts.size(); ++i) {
    if (!TextIsSound(view_.texts[i])) return Refuse("texts", i, "bad text");
  }
  for (uint32_t i = 0; i < view_.decimals.size(); ++i) {
    if (!DecimalIsSound(view_.decimals[i])) {
      return Refuse("decimals", i, "not canonical");
    }
  }
  for (uint32_t i = 0; i < view_.instants.size(); ++i) {
    const InstantConstant instant = view_.instants[i];
    if (instant.nanos >= 1000000000 || instant.reserved != 0) {
      return Refuse("instants", i, "not canonical");
    }
  }
  for (uint32_t i = 0; i < view_.truths.size(); ++i) {
    if (view_.truths[i] > 1) return Refuse("truths", i, "not canonical");
  }
  for (uint32_t i = 0; i < view_.blocks.size(); ++i) {
    if (!BlockIsSound(view_.blocks[i])) {
      return Refuse("blocks", i, "not canonical");
    }
  }
  return OkStatus();
}

Status TableChecker::CheckAtoms() {
  for (uint32_t i = 0; i < view_.atoms.size(); ++i) {
    const AtomRecord atom = view_.atoms[i];
    if (atom.key >= view_.keys.size()) return Refuse("atoms", i, "bad key");
    const OpcodeInfo* info =
        atom.opcode <= UINT8_MAX ? kOpcodeOfByte[atom.opcode] : nullptr;
    if (info == nullptr) return Refuse("atoms", i, "unknown opcode");
    const Run operands = {atom.operand_first, atom.operand_count};
    bool sound = false;
    switch (info->operand) {
      case OperandKind::kNone:
      case OperandKind::kJump:
        return Refuse("atoms", i, "opcode takes no atom");
      case OperandKind::kText:
      case OperandKind::kFolded:
      case OperandKind::kGlob:
        sound = view_.texts.Holds(operands);
        break;
      case OperandKind::kDecimal:
        sound = view_.decimals.Holds(operands);
        break;
      case OperandKind::kInstant:
        sound = view_.instants.Holds(operands);
        break;
      case OperandKind::kTruth:
        sound = view_.truths.Holds(operands);
        break;
      case OperandKind::kBlock:
        sound = view_.blocks.Holds(operands);
        break;
    }
    if (!sound) return Refuse("atoms", i, "operands out of range");
  }
  return OkStatus();
}

// Follows the code once, front to back, with the stack depth at every place a
// jump lands: depth is a number because every way to a place must agree on it.
Status TableChecker::CheckCode(Run block, uint32_t* instructions) {
  constexpr uint8_t kUnknown = 0xff;
  const std::string_view code =
      view_.code.bytes().substr(block.first, block.count);
  landing_.assign(code.size(), kUnknown);
  uint32_t jumps_pending = 0;
  uint8_t depth = 0;  // kUnknown after a halt
  size_t pc = 0;
  *instructions = 0;
  while (pc < code.size()) {
    if (landing_[pc] != kUnknown) {
      if (depth != kUnknown && depth != landing_[pc]) {
        return Refuse("code", block.first + pc, "stack depths differ");
      }
      depth = landing_[pc];
      --jumps_pending;
    }
    if (depth == kUnknown) {
      return Refuse("code", block.first + pc, "never reached");
    }
    const OpcodeInfo* info = kOpcodeOfByte[static_cast<uint8_t>(code[pc])];
    if (info == nullptr) {
      return Refuse("code", block.first + pc, "unknown opcode");
    }
    const size_t next = pc + InstructionBytes(info->operand);
    if (next > code.size()) {
      return Refuse("code", block.first + pc, "cut short");
    }
    if (depth < info->pop ||
        size_t{depth} - info->pop + info->push > kMaxVmStack) {
      return Refuse("code", block.first + pc, "stack out of range");
    }
    depth = static_cast<uint8_t>(depth - info->pop + info->push);
    if (info->operand != OperandKind::kNone) {
      uint32_t operand = 0;
      std::memcpy(&operand, code.data() + pc + 1, sizeof(operand));
      if (info->operand == OperandKind::kJump) {
        if (operand >= code.size() - next) {
          return Refuse("code", block.first + pc, "jump out of the block");
        }
        uint8_t& target = landing_[next + operand];
        if (target == kUnknown) {
          target = depth;
          ++jumps_pending;
        } else if (target != depth) {
          return Refuse("code", block.first + pc, "stack depths differ");
        }
      } else if (operand >= view_.atoms.size() ||
                 view_.atoms[operand].opcode !=
                     static_cast<uint32_t>(info->op)) {
        return Refuse("code", block.first + pc, "wrong atom");
      }
    }
    if (info->op == Opcode::kHalt) {
      if (depth != 0) {
        return Refuse("code", block.first + pc, "halt leaves values");
      }
      depth = kUnknown;
    }
    ++*instructions;
    pc = next;
  }
  if (depth != kUnknown) {
    return Refuse("code", block.first, "runs off its end");
  }
  // A landing that was never passed lies inside an instruction.
  if (jumps_pending != 0) {
    return Refuse("code", block.first, "jump into an instruction");
  }
  return OkStatus();
}

Status TableChecker::CheckStatement(uint32_t index, uint64_t* steps) {
  const StatementRecord row = view_.statements[index];
  if ((row.flags & ~StatementRecord::kAllFlags) != 0) {
    return Refuse("statements", index, "unknown flag");
  }
  const bool has_resource = (row.flags & StatementRecord::kHasResource) != 0;
  const bool has_principal = (row.flags & StatementRecord::kHasPrincipal) != 0;
  if (!view_.action_lists.Holds(row.actions) || row.actions.count == 0 ||
      !view_.resource_lists.Holds(row.resources) ||
      has_resource != (row.resources.count > 0) ||
      (!has_resource && (row.flags & StatementRecord::kNotResource) != 0) ||
      !view_.principal_lists.Holds(row.principals) ||
      has_principal != (row.principals.count > 0)) {
    return Refuse("statements", index, "bad list");
  }
  if (!RefIsText(view_.labels, row.label)) {
    return Refuse("statements", index, "bad label");
  }
  if (!view_.code.Holds(row.code)) {
    return Refuse("statements", index, "code out of range");
  }
  uint32_t instructions = 0;
  if (row.code.first == code_end_) {
    WRIT_RETURN_IF_ERROR(CheckCode(row.code, &instructions));
    facts_.blocks.push_back({row.code.first, row.code.count, instructions});
    code_end_ += row.code.count;
  } else {
    instructions = facts_.InstructionsOf(row.code);
    if (instructions == 0) {
      return Refuse("statements", index, "code is not a block");
    }
  }
  *steps = uint64_t{1} + row.actions.count + row.resources.count +
           row.principals.count + instructions;
  return OkStatus();
}

Status TableChecker::CheckStatements() {
  statement_steps_.reserve(size_t{view_.statements.size()} + 1);
  statement_steps_.push_back(0);
  for (uint32_t i = 0; i < view_.statements.size(); ++i) {
    uint64_t steps = 0;
    WRIT_RETURN_IF_ERROR(CheckStatement(i, &steps));
    statement_steps_.push_back(statement_steps_.back() + steps);
  }
  if (code_end_ != view_.code.size()) {
    return Refuse("code", code_end_, "belongs to no statement");
  }
  return OkStatus();
}

Status TableChecker::CheckPolicies() {
  uint32_t next = 0;
  for (uint32_t i = 0; i < view_.policies.size(); ++i) {
    const PolicyRecord row = view_.policies[i];
    if (row.kind >= kProgramPolicyKinds) {
      return Refuse("policies", i, "unknown kind");
    }
    if (row.statements.first != next ||
        !view_.statements.Holds(row.statements)) {
      return Refuse("policies", i, "statements out of order");
    }
    next += row.statements.count;
    if (!RefIsText(view_.labels, row.label)) {
      return Refuse("policies", i, "bad label");
    }
    const uint64_t steps =
        statement_steps_[next] - statement_steps_[row.statements.first];
    if (steps > kMaxDecideSteps) return Refuse("policies", i, "too many steps");
    if (steps != row.max_steps) return Refuse("policies", i, "wrong max steps");
    // With units their bounds count: a policy is not decided one by one then.
    if (view_.units.size() == 0 && steps > options_.max_steps) {
      return OverBudget("policy", i, steps, options_.max_steps);
    }
  }
  if (next != view_.statements.size()) {
    return Refuse("statements", next, "belongs to no policy");
  }
  return OkStatus();
}

}  // namespace

bool RefIsText(const ImageTable<uint8_t>& pool, TextRef ref) {
  if (!pool.Holds({ref.offset, ref.size_bytes})) return false;
  const std::string_view bytes = pool.bytes();
  const uint32_t end = ref.offset + ref.size_bytes;
  return (ref.offset == bytes.size() || !IsUtf8Tail(bytes[ref.offset])) &&
         (end == bytes.size() || !IsUtf8Tail(bytes[end]));
}

uint32_t TableFacts::InstructionsOf(Run code) const {
  const auto block =
      std::ranges::lower_bound(blocks, code.first, {}, &CodeBlock::first);
  return block != blocks.end() && block->first == code.first &&
                 block->size_bytes == code.count
             ? block->instructions
             : 0;
}

Status CheckTables(const ProgramView& view, const VerifyOptions& options,
                   TableFacts* facts) {
  TableChecker checker(view, options, facts);
  WRIT_RETURN_IF_ERROR(checker.CheckPools());
  WRIT_RETURN_IF_ERROR(checker.CheckPatterns());
  WRIT_RETURN_IF_ERROR(checker.CheckPrincipals());
  WRIT_RETURN_IF_ERROR(checker.CheckLists());
  WRIT_RETURN_IF_ERROR(checker.CheckConstants());
  WRIT_RETURN_IF_ERROR(checker.CheckAtoms());
  WRIT_RETURN_IF_ERROR(checker.CheckStatements());
  return checker.CheckPolicies();
}

}  // namespace writ::verify
