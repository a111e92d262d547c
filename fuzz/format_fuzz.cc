// SPDX-License-Identifier: Apache-2.0
// The formatter: twice is once, and the formatted text means the same.
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/policies.h"
#include "grammar/format_writ.h"

namespace {

// Policies and tests of a text, or what keeps it from being read.
std::string WhatItSays(std::string text) {
  using namespace writ;
  SourceText source("input.writ", std::move(text));
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  if (!file) {
    return "refused: " + std::string(InfoOf(findings.all()[0].id).code);
  }
  std::string out = fuzz::Meaning(file->policies);
  for (const WritTest& test : file->tests) {
    out += test.name.text + ": " + std::to_string(test.givens.size()) + " " +
           std::to_string(test.expectations.size()) + "\n";
  }
  for (const WritComment& comment : file->comments) out += comment.text + "\n";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace writ;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const SourceText source("input.writ", text);
  Diagnostics findings;
  constexpr size_t kColumns = 100;
  const std::optional<std::string> once =
      FormatWrit(source, kColumns, &findings);
  if (!once) {
    if (!findings.has_errors()) {
      fuzz::Broken("a refusal says why", text, "");
    }
    return 0;
  }
  Diagnostics again;
  const std::optional<std::string> twice =
      FormatWrit(SourceText("once.writ", *once), kColumns, &again);
  if (!twice) {
    fuzz::Broken("formatted text can be formatted", text,
                 *once + "\n" + again.all()[0].message);
  }
  if (*once != *twice) fuzz::Broken("twice is once", *once, *twice);
  const std::string before = WhatItSays(text);
  const std::string after = WhatItSays(*once);
  if (before != after) {
    fuzz::Broken("formatting keeps the meaning", text + "\n" + before,
                 *once + "\n" + after);
  }
  return 0;
}
