// SPDX-License-Identifier: Apache-2.0
// Any bytes as RAM JSON: the reader ends, the judge ends, and what was read
// whole comes back from both printers.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/policies.h"
#include "grammar/json_tree.h"
#include "grammar/parse_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace writ;
  const SourceText source(
      "input.json", std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics findings;
  const std::optional<ast::Policy> policy = ParseJsonPolicy(source, &findings);
  if (policy) fuzz::JudgeAsEveryKind(source, *policy);
  if (!policy || findings.tree_is_broken()) return 0;

  const std::string json = PrintJson(*policy, JsonLayout::kPretty);
  const SourceText again("printed.json", json);
  Diagnostics more;
  const std::optional<ast::Policy> same = ParseJsonPolicy(again, &more);
  if (!same) fuzz::Broken("printed JSON parses", source.text(), json);
  const std::string twice = PrintJson(*same, JsonLayout::kPretty);
  if (twice != json) fuzz::Broken("printing twice is once", json, twice);
  fuzz::HoldsRoundTrip({*policy});

  Diagnostics of_tree;
  if (const std::optional<JsonTree> tree = ReadJson(source, &of_tree);
      tree && !of_tree.has_errors()) {
    const SourceText pretty("pretty.json",
                            PrintJson(*tree, JsonLayout::kPretty));
    Diagnostics none;
    const std::optional<JsonTree> back = ReadJson(pretty, &none);
    if (!back || back->Compact(JsonTree::kRoot) !=
                     tree->Compact(JsonTree::kRoot)) {
      fuzz::Broken("formatted JSON is the same JSON", source.text(),
                   pretty.text());
    }
  }
  return 0;
}
