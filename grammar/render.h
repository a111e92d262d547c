// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_RENDER_H_
#define WRIT_GRAMMAR_RENDER_H_

#include <span>
#include <string>
#include <string_view>

#include "base/source.h"
#include "grammar/diagnostic.h"

// Findings as text. Every form ends with a newline, or is empty when there is
// nothing to say. Text of the author never reaches a terminal raw: control
// characters are escaped.
namespace writ {

enum class FindingFormat {
  kPretty,   // with the line and a caret, for people
  kCompact,  // file:line:column: level[code]: message
  kJson,     // one object for a whole run
  kJsonl,    // one object a line
  kPlain,    // sentences without drawing, for screen readers
  kSarif,    // SARIF 2.1.0
  kJunit,    // JUnit XML, one suite a file
  kGithub,   // commands that annotate a pull request
  kTap,      // Test Anything Protocol 14, one test a file
};

// One text and what was found in it; borrowed.
struct FileFindings {
  const SourceText* source;
  const Diagnostics* diagnostics;
};

struct RenderOptions {
  bool color = false;    // kPretty: paint levels, carets and lines
  bool verbose = false;  // kPretty, kPlain: why the rule is there
  bool summary = true;   // kPretty, kPlain: the count at the end
  std::string_view tool_version = "0";  // kSarif
};

// The report on a whole run. A finding in an imported text is shown in that
// text. Cost: O(findings * longest line).
std::string RenderReport(std::span<const FileFindings> files,
                         FindingFormat format, const RenderOptions& options);

// The report on one text, without colour and count.
std::string RenderFindings(const SourceText& source,
                           const Diagnostics& diagnostics,
                           FindingFormat format);

// "docs/rules/W-SYN-002.md": where a rule is explained.
std::string RulePage(const RuleInfo& rule);

// Sixteen hex digits that stay the same while the finding's line moves, and
// differ for another rule, message or text of the line. Equal findings on equal
// lines have equal fingerprints.
std::string FingerprintOf(const SourceText& source, const Diagnostic& finding);

// Text safe for a terminal: control characters and direction marks escaped,
// invalid UTF-8 replaced.
std::string Printable(std::string_view text);

}  // namespace writ

#endif  // WRIT_GRAMMAR_RENDER_H_
