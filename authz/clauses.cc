// SPDX-License-Identifier: Apache-2.0
#include "authz/clauses.h"

#include <array>
#include <cstring>

#include "authz/constant_text.h"
#include "authz/program/opcode.h"

namespace writ {
namespace {

template <typename Pattern, typename Matches>
bool AnyMatches(const ImageTable<uint32_t>& lists, Run list,
                const ImageTable<Pattern>& patterns, StepBudget* budget,
                Matches matches) {
  bool found = false;
  for (uint32_t i = 0; i < list.count && budget->Step(); ++i) {
    found = found || matches(patterns[lists[list.first + i]]);
  }
  return found;
}

Truth TruthOf(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

std::string Listed(const std::vector<std::string>& items) {
  if (items.size() == 1) return items[0];
  std::string text = "[";
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ", ";
    text += items[i];
  }
  return text + "]";
}

std::string PrincipalText(const ProgramView& view,
                          const PrincipalPattern& pattern) {
  const PrincipalKindInfo* info = FindPrincipalKind(pattern.kind);
  if (info == nullptr) return "";
  std::string text(info->mnemonic);
  for (uint32_t i = 0; i < info->texts; ++i) {
    text += " " + std::string(view.Text(pattern.texts[i]));
  }
  return text;
}

// The relation of a test, as the Writ language writes it; `nocase` follows the
// operands.
struct Relation {
  std::string_view positive;
  std::string_view negative;
  std::string_view after = "";
};

Relation RelationOf(Opcode op) {
  switch (op) {
    case Opcode::kStrEq:
    case Opcode::kNumEq:
    case Opcode::kDateEq:
      return {"==", "!="};
    case Opcode::kStrEqFold:
      return {"==", "!=", " nocase"};
    case Opcode::kStrLike:
      return {"like", "not like"};
    case Opcode::kNumLt:
    case Opcode::kDateLt:
      return {"<", "not <"};
    case Opcode::kNumLe:
    case Opcode::kDateLe:
      return {"<=", "not <="};
    case Opcode::kNumGt:
    case Opcode::kDateGt:
      return {">", "not >"};
    case Opcode::kNumGe:
    case Opcode::kDateGe:
      return {">=", "not >="};
    case Opcode::kBoolEq:
      return {"is", "is not"};
    case Opcode::kIpIn:
      return {"within", "not within"};
    case Opcode::kHalt:
    case Opcode::kPushTrue:
    case Opcode::kNot:
    case Opcode::kAnd:
    case Opcode::kJumpIfFalse:
      break;
  }
  return {"?", "?"};
}

std::string TestText(const ProgramView& view, const ExplainedClause& test) {
  const AtomRecord atom = view.atoms[test.atom];
  // SAFETY: the verifier knows the opcode of every atom of a loaded program.
  const OpcodeInfo& info = *FindOpcode(static_cast<uint8_t>(atom.opcode));
  const Relation relation = RelationOf(info.op);
  std::vector<std::string> operands;
  for (uint32_t i = 0; i < atom.operand_count; ++i) {
    operands.push_back(OperandText(view, info.operand, atom.operand_first + i));
  }
  std::string text(view.Text(view.keys[atom.key].text));
  text += " ";
  text += test.negated ? relation.negative : relation.positive;
  text += " " + Listed(operands);
  text += relation.after;
  return text;
}

}  // namespace

bool ReadSubject(const Request& request, uint32_t resource, Subject* subject) {
  subject->context = request.context;
  return resource < request.resources.size() &&
         ReadPrincipal(request.principal, &subject->caller) &&
         ReadAction(request.action, &subject->action) &&
         ReadResource(request.resources[resource], &subject->resource);
}

const ContextEntry* FindKey(std::span<const ContextEntry> context,
                            std::string_view key) {
  for (const ContextEntry& entry : context) {
    if (SameContextKey(entry.key, key)) {
      return entry.values.empty() ? nullptr : &entry;
    }
  }
  return nullptr;
}

std::vector<ExplainedClause> TestsOf(const ProgramView& view, Run code) {
  std::vector<ExplainedClause> tests;
  const char* const bytes = view.code.data() + code.first;
  bool follows_test = false;
  for (size_t pc = 0; pc < code.count;) {
    // SAFETY: the verifier has walked this block.
    const OpcodeInfo& info = *FindOpcode(static_cast<uint8_t>(bytes[pc]));
    if (IsAtomOperand(info.operand)) {
      ExplainedClause& test = tests.emplace_back();
      test.kind = ClauseKind::kTest;
      std::memcpy(&test.atom, bytes + pc + 1, sizeof(test.atom));
    } else if (info.op == Opcode::kNot && follows_test) {
      tests.back().negated = !tests.back().negated;
    }
    follows_test = IsAtomOperand(info.operand);
    pc += InstructionBytes(info.operand);
  }
  return tests;
}

Truth AskTest(const ProgramView& view, const ExplainedClause& test,
              std::span<const ContextEntry> context, StepBudget* budget) {
  // The machine runs a block of its own: the test, its negation, the end.
  std::array<char, 7> code = {static_cast<char>(view.atoms[test.atom].opcode)};
  std::memcpy(code.data() + 1, &test.atom, sizeof(test.atom));
  uint32_t size = 5;
  if (test.negated) code[size++] = static_cast<char>(Opcode::kNot);
  code[size++] = static_cast<char>(Opcode::kHalt);
  ProgramView alone = view;
  alone.code = ImageTable<uint8_t>(std::string_view(code.data(), size));
  return RunCondition(alone, Run{0, size}, context, budget);
}

StatementAnswer AskStatement(const ProgramView& view,
                             const StatementRecord& row, const Subject& subject,
                             StepBudget* budget) {
  StatementAnswer answer;
  answer.target = true;
  const auto add = [&](ClauseKind kind, uint32_t negating_flag, bool matches) {
    ExplainedClause& clause = answer.clauses.emplace_back();
    clause.kind = kind;
    clause.negated = (row.flags & negating_flag) != 0;
    clause.truth = TruthOf(matches != clause.negated);
    answer.target = answer.target && clause.truth == Truth::kTrue;
  };
  if ((row.flags & StatementRecord::kHasPrincipal) != 0) {
    add(ClauseKind::kPrincipal, 0,
        AnyMatches(view.principal_lists, row.principals,
                   view.principal_patterns, budget, [&](const auto& pattern) {
                     return MatchPrincipal(view, pattern, subject.caller,
                                           subject.resource);
                   }));
  }
  add(ClauseKind::kAction, StatementRecord::kNotAction,
      AnyMatches(view.action_lists, row.actions, view.action_patterns, budget,
                 [&](const auto& pattern) {
                   return MatchAction(view, pattern, subject.action);
                 }));
  if ((row.flags & StatementRecord::kHasResource) != 0) {
    add(ClauseKind::kResource, StatementRecord::kNotResource,
        AnyMatches(view.resource_lists, row.resources, view.resource_patterns,
                   budget, [&](const auto& pattern) {
                     return MatchResource(view, pattern, subject.resource);
                   }));
  }
  answer.condition = RunCondition(view, row.code, subject.context, budget);
  for (ExplainedClause test : TestsOf(view, row.code)) {
    const AtomRecord atom = view.atoms[test.atom];
    test.absent = FindKey(subject.context,
                          view.Text(view.keys[atom.key].text)) == nullptr;
    test.truth = AskTest(view, test, subject.context, budget);
    answer.clauses.push_back(test);
  }
  return answer;
}

std::string ClauseText(const ProgramView& view, const StatementRecord& row,
                       const ExplainedClause& clause) {
  std::vector<std::string> items;
  std::string text;
  switch (clause.kind) {
    case ClauseKind::kPrincipal:
      for (uint32_t i = 0; i < row.principals.count; ++i) {
        items.push_back(PrincipalText(
            view,
            view.principal_patterns[view.principal_lists[row.principals.first +
                                                         i]]));
      }
      text = "to ";
      break;
    case ClauseKind::kAction:
      for (uint32_t i = 0; i < row.actions.count; ++i) {
        items.emplace_back(view.Text(
            view.action_patterns[view.action_lists[row.actions.first + i]]
                .text));
      }
      break;
    case ClauseKind::kResource:
      for (uint32_t i = 0; i < row.resources.count; ++i) {
        items.emplace_back(view.Text(
            view.resource_patterns[view.resource_lists[row.resources.first + i]]
                .text));
      }
      text = "on ";
      break;
    case ClauseKind::kTest:
      return TestText(view, clause);
  }
  return text + (clause.negated ? "all except " : "") + Listed(items);
}

std::string ActualText(const ProgramView& view, const ExplainedClause& clause,
                       const Request& request, uint32_t resource) {
  std::string text;
  switch (clause.kind) {
    case ClauseKind::kPrincipal:
      text = "the principal is " + std::string(request.principal.name);
      if (!request.principal.id.empty()) {
        text += " (" + std::string(request.principal.id) + ")";
      }
      return text;
    case ClauseKind::kAction:
      return "the action is " + std::string(request.action);
    case ClauseKind::kResource:
      if (resource >= request.resources.size()) return "there is no resource";
      return "the resource is " + std::string(request.resources[resource]);
    case ClauseKind::kTest:
      break;
  }
  const std::string_view key =
      view.Text(view.keys[view.atoms[clause.atom].key].text);
  const ContextEntry* entry = FindKey(request.context, key);
  if (entry == nullptr) return std::string(key) + " is absent";
  text = std::string(entry->key) + " is ";
  for (size_t i = 0; i < entry->values.size(); ++i) {
    if (i > 0) text += ", ";
    text += entry->values[i];
  }
  return text;
}

}  // namespace writ
