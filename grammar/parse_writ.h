// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_PARSE_WRIT_H_
#define WRIT_GRAMMAR_PARSE_WRIT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// `// …`, which belongs to a .writ file and never reaches JSON.
struct WritComment {
  std::string text;  // the slashes included, no white space at the end
  Span span;
  bool own_line = true;  // nothing but white space before it on its line
};

// A name that a file defines or imports.
struct WritDefinition {
  enum class Kind : uint8_t { kImport, kSet, kLet, kTemplate };
  Kind kind = Kind::kSet;
  ast::Text name;  // of an import: what stands behind `as`, or its path
  Span span;       // the whole definition
  bool used = false;
};

// `given acs:SourceIp = 10.1.2.3;`
struct WritGiven {
  // `principal`, `policies`, `now`, `resource_group`, `account`, or a context
  // key.
  ast::Text name;
  ast::Values values;
  Span span;
};

// `expect deny(implicit) [oss:GetObject] on acs:… because photo.read;` Several
// actions and resources mean every pair of them.
struct WritExpectation {
  bool allow = false;
  // deny(explicit) and deny(implicit); not set: either.
  std::optional<bool> explicit_deny;
  ast::Values actions;
  ast::Values resources;
  // `policy.label` or `policy.0` (counted from zero); each must be among the
  // determining statements. They exist.
  std::vector<ast::Text> because;
  Span span;
};

// `test "name" { … }`
struct WritTest {
  ast::Text name;
  std::vector<ast::Annotation> annotations;
  std::vector<WritGiven> givens;
  std::vector<WritExpectation> expectations;
  Span span;
};

// What a .writ file says, its sets, constants and templates written out. The
// policies are those of the file itself followed by those of the files that it
// imports (not of what those import); with `as fc` such a policy is called
// `fc.name`.
struct WritFile {
  std::vector<ast::Policy> policies;
  size_t own_policies = 0;  // the first so many are the file's own
  std::vector<WritTest> tests;                // of the file itself
  std::vector<WritDefinition> definitions;    // of the file itself
  std::vector<WritComment> comments;          // of the file itself, in order
  // Resolved paths of all imported texts, each once.
  std::vector<std::string> imports;
  // Where `writ 1;` stands; {0, 0} if the file has none.
  Span header;
};

// Reads the text that a file imports.
//
// path  as the file wrote it, joined to the folder of the importing file and
//       made normal; never absolute when the first file's name is not, never
//       above the folder of the first file
// Errors  of the system; they become one finding at the import
using WritImportReader =
    std::function<Result<std::string>(const std::string& path)>;

// Whether `text` reads as one bare word of the language in the place of an
// action, a resource, a principal or a key, and looks like one.
bool IsBareWord(std::string_view text);

// Whether `text` can name a policy or a statement: letters, digits, `_`, `-`.
bool IsWritName(std::string_view text);

// Reads a file of the Writ language, version 1 (docs/language.md), and writes
// out what it names: sets, constants, templates, imports.
//
// source       borrowed for the call; imported texts are appended to it, and
//              spans of what comes from them point there
// read         gives imported texts; without it an import is a finding
// diagnostics  findings are added; one per place where the text goes wrong
// Returns      the file, or nothing when it has findings of syntax. A policy
//              may have other errors; CheckPolicy (compiler/check.h) judges it
//              once the kind is known. A file may hold tests and definitions
//              only.
// Bounds       kMaxImports texts, kMaxExpandedValues values and
//              kMaxExpandedBytes of text written out, kMaxExpansionDepth names
//              in one another, kMaxStatements statements of a policy: beyond,
//              one finding
// Threads      any number may read at once
std::optional<WritFile> ParseWrit(SourceText* source,
                                  const WritImportReader& read,
                                  Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_PARSE_WRIT_H_
