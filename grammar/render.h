// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_RENDER_H_
#define WRIT_GRAMMAR_RENDER_H_

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
  kJson,     // one object for a whole run, by FindingsJson
  kJsonl,    // one object a line
  kPlain,    // sentences without drawing, for screen readers
  kSarif,    // SARIF 2.1.0
  kJunit,    // JUnit XML, one suite a file
  kGithub,   // commands that annotate a pull request
  kTap,      // Test Anything Protocol, one test a file
};

// Pretty or compact text, or JSON lines, of the findings in one source.
//
// format  not kJson
std::string RenderFindings(const SourceText& source,
                           const Diagnostics& diagnostics,
                           FindingFormat format);

// Collects findings of several sources into one JSON document:
// {"schema_version":1,"findings":[…],"errors":n}.
class FindingsJson {
 public:
  void Add(const SourceText& source, const Diagnostics& diagnostics);
  std::string Take();

 private:
  std::string items_;
  size_t errors_ = 0;
};

// Text safe for a terminal: control characters and direction marks escaped,
// invalid UTF-8 replaced.
std::string Printable(std::string_view text);

}  // namespace writ

#endif  // WRIT_GRAMMAR_RENDER_H_
