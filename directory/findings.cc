// SPDX-License-Identifier: Apache-2.0
#include "directory/findings.h"

#include "base/limits.h"
#include "grammar/diagnostic.h"
#include "grammar/members.h"
#include "grammar/render.h"

namespace writ {

void DirectoryFindings::Say(uint32_t at, std::string_view pointer,
                            std::string_view what) {
  const LineColumn place = source_.Locate(at);
  std::string text = Printable(source_.name()) + ":" +
                     std::to_string(place.line) + ":" +
                     std::to_string(place.column) + ": error: ";
  if (!pointer.empty()) text += Printable(pointer) + ": ";
  Add(text + std::string(what) + "\n");
}

void DirectoryFindings::Add(std::string text) {
  if (findings_.size() < kMaxDiagnostics) {
    findings_.push_back({std::move(text)});
  } else {
    ++dropped_;
  }
}

std::vector<DirectoryFinding> DirectoryFindings::Take() {
  if (dropped_ > 0) {
    findings_.push_back(
        {"… and " + std::to_string(dropped_) + " more findings\n"});
  }
  return std::move(findings_);
}

std::string DidYouMean(std::string_view word,
                       const std::vector<std::string_view>& candidates) {
  const std::string_view nearest = NearestName(word, candidates);
  if (nearest.empty()) return "";
  return "; did you mean `" + Excerpt(nearest) + "`?";
}

}  // namespace writ
