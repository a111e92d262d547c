// SPDX-License-Identifier: Apache-2.0
#include "authz/read_value.h"

#include <algorithm>

#include "authz/text.h"

namespace writ {
namespace {

bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }
unsigned DigitValue(char byte) { return static_cast<unsigned>(byte - '0'); }

// Removes the leading digits of `text` and returns them.
std::string_view TakeDigits(std::string_view* text) {
  size_t count = 0;
  while (count < text->size() && IsDigit((*text)[count])) ++count;
  const std::string_view digits = text->substr(0, count);
  text->remove_prefix(count);
  return digits;
}

bool TakeByte(char byte, std::string_view* text) {
  if (text->empty() || text->front() != byte) return false;
  text->remove_prefix(1);
  return true;
}

// Reads exactly `count` digits.
bool TakeNumber(size_t count, std::string_view* text, unsigned* value) {
  if (text->size() < count) return false;
  *value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit((*text)[i])) return false;
    *value = *value * 10 + DigitValue((*text)[i]);
  }
  text->remove_prefix(count);
  return true;
}

// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Counting
// years from March puts the leap day last.
int64_t DaysToDate(unsigned year, unsigned month, unsigned day) {
  const int64_t y = int64_t{year} - (month <= 2 ? 1 : 0);
  const int64_t shifted_month = month > 2 ? month - 3 : month + 9;
  const int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
  const int64_t leap_days = y / 4 - y / 100 + y / 400;
  constexpr int64_t kEpochDays = 719468;  // 0000-03-01 to 1970-01-01
  return y * 365 + leap_days + day_of_year - kEpochDays;
}

unsigned DaysInMonth(unsigned year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// The zone: Z, or the seconds of ±hh:mm.
bool ReadOffset(std::string_view text, int64_t* seconds) {
  if (text == "Z") {
    *seconds = 0;
    return true;
  }
  const bool west = TakeByte('-', &text);
  unsigned hours = 0;
  unsigned minutes = 0;
  if ((!west && !TakeByte('+', &text)) || !TakeNumber(2, &text, &hours) ||
      !TakeByte(':', &text) || !TakeNumber(2, &text, &minutes) ||
      !text.empty() || hours > 23 || minutes > 59) {
    return false;
  }
  *seconds = int64_t{hours} * 3600 + int64_t{minutes} * 60;
  if (west) *seconds = -*seconds;
  return true;
}

// Four decimal parts without leading zeros.
bool ReadIpv4(std::string_view text, uint8_t* bytes) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return false;
    if (at == end || !IsDigit(*at)) return false;
    unsigned value = DigitValue(*at++);
    for (int digits = 1; at != end && IsDigit(*at); ++at, ++digits) {
      if (digits == 3 || value == 0) return false;
      value = value * 10 + DigitValue(*at);
    }
    if (value > 255) return false;
    bytes[i] = static_cast<uint8_t>(value);
  }
  return at == end;
}

bool HexValue(char byte, unsigned* value) {
  const char folded = FoldAscii(byte);
  if (IsDigit(byte)) {
    *value = DigitValue(byte);
  } else if (folded >= 'a' && folded <= 'f') {
    *value = static_cast<unsigned>(folded - 'a') + 10;
  } else {
    return false;
  }
  return true;
}

// One group of one to four hexadecimal digits.
bool ReadGroup(std::string_view text, uint8_t* bytes) {
  if (text.empty() || text.size() > 4) return false;
  unsigned group = 0;
  for (const char byte : text) {
    unsigned digit = 0;
    if (!HexValue(byte, &digit)) return false;
    group = group * 16 + digit;
  }
  bytes[0] = static_cast<uint8_t>(group >> 8);
  bytes[1] = static_cast<uint8_t>(group);
  return true;
}

// Groups between colons, the last one possibly in dotted form. Returns how many
// bytes they fill, at most 16, or -1. Empty text is no group.
int ReadGroups(std::string_view text, bool may_end_dotted, uint8_t* bytes) {
  int filled = 0;
  while (!text.empty()) {
    if (filled > 0 && !TakeByte(':', &text)) return -1;
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && may_end_dotted && group.find('.') != std::string_view::npos) {
      if (filled > 12 || !ReadIpv4(group, bytes + filled)) return -1;
      return filled + 4;
    }
    if (filled > 14 || !ReadGroup(group, bytes + filled)) return -1;
    filled += 2;
    text.remove_prefix(group.size());
  }
  return filled;
}

bool ReadIpv6(std::string_view text, std::array<uint8_t, 16>* bytes) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    return ReadGroups(text, true, bytes->data()) == 16;
  }
  uint8_t tail[16] = {};
  const int head_size = ReadGroups(text.substr(0, gap), false, bytes->data());
  const int tail_size = ReadGroups(text.substr(gap + 2), true, tail);
  // The gap stands for one group at least.
  if (head_size < 0 || tail_size < 0 || head_size + tail_size > 14) {
    return false;
  }
  std::copy_n(tail, tail_size, bytes->begin() + (16 - tail_size));
  return true;
}

}  // namespace

bool ReadDecimal(std::string_view text, DecimalConstant* value) noexcept {
  *value = {};
  const bool negative = TakeByte('-', &text);
  const std::string_view whole = TakeDigits(&text);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return false;
  std::string_view fraction;
  if (TakeByte('.', &text)) {
    fraction = TakeDigits(&text);
    if (fraction.empty()) return false;
  }
  int32_t exponent = 0;
  if (TakeByte('e', &text) || TakeByte('E', &text)) {
    const bool below = TakeByte('-', &text);
    if (!below) TakeByte('+', &text);
    const std::string_view digits = TakeDigits(&text);
    if (digits.empty() || digits.size() > 3) return false;
    for (const char digit : digits) {
      exponent = exponent * 10 + static_cast<int32_t>(DigitValue(digit));
    }
    if (below) exponent = -exponent;
  }
  if (!text.empty()) return false;

  // Position 0 is just before the point; `first` is where the first digit that
  // is not zero stands.
  size_t count = 0;
  size_t first = 0;
  size_t position = 0;
  for (const std::string_view part : {whole, fraction}) {
    for (const char digit : part) {
      if (count > 0 || digit != '0') {
        if (count == 0) first = position;
        if (count == DecimalConstant::kMaxDigits) return false;
        value->digits[count++] = static_cast<uint8_t>(DigitValue(digit));
      }
      ++position;
    }
  }
  while (count > 0 && value->digits[count - 1] == 0) --count;
  if (count == 0) return true;  // zero, whatever its sign and exponent
  // Keeps `point` in range; no request is that long.
  if (position > INT32_MAX / 2) return false;
  value->digit_count = static_cast<uint8_t>(count);
  value->sign = negative ? -1 : 1;
  value->point = static_cast<int32_t>(whole.size()) -
                 static_cast<int32_t>(first) + exponent;
  return true;
}

std::strong_ordering CompareDecimals(const DecimalConstant& a,
                                     const DecimalConstant& b) noexcept {
  if (a.sign != b.sign) return a.sign <=> b.sign;
  const auto magnitude = a.point != b.point
                             ? a.point <=> b.point
                             : std::memcmp(a.digits.data(), b.digits.data(),
                                           a.digits.size()) <=> 0;
  return a.sign < 0 ? 0 <=> magnitude : magnitude;
}

bool ReadInstant(std::string_view text, InstantConstant* value) noexcept {
  *value = {};
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  if (!TakeNumber(4, &text, &year) || !TakeByte('-', &text) ||
      !TakeNumber(2, &text, &month) || !TakeByte('-', &text) ||
      !TakeNumber(2, &text, &day) || !TakeByte('T', &text) ||
      !TakeNumber(2, &text, &hour) || !TakeByte(':', &text) ||
      !TakeNumber(2, &text, &minute) || !TakeByte(':', &text) ||
      !TakeNumber(2, &text, &second)) {
    return false;
  }
  if (year == 0 || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(year, month) || hour > 23 || minute > 59 ||
      second > 59) {
    return false;
  }
  uint32_t nanos = 0;
  if (TakeByte('.', &text)) {
    const std::string_view digits = TakeDigits(&text);
    if (digits.empty() || digits.size() > 9) return false;
    for (size_t i = 0; i < 9; ++i) {
      nanos = nanos * 10 + (i < digits.size() ? DigitValue(digits[i]) : 0);
    }
  }
  int64_t offset = 0;
  if (!ReadOffset(text, &offset)) return false;
  value->seconds = DaysToDate(year, month, day) * 86400 + int64_t{hour} * 3600 +
                   int64_t{minute} * 60 + second - offset;
  value->nanos = nanos;
  return true;
}

std::strong_ordering CompareInstants(const InstantConstant& a,
                                     const InstantConstant& b) noexcept {
  return a.seconds != b.seconds ? a.seconds <=> b.seconds : a.nanos <=> b.nanos;
}

bool ReadAddress(std::string_view text, BlockConstant* value) noexcept {
  *value = {};
  // Nothing with a colon begins like this, but for what fails either way.
  if (ReadIpv4(text, value->bytes.data())) {
    value->prefix_bits = 32;
    return true;
  }
  *value = {};
  if (text.find(':') == std::string_view::npos) return false;
  if (!ReadIpv6(text, &value->bytes)) return false;
  constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(std::begin(kMapped), std::end(kMapped),
                 value->bytes.begin())) {
    std::copy_n(value->bytes.begin() + 12, 4, value->bytes.begin());
    std::fill(value->bytes.begin() + 4, value->bytes.end(), uint8_t{0});
    value->prefix_bits = 32;
    return true;
  }
  value->is_v6 = 1;
  value->prefix_bits = 128;
  return true;
}

bool BlockHolds(const BlockConstant& block,
                const BlockConstant& address) noexcept {
  if (block.is_v6 != address.is_v6) return false;
  const size_t whole = block.prefix_bits / 8;
  const unsigned rest = block.prefix_bits % 8;
  if (std::memcmp(block.bytes.data(), address.bytes.data(), whole) != 0) {
    return false;
  }
  return rest == 0 ||
         ((block.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

bool ReadTruth(std::string_view text, bool* value) noexcept {
  // Setting this bit folds a letter, and makes no letter of anything else.
  constexpr uint32_t kFold = 0x20202020;
  if (text.size() < 4 || text.size() > 5) return false;
  const uint32_t head = LoadWord<uint32_t>(text.data()) | kFold;
  *value = text.size() == 4;
  return *value
             ? head == LoadWord<uint32_t>("true")
             : head == LoadWord<uint32_t>("fals") && FoldAscii(text[4]) == 'e';
}

}  // namespace writ
