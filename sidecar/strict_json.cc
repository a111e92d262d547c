// SPDX-License-Identifier: Apache-2.0
#include "sidecar/strict_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "sidecar/question.h"

namespace writ {
namespace {

using Json = nlohmann::json;

// Where a byte is, for people: "line 1, column 17".
std::string Place(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  const std::string_view before = text.substr(0, at);
  const auto line = 1 + std::ranges::count(before, '\n');
  const size_t begin = before.rfind('\n');
  const size_t column = at - (begin == std::string_view::npos ? 0 : begin + 1);
  return "line " + std::to_string(line) + ", column " +
         std::to_string(std::max<size_t>(column, 1));
}

// Takes the library's events and builds the value, up to the limits.
class Builder {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  Result<JsonValue> Take() {
    if (!error_.ok()) return error_;
    return std::move(root_);
  }

  // The events, by the names that the library calls.
  bool null() { return Add(JsonValue::Kind::kNull) != nullptr; }
  bool boolean(bool truth) {
    JsonValue* const value = Add(JsonValue::Kind::kBool);
    if (value != nullptr) value->truth = truth;
    return value != nullptr;
  }
  bool number_integer(Json::number_integer_t number) {
    return AddText(JsonValue::Kind::kNumber, std::to_string(number));
  }
  bool number_unsigned(Json::number_unsigned_t number) {
    return AddText(JsonValue::Kind::kNumber, std::to_string(number));
  }
  bool number_float(Json::number_float_t, const std::string& written) {
    return AddText(JsonValue::Kind::kNumber, written);
  }
  bool string(std::string& text) {
    return AddText(JsonValue::Kind::kString, std::move(text));
  }
  bool binary(Json::binary_t&) { return Fail("binary data"); }
  bool start_object(size_t) { return Open(JsonValue::Kind::kObject); }
  bool key(std::string& name) {
    name_ = std::move(name);
    return true;
  }
  bool end_object() {
    std::vector<std::string_view> names;
    names.reserve(open_.back()->items.size());
    for (const JsonValue& member : open_.back()->items) {
      names.push_back(member.name);
    }
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice != names.end()) {
      return Fail("member " + QuotedName(*twice) +
                  " stands twice in one object");
    }
    open_.pop_back();
    return true;
  }
  bool start_array(size_t) { return Open(JsonValue::Kind::kArray); }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  template <typename Exception>
  bool parse_error(size_t position, const std::string&, const Exception&) {
    return Fail("this is no JSON at " + Place(text_, position));
  }

 private:
  bool Fail(std::string_view what) {
    if (error_.ok()) error_ = InvalidArgument(what);
    return false;
  }

  JsonValue* Add(JsonValue::Kind kind) {
    if (++count_ > kMaxStrictJsonValues) {
      Fail("there are more than " + std::to_string(kMaxStrictJsonValues) +
           " values");
      return nullptr;
    }
    JsonValue* const value =
        open_.empty() ? &root_ : &open_.back()->items.emplace_back();
    value->kind = kind;
    value->name = std::exchange(name_, {});
    return value;
  }

  bool AddText(JsonValue::Kind kind, std::string text) {
    JsonValue* const value = Add(kind);
    if (value != nullptr) value->text = std::move(text);
    return value != nullptr;
  }

  bool Open(JsonValue::Kind kind) {
    if (open_.size() == kMaxJsonDepth) {
      return Fail("it is nested deeper than " + std::to_string(kMaxJsonDepth) +
                  " levels");
    }
    JsonValue* const value = Add(kind);
    // Stays where it is: what holds it gets no further value before it ends.
    if (value != nullptr) open_.push_back(value);
    return value != nullptr;
  }

  const std::string_view text_;
  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::string name_;
  size_t count_ = 0;
  Status error_;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view member) const {
  if (kind != Kind::kObject) return nullptr;
  const auto found = std::ranges::find(items, member, &JsonValue::name);
  return found == items.end() ? nullptr : &*found;
}

std::string_view JsonKindName(JsonValue::Kind kind) {
  switch (kind) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return "a boolean";
    case JsonValue::Kind::kNumber:
      return "a number";
    case JsonValue::Kind::kString:
      return "a string";
    case JsonValue::Kind::kArray:
      return "an array";
    case JsonValue::Kind::kObject:
      break;
  }
  return "an object";
}

Result<JsonValue> ReadStrictJson(std::string_view text) {
  Builder builder(text);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.Take();
}

}  // namespace writ
