// SPDX-License-Identifier: Apache-2.0
// Any bytes as the Writ language: the parser ends within its budgets, and what
// it makes of a text comes back from the printer. An import reads the text
// itself, so that cycles and clashes come up too.
#include <cstdint>
#include <optional>
#include <string>

#include "fuzz/policies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace writ;
  const std::string text(reinterpret_cast<const char*>(data), size);
  SourceText source("input.writ", text);
  Diagnostics findings;
  const WritImportReader read =
      [&text](const std::string& path) -> Result<std::string> {
    if (path.ends_with("missing.writ")) return NotFound("no such file");
    if (path.ends_with("half.writ")) return text.substr(0, text.size() / 2);
    return text;
  };
  const std::optional<WritFile> file = ParseWrit(&source, read, &findings);
  if (!file) {
    if (!findings.has_errors()) {
      fuzz::Broken("a refusal says why", source.text(), "");
    }
    return 0;
  }
  for (const ast::Policy& policy : file->policies) {
    fuzz::JudgeAsEveryKind(source, policy);
  }
  if (!file->policies.empty()) fuzz::HoldsRoundTrip(file->policies);
  return 0;
}
