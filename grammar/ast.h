// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_AST_H_
#define WRIT_GRAMMAR_AST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "grammar/operators.h"

// The tree that both front ends build and both printers read. Plain values:
// copy, move and compare by hand; no behaviour. A tree may hold what RAM
// refuses (a foreign operator, an unknown member, an empty list): the reader
// reports it as a Diagnostic and keeps it, so that nothing is lost in a
// translation. Only a tree without findings of level error may be compiled.
namespace writ::ast {

enum class PolicyKind : uint8_t {
  kIdentity,
  kResource,
  kTrust,
  kSession,
  kControl,
};

enum class Effect : uint8_t { kAllow, kDeny };

// A string and where it stands (the quotes included, if it had any).
struct Text {
  std::string text;
  Span span;
};

// A condition value or an action/resource pattern. `text` is the canonical
// text of R24: a string's characters, a number as written, true or false.
struct Value {
  enum class Kind : uint8_t { kString, kNumber, kBool };
  Kind kind = Kind::kString;
  std::string text;
  Span span;
};

// One value, or a JSON array of them: "x" and ["x"] mean the same, but the
// shape survives every translation.
struct Values {
  std::vector<Value> items;
  bool is_list = false;
  Span span;
};

// A member this grammar does not know, kept as compact JSON text.
struct ForeignMember {
  Text name;
  std::string json;
  Span span;
};

// Action or NotAction, Resource or NotResource. A statement that has both
// forms (R16) keeps the second in Statement::foreign.
struct PatternList {
  bool negated = false;  // NotAction, NotResource
  Values values;
  Span name_span;  // the member's name, or the keyword
};

// Principal. Exactly one form:
//   kBare   a string or list of strings: "*", ["2700…"], ["*"], []
//   kTyped  an object: {"RAM": [...], "Service": [...], "Federated": [...]}
struct Principal {
  enum class Form : uint8_t { kBare, kTyped };
  struct Typed {
    Text type;  // "RAM", "Service", "Federated", or a foreign word
    Values values;
  };
  Form form = Form::kBare;
  Values bare;
  std::vector<Typed> typed;
  Span name_span;
  Span span;
};

// One key under one operator.
struct ConditionTest {
  Text key;
  Values values;
};

// One operator of the Condition block and its keys, in the author's order.
struct ConditionOperator {
  Text name;                   // as written, foreign names included
  std::optional<Operator> op;  // set when the name is a row of operators.def
  std::vector<ConditionTest> tests;
};

struct Condition {
  std::vector<ConditionOperator> operators;  // {} is unconditional (R18)
  Span name_span;
  Span span;
};

// `@owner("team-photos")`: DSL only; never reaches JSON.
struct Annotation {
  Text name;
  std::vector<Value> arguments;
  Span span;
};

struct Statement {
  std::vector<Annotation> annotations;
  std::optional<Text> sid;
  std::optional<Text> label;  // DSL only; never reaches JSON
  Effect effect = Effect::kAllow;
  Span effect_span;
  std::optional<Principal> principal;
  std::optional<PatternList> action;
  std::optional<PatternList> resource;
  std::optional<Condition> condition;  // absent and {} are told apart
  std::vector<ForeignMember> foreign;
  Span span;
  // The `use` in the policy that wrote it out of a template, whose body the
  // other spans then point into; else {0, 0}.
  Span use_span;
};

struct Policy {
  std::vector<Annotation> annotations;
  std::string name;                // the DSL's name, or from the file's name
  Span name_span;                  // where the DSL says it; else {0, 0}
  std::optional<PolicyKind> kind;  // DSL only; JSON does not say
  std::string version = "1";       // the text of "Version"
  std::vector<Statement> statements;
  std::vector<ForeignMember> foreign;
  Span span;
};

}  // namespace writ::ast

#endif  // WRIT_GRAMMAR_AST_H_
