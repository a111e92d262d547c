// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_SOURCE_H_
#define WRIT_BASE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
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

// A named text and the table of its lines; owns its text. Texts that it
// imports hang behind it in one row of offsets, so that a Span says by itself
// which text it lies in. Together they must be shorter than 4 GiB. Copies share
// the imported texts. Immutable but for Append; not thread-safe while that
// runs.
class SourceText {
 public:
  // name  what messages call it: a path as the user gave it, or "-"
  SourceText(std::string name, std::string text);

  const std::string& name() const { return name_; }
  // The text itself, without what it imports.
  std::string_view text() const { return text_; }

  // Hangs `imported` behind all that is there and returns the offset at which
  // its first byte stands. An offset between two texts belongs to the one
  // before it.
  uint32_t Append(SourceText imported);

  // The text that `offset` lies in, and the offset counted from its own
  // beginning. Offsets past the end count as the end of this text.
  struct Place {
    const SourceText* source;
    uint32_t offset;
  };
  Place Find(uint32_t offset) const;
  // The span lies in this text itself.
  bool Owns(Span span) const { return span.end <= text_.size(); }
  // The bytes of `span`, in whichever text it lies.
  std::string_view TextOf(Span span) const;

  // Line and column in the text that `offset` lies in. Cost: O(log lines +
  // column).
  LineColumn Locate(uint32_t offset) const;

  // The 1-based line of this text itself without its line break; empty past
  // the last one.
  std::string_view Line(uint32_t line) const;
  uint32_t line_count() const {
    return static_cast<uint32_t>(line_starts_.size());
  }

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
  struct Import {
    uint32_t begin;
    std::shared_ptr<const SourceText> source;
  };
  std::vector<Import> imports_;  // ascending
};

}  // namespace writ

#endif  // WRIT_BASE_SOURCE_H_
