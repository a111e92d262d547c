// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_PROVE_PROOF_H_
#define WRIT_PROVE_PROOF_H_

#include <string>
#include <string_view>
#include <vector>

#include "authz/program/format.h"
#include "base/limits.h"
#include "base/status.h"
#include "prove/pattern.h"
#include "prove/prove.h"

// What the parts of one proof share. Not thread-safe; made for one proof.
namespace writ::prove {

struct Proof {
  explicit Proof(const ProgramView& of) : view(of) {}

  const ProgramView& view;
  Budget budget{kMaxProofSteps};
  Certificate certificate;

  std::string_view Text(TextRef ref) const { return view.Text(ref); }
};

// The patterns of a run of a list section.
template <typename Pattern>
std::vector<std::string_view> TextsOf(const ProgramView& view,
                                      const ImageTable<uint32_t>& lists,
                                      Run run,
                                      const ImageTable<Pattern>& patterns) {
  std::vector<std::string_view> texts;
  texts.reserve(run.count);
  for (uint32_t i = 0; i < run.count; ++i) {
    texts.push_back(view.Text(patterns[lists[run.first + i]].text));
  }
  return texts;
}

// The image does not say what the tree says.
inline Status Differ(const std::string& place, const std::string& what) {
  return InternalError(place + ": " + what);
}

inline Status GaveUp(const std::string& place) {
  return ResourceExhausted(place + ": not settled within " +
                           std::to_string(kMaxProofSteps) + " steps");
}

}  // namespace writ::prove

#endif  // WRIT_PROVE_PROOF_H_
