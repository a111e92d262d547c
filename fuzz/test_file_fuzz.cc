// SPDX-License-Identifier: Apache-2.0
// Any bytes as a file of tests: the readers end, find and ask a bounded number
// of things, and refuse nothing in silence. A text that does not begin like
// JSON is read as the `test` blocks of a .writ file too.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cases/policy_test.h"
#include "fuzz/policies.h"
#include "grammar/json_tree.h"

namespace {

constexpr char kNow[] = "2026-12-01T00:00:00Z";

void HoldsBounds(const std::string& text, const writ::PolicyTestFile& file,
                 const writ::Diagnostics& findings) {
  using namespace writ;
  if (findings.all().size() > kMaxDiagnostics) {
    fuzz::Broken("findings are bounded", text, "");
  }
  size_t checks = 0;
  for (const PolicyTest& test : file.tests) {
    checks += test.checks.size();
    for (const PolicyTestCheck& check : test.checks) {
      if (check.request.action.empty()) {
        fuzz::Broken("every question is about an action", text, test.name);
      }
    }
  }
  if (checks > kMaxTestChecks) {
    fuzz::Broken("questions are bounded", text, std::to_string(checks));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace writ;
  const std::string text(reinterpret_cast<const char*>(data), size);
  {
    const SourceText source("input.test.json", text);
    Diagnostics findings;
    const PolicyTestFile file = ReadTestJson(source, kNow, &findings);
    HoldsBounds(text, file, findings);
    Diagnostics of_tree;
    const bool is_json =
        ReadJson(source, &of_tree).has_value() && !of_tree.has_errors();
    if (!is_json && !findings.has_errors()) {
      fuzz::Broken("a refusal says why", text, "");
    }
  }
  if (text.starts_with('{')) return 0;

  SourceText source("input.test.writ", text);
  Diagnostics of_text;
  const std::optional<WritFile> written = ParseWrit(&source, {}, &of_text);
  if (!written) return 0;
  Diagnostics findings;
  const PolicyTestFile file = LowerTests(written->tests, kNow, &findings);
  HoldsBounds(text, file, findings);
  if (file.tests.size() < written->tests.size() && !findings.has_errors()) {
    fuzz::Broken("a test is not lost in silence", text, "");
  }
  return 0;
}
