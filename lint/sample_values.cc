// SPDX-License-Identifier: Apache-2.0
#include "lint/sample_values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

#include "base/limits.h"
#include "grammar/value.h"

namespace writ {
namespace {

std::string FillIn(std::string_view pattern, std::string_view star,
                   std::string_view one) {
  std::string text;
  for (const char c : pattern) {
    if (c == '*') {
      text += star;
    } else if (c == '?') {
      text += one;
    } else {
      text.push_back(c);
    }
  }
  return text;
}

std::string FlipCase(std::string_view text) {
  std::string flipped(text);
  for (char& c : flipped) {
    if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    } else if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return flipped;
}

// Numbers just above and just below.
std::vector<std::string> NumbersAround(std::string_view text) {
  std::string value(text);
  std::vector<std::string> numbers = {value};
  const bool negative = value.starts_with('-');
  const size_t exponent = value.find_first_of("eE");
  const std::string tail =
      exponent == std::string::npos ? "" : value.substr(exponent);
  std::string head = value.substr(0, exponent);
  // A further digit goes away from zero, a smaller last digit towards it.
  numbers.push_back(head + (head.find('.') == std::string::npos ? ".1" : "1") +
                    tail);
  const size_t digit = head.find_last_of("123456789");
  if (digit == std::string::npos) {
    numbers.push_back("-0.1");
    numbers.push_back("0.1");
    return numbers;
  }
  --head[digit];
  std::string below = head + (head.find('.') == std::string::npos ? ".9" : "9");
  // `0.9` and `00.9` are not the same to a reader of JSON numbers.
  const size_t first = negative ? 1 : 0;
  while (below.size() > first + 1 && below[first] == '0' &&
         below[first + 1] != '.') {
    below.erase(first, 1);
  }
  numbers.push_back(below + tail);
  return numbers;
}

std::string InstantText(Instant instant) {
  using std::chrono::days;
  using std::chrono::seconds;
  const std::chrono::sys_seconds point{seconds(instant.seconds)};
  const auto day = std::chrono::floor<days>(point);
  const std::chrono::year_month_day date(day);
  const auto of_day = (point - day).count();
  std::array<char, 64> text;
  std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09uZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(of_day / 3600),
      static_cast<int>(of_day / 60 % 60), static_cast<int>(of_day % 60),
      instant.nanos);
  return text.data();
}

std::vector<std::string> DatesAround(std::string_view text) {
  std::vector<std::string> dates = {std::string(text)};
  const std::optional<Instant> instant = ParseInstant(text);
  if (!instant) return dates;
  Instant before = *instant;
  Instant after = *instant;
  constexpr uint32_t kLastNano = 999'999'999;
  if (before.nanos == 0) {
    --before.seconds;
    before.nanos = kLastNano;
  } else {
    --before.nanos;
  }
  if (after.nanos == kLastNano) {
    ++after.seconds;
    after.nanos = 0;
  } else {
    ++after.nanos;
  }
  for (const Instant near : {before, *instant, after}) {
    std::string written = InstantText(near);
    if (ParseInstant(written)) dates.push_back(std::move(written));
  }
  return dates;
}

std::string AddressText(const std::array<uint8_t, 16>& bytes, bool is_v6) {
  std::array<char, 64> text;
  if (!is_v6) {
    std::snprintf(text.data(), text.size(), "%d.%d.%d.%d", bytes[12], bytes[13],
                  bytes[14], bytes[15]);
    return text.data();
  }
  std::string out;
  for (size_t i = 0; i < 16; i += 2) {
    std::snprintf(text.data(), text.size(), "%s%x", i == 0 ? "" : ":",
                  bytes[i] << 8 | bytes[i + 1]);
    out += text.data();
  }
  return out;
}

// The first and last address of a block, and those beside them.
std::vector<std::string> AddressesAround(std::string_view text) {
  const std::optional<IpBlock> block = ParseCidr(text);
  if (!block) return {};
  const size_t first_byte = block->is_v6 ? 0 : 12;
  std::array<uint8_t, 16> first = block->bytes;
  std::array<uint8_t, 16> last = block->bytes;
  for (size_t bit = block->prefix; bit < (16 - first_byte) * 8; ++bit) {
    last[first_byte + bit / 8] =
        static_cast<uint8_t>(last[first_byte + bit / 8] | (0x80U >> (bit % 8)));
  }
  std::vector<std::string> addresses = {AddressText(first, block->is_v6),
                                        AddressText(last, block->is_v6)};
  for (size_t i = 16; i-- > first_byte;) {
    if (first[i]-- != 0) break;
  }
  for (size_t i = 16; i-- > first_byte;) {
    if (++last[i] != 0) break;
  }
  addresses.push_back(AddressText(first, block->is_v6));
  addresses.push_back(AddressText(last, block->is_v6));
  addresses.push_back(block->is_v6 ? "192.0.2.1" : "2001:db8::1");
  if (!block->is_v6) addresses.push_back("::ffff:" + addresses[0]);
  return addresses;
}

template <typename Value>
bool Compares(Relation relation, const Value& value, const Value& wanted) {
  switch (relation) {
    case Relation::kEqual:
      return value == wanted;
    case Relation::kLess:
      return value < wanted;
    case Relation::kLessEqual:
      return value <= wanted;
    case Relation::kGreater:
      return value > wanted;
    case Relation::kGreaterEqual:
      return value >= wanted;
    case Relation::kEqualNoCase:
    case Relation::kLike:
    case Relation::kWithin:
      break;
  }
  return false;
}

// An address of a request: no prefix.
std::optional<IpBlock> ReadRequestAddress(std::string_view text) {
  std::optional<IpBlock> address = ParseCidr(text);
  if (address && address->had_prefix) return std::nullopt;
  return address;
}

bool IsReadable(OperandFamily family, std::string_view value) {
  switch (family) {
    case OperandFamily::kString:
      return true;
    case OperandFamily::kNumeric:
      return ParseDecimal(value).has_value();
    case OperandFamily::kDate:
      return ParseInstant(value).has_value();
    case OperandFamily::kBool:
      return ParseBool(value).has_value();
    case OperandFamily::kIp:
      return ReadRequestAddress(value).has_value();
  }
  return false;
}

// `value` is readable; the positive form of the operator.
bool Satisfies(const OperatorInfo& op, std::string_view value,
               std::string_view wanted) {
  switch (op.family) {
    case OperandFamily::kString:
      if (op.relation == Relation::kEqual) return value == wanted;
      if (op.relation == Relation::kEqualNoCase) {
        return EqualsIgnoreCase(value, wanted);
      }
      return PatternMatches(PatternKind::kText, wanted, value);
    case OperandFamily::kNumeric: {
      const std::optional<Decimal> other = ParseDecimal(wanted);
      return other && Compares(op.relation, *ParseDecimal(value), *other);
    }
    case OperandFamily::kDate: {
      const std::optional<Instant> other = ParseInstant(wanted);
      return other && Compares(op.relation, *ParseInstant(value), *other);
    }
    case OperandFamily::kBool:
      return ParseBool(value) == ParseBool(wanted);
    case OperandFamily::kIp: {
      const std::optional<IpBlock> block = ParseCidr(wanted);
      const std::optional<IpBlock> address = ReadRequestAddress(value);
      if (!block || !address || block->is_v6 != address->is_v6) return false;
      const size_t first = block->is_v6 ? 0 : 12;
      for (size_t bit = 0; bit < block->prefix; ++bit) {
        const size_t byte = first + bit / 8;
        const unsigned mask = 0x80U >> (bit % 8);
        if ((block->bytes[byte] & mask) != (address->bytes[byte] & mask)) {
          return false;
        }
      }
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> PatternInstances(PatternKind kind,
                                          std::string_view pattern) {
  if (!HasWildcard(pattern)) return {std::string(pattern)};
  std::vector<std::string> texts;
  const auto add = [&](std::string_view star, std::string_view one) {
    std::string text = FillIn(pattern, star, one);
    if (PatternMatches(kind, pattern, text) &&
        std::find(texts.begin(), texts.end(), text) == texts.end()) {
      texts.push_back(std::move(text));
    }
  };
  if (pattern == "*" && kind == PatternKind::kAction) return {"writ:Any"};
  if (pattern == "*" && kind == PatternKind::kResource) {
    return {"*", "acs:writ:::any/thing"};
  }
  add("x", "q");
  add("", "q");
  add("Xy", "\xC3\xA9");
  if (kind == PatternKind::kText) add("a/b:c", "q");
  if (kind == PatternKind::kResource) {
    // Only the last segment may hold a colon.
    size_t at = 0;
    for (int i = 0; i < 4 && at != std::string_view::npos; ++i) {
      at = pattern.find(':', at == 0 ? 0 : at + 1);
    }
    if (at != std::string_view::npos) {
      std::string text = FillIn(pattern.substr(0, at), "", "q") +
                         FillIn(pattern.substr(at), "a/b:c", "q");
      if (PatternMatches(kind, pattern, text)) texts.push_back(std::move(text));
    }
  }
  return texts;
}

std::vector<std::string> NearMisses(std::string_view text) {
  std::vector<std::string> misses;
  misses.push_back(std::string(text) + "z");
  if (text.empty()) return misses;
  misses.push_back(FlipCase(text));
  // Whole characters only: half of one would make the text no UTF-8.
  size_t last = text.size() - 1;
  while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xc0) == 0x80) {
    --last;
  }
  misses.emplace_back(text.substr(0, last));
  for (const size_t at : {size_t{0}, text.size() / 2, text.size() - 1}) {
    if (static_cast<unsigned char>(text[at]) >= 0x80) continue;
    std::string changed(text);
    changed[at] = changed[at] == 'z' ? 'y' : 'z';
    misses.push_back(std::move(changed));
  }
  return misses;
}

std::vector<std::string> ValueSamples(const OperatorInfo& op,
                                      std::string_view value) {
  std::vector<std::string> samples;
  switch (op.family) {
    case OperandFamily::kString:
      if (op.relation == Relation::kLike) {
        samples = PatternInstances(PatternKind::kText, value);
      } else {
        samples = {std::string(value)};
      }
      if (!samples.empty()) {
        std::vector<std::string> misses = NearMisses(samples[0]);
        samples.insert(samples.end(), misses.begin(), misses.end());
      }
      samples.emplace_back();
      return samples;
    case OperandFamily::kNumeric:
      samples = NumbersAround(value);
      break;
    case OperandFamily::kDate:
      samples = DatesAround(value);
      break;
    case OperandFamily::kBool:
      samples = {"true", "false", "TRUE"};
      break;
    case OperandFamily::kIp:
      samples = AddressesAround(value);
      break;
  }
  samples.emplace_back("cannot be read");
  return samples;
}

bool TestHolds(const OperatorInfo& op, const ast::Values& wanted,
               std::span<const std::string> values) {
  bool any = false;
  for (const std::string& value : values) {
    if (!IsReadable(op.family, value)) return false;
    any = any || std::any_of(wanted.items.begin(), wanted.items.end(),
                             [&](const ast::Value& item) {
                               return Satisfies(op, value, item.text);
                             });
  }
  return any != op.negated;
}

}  // namespace writ
