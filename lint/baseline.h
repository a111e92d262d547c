// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_BASELINE_H_
#define WRIT_LINT_BASELINE_H_

#include <compare>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "lint/policy_file.h"

namespace writ {

// Findings that a project knows and has put off, so that only new ones count.
// A finding is known by its rule, the policy it is in and what the statement
// says, not by file and line: moved or reformatted text stays known, a changed
// statement is judged anew. Errors are never put off.
//
// As JSON: {"schema_version": 1, "findings": [{"rule": "W-PER-002", "policy":
// "photos", "fingerprint": "16 hex digits", "count": 1}, …]}, sorted.
class Baseline {
 public:
  // All findings of the files but errors.
  static Baseline Of(std::span<const PolicyFile> files);
  // Reads what Json() wrote.
  //
  // Errors   kInvalidArgument   `line:column: what is wrong`
  static Result<Baseline> Parse(const std::string& path, std::string text);

  std::string Json() const;
  size_t size() const;

  // Takes known findings out of the reports; each entry covers as many as it
  // counted. Returns what the entries that covered fewer say: the finding is
  // gone, the entry can go too.
  std::vector<std::string> Apply(std::span<PolicyFile> files) const;

 private:
  struct Key {
    std::string rule;
    std::string policy;
    std::string fingerprint;
    auto operator<=>(const Key&) const = default;
  };
  class Naming;
  std::map<Key, size_t> counts_;
};

}  // namespace writ

#endif  // WRIT_LINT_BASELINE_H_
