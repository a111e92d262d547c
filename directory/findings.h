// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DIRECTORY_FINDINGS_H_
#define WRIT_DIRECTORY_FINDINGS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/source.h"
#include "directory/directory_document.h"

namespace writ {

// What is wrong with a folder, ready to be printed; at most kMaxDiagnostics of
// it, the rest is counted. One thread.
class DirectoryFindings {
 public:
  // source  directory.json; borrowed for the life of this object
  explicit DirectoryFindings(const SourceText& source) : source_(source) {}

  // Something in directory.json.
  //
  // at       byte of the text
  // pointer  JSON pointer to the value; empty for the text as a whole
  void Say(uint32_t at, std::string_view pointer, std::string_view what);
  // Something else, ready to be printed.
  void Add(std::string text);

  bool empty() const { return findings_.empty(); }
  std::vector<DirectoryFinding> Take();

 private:
  const SourceText& source_;
  std::vector<DirectoryFinding> findings_;
  size_t dropped_ = 0;
};

// "; did you mean `alice`?" when a candidate is near enough, else nothing.
std::string DidYouMean(std::string_view word,
                       const std::vector<std::string_view>& candidates);

}  // namespace writ

#endif  // WRIT_DIRECTORY_FINDINGS_H_
