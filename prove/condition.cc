// SPDX-License-Identifier: Apache-2.0
#include "prove/condition.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "authz/program/opcode.h"
#include "grammar/value.h"

namespace writ::prove {
namespace {

// A condition without tests.
constexpr std::string_view kAlways = {"\x01\x00", 2};
static_assert(static_cast<char>(Opcode::kPushTrue) == kAlways[0] &&
              static_cast<char>(Opcode::kHalt) == kAlways[1]);

std::string_view BytesOf(const ProgramView& view, Run code) {
  return view.code.bytes().substr(code.first, code.count);
}

uint32_t OperandAt(std::string_view code, size_t pc) {
  uint32_t operand = 0;
  std::memcpy(&operand, code.data() + pc + 1, sizeof(operand));
  return operand;
}

std::string_view NameOf(Diagram constant) {
  switch (constant) {
    case kFalse:
      return "false";
    case kTrue:
      return "true";
    case kUnreadable:
      return "unreadable";
    default:
      return "nothing";
  }
}

}  // namespace

Status ConditionProof::ReadCondition(const std::string& place,
                                     const ast::Condition& condition,
                                     std::vector<Literal>* literals) {
  size_t count = 0;
  for (const ast::ConditionOperator& op : condition.operators) {
    count += op.tests.size();
  }
  tests_.clear();
  tests_.reserve(count);  // literals point into it
  for (const ast::ConditionOperator& op : condition.operators) {
    if (!op.op) return Differ(place, "the tree has an unknown operator");
    const OperatorInfo& info = InfoOf(*op.op);
    for (const ast::ConditionTest& test : op.tests) {
      std::vector<std::string_view> values;
      for (const ast::Value& value : test.values.items) {
        values.push_back(value.text);
      }
      std::optional<ValueSet> set = SetOfTest(info, values);
      if (!set) return Differ(place, "a value of the tree cannot be read");
      tests_.push_back({FoldConditionKey(test.key.text), *std::move(set)});
      literals->push_back({&tests_.back(), info.negated});
    }
  }
  return OkStatus();
}

Status ConditionProof::MeaningOf(const std::string& place, uint32_t atom,
                                 const Meaning** meaning) {
  const auto known = atoms_.find(atom);
  if (known != atoms_.end()) {
    *meaning = &known->second;
    return OkStatus();
  }
  const AtomRecord row = proof_.view.atoms[atom];
  const KeyRecord key = proof_.view.keys[row.key];
  const std::string_view text = proof_.Text(key.text);
  if (key.folded_bytes != std::min(text.find('/'), text.size())) {
    return Differ(place, "key `" + std::string(text) + "` compares the first " +
                             std::to_string(key.folded_bytes) +
                             " bytes without case");
  }
  *meaning = &atoms_
                  .emplace(atom, Meaning{FoldConditionKey(text),
                                         SetOfAtom(proof_.view, row)})
                  .first->second;
  ++proof_.certificate.atoms;
  return OkStatus();
}

const ValueSet& ConditionProof::SetOf(uint32_t atom) {
  const auto known = atoms_.find(atom);
  if (known != atoms_.end()) return known->second.set;
  const AtomRecord row = proof_.view.atoms[atom];
  ++proof_.certificate.atoms;
  return atoms_
      .emplace(
          atom,
          Meaning{FoldConditionKey(proof_.Text(proof_.view.keys[row.key].text)),
                  SetOfAtom(proof_.view, row)})
      .first->second.set;
}

Status ConditionProof::CollectAtoms(const std::string& place, Run code,
                                    std::vector<const Meaning*>* meanings) {
  const std::string_view bytes = BytesOf(proof_.view, code);
  for (size_t pc = 0; pc < bytes.size();) {
    const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(bytes[pc]));
    if (info == nullptr ||
        pc + InstructionBytes(info->operand) > bytes.size()) {
      return Differ(place, "the code is no code");
    }
    if (IsAtomOperand(info->operand)) {
      const uint32_t atom = OperandAt(bytes, pc);
      if (atom >= proof_.view.atoms.size() ||
          proof_.view.atoms[atom].opcode != static_cast<uint32_t>(info->op)) {
        return Differ(place, "the code has an instruction without its atom");
      }
      const Meaning* meaning = nullptr;
      WRIT_RETURN_IF_ERROR(MeaningOf(place, atom, &meaning));
      meanings->push_back(meaning);
    }
    pc += InstructionBytes(info->operand);
  }
  return OkStatus();
}

Status ConditionProof::UniteTexts(const std::string& place,
                                  std::vector<Distinct>* distinct) {
  constexpr uint32_t kBoth = 3;
  for (size_t i = 0; i < distinct->size(); ++i) {
    Distinct& one = (*distinct)[i];
    if (one.meaning->set.reading != Reading::kText || one.sides == kBoth) {
      continue;
    }
    for (size_t k = 0; k < distinct->size(); ++k) {
      Distinct& other = (*distinct)[k];
      if (one.same == other.same ||
          other.meaning->set.reading != Reading::kText ||
          one.meaning->key != other.meaning->key) {
        continue;
      }
      std::string witness;
      const Verdict verdict = SameTexts(one.meaning->set, other.meaning->set,
                                        &proof_.budget, &witness);
      if (verdict == Verdict::kUnknown) return GaveUp(place + ": condition");
      if (verdict != Verdict::kHolds) continue;
      const size_t first = std::min(one.same, other.same);
      const size_t second = std::max(one.same, other.same);
      for (Distinct& each : *distinct) {
        if (each.same == second) each.same = first;
      }
      ++proof_.certificate.obligations;
    }
  }
  return OkStatus();
}

Status ConditionProof::NumberVariables(
    const std::string& place, const std::vector<const Meaning*>& of_a,
    const std::vector<const Meaning*>& of_b) {
  std::vector<std::pair<const Meaning*, uint32_t>> all;
  all.reserve(of_a.size() + of_b.size());
  for (const Meaning* meaning : of_a) all.emplace_back(meaning, 1);
  for (const Meaning* meaning : of_b) all.emplace_back(meaning, 2);
  std::ranges::sort(all, [](const auto& a, const auto& b) {
    // What is unreadable together stands together: small diagrams.
    return std::tie(a.first->key, a.first->set.reading, a.first->set) <
           std::tie(b.first->key, b.first->set.reading, b.first->set);
  });
  std::vector<Distinct> distinct;
  std::vector<size_t> places;  // in `distinct`
  for (const auto& [meaning, side] : all) {
    if (distinct.empty() || *distinct.back().meaning != *meaning) {
      distinct.push_back({meaning, 0, distinct.size()});
    }
    distinct.back().sides |= side;
    places.push_back(distinct.size() - 1);
  }
  WRIT_RETURN_IF_ERROR(UniteTexts(place, &distinct));

  variables_.clear();
  functions_.clear();
  diagrams_.Clear();
  const auto add = [this](const Meaning* meaning, bool unreadable) {
    variables_.push_back({meaning, unreadable});
    return static_cast<uint32_t>(variables_.size() - 1);
  };
  std::vector<Diagram> functions;  // of the distinct ones
  uint32_t unreadable = 0;
  for (size_t i = 0; i < distinct.size(); ++i) {
    const Meaning* meaning = distinct[i].meaning;
    if (distinct[i].same != i) {
      functions.push_back(functions[distinct[i].same]);
      continue;
    }
    const bool typed = meaning->set.reading != Reading::kText;
    const bool first =
        i == 0 || distinct[i - 1].meaning->key != meaning->key ||
        distinct[i - 1].meaning->set.reading != meaning->set.reading;
    if (typed && first) unreadable = add(meaning, true);
    // No value lies in the empty set.
    Diagram function =
        meaning->set.empty()
            ? kFalse
            : diagrams_.Choose(add(meaning, false), kTrue, kFalse);
    if (typed) function = diagrams_.Choose(unreadable, kUnreadable, function);
    functions.push_back(function);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    functions_[all[i].first] = functions[places[i]];
  }
  return OkStatus();
}

Diagram ConditionProof::Conjunction(const std::vector<Literal>& literals) {
  Diagram all = kTrue;
  for (const Literal& literal : literals) {
    Diagram one = functions_.at(literal.meaning);
    if (literal.negated) one = diagrams_.Not(one);
    all = diagrams_.Apply(Diagrams::Op::kAnd, all, one);
  }
  return all;
}

void ConditionProof::Join(const Machine& from, Machine* to) {
  using Op = Diagrams::Op;
  to->reached = diagrams_.Apply(Op::kJoin, from.reached, to->reached);
  for (size_t i = 0; i < to->stack.size() && i < from.stack.size(); ++i) {
    to->stack[i] = diagrams_.Apply(Op::kJoin, from.stack[i], to->stack[i]);
  }
}

// `pc` is a place in the whole code section.
Status ConditionProof::RunInstruction(const std::string& place, size_t pc,
                                      Machine* machine,
                                      std::map<size_t, Machine>* landing,
                                      Diagram* result) {
  using Op = Diagrams::Op;
  const std::string_view code = proof_.view.code.bytes();
  const auto op = static_cast<Opcode>(code[pc]);
  const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(code[pc]));
  std::vector<Diagram>& stack = machine->stack;
  if (stack.size() < info->pop) return Differ(place, "the stack runs empty");
  if (IsAtomOperand(info->operand)) {
    const Meaning* meaning = nullptr;
    WRIT_RETURN_IF_ERROR(MeaningOf(place, OperandAt(code, pc), &meaning));
    stack.push_back(
        diagrams_.Apply(Op::kWhere, machine->reached, functions_.at(meaning)));
    return OkStatus();
  }
  switch (op) {
    case Opcode::kPushTrue:
      stack.push_back(diagrams_.Apply(Op::kWhere, machine->reached, kTrue));
      break;
    case Opcode::kNot:
      stack.back() = diagrams_.Not(stack.back());
      break;
    case Opcode::kAnd: {
      const Diagram second = stack.back();
      stack.pop_back();
      stack.back() = diagrams_.Apply(Op::kAnd, stack.back(), second);
      break;
    }
    case Opcode::kJumpIfFalse: {
      const Diagram top = stack.back();
      Machine taken = *machine;
      taken.reached = diagrams_.Apply(Op::kWhenFalse, top, taken.reached);
      machine->reached =
          diagrams_.Apply(Op::kUnlessFalse, top, machine->reached);
      for (Diagram& value : taken.stack) {
        value = diagrams_.Apply(Op::kWhenFalse, top, value);
      }
      for (Diagram& value : stack) {
        value = diagrams_.Apply(Op::kUnlessFalse, top, value);
      }
      const size_t target =
          pc + InstructionBytes(info->operand) + OperandAt(code, pc);
      const auto [at, fresh] = landing->try_emplace(target, taken);
      if (!fresh) Join(taken, &at->second);
      break;
    }
    case Opcode::kHalt:
      *result = diagrams_.Apply(Op::kJoin, *result, stack.back());
      machine->reached = kNowhere;
      stack.clear();
      break;
    default:
      return Differ(place, "an instruction that the proof does not know");
  }
  return OkStatus();
}

Status ConditionProof::RunCode(const std::string& place, Run code,
                               Diagram* result) {
  *result = kNowhere;
  Machine machine = {kTrue, {}};
  bool running = true;
  std::map<size_t, Machine> landing;
  const size_t end = size_t{code.first} + code.count;
  for (size_t pc = code.first; pc < end;) {
    const auto op = static_cast<Opcode>(proof_.view.code.bytes()[pc]);
    const auto arrived = landing.find(pc);
    if (arrived != landing.end()) {
      if (running) {
        Join(arrived->second, &machine);
      } else {
        machine = std::move(arrived->second);
      }
      landing.erase(arrived);
      running = true;
    }
    WRIT_RETURN_IF_ERROR(RunInstruction(place, pc, &machine, &landing, result));
    if (proof_.budget.exhausted()) return GaveUp(place + ": condition");
    if (op == Opcode::kHalt) running = false;
    pc += InstructionBytes(FindOpcode(static_cast<uint8_t>(op))->operand);
  }
  return OkStatus();
}

Status ConditionProof::Agree(const std::string& place, Diagram wanted,
                             Diagram found) const {
  if (proof_.budget.exhausted()) return GaveUp(place + ": condition");
  proof_.certificate.diagram_nodes += diagrams_.size();
  ++proof_.certificate.obligations;
  if (wanted == found) return OkStatus();
  Diagram value_of_wanted = kNowhere;
  Diagram value_of_found = kNowhere;
  std::string when;
  for (const Diagrams::Choice& choice :
       diagrams_.Difference(wanted, found, &value_of_wanted, &value_of_found)) {
    const Variable& variable = variables_[choice.variable];
    when += when.empty() ? " when `" : ", and `";
    when += variable.meaning->key + "` ";
    if (variable.unreadable) {
      when += choice.truth ? "cannot be read" : "can be read";
    } else {
      when += std::string(choice.truth ? "has" : "has no") + " value in {" +
              Describe(variable.meaning->set) + "}";
    }
  }
  return Differ(place, "condition: the image says " +
                           std::string(NameOf(value_of_found)) +
                           " where the policy says " +
                           std::string(NameOf(value_of_wanted)) + when);
}

Status ConditionProof::Compare(const std::string& place,
                               const ast::Condition* condition, Run code) {
  std::vector<Literal> literals;
  if (condition != nullptr) {
    WRIT_RETURN_IF_ERROR(ReadCondition(place, *condition, &literals));
  }
  if (literals.empty() && BytesOf(proof_.view, code) == kAlways) {
    ++proof_.certificate.obligations;
    return OkStatus();
  }
  std::vector<const Meaning*> of_tree;
  of_tree.reserve(literals.size());
  for (const Literal& literal : literals) of_tree.push_back(literal.meaning);
  std::vector<const Meaning*> of_image;
  WRIT_RETURN_IF_ERROR(CollectAtoms(place, code, &of_image));
  WRIT_RETURN_IF_ERROR(NumberVariables(place, of_tree, of_image));
  const Diagram wanted = Conjunction(literals);
  Diagram found = kNowhere;
  WRIT_RETURN_IF_ERROR(RunCode(place, code, &found));
  return Agree(place, wanted, found);
}

Status ConditionProof::CompareCode(const std::string& place, Run a, Run b) {
  if (BytesOf(proof_.view, a) == BytesOf(proof_.view, b)) {
    ++proof_.certificate.obligations;
    return OkStatus();
  }
  std::vector<const Meaning*> of_a;
  std::vector<const Meaning*> of_b;
  WRIT_RETURN_IF_ERROR(CollectAtoms(place, a, &of_a));
  WRIT_RETURN_IF_ERROR(CollectAtoms(place, b, &of_b));
  WRIT_RETURN_IF_ERROR(NumberVariables(place, of_a, of_b));
  Diagram wanted = kNowhere;
  Diagram found = kNowhere;
  WRIT_RETURN_IF_ERROR(RunCode(place, a, &wanted));
  WRIT_RETURN_IF_ERROR(RunCode(place, b, &found));
  return Agree(place, wanted, found);
}

bool ConditionProof::IsAlwaysTrue(Run code) {
  return BytesOf(proof_.view, code) == kAlways;
}

}  // namespace writ::prove
