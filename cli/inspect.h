// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_INSPECT_H_
#define WRIT_CLI_INSPECT_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "grammar/ast.h"
#include "grammar/json_out.h"

// Summaries for `writ inspect`: what a policy or a program holds, in numbers.
namespace writ {

struct PolicySummary {
  std::string name;
  ast::PolicyKind kind = ast::PolicyKind::kIdentity;
  bool kind_was_guessed = false;
  size_t statements = 0;
  size_t allows = 0;
  size_t denies = 0;
  size_t conditions = 0;  // statements that have one
  // As written, each once.
  std::set<std::string> services;
  std::set<std::string> actions;
  std::set<std::string> resources;
  std::set<std::string> principals;
  std::set<std::string> condition_keys;
  // What is wide: patterns with * or ?, lists that are all of something, and
  // lists that say what is left out.
  size_t wildcard_actions = 0;
  size_t wildcard_resources = 0;
  size_t every_action = 0;
  size_t every_resource = 0;
  size_t everyone = 0;
  size_t negated_lists = 0;
  size_t characters = 0;  // of the minified JSON
  uint64_t limit = 0;     // of RAM, for the kind
  std::string sha256;     // of the minified JSON, members in canonical order
};
PolicySummary Summarise(const ast::Policy& policy, ast::PolicyKind kind,
                        bool kind_was_guessed);

// As lines for people, and as an object.
std::string SummaryText(const PolicySummary& summary);
void AddSummary(const PolicySummary& summary, JsonOut* json);

// The same of a verified program image.
std::string SummaryText(const Program& program);
void AddSummary(const Program& program, JsonOut* json);

}  // namespace writ

#endif  // WRIT_CLI_INSPECT_H_
