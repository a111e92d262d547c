// SPDX-License-Identifier: Apache-2.0
#include "authz/constant_text.h"

#include <cstdint>
#include <cstdio>

namespace writ {
namespace {

// Numbers with more places than this before or behind the point are written
// with an exponent.
constexpr int32_t kPlainPlaces = 20;

struct CivilDate {
  int64_t year;
  unsigned month;
  unsigned day;
};

// The date that lies `days` after 1970-01-01. Counts from a first of March, so
// that the leap day is the last of its year.
CivilDate DateOf(int64_t days) {
  constexpr int64_t kDaysTo1970 = 719468;  // from 0000-03-01
  constexpr int64_t kDaysOf400Years = 146097;
  days += kDaysTo1970;
  const int64_t era =
      (days >= 0 ? days : days - kDaysOf400Years + 1) / kDaysOf400Years;
  const int64_t day_of_era = days - era * kDaysOf400Years;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36524 - day_of_era / 146096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;  // March is 0
  CivilDate date = {};
  date.day =
      static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  date.month = static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3
                                                        : shifted_month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

}  // namespace

std::string DecimalText(const DecimalConstant& value) {
  if (value.sign == 0) return "0";
  std::string digits;
  for (size_t i = 0; i < value.digit_count; ++i) {
    digits += static_cast<char>('0' + value.digits[i]);
  }
  const std::string sign = value.sign < 0 ? "-" : "";
  const int32_t point = value.point;
  if (point > kPlainPlaces || point < -kPlainPlaces) {
    std::string text = sign + digits.substr(0, 1);
    if (digits.size() > 1) text += "." + digits.substr(1);
    return text + "e" + std::to_string(point - 1);
  }
  if (point <= 0) {
    return sign + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  }
  const auto whole = static_cast<size_t>(point);
  if (digits.size() <= whole) {
    return sign + digits + std::string(whole - digits.size(), '0');
  }
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string InstantText(const InstantConstant& value) {
  constexpr int64_t kDaySeconds = 86400;
  int64_t days = value.seconds / kDaySeconds;
  int64_t seconds = value.seconds % kDaySeconds;
  if (seconds < 0) {
    seconds += kDaySeconds;
    --days;
  }
  const CivilDate date = DateOf(days);
  char text[80];
  std::snprintf(text, sizeof(text), "%04lld-%02u-%02uT%02lld:%02lld:%02lld",
                static_cast<long long>(date.year), date.month, date.day,
                static_cast<long long>(seconds / 3600),
                static_cast<long long>(seconds / 60 % 60),
                static_cast<long long>(seconds % 60));
  std::string out = text;
  if (value.nanos != 0) {
    std::snprintf(text, sizeof(text), ".%09u", value.nanos);
    std::string fraction = text;
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += fraction;
  }
  return out + "Z";
}

std::string AddressText(const BlockConstant& block) {
  std::string out;
  if (block.is_v6 == 0) {
    for (size_t i = 0; i < 4; ++i) {
      out += (i == 0 ? "" : ".") + std::to_string(block.bytes[i]);
    }
    return out;
  }
  char group[8];
  for (size_t i = 0; i < 16; i += 2) {
    std::snprintf(
        group, sizeof(group), "%x",
        static_cast<unsigned>(block.bytes[i] * 256 + block.bytes[i + 1]));
    out += (i == 0 ? "" : ":") + std::string(group);
  }
  return out;
}

std::string BlockText(const BlockConstant& block) {
  const unsigned whole = block.is_v6 != 0 ? 128 : 32;
  if (block.prefix_bits == whole) return AddressText(block);
  return AddressText(block) + "/" + std::to_string(block.prefix_bits);
}

std::string OperandText(const ProgramView& view, OperandKind kind,
                        uint32_t index) {
  switch (kind) {
    case OperandKind::kText:
    case OperandKind::kFolded:
    case OperandKind::kGlob:
      return "\"" + std::string(view.Text(view.texts[index])) + "\"";
    case OperandKind::kDecimal:
      return DecimalText(view.decimals[index]);
    case OperandKind::kInstant:
      return InstantText(view.instants[index]);
    case OperandKind::kTruth:
      return view.truths[index] != 0 ? "true" : "false";
    case OperandKind::kBlock:
      return BlockText(view.blocks[index]);
    case OperandKind::kNone:
    case OperandKind::kJump:
      break;
  }
  return "";
}

}  // namespace writ
