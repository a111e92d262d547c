// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace writ {
namespace {

// How many code points begin in `text`: continuation bytes (10xxxxxx) do not
// begin one. Eight bytes at a time, because a whole file may be one line and
// every finding in it asks.
uint32_t CodePoints(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101U;
  uint32_t count = 0;
  while (text.size() >= sizeof(uint64_t)) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    const uint64_t begins = ((~bytes >> 7U) | (bytes >> 6U)) & kOnes;
    count += static_cast<uint32_t>((begins * kOnes) >> 56U);
    text.remove_prefix(sizeof bytes);
  }
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  }
  return count;
}

}  // namespace

SourceText::SourceText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(static_cast<uint32_t>(i + 1));
  }
}

uint32_t SourceText::Append(SourceText imported) {
  const uint32_t begin =
      1 + static_cast<uint32_t>(imports_.empty()
                                    ? text_.size()
                                    : imports_.back().begin +
                                          imports_.back().source->text_.size());
  imports_.push_back(
      {begin, std::make_shared<const SourceText>(std::move(imported))});
  return begin;
}

SourceText::Place SourceText::Find(uint32_t offset) const {
  const auto after = std::upper_bound(
      imports_.begin(), imports_.end(), offset,
      [](uint32_t wanted, const Import& part) { return wanted < part.begin; });
  if (after == imports_.begin()) {
    return {this, std::min(offset, static_cast<uint32_t>(text_.size()))};
  }
  const Import& part = *(after - 1);
  return {part.source.get(),
          std::min(offset - part.begin,
                   static_cast<uint32_t>(part.source->text_.size()))};
}

std::string_view SourceText::TextOf(Span span) const {
  const Place begin = Find(span.begin);
  const uint32_t size = span.end > span.begin ? span.end - span.begin : 0;
  return begin.source->text().substr(begin.offset, size);
}

LineColumn SourceText::Locate(uint32_t offset) const {
  const Place at = Find(offset);
  if (at.source != this) return at.source->Locate(at.offset);
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  auto after =
      std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const uint32_t start = *(after - 1);
  LineColumn place;
  place.line = static_cast<uint32_t>(after - line_starts_.begin());
  place.column += CodePoints({text_.data() + start, offset - start});
  return place;
}

std::string_view SourceText::Line(uint32_t line) const {
  if (line == 0 || line > line_starts_.size()) return {};
  const uint32_t begin = line_starts_[line - 1];
  uint32_t end = line < line_starts_.size()
                     ? line_starts_[line] - 1
                     : static_cast<uint32_t>(text_.size());
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

}  // namespace writ
