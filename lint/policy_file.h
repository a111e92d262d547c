// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_POLICY_FILE_H_
#define WRIT_LINT_POLICY_FILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"

namespace writ {

// One text with policies, in either language: what it says and what was found.
struct PolicyFile {
  SourceText source;
  bool is_json = false;
  // The text could be made out; else `content` is empty.
  bool parsed = false;
  // The policies, tests and definitions. A JSON file holds one policy, named
  // after the file.
  WritFile content;
  // Of content.policies, one each (CheckFile): what it is judged as.
  std::vector<ast::PolicyKind> kinds;
  std::vector<bool> kind_was_guessed;
  Diagnostics diagnostics;
};

// The files below a directory that are wanted by their path, sorted. Links to
// directories are not followed.
//
// Errors   of the system
Result<std::vector<std::string>> FilesBelow(
    const std::string& directory, bool (*is_wanted)(std::string_view name));

// Turns what the user typed into files: a directory stands for every *.writ
// and *.ram.json below it (sorted; links to directories are not followed), `-`
// for standard input. `*`, `?` and `**` stand for every file that they match,
// for shells that do not know them; a file of that very name goes before.
//
// Errors   kNotFound, kPermissionDenied …   for a path that is not there, or
//                                           a pattern that matches no file
//          kInvalidArgument                 a directory without policies
Result<std::vector<std::string>> ExpandPaths(
    const std::vector<std::string>& paths);

// Reads the file at `path`, or standard input for `-`. Text whose first
// character other than white space is `{` or `[`, or whose name ends in .json,
// is JSON.
//
// Imports of a .writ file are read from disk.
//
// Errors   of the system; kInvalidArgument for a directory or more than
//          kMaxPolicyTextBytes. Findings in the text are no errors here.
Result<PolicyFile> ReadPolicyFile(const std::string& path);

// The same for a text that is already here.
//
// path  decides language, policy name and where imports are looked for
PolicyFile ParsePolicyText(const std::string& path, std::string text);

// The kind by which to judge `policy`: `asked` if it is set, else what the
// policy says, else a guess from its shape (a Principal with a Resource:
// resource; without: trust; no Principal: identity).
ast::PolicyKind KindOf(const ast::Policy& policy,
                       std::optional<ast::PolicyKind> asked, bool* guessed);

std::string_view KindName(ast::PolicyKind kind);
// The kind of that name; "" gives nothing.
std::optional<ast::PolicyKind> KindNamed(std::string_view name);

// Sets the kinds and judges every policy of the file (CheckPolicy).
void CheckFile(std::optional<ast::PolicyKind> asked, PolicyFile* file);

}  // namespace writ

#endif  // WRIT_LINT_POLICY_FILE_H_
