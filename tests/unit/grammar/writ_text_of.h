// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_GRAMMAR_WRIT_TEXT_OF_H_
#define WRIT_TESTS_UNIT_GRAMMAR_WRIT_TEXT_OF_H_

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/source.h"
#include "grammar/parse_writ.h"
#include "grammar/print.h"

namespace writ {

// A .writ text, read with files that exist only here.
struct ReadText {
  SourceText source;
  Diagnostics findings;
  std::optional<WritFile> file;

  // "3:5 message" for each finding, with the file's name before it when it is
  // an imported one, and the help behind `| `.
  std::string Findings(bool with_help = false) const {
    std::string out;
    for (const Diagnostic& finding : findings.all()) {
      const SourceText* in = source.Find(finding.span.begin).source;
      const LineColumn at = source.Locate(finding.span.begin);
      if (in != &source) out += in->name() + ":";
      out += std::to_string(at.line) + ":" + std::to_string(at.column) + " " +
             finding.message;
      if (with_help) out += " | " + finding.help;
      out += "\n";
    }
    return out;
  }
  // The JSON of the policy, or the findings.
  std::string Json(size_t policy = 0) const {
    if (!file || policy >= file->policies.size()) return Findings(true);
    return PrintJson(file->policies[policy], JsonLayout::kMinified);
  }
};

using Files = std::map<std::string, std::string>;

inline ReadText Read(const std::string& text, const Files& files = {},
                     const std::string& name = "t.writ") {
  ReadText out{SourceText(name, text), {}, std::nullopt};
  out.file = ParseWrit(
      &out.source,
      [&files](const std::string& path) -> Result<std::string> {
        const auto found = files.find(path);
        if (found == files.end()) return NotFound("no file `" + path + "`");
        if (found->second == "<folder>") {
          return InvalidArgument("`" + path + "` is a directory");
        }
        return found->second;
      },
      &out.findings);
  return out;
}

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_GRAMMAR_WRIT_TEXT_OF_H_
