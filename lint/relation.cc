// SPDX-License-Identifier: Apache-2.0
#include "lint/relation.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "grammar/value.h"

namespace writ {
namespace {

bool BlockWithin(const IpBlock& inner, const IpBlock& outer) {
  if (inner.is_v6 != outer.is_v6 || inner.prefix < outer.prefix) return false;
  const size_t first = outer.is_v6 ? 0 : 12;
  for (size_t bit = 0; bit < outer.prefix; ++bit) {
    const size_t byte = first + bit / 8;
    const unsigned mask = 0x80U >> (bit % 8);
    if ((inner.bytes[byte] & mask) != (outer.bytes[byte] & mask)) return false;
  }
  return true;
}

template <typename Value>
bool OrderedCovers(Relation relation, const std::optional<Value>& outer,
                   const std::optional<Value>& inner) {
  if (!outer || !inner) return false;
  switch (relation) {
    case Relation::kEqual:
      return *outer == *inner;
    case Relation::kLess:
    case Relation::kLessEqual:
      return *inner <= *outer;
    case Relation::kGreater:
    case Relation::kGreaterEqual:
      return *inner >= *outer;
    case Relation::kEqualNoCase:
    case Relation::kLike:
    case Relation::kWithin:
      break;
  }
  return false;
}

// Of `acs:ram::ACCOUNT:rest`: account and rest.
std::optional<std::array<std::string_view, 2>> RamParts(std::string_view text) {
  constexpr std::string_view kPrefix = "acs:ram::";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  return std::array<std::string_view, 2>{text.substr(0, colon),
                                         text.substr(colon + 1)};
}

// `role/NAME` or `role/NAME/SESSION`: is `inner` the same, or a session of it.
bool RoleCovers(std::string_view outer, std::string_view inner) {
  constexpr std::string_view kRole = "role/";
  if (!outer.starts_with(kRole) || !inner.starts_with(kRole)) return false;
  outer.remove_prefix(kRole.size());
  inner.remove_prefix(kRole.size());
  const size_t outer_slash = outer.find('/');
  const size_t inner_slash = inner.find('/');
  // Names of roles compare without case, those of sessions as they stand.
  if (!EqualsIgnoreCase(outer.substr(0, outer_slash),
                        inner.substr(0, inner_slash))) {
    return false;
  }
  if (outer_slash == std::string_view::npos) return true;
  return inner_slash != std::string_view::npos &&
         outer.substr(outer_slash) == inner.substr(inner_slash);
}

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A user or role below an account: what an account as a whole includes.
bool IsMember(std::string_view rest) {
  return (rest.starts_with("user/") && rest.size() > 5) ||
         (rest.starts_with("role/") && rest.size() > 5);
}

bool AnyCovers(std::string_view type, const ast::Values& outer,
               std::string_view inner, QuestionBudget* budget) {
  return std::any_of(
      outer.items.begin(), outer.items.end(), [&](const ast::Value& item) {
        return budget->Ask() && PrincipalCovers(type, item.text, inner);
      });
}

// Every item of `inner` is covered by one of `outer`.
bool ItemsWithin(PatternKind kind, const ast::Values& inner,
                 const ast::Values& outer, QuestionBudget* budget) {
  return std::all_of(
      inner.items.begin(), inner.items.end(), [&](const ast::Value& item) {
        return std::any_of(outer.items.begin(), outer.items.end(),
                           [&](const ast::Value& by) {
                             return budget->Covers(kind, by.text, item.text);
                           });
      });
}

// One test of a condition, by itself.
struct TestOf {
  const OperatorInfo* op;  // null for a foreign one
  const ast::ConditionTest* test;
  std::string key;
};

std::vector<TestOf> TestsOf(const std::optional<ast::Condition>& condition) {
  std::vector<TestOf> tests;
  if (!condition) return tests;
  for (const ast::ConditionOperator& op : condition->operators) {
    for (const ast::ConditionTest& test : op.tests) {
      tests.push_back({op.op ? &InfoOf(*op.op) : nullptr, &test,
                       FoldConditionKey(test.key.text)});
    }
  }
  return tests;
}

bool ValuesWithin(const OperatorInfo& op, const ast::Values& inner,
                  const ast::Values& outer, QuestionBudget* budget) {
  return std::all_of(
      inner.items.begin(), inner.items.end(), [&](const ast::Value& item) {
        return std::any_of(
            outer.items.begin(), outer.items.end(), [&](const ast::Value& by) {
              return budget->Ask() && ValueCovers(op, by.text, item.text);
            });
      });
}

bool TestWithin(const TestOf& inner, const TestOf& outer,
                QuestionBudget* budget) {
  if (!inner.op || !outer.op || inner.key != outer.key) return false;
  if (inner.op->family != outer.op->family ||
      inner.op->relation != outer.op->relation ||
      inner.op->negated != outer.op->negated) {
    return false;
  }
  const ast::Values& in = inner.test->values;
  const ast::Values& out = outer.test->values;
  return inner.op->negated ? ValuesWithin(*inner.op, out, in, budget)
                           : ValuesWithin(*inner.op, in, out, budget);
}

bool IsUpper(Relation relation) {
  return relation == Relation::kLess || relation == Relation::kLessEqual;
}
bool IsLower(Relation relation) {
  return relation == Relation::kGreater || relation == Relation::kGreaterEqual;
}

// Points and half-lines that have no value in common.
template <typename Value>
bool OrderedExclude(Relation a, const std::optional<Value>& x, Relation b,
                    const std::optional<Value>& y) {
  if (!x || !y) return false;
  if (IsUpper(a) && IsLower(b)) {
    return *y > *x ||
           (*y == *x && (a == Relation::kLess || b == Relation::kGreater));
  }
  if (IsLower(a) && IsUpper(b)) return OrderedExclude(b, y, a, x);
  if (a != Relation::kEqual) {
    return b == Relation::kEqual && OrderedExclude(b, y, a, x);
  }
  switch (b) {
    case Relation::kEqual:
      return *x != *y;
    case Relation::kLess:
      return *x >= *y;
    case Relation::kLessEqual:
      return *x > *y;
    case Relation::kGreater:
      return *x <= *y;
    case Relation::kGreaterEqual:
      return *x < *y;
    case Relation::kEqualNoCase:
    case Relation::kLike:
    case Relation::kWithin:
      break;
  }
  return false;
}

bool TextsExclude(Relation a, std::string_view x, Relation b,
                  std::string_view y) {
  if (a == Relation::kLike && b == Relation::kLike) {
    return !PatternsIntersect(PatternKind::kText, x, y);
  }
  if (a == Relation::kLike) return TextsExclude(b, y, a, x);
  if (b == Relation::kLike) {
    return a == Relation::kEqual && !PatternMatches(PatternKind::kText, y, x);
  }
  return a == Relation::kEqual && b == Relation::kEqual
             ? x != y
             : !EqualsIgnoreCase(x, y);
}

}  // namespace

bool ValuesExclude(const OperatorInfo& a, std::string_view a_value,
                   const OperatorInfo& b, std::string_view b_value) {
  if (a.family != b.family) return false;
  switch (a.family) {
    case OperandFamily::kString:
      return TextsExclude(a.relation, a_value, b.relation, b_value);
    case OperandFamily::kNumeric:
      return OrderedExclude(a.relation, ParseDecimal(a_value), b.relation,
                            ParseDecimal(b_value));
    case OperandFamily::kDate:
      return OrderedExclude(a.relation, ParseInstant(a_value), b.relation,
                            ParseInstant(b_value));
    case OperandFamily::kBool:
      return ParseBool(a_value) != ParseBool(b_value);
    case OperandFamily::kIp: {
      const std::optional<IpBlock> x = ParseCidr(a_value);
      const std::optional<IpBlock> y = ParseCidr(b_value);
      return x && y && !BlockWithin(*x, *y) && !BlockWithin(*y, *x);
    }
  }
  return false;
}

bool ValueWithin(const OperatorInfo& inner, std::string_view inner_value,
                 const OperatorInfo& outer, std::string_view outer_value) {
  if (inner.family != outer.family) return false;
  if (inner.relation == outer.relation) {
    return ValueCovers(inner, outer_value, inner_value);
  }
  if (inner.family != OperandFamily::kString) return false;
  if (inner.relation == Relation::kEqual) {
    return outer.relation == Relation::kLike
               ? PatternMatches(PatternKind::kText, outer_value, inner_value)
               : EqualsIgnoreCase(outer_value, inner_value);
  }
  return outer.relation == Relation::kLike && outer_value == "*";
}

bool ValueCovers(const OperatorInfo& op, std::string_view outer,
                 std::string_view inner) {
  switch (op.family) {
    case OperandFamily::kString:
      if (op.relation == Relation::kEqual) return outer == inner;
      if (op.relation == Relation::kEqualNoCase) {
        return EqualsIgnoreCase(outer, inner);
      }
      return PatternCovers(PatternKind::kText, outer, inner);
    case OperandFamily::kNumeric:
      return OrderedCovers(op.relation, ParseDecimal(outer),
                           ParseDecimal(inner));
    case OperandFamily::kDate:
      return OrderedCovers(op.relation, ParseInstant(outer),
                           ParseInstant(inner));
    case OperandFamily::kBool:
      return ParseBool(outer) && ParseBool(outer) == ParseBool(inner);
    case OperandFamily::kIp: {
      const std::optional<IpBlock> wide = ParseCidr(outer);
      const std::optional<IpBlock> narrow = ParseCidr(inner);
      return wide && narrow && BlockWithin(*narrow, *wide);
    }
  }
  return false;
}

bool PrincipalCovers(std::string_view type, std::string_view outer,
                     std::string_view inner) {
  if (outer == inner) return true;
  if (type == "Service" || type == "Federated") return false;
  const bool bare = type.empty();
  if (bare && outer == "*") return true;
  const auto in = RamParts(inner);
  if (!in) return false;
  // In a list of a resource policy the number of an account is all of it (R45).
  if (bare && IsNumber(outer)) return (*in)[0] == outer && IsMember((*in)[1]);
  const auto out = RamParts(outer);
  if (!out || (*out)[0] != (*in)[0]) return false;
  if (!bare && (*out)[1] == "root") return IsMember((*in)[1]);
  return RoleCovers((*out)[1], (*in)[1]);
}

bool ListWithin(PatternKind kind, const ast::PatternList& inner,
                const ast::PatternList& outer, QuestionBudget* budget) {
  if (inner.negated && outer.negated) {
    return ItemsWithin(kind, outer.values, inner.values, budget);
  }
  if (inner.negated) {
    return std::any_of(outer.values.items.begin(), outer.values.items.end(),
                       [&](const ast::Value& item) {
                         return budget->Covers(kind, item.text, "*");
                       });
  }
  if (outer.negated) {
    return std::all_of(inner.values.items.begin(), inner.values.items.end(),
                       [&](const ast::Value& item) {
                         return budget->Ask() &&
                                ListCovers(kind, outer, item.text);
                       });
  }
  return ItemsWithin(kind, inner.values, outer.values, budget);
}

bool PrincipalWithin(const std::optional<ast::Principal>& inner,
                     const std::optional<ast::Principal>& outer,
                     QuestionBudget* budget) {
  if (!inner || !outer) return !inner && !outer;
  if (inner->form != outer->form) return false;
  if (inner->form == ast::Principal::Form::kBare) {
    // An empty list is everyone (R18).
    if (outer->bare.items.empty()) return true;
    if (inner->bare.items.empty()) {
      return AnyCovers("", outer->bare, "*", budget);
    }
    return std::all_of(inner->bare.items.begin(), inner->bare.items.end(),
                       [&](const ast::Value& item) {
                         return AnyCovers("", outer->bare, item.text, budget);
                       });
  }
  for (const ast::Principal::Typed& typed : inner->typed) {
    const auto same = std::find_if(outer->typed.begin(), outer->typed.end(),
                                   [&](const ast::Principal::Typed& other) {
                                     return other.type.text == typed.type.text;
                                   });
    for (const ast::Value& item : typed.values.items) {
      if (same == outer->typed.end() ||
          !AnyCovers(typed.type.text, same->values, item.text, budget)) {
        return false;
      }
    }
  }
  return true;
}

bool ConditionWithin(const std::optional<ast::Condition>& inner,
                     const std::optional<ast::Condition>& outer,
                     QuestionBudget* budget) {
  const std::vector<TestOf> in = TestsOf(inner);
  const std::vector<TestOf> out = TestsOf(outer);
  return std::all_of(out.begin(), out.end(), [&](const TestOf& wanted) {
    return std::any_of(in.begin(), in.end(), [&](const TestOf& test) {
      return TestWithin(test, wanted, budget);
    });
  });
}

bool StatementWithin(const ast::Statement& inner, const ast::Statement& outer,
                     QuestionBudget* budget) {
  if (inner.effect != outer.effect) return false;
  if (!inner.action || !outer.action) return false;
  if (inner.resource.has_value() != outer.resource.has_value()) return false;
  if (!inner.foreign.empty() || !outer.foreign.empty()) return false;
  return ListWithin(PatternKind::kAction, *inner.action, *outer.action,
                    budget) &&
         (!inner.resource || ListWithin(PatternKind::kResource, *inner.resource,
                                        *outer.resource, budget)) &&
         PrincipalWithin(inner.principal, outer.principal, budget) &&
         ConditionWithin(inner.condition, outer.condition, budget);
}

}  // namespace writ
