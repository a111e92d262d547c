// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_GRANTS_H_
#define WRIT_LINT_GRANTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "lint/pattern.h"
#include "lint/policy_file.h"

// What the statements of one policy grant, as the rules about too much of it
// ask: how far a list reaches, which tests stand in the way, where to add one.
namespace writ {

// Stands for NotAction and NotResource where the index of an item is asked for.
inline constexpr size_t kWholeList = SIZE_MAX;

// The item through which `list` means some text of `pattern`; for a negated
// list kWholeList; nothing when it does not.
std::optional<size_t> ItemReaching(PatternKind kind,
                                   const ast::PatternList& list,
                                   std::string_view pattern);

// Where item `item` stands; for kWholeList the name of the member.
Span SpanOfItem(const ast::PatternList& list, size_t item);

// The item that alone means everything: `*`, for actions also `*:*`.
std::optional<size_t> StarItem(PatternKind kind, const ast::PatternList& list);

// The item through which a Resource member means all that `shape` stands for
// (`acs:oss:*:*:*/*`), at least in one account. A list of exceptions counts as
// such when it leaves something of the shape.
std::optional<size_t> ItemMeaningAllOf(const ast::PatternList& resource,
                                       std::string_view shape);

// Every action on every resource.
bool IsFullAdmin(const ast::Statement& statement);

// A Deny of the policy that asks for nothing takes `action` away on all of
// `shape`.
bool IsDeniedOutright(const ast::Policy& policy, std::string_view action,
                      std::string_view shape);

// The test of `key` (its spelling folded as R10 says) that a request must pass
// by carrying it; a key that ends in `/` stands for its family. Tests that any
// value passes do not count.
const ast::ConditionTest* PositiveTest(const ast::Statement& statement,
                                       std::string_view key);

// The statement holds only for callers with a second factor.
bool AsksForMfa(const ast::Statement& statement);

// A condition chooses among the resources or what is made of them: tags, the
// prefix of a listing.
bool ChoosesByCondition(const ast::Statement& statement);

// A condition limits where or who the caller is.
bool LimitsCaller(const ast::Statement& statement);

// A condition to be added to a statement.
struct NewCondition {
  std::string_view op;     // "Bool"
  std::string_view key;    // "acs:MFAPresent"
  std::string_view value;  // "true"
  std::string_view writ;   // the same in the Writ language
};
inline constexpr NewCondition kMfaCondition{"Bool", "acs:MFAPresent", "true",
                                            "acs:MFAPresent is true"};

// As the language of the file writes it, for a message.
std::string ShowCondition(const PolicyFile& file, const NewCondition& added);

// The statement was written in this file, inside this policy: not in a template
// or an import.
bool IsInPlace(const PolicyFile& file, const ast::Policy& policy,
               const ast::Statement& statement);

// The edit that adds it; nothing when the statement is not in place, or
// holds the key already.
std::optional<Fix> AddCondition(const PolicyFile& file,
                                const ast::Policy& policy,
                                const ast::Statement& statement,
                                const NewCondition& added);

void AddNote(std::string text, Diagnostic* finding);
// A request that the policy allows and its author may not have meant.
void AddExample(std::string text, Diagnostic* finding);

// "`a`", "`a` and `b`", "`a`, `b` and 3 more".
std::string NameSome(const std::vector<std::string>& names);
std::string NameSome(const ast::Values& values);

}  // namespace writ

#endif  // WRIT_LINT_GRANTS_H_
