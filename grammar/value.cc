// SPDX-License-Identifier: Apache-2.0
#include "grammar/value.h"

#include <algorithm>
#include <cstddef>

#include "base/limits.h"

namespace writ {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Takes exactly `count` digits off the front of `text`.
std::optional<int> TakeDigits(std::string_view* text, size_t count) {
  if (text->size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return std::nullopt;
    value = value * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return value;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

bool IsLeapYear(int year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

// Days from 1970-01-01 to the date, in the Gregorian calendar.
int64_t DaysSinceEpoch(int year, int month, int day) {
  const int64_t before = year - 1;
  int64_t days = before * 365 + before / 4 - before / 100 + before / 400;
  for (int m = 1; m < month; ++m) days += DaysInMonth(year, m);
  constexpr int64_t kEpoch = 719162;  // 0001-01-01 to 1970-01-01
  return days + day - 1 - kEpoch;
}

// A decimal number of one to three digits without leading zeros, at most max.
std::optional<uint8_t> ParseSmall(std::string_view text, int max) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > max) return std::nullopt;
  return static_cast<uint8_t>(value);
}

bool ParseIpv4(std::string_view text, uint8_t* out) {
  for (int i = 0; i < 4; ++i) {
    const size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const std::optional<uint8_t> part = ParseSmall(text.substr(0, dot), 255);
    if (!part) return false;
    out[i] = *part;
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return text.empty();
}

std::optional<uint16_t> ParseHexGroup(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (char c : text) {
    const char l = Lower(c);
    if (IsDigit(l)) {
      value = value * 16 + static_cast<unsigned>(l - '0');
    } else if (l >= 'a' && l <= 'f') {
      value = value * 16 + static_cast<unsigned>(l - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return static_cast<uint16_t>(value);
}

// Reads groups separated by colons into `out`; the last may be dotted IPv4.
// Returns the bytes written, or nothing.
std::optional<size_t> ParseGroups(std::string_view text, bool dotted_allowed,
                                  std::array<uint8_t, 16>* out) {
  size_t size = 0;
  if (text.empty()) return size;
  while (true) {
    const size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && dotted_allowed && part.find('.') != std::string_view::npos) {
      if (size + 4 > out->size() || !ParseIpv4(part, out->data() + size)) {
        return std::nullopt;
      }
      return size + 4;
    }
    const std::optional<uint16_t> group = ParseHexGroup(part);
    if (!group || size + 2 > out->size()) return std::nullopt;
    (*out)[size++] = static_cast<uint8_t>(*group >> 8);
    (*out)[size++] = static_cast<uint8_t>(*group & 0xFF);
    if (last) return size;
    text.remove_prefix(colon + 1);
  }
}

bool ParseIpv6(std::string_view text, std::array<uint8_t, 16>* out) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const std::optional<size_t> size = ParseGroups(text, true, out);
    return size && *size == out->size();
  }
  std::array<uint8_t, 16> head = {};
  std::array<uint8_t, 16> tail = {};
  const std::optional<size_t> head_size =
      ParseGroups(text.substr(0, gap), false, &head);
  const std::optional<size_t> tail_size =
      ParseGroups(text.substr(gap + 2), true, &tail);
  // `::` stands for at least one group.
  if (!head_size || !tail_size || *head_size + *tail_size > 14) return false;
  out->fill(0);
  std::copy_n(head.begin(), *head_size, out->begin());
  std::copy_n(tail.begin(), *tail_size,
              out->end() - static_cast<ptrdiff_t>(*tail_size));
  return true;
}

bool IsMapped(const std::array<uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10,
                     [](uint8_t b) { return b == 0; }) &&
         bytes[10] == 0xFF && bytes[11] == 0xFF;
}

// Clears the bits after the first `keep` of the bytes from `first` on.
bool ClearHostBits(std::array<uint8_t, 16>* bytes, size_t first, size_t keep) {
  bool had = false;
  for (size_t i = first; i < bytes->size(); ++i) {
    const size_t kept = std::min<size_t>(keep, 8);
    const uint8_t mask = static_cast<uint8_t>(0xFF00U >> kept);
    const uint8_t value = static_cast<uint8_t>((*bytes)[i] & mask);
    had = had || value != (*bytes)[i];
    (*bytes)[i] = value;
    keep -= kept;
  }
  return had;
}

}  // namespace

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const auto sign = [](const Decimal& d) {
    return d.digits.empty() ? 0 : d.negative ? -1 : 1;
  };
  if (sign(*this) != sign(other)) return sign(*this) <=> sign(other);
  const Decimal& a = negative ? other : *this;
  const Decimal& b = negative ? *this : other;
  if (a.point != b.point) return a.point <=> b.point;
  return a.digits <=> b.digits;
}

std::optional<Decimal> ParseDecimal(std::string_view text) {
  Decimal result;
  result.negative = Take(&text, '-');
  if (text.empty() || !IsDigit(text[0])) return std::nullopt;
  if (text[0] == '0' && text.size() > 1 && IsDigit(text[1])) {
    return std::nullopt;
  }
  size_t significant = 0;
  bool in_fraction = false;
  size_t fraction_digits = 0;
  while (!text.empty()) {
    const char c = text[0];
    if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if (IsDigit(c)) {
      if (in_fraction) ++fraction_digits;
      if (c != '0' || significant > 0) {
        if (++significant > kMaxDecimalDigits) return std::nullopt;
        result.digits.push_back(c);
        if (!in_fraction) ++result.point;
      } else if (in_fraction) {
        --result.point;
      }
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  if (in_fraction && fraction_digits == 0) return std::nullopt;
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
    text.remove_prefix(1);
    const bool minus = Take(&text, '-');
    if (!minus) Take(&text, '+');
    if (text.empty() || text.size() > 3) return std::nullopt;
    const std::optional<int> exponent = TakeDigits(&text, text.size());
    if (!exponent) return std::nullopt;
    result.point += minus ? -*exponent : *exponent;
  }
  if (!text.empty()) return std::nullopt;
  while (!result.digits.empty() && result.digits.back() == '0') {
    result.digits.pop_back();
  }
  if (result.digits.empty()) return Decimal();
  return result;
}

std::optional<Instant> ParseInstant(std::string_view text) {
  const auto year = TakeDigits(&text, 4);
  if (!year || *year < 1 || !Take(&text, '-')) return std::nullopt;
  const auto month = TakeDigits(&text, 2);
  if (!month || *month < 1 || *month > 12 || !Take(&text, '-')) {
    return std::nullopt;
  }
  const auto day = TakeDigits(&text, 2);
  if (!day || *day < 1 || *day > DaysInMonth(*year, *month) ||
      !Take(&text, 'T')) {
    return std::nullopt;
  }
  const auto hour = TakeDigits(&text, 2);
  if (!hour || *hour > 23 || !Take(&text, ':')) return std::nullopt;
  const auto minute = TakeDigits(&text, 2);
  if (!minute || *minute > 59 || !Take(&text, ':')) return std::nullopt;
  const auto second = TakeDigits(&text, 2);
  if (!second || *second > 59) return std::nullopt;

  Instant result;
  if (Take(&text, '.')) {
    uint32_t scale = 1'000'000'000;
    bool any = false;
    while (!text.empty() && IsDigit(text[0])) {
      if (scale == 1) return std::nullopt;  // a tenth digit
      scale /= 10;
      result.nanos += static_cast<uint32_t>(text[0] - '0') * scale;
      any = true;
      text.remove_prefix(1);
    }
    if (!any) return std::nullopt;
  }

  int offset_minutes = 0;
  if (!Take(&text, 'Z')) {
    const bool minus = Take(&text, '-');
    if (!minus && !Take(&text, '+')) return std::nullopt;
    const auto offset_hour = TakeDigits(&text, 2);
    if (!offset_hour || *offset_hour > 23 || !Take(&text, ':')) {
      return std::nullopt;
    }
    const auto offset_minute = TakeDigits(&text, 2);
    if (!offset_minute || *offset_minute > 59) return std::nullopt;
    offset_minutes = *offset_hour * 60 + *offset_minute;
    if (minus) offset_minutes = -offset_minutes;
  }
  if (!text.empty()) return std::nullopt;

  const int64_t day_seconds =
      (*hour * 60 + *minute - offset_minutes) * 60 + *second;
  result.seconds = DaysSinceEpoch(*year, *month, *day) * 86400 + day_seconds;
  return result;
}

std::optional<IpBlock> ParseCidr(std::string_view text) {
  IpBlock block;
  std::string_view address = text;
  std::optional<uint8_t> prefix;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    address = text.substr(0, slash);
    prefix = ParseSmall(text.substr(slash + 1), 128);
    if (!prefix) return std::nullopt;
    block.had_prefix = true;
  }
  if (address.find(':') == std::string_view::npos) {
    if (!ParseIpv4(address, block.bytes.data() + 12)) return std::nullopt;
    block.prefix = prefix.value_or(32);
    if (block.prefix > 32) return std::nullopt;
  } else {
    if (!ParseIpv6(address, &block.bytes)) return std::nullopt;
    block.prefix = prefix.value_or(128);
    block.is_v6 = true;
    if (block.prefix >= 96 && IsMapped(block.bytes)) {
      block.is_v6 = false;
      block.prefix = static_cast<uint8_t>(block.prefix - 96);
      std::fill_n(block.bytes.begin(), 12, uint8_t{0});
    }
  }
  block.had_host_bits =
      ClearHostBits(&block.bytes, block.is_v6 ? 0 : 12, block.prefix);
  return block;
}

std::optional<bool> ParseBool(std::string_view text) {
  if (EqualsIgnoreCase(text, "true")) return true;
  if (EqualsIgnoreCase(text, "false")) return false;
  return std::nullopt;
}

bool IsActionPattern(std::string_view text) {
  if (text == "*") return true;
  const size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 &&
         colon + 1 < text.size() &&
         text.find(':', colon + 1) == std::string_view::npos;
}

bool IsResourcePattern(std::string_view text) {
  if (text == "*") return true;
  return text.starts_with("acs:") &&
         std::count(text.begin(), text.end(), ':') >= 4;
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string FoldConditionKey(std::string_view key) {
  std::string folded(key);
  const size_t end = std::min(key.find('/'), key.size());
  for (size_t i = 0; i < end; ++i) folded[i] = Lower(folded[i]);
  return folded;
}

}  // namespace writ
