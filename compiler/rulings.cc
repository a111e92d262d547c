// SPDX-License-Identifier: Apache-2.0
//
// Which of our rulings the effect of a statement rests on, read off its tree:
// only the tree still knows that a number stood without quotes, or which of two
// synonymous operators was written.
#include "compiler/rulings.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "authz/clauses.h"
#include "authz/match_glob.h"
#include "compiler/lower.h"
#include "grammar/value.h"

namespace writ {
namespace {

constexpr bool RulingsAscend() {
  for (size_t i = 1; i < std::size(kRulings); ++i) {
    if (kRulings[i - 1].number >= kRulings[i].number) return false;
  }
  return true;
}
static_assert(RulingsAscend(), "rulings.def: numbers ascend");

// The segments of a resource pattern: service, region, account, relative id.
struct Segments {
  std::string_view service, region, account, relative_id;
};

bool Split(std::string_view pattern, Segments* segments) {
  std::string_view* const parts[] = {&segments->service, &segments->region,
                                     &segments->account};
  size_t begin = pattern.find(':');
  for (std::string_view* part : parts) {
    if (begin == std::string_view::npos) return false;
    const size_t end = pattern.find(':', begin + 1);
    if (end == std::string_view::npos) return false;
    *part = pattern.substr(begin + 1, end - begin - 1);
    begin = end;
  }
  segments->relative_id = pattern.substr(begin + 1);
  return true;
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A wildcard that is not the whole segment.
bool IsPartWild(std::string_view segment) {
  return segment != "*" &&
         segment.find_first_of("*?") != std::string_view::npos;
}

// Collects the uses of one policy.
class Collector {
 public:
  explicit Collector(ast::PolicyKind kind) : kind_(kind) {}

  void Add(uint32_t index, const ast::Statement& statement) {
    use_ = {};
    use_.statement = index;
    deny_ = statement.effect == ast::Effect::kDeny;
    if (statement.sid) Use(13, statement.sid->span);
    if (statement.action) AddPatterns(statement.action->values);
    if (statement.resource) AddResource(*statement.resource);
    if (statement.principal) AddPrincipal(*statement.principal);
    AddKind(statement);
    if (statement.condition) AddCondition(*statement.condition);
  }

  std::vector<RulingUse> Sorted() {
    const auto key = [](const RulingUse& use) {
      return std::tuple(use.statement, use.test, use.ruling);
    };
    std::ranges::stable_sort(uses_, {}, key);
    uses_.erase(std::unique(uses_.begin(), uses_.end(),
                            [&](const RulingUse& a, const RulingUse& b) {
                              return key(a) == key(b);
                            }),
                uses_.end());
    return std::move(uses_);
  }

 private:
  void Use(uint32_t ruling, Span span) {
    use_.ruling = ruling;
    use_.span = span;
    uses_.push_back(use_);
  }

  // What wildcards and other signs of a pattern rest on.
  void AddPattern(const ast::Value& value) {
    size_t at = value.text.find_first_of("?\\$");
    for (; at != std::string::npos;
         at = value.text.find_first_of("?\\$", at + 1)) {
      const std::string_view next =
          std::string_view(value.text).substr(at + 1, 1);
      if (value.text[at] == '?') Use(42, value.span);
      if (value.text[at] == '\\' && (next == "*" || next == "?")) {
        Use(23, value.span);
      }
      if (value.text[at] == '$' && next == "{") Use(22, value.span);
    }
  }
  void AddPatterns(const ast::Values& values) {
    for (const ast::Value& value : values.items) AddPattern(value);
  }

  void AddResource(const ast::PatternList& list) {
    AddPatterns(list.values);
    bool bare = false;
    for (const ast::Value& value : list.values.items) {
      bare = bare || value.text == "*";
      Segments segments;
      if (!Split(value.text, &segments)) continue;
      if (IsPartWild(segments.service) || IsPartWild(segments.region) ||
          IsPartWild(segments.account)) {
        Use(19, value.span);
      }
      if (segments.service == "*" && segments.region == "*" &&
          segments.account == "*" && segments.relative_id == "*") {
        Use(20, value.span);
      }
      if (MatchGlob(segments.service, "ram") &&
          segments.relative_id.starts_with("role/")) {
        Use(11, value.span);
      }
    }
    if (!list.negated) return;
    Use(14, list.name_span);
    if (!bare) Use(20, list.name_span);
  }

  void AddPrincipal(const ast::Principal& principal) {
    if (principal.form == ast::Principal::Form::kBare) {
      if (principal.bare.items.empty()) {
        Use(18, principal.span);
        Use(45, principal.span);
        if (deny_) Use(32, principal.span);
      }
      for (const ast::Value& value : principal.bare.items) AddBare(value);
    }
    for (const ast::Principal::Typed& typed : principal.typed) {
      if (typed.values.items.empty()) continue;
      if (typed.type.text == "Service") Use(31, typed.type.span);
      if (typed.type.text == "Federated") Use(38, typed.type.span);
    }
    if (kind_ == ast::PolicyKind::kTrust && deny_) Use(32, principal.span);
  }

  // An entry of a resource policy's list.
  void AddBare(const ast::Value& value) {
    const bool everyone = value.text == "*";
    // An id may be a user's, a role's or an account's.
    if (everyone || IsDigits(value.text)) {
      Use(45, value.span);
      if (deny_) Use(32, value.span);
    }
    const size_t colon = value.text.find(':');
    const bool session_id =
        colon != std::string::npos &&
        IsDigits(std::string_view(value.text).substr(0, colon));
    if (session_id || value.text.find(":role/") != std::string::npos) {
      Use(33, value.span);
    }
  }

  void AddKind(const ast::Statement& statement) {
    if (kind_ == ast::PolicyKind::kControl) Use(29, statement.effect_span);
    if (kind_ != ast::PolicyKind::kIdentity || !deny_ || !statement.resource ||
        statement.resource->negated) {
      return;
    }
    // Only buckets have policies of their own.
    for (const ast::Value& value : statement.resource->values.items) {
      Segments segments;
      if (value.text == "*" || (Split(value.text, &segments) &&
                                MatchGlob(segments.service, "oss"))) {
        return Use(28, value.span);
      }
    }
  }

  void AddCondition(const ast::Condition& condition) {
    for (uint32_t i = 0; i < condition.operators.size(); ++i) {
      const ast::ConditionOperator& op = condition.operators[i];
      if (!op.op) continue;
      for (uint32_t k = 0; k < op.tests.size(); ++k) {
        use_.test = RulingUse::Place{i, k};
        AddTest(op, InfoOf(*op.op), op.tests[k]);
      }
    }
  }

  void AddTest(const ast::ConditionOperator& op, const OperatorInfo& info,
               const ast::ConditionTest& test) {
    if (info.negated) {
      Use(1, test.key.span);
      Use(2, test.key.span);
    }
    if (test.key.text.find('/') != std::string::npos) Use(10, test.key.span);
    if (test.values.items.empty()) Use(18, test.values.span);
    if (info.family != OperandFamily::kString) Use(39, test.key.span);
    if (op.name.text.ends_with("IncludeBorder")) Use(6, op.name.span);
    if (info.family == OperandFamily::kIp && info.negated) {
      Use(9, test.key.span);
    }
    for (const ast::Value& value : test.values.items) AddValue(info, value);
  }

  void AddValue(const OperatorInfo& info, const ast::Value& value) {
    if (value.kind != ast::Value::Kind::kString) Use(24, value.span);
    switch (info.family) {
      case OperandFamily::kString:
        if (info.relation == Relation::kLike) {
          AddPattern(value);
        } else if (value.text.find("${") != std::string::npos) {
          Use(22, value.span);
        }
        break;
      case OperandFamily::kNumeric:
        if (value.text.find_first_of(".eE") != std::string::npos) {
          Use(44, value.span);
        }
        break;
      case OperandFamily::kDate:
        if (value.text.find('.') != std::string::npos) Use(27, value.span);
        break;
      case OperandFamily::kBool:
        if (value.text != "true" && value.text != "false") Use(25, value.span);
        break;
      case OperandFamily::kIp:
        AddBlock(value);
        break;
    }
  }

  void AddBlock(const ast::Value& value) {
    const std::optional<IpBlock> block = ParseCidr(value.text);
    if (!block) return;
    const uint8_t whole = block->is_v6 ? 128 : 32;
    if (block->prefix < whole) Use(6, value.span);
    if (!block->is_v6 && block->had_prefix && block->prefix == whole) {
      Use(7, value.span);
    }
    if (block->is_v6) Use(8, value.span);
    const bool mapped =
        !block->is_v6 && value.text.find("::") != std::string::npos;
    if (mapped || block->had_host_bits) Use(9, value.span);
  }

  const ast::PolicyKind kind_;
  bool deny_ = false;
  RulingUse use_;
  std::vector<RulingUse> uses_;
};

// The atom of the statement's code that stands for a test of its tree.
uint32_t AtomOf(const ProgramView& view,
                std::span<const ExplainedClause> clauses,
                const OperatorInfo& info, const ast::ConditionTest& test) {
  const std::optional<Opcode> opcode = OpcodeOf(info);
  const std::string key = FoldConditionKey(test.key.text);
  for (const ExplainedClause& clause : clauses) {
    const AtomRecord atom = view.atoms[clause.atom];
    if (opcode && atom.opcode == static_cast<uint32_t>(*opcode) &&
        clause.negated == info.negated &&
        view.Text(view.keys[atom.key].text) == key) {
      return clause.atom;
    }
  }
  return kNoIndex;
}

}  // namespace

const RulingInfo* FindRuling(uint32_t number) {
  const auto row =
      std::ranges::lower_bound(kRulings, number, {}, &RulingInfo::number);
  return row != std::end(kRulings) && row->number == number ? row : nullptr;
}

std::vector<RulingUse> RulingsOf(const ast::Policy& policy,
                                 ast::PolicyKind kind) {
  Collector collector(kind);
  for (uint32_t i = 0; i < policy.statements.size(); ++i) {
    collector.Add(i, policy.statements[i]);
  }
  return collector.Sorted();
}

void TagRulings(std::span<const PolicyInput> inputs, Image* image) {
  const ProgramView view = image->View();
  std::vector<std::tuple<uint32_t, uint32_t, uint32_t>> tags;
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    const uint32_t first = view.policies[i].statements.first;
    uint32_t known = kNoIndex;  // whose clauses are read
    std::vector<ExplainedClause> clauses;
    for (const RulingUse& use : RulingsOf(*inputs[i].policy, inputs[i].kind)) {
      uint32_t atom = kNoIndex;
      if (use.test) {
        const ast::ConditionOperator& op =
            inputs[i]
                .policy->statements[use.statement]
                .condition->operators[use.test->op];
        if (known != use.statement) {
          known = use.statement;
          clauses = TestsOf(view, view.statements[first + use.statement].code);
        }
        atom = AtomOf(view, clauses, InfoOf(*op.op), op.tests[use.test->test]);
      }
      // The statement as a whole goes before its tests.
      tags.emplace_back(first + use.statement, atom + 1, use.ruling);
    }
  }
  std::ranges::sort(tags);
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  for (const auto& [statement, atom_plus_1, ruling] : tags) {
    image->Append(Section::kRulings,
                  RulingTag{statement, atom_plus_1 - 1, ruling});
  }
}

}  // namespace writ
