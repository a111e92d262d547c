// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_POLICY_FILE_H_
#define WRIT_CLI_POLICY_FILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "cli/command.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"
#include "grammar/render.h"

namespace writ {

// One text with policies, read and parsed, in either language.
struct PolicyFile {
  SourceText source;
  bool is_json = false;
  Diagnostics diagnostics;
  // The policies; empty when the text cannot be made out. A JSON file holds
  // one, named after the file.
  WritFile content;
  bool parsed = false;
};

// Turns what the user typed into files: a directory stands for every *.writ
// and *.ram.json below it (sorted; links to directories are not followed), `-`
// for standard input.
//
// Errors   kNotFound, kPermissionDenied …   for a path that is not there
//          kInvalidArgument                 a directory without policies
Result<std::vector<std::string>> ExpandPaths(
    const std::vector<std::string>& paths);

// Reads the file at `path`, or standard input for `-`. Text whose first
// character other than white space is `{` or `[`, or whose name ends in .json,
// is JSON.
//
// Errors   of the system; kInvalidArgument for a directory or more than
//          kMaxPolicyTextBytes. Findings in the text are no errors here.
Result<PolicyFile> ReadPolicyFile(const std::string& path);

// The kind by which to judge `policy`: `asked` if it is set, else what the
// policy says, else a guess from its shape (a Principal with a Resource:
// resource; without: trust; no Principal: identity).
ast::PolicyKind KindOf(const ast::Policy& policy,
                       std::optional<ast::PolicyKind> asked, bool* guessed);

std::string_view KindName(ast::PolicyKind kind);
// The kind of that name; "" gives nothing.
std::optional<ast::PolicyKind> KindNamed(std::string_view name);

// Judges every policy of the file (CheckPolicy).
void CheckFile(std::optional<ast::PolicyKind> asked, PolicyFile* file);

// Prints the findings of the file to standard error, as pretty text.
void ComplainAbout(const PolicyFile& file);

// "path: what went wrong" on standard error; returns kUsage, or kInternal when
// the system is at fault.
ExitCode ComplainAbout(const std::string& path, const Status& status);

// Prints `text` to standard output, or writes it to `path` when one is given.
ExitCode Deliver(const std::string& text, const std::string& path);

}  // namespace writ

#endif  // WRIT_CLI_POLICY_FILE_H_
