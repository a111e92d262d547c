// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_SOURCE_H_
#define WRIT_BASE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace writ {

// A half-open byte range of one SourceText. {0, 0} also stands for "nowhere in
// particular" when a node was not read from text.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const Span&) const = default;
};

// One place as people count it: both from 1, columns in code points.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
};

// A named text and the table of its lines. Immutable; owns its text, which
// must be shorter than 4 GiB.
class SourceText {
 public:
  // name  what messages call it: a path as the user gave it, or "-"
  SourceText(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }

  // Offsets past the end count as the end. Cost: O(log lines + column).
  LineColumn Locate(uint32_t offset) const;

  // The 1-based line without its line break; empty past the last one.
  std::string_view Line(uint32_t line) const;
  uint32_t line_count() const {
    return static_cast<uint32_t>(line_starts_.size());
  }

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

}  // namespace writ

#endif  // WRIT_BASE_SOURCE_H_
