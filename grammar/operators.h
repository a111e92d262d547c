// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_OPERATORS_H_
#define WRIT_GRAMMAR_OPERATORS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace writ {

enum class Operator : uint8_t {
#define OPERATOR(Name, ...) k##Name,
#include "grammar/operators.def"
#undef OPERATOR
};

enum class OperandFamily : uint8_t { kString, kNumeric, kDate, kBool, kIp };
enum class Relation : uint8_t {
  kEqual,
  kEqualNoCase,
  kLike,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kWithin,
};

struct OperatorInfo {
  Operator op;
  std::string_view json;
  OperandFamily family;
  Relation relation;
  bool negated;
  std::string_view dsl;
};

inline constexpr OperatorInfo kOperators[] = {
#define OPERATOR(Name, family, relation, negated, dsl)       \
  {Operator::k##Name,     #Name,   OperandFamily::k##family, \
   Relation::k##relation, negated, dsl},
#include "grammar/operators.def"
#undef OPERATOR
};

// The row of `op`.
inline constexpr const OperatorInfo& InfoOf(Operator op) {
  return kOperators[static_cast<size_t>(op)];
}

// The row whose JSON key is exactly `json_key`, or null.
inline constexpr const OperatorInfo* FindOperator(std::string_view json_key) {
  for (const OperatorInfo& info : kOperators) {
    if (info.json == json_key) return &info;
  }
  return nullptr;
}

}  // namespace writ

#endif  // WRIT_GRAMMAR_OPERATORS_H_
