// SPDX-License-Identifier: Apache-2.0
#include "grammar/json_out.h"

#include <utility>

#include "grammar/json_string.h"
#include "grammar/utf8.h"

namespace writ {
namespace {

// The text as UTF-8, and without the control characters U+0080 to U+009F that
// a JSON string may hold and a terminal obeys.
std::string Readable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t good = InvalidUtf8Offset(text).value_or(text.size());
    for (size_t i = 0; i < good;) {
      const CodePoint point = DecodeUtf8(text, i);
      const bool control = point.value >= 0x80 && point.value < 0xA0;
      out += control ? "\xEF\xBF\xBD" : text.substr(i, point.size);
      i += point.size;
    }
    text.remove_prefix(good);
    if (text.empty()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

void JsonOut::BreakLine() {
  if (indent_ == 0) return;
  out_.push_back('\n');
  out_.append(indent_ * levels_.size(), ' ');
}

void JsonOut::BeginValue() {
  if (std::exchange(after_name_, false) || levels_.empty()) return;
  if (!std::exchange(levels_.back().empty, false)) out_.push_back(',');
  BreakLine();
}

JsonOut& JsonOut::Open(char bracket) {
  BeginValue();
  out_.push_back(bracket);
  levels_.push_back({bracket == '{' ? '}' : ']'});
  return *this;
}

JsonOut& JsonOut::Close() {
  const Level level = levels_.back();
  levels_.pop_back();
  if (!level.empty) BreakLine();
  out_.push_back(level.closing);
  return *this;
}

JsonOut& JsonOut::Member(std::string_view name) {
  BeginValue();
  AppendJsonString(name, &out_);
  out_ += indent_ == 0 ? ":" : ": ";
  after_name_ = true;
  return *this;
}

JsonOut& JsonOut::Text(std::string_view text) {
  BeginValue();
  AppendJsonString(Readable(text), &out_);
  return *this;
}

JsonOut& JsonOut::Number(uint64_t number) {
  BeginValue();
  out_ += std::to_string(number);
  return *this;
}

JsonOut& JsonOut::Bool(bool value) {
  BeginValue();
  out_ += value ? "true" : "false";
  return *this;
}

JsonOut& JsonOut::Null() {
  BeginValue();
  out_ += "null";
  return *this;
}

std::string JsonOut::Take() {
  out_.push_back('\n');
  return std::move(out_);
}

}  // namespace writ
