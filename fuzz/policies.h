// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_FUZZ_POLICIES_H_
#define WRIT_FUZZ_POLICIES_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/check.h"
#include "grammar/ast.h"
#include "grammar/parse_writ.h"
#include "grammar/print.h"

// What the targets share: the promises they hold texts to.
namespace writ::fuzz {

// Ends the run, so that the fuzzer keeps the input that broke a promise.
[[noreturn]] inline void Broken(std::string_view promise,
                                std::string_view before,
                                std::string_view after) {
  std::fprintf(stderr, "broken promise: %.*s\n--- before\n%.*s\n--- after\n%.*s\n",
               static_cast<int>(promise.size()), promise.data(),
               static_cast<int>(before.size()), before.data(),
               static_cast<int>(after.size()), after.data());
  std::abort();
}

inline constexpr ast::PolicyKind kKinds[] = {
    ast::PolicyKind::kIdentity, ast::PolicyKind::kResource,
    ast::PolicyKind::kTrust, ast::PolicyKind::kSession,
    ast::PolicyKind::kControl};

// Judging a tree as any kind ends and finds at most so much.
inline void JudgeAsEveryKind(const SourceText& source,
                             const ast::Policy& policy) {
  for (const ast::PolicyKind kind : kKinds) {
    Diagnostics findings;
    CheckPolicy(source, policy, kind, &findings);
    if (findings.all().size() > kMaxDiagnostics) {
      Broken("findings are bounded", source.text(), "");
    }
  }
}

// Names and JSON of policies: what a text of the Writ language means.
inline std::string Meaning(const std::vector<ast::Policy>& policies) {
  std::string out;
  for (const ast::Policy& policy : policies) {
    out += policy.name + "\n" + PrintJson(policy, JsonLayout::kPretty) + "\n";
    for (const ast::Statement& statement : policy.statements) {
      out += statement.label ? statement.label->text + "\n" : "-\n";
    }
  }
  return out;
}

// What is printed in the Writ language reads as the same policies.
inline void HoldsRoundTrip(const std::vector<ast::Policy>& policies) {
  const std::string text = PrintWrit(policies);
  SourceText source("printed.writ", text);
  Diagnostics findings;
  const std::optional<WritFile> file = ParseWrit(&source, {}, &findings);
  if (!file) {
    Broken("printed text parses", text,
           findings.all().empty() ? "" : findings.all()[0].message);
  }
  std::string before;
  std::string after;
  for (const ast::Policy& policy : policies) {
    before += PrintJson(policy, JsonLayout::kPretty) + "\n";
  }
  for (const ast::Policy& policy : file->policies) {
    after += PrintJson(policy, JsonLayout::kPretty) + "\n";
  }
  if (before != after) Broken("printed text means the same", before, after);
}

}  // namespace writ::fuzz

#endif  // WRIT_FUZZ_POLICIES_H_
