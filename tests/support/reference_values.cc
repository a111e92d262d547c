// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reference_values.h"

#include <algorithm>
#include <vector>

namespace writ::reference {
namespace {

constexpr size_t kSignificantDigits = 34;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes digits from the front of `text`.
std::string TakeDigits(std::string_view& text) {
  std::string digits;
  while (!text.empty() && IsDigit(text.front())) {
    digits += text.front();
    text.remove_prefix(1);
  }
  return digits;
}

bool Take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// Takes exactly `count` digits as a number, or returns -1.
long long TakeNumber(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  long long value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool IsLeapYear(long long year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

long long DaysInMonth(long long year, long long month) {
  constexpr long long kDays[] = {31, 28, 31, 30, 31, 30,
                                 31, 31, 30, 31, 30, 31};
  if (month == 2 && IsLeapYear(year)) return 29;
  return kDays[month - 1];
}

// One to `most` decimal digits without a leading zero, at most `limit`.
std::optional<int> SmallNumber(std::string_view text, size_t most, int limit) {
  if (text.empty() || text.size() > most) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > limit) return std::nullopt;
  return value;
}

std::string Bits(unsigned value, int count) {
  std::string bits;
  for (int i = count - 1; i >= 0; --i) bits += (value >> i) & 1 ? '1' : '0';
  return bits;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at; (at = text.find(separator)) != text.npos;) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

// The 32 bits of a dotted quad.
std::optional<std::string> QuadBits(std::string_view text) {
  const auto parts = Split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::string bits;
  for (std::string_view part : parts) {
    const auto value = SmallNumber(part, 3, 255);
    if (!value) return std::nullopt;
    bits += Bits(static_cast<unsigned>(*value), 8);
  }
  return bits;
}

// The bits of groups between colons; the last may be a dotted quad when
// `quad_at_end`.
std::optional<std::string> GroupBits(std::string_view text, bool quad_at_end) {
  std::string bits;
  if (text.empty()) return bits;
  const auto groups = Split(text, ':');
  for (size_t i = 0; i < groups.size(); ++i) {
    if (quad_at_end && i + 1 == groups.size() &&
        groups[i].find('.') != std::string_view::npos) {
      const auto quad = QuadBits(groups[i]);
      if (!quad) return std::nullopt;
      return bits + *quad;
    }
    if (groups[i].empty() || groups[i].size() > 4) return std::nullopt;
    unsigned value = 0;
    for (char c : Fold(groups[i])) {
      const size_t digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    bits += Bits(value, 16);
  }
  return bits;
}

std::optional<std::string> SixBits(std::string_view text) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto bits = GroupBits(text, true);
    if (!bits || bits->size() != 128) return std::nullopt;
    return bits;
  }
  const auto head = GroupBits(text.substr(0, gap), false);
  const auto tail = GroupBits(text.substr(gap + 2), true);
  if (!head || !tail || head->size() + tail->size() > 112) return std::nullopt;
  return *head + std::string(128 - head->size() - tail->size(), '0') + *tail;
}

const std::string& MappedPrefix() {
  static const std::string prefix =
      "6" + std::string(80, '0') + std::string(16, '1');
  return prefix;
}

// The family and all bits of one address, mapped addresses left as they are.
std::optional<std::string> FamilyAndBits(std::string_view text) {
  if (text.find(':') == std::string_view::npos) {
    const auto quad = QuadBits(text);
    if (!quad) return std::nullopt;
    return "4" + *quad;
  }
  const auto six = SixBits(text);
  if (!six) return std::nullopt;
  return "6" + *six;
}

std::string Unmap(std::string address) {
  if (!address.starts_with(MappedPrefix())) return address;
  return "4" + address.substr(MappedPrefix().size());
}

// The size in bytes of the well-formed code point at the front, or 1.
size_t UnitSize(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](size_t i, unsigned low = 0x80,
                           unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 1;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 1;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 1;
  }
  return 1;
}

struct Unit {
  std::string_view text;
  size_t offset;
};

std::vector<Unit> Units(std::string_view text) {
  std::vector<Unit> units;
  for (size_t at = 0; at < text.size();) {
    const size_t size = UnitSize(text.substr(at));
    units.push_back({text.substr(at, size), at});
    at += size;
  }
  return units;
}

}  // namespace

std::string Fold(std::string_view text) {
  std::string folded(text);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::optional<Number> ReadNumber(std::string_view text) {
  Number number;
  number.negative = Take(text, '-');
  std::string whole = TakeDigits(text);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) {
    return std::nullopt;
  }
  std::string fraction;
  if (Take(text, '.')) {
    fraction = TakeDigits(text);
    if (fraction.empty()) return std::nullopt;
  }
  int exponent = 0;
  if (Take(text, 'e') || Take(text, 'E')) {
    const bool minus = Take(text, '-');
    if (!minus) Take(text, '+');
    const std::string digits = TakeDigits(text);
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    exponent = minus ? -std::stoi(digits) : std::stoi(digits);
  }
  if (!text.empty()) return std::nullopt;

  const std::string written = whole + fraction;
  const size_t first = written.find_first_not_of('0');
  if (first == std::string::npos) return Number{};
  if (written.size() - first > kSignificantDigits) return std::nullopt;

  for (; exponent > 0; --exponent) {
    whole += fraction.empty() ? '0' : fraction.front();
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    fraction.insert(0, 1, whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  number.whole = whole;
  number.fraction = fraction;
  return number;
}

std::strong_ordering Compare(const Number& a, const Number& b) {
  if (a.negative != b.negative) {
    return a.negative ? std::strong_ordering::less
                      : std::strong_ordering::greater;
  }
  const Number& low = a.negative ? b : a;
  const Number& high = a.negative ? a : b;
  if (low.whole.size() != high.whole.size()) {
    return low.whole.size() <=> high.whole.size();
  }
  if (low.whole != high.whole) return low.whole <=> high.whole;
  return low.fraction <=> high.fraction;
}

std::optional<Moment> ReadMoment(std::string_view text) {
  const long long year = TakeNumber(text, 4);
  if (year < 1 || !Take(text, '-')) return std::nullopt;
  const long long month = TakeNumber(text, 2);
  if (month < 1 || month > 12 || !Take(text, '-')) return std::nullopt;
  const long long day = TakeNumber(text, 2);
  if (day < 1 || day > DaysInMonth(year, month) || !Take(text, 'T')) {
    return std::nullopt;
  }
  const long long hour = TakeNumber(text, 2);
  if (hour < 0 || hour > 23 || !Take(text, ':')) return std::nullopt;
  const long long minute = TakeNumber(text, 2);
  if (minute < 0 || minute > 59 || !Take(text, ':')) return std::nullopt;
  const long long second = TakeNumber(text, 2);
  if (second < 0 || second > 59) return std::nullopt;
  std::string fraction;
  if (Take(text, '.')) {
    fraction = TakeDigits(text);
    if (fraction.empty() || fraction.size() > 9) return std::nullopt;
  }
  long long offset_minutes = 0;
  if (!Take(text, 'Z')) {
    const bool west = Take(text, '-');
    if (!west && !Take(text, '+')) return std::nullopt;
    const long long hours = TakeNumber(text, 2);
    if (hours < 0 || hours > 23 || !Take(text, ':')) return std::nullopt;
    const long long minutes = TakeNumber(text, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    offset_minutes = hours * 60 + minutes;
    if (west) offset_minutes = -offset_minutes;
  }
  if (!text.empty()) return std::nullopt;

  long long days = day - 1;
  for (long long m = 1; m < month; ++m) days += DaysInMonth(year, m);
  const long long past = year - 1;
  days += past * 365 + past / 4 - past / 100 + past / 400;
  fraction.resize(9, '0');
  return Moment{
      ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second,
      std::stoll(fraction)};
}

std::optional<bool> ReadBool(std::string_view text) {
  const std::string folded = Fold(text);
  if (folded == "true") return true;
  if (folded == "false") return false;
  return std::nullopt;
}

std::optional<std::string> ReadAddress(std::string_view text) {
  auto address = FamilyAndBits(text);
  if (!address) return std::nullopt;
  return Unmap(*address);
}

std::optional<std::string> ReadBlock(std::string_view text) {
  const size_t slash = text.find('/');
  auto address = FamilyAndBits(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash != std::string_view::npos) {
    const int width = static_cast<int>(address->size()) - 1;
    const auto prefix = SmallNumber(text.substr(slash + 1), 3, width);
    if (!prefix) return std::nullopt;
    address->resize(static_cast<size_t>(1 + *prefix));
  }
  return Unmap(*address);
}

bool Like(std::string_view pattern, std::string_view subject,
          size_t fold_before) {
  const auto wanted = Units(pattern);
  const auto given = Units(subject);
  // covers[i]: what of the pattern was read so far covers i units.
  std::vector<bool> covers(given.size() + 1, false);
  covers[0] = true;
  for (const Unit& want : wanted) {
    std::vector<bool> next(given.size() + 1, false);
    if (want.text == "*") {
      bool reached = false;
      for (size_t i = 0; i <= given.size(); ++i) {
        reached = reached || covers[i];
        next[i] = reached;
      }
    } else {
      for (size_t i = 0; i < given.size(); ++i) {
        const bool same = want.text == "?" || want.text == given[i].text ||
                          (given[i].offset < fold_before &&
                           Fold(want.text) == Fold(given[i].text));
        next[i + 1] = covers[i] && same;
      }
    }
    covers = std::move(next);
  }
  return covers[given.size()];
}

}  // namespace writ::reference
