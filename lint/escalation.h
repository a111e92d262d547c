// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_ESCALATION_H_
#define WRIT_LINT_ESCALATION_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

// Ways in which what a policy grants becomes more than it grants: a table of
// action sets, lint/escalation.json (format: docs/spec/escalation.md).
namespace writ {

// One row: who is allowed all of `actions` can do what `title` says.
struct Escalation {
  std::string id;     // "attach-policy-to-user"
  RuleId rule;        // W-ESC-…
  std::string title;  // goes on from "lets its holder …"
  // The first is the key to it: it must be allowed on all of `resource`, or on
  // some of it; the others anywhere.
  std::vector<std::string> actions;
  std::string resource;  // "acs:ram:*:*:role/*"
  bool on_some = false;
  // A condition key: a statement that asks for it takes the row away.
  std::string guard;
  // The value of acs:Service that the key statement must admit, if it asks.
  std::string service;
  std::string help;
  std::string note;
  std::string reference;  // the document that describes the actions
};

class EscalationTable {
 public:
  // The rows that are built in. Read at the first call.
  static const EscalationTable& BuiltIn();

  // The built-in rows and those of `source`; a row of a known id replaces it.
  //
  // Errors   kInvalidArgument  one line per finding, "file:line:column: what"
  static Result<EscalationTable> WithFile(const SourceText& source);
  // The same for these rows. Nothing changes when there is an error.
  Status Add(const SourceText& source);

  // In the order in which one finding goes before another.
  const std::vector<Escalation>& rows() const { return rows_; }

 private:
  EscalationTable() = default;
  std::vector<Escalation> rows_;
};

// A row that a policy makes possible, by one of its statements.
struct EscalationMatch {
  const Escalation* row;
  size_t statement;
  // Of the statement's Action and Resource; kWholeList for a list of
  // exceptions.
  size_t action_item;
  size_t resource_item;
  // Where the other actions of the row come from, in its order.
  struct Other {
    size_t statement;
    size_t action_item;
  };
  std::vector<Other> others;
};

// The rows that `policy` makes possible, by statement and by rank of the row.
// A policy that allows everything has none: there is nothing to win.
std::vector<EscalationMatch> FindEscalations(const ast::Policy& policy,
                                             const EscalationTable& table);

}  // namespace writ

#endif  // WRIT_LINT_ESCALATION_H_
