// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http_names.h"

#include <algorithm>
#include <cstdint>

#include "authz/text.h"

namespace writ {
namespace {

constexpr size_t kMaxPathBytes = 8192;
constexpr size_t kMaxHostBytes = 255;
constexpr size_t kMaxMethodBytes = 32;

bool IsDigit(char byte) { return byte >= '0' && byte <= '9'; }
bool IsUpper(char byte) { return byte >= 'A' && byte <= 'Z'; }
bool IsLower(char byte) { return byte >= 'a' && byte <= 'z'; }

// RFC 3986, 2.3.
bool IsUnreserved(char byte) {
  return IsDigit(byte) || IsUpper(byte) || IsLower(byte) ||
         std::string_view("-._~").find(byte) != std::string_view::npos;
}

// RFC 3986, 3.3: what may stand in a segment as itself.
bool IsPathCharacter(char byte) {
  return IsUnreserved(byte) ||
         std::string_view("!$&'()*+,;=:@").find(byte) != std::string_view::npos;
}

// The value of an upper-case hexadecimal digit, or -1.
int HexValue(char byte) {
  if (IsDigit(byte)) return byte - '0';
  return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

// What is wrong with an escape of this byte; empty: nothing.
std::string_view WhatIsWrongWithEscape(int value) {
  const char byte = static_cast<char>(value);
  if (byte == '/' || byte == '\\') return "an escaped `/` or `\\`";
  if (byte == '.') return "an escaped `.`";
  if (byte == '%') return "an escaped `%`";
  if (value < 0x20 || value == 0x7f) return "an escaped control character";
  if (IsUnreserved(byte)) return "an escape of a character that needs none";
  return {};
}

std::string_view WhatIsWrongWithSegment(std::string_view segment) {
  // Some services drop what stands behind a semicolon before they resolve dots.
  const std::string_view name = segment.substr(0, segment.find(';'));
  if (name == "." || name == "..") return "a segment `.` or `..`";
  for (size_t i = 0; i < segment.size(); ++i) {
    const char byte = segment[i];
    if (byte == '\\') return "a backslash";
    if (byte != '%') {
      if (!IsPathCharacter(byte)) return "a character that must be escaped";
      continue;
    }
    if (segment.size() - i < 3) return "an escape that is cut short";
    const int high = HexValue(segment[i + 1]);
    const int low = HexValue(segment[i + 2]);
    if (high < 0 || low < 0) {
      return "a `%` without two upper-case hexadecimal digits";
    }
    const std::string_view wrong = WhatIsWrongWithEscape(high * 16 + low);
    if (!wrong.empty()) return wrong;
    i += 2;
  }
  return {};
}

}  // namespace

Result<std::string_view> CanonicalPath(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path.empty() || path.front() != '/') {
    return InvalidArgument("the path does not begin with `/`");
  }
  if (path.size() > kMaxPathBytes) {
    return InvalidArgument("the path has more than " +
                           std::to_string(kMaxPathBytes) + " bytes");
  }
  size_t begin = 1;
  while (begin < path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    if (end == begin) return InvalidArgument("the path has an empty segment");
    const std::string_view wrong =
        WhatIsWrongWithSegment(path.substr(begin, end - begin));
    if (!wrong.empty()) {
      return InvalidArgument("the path has " + std::string(wrong));
    }
    begin = end + 1;
  }
  return path;
}

Result<std::string> CanonicalHost(std::string_view host) {
  const auto refuse = [] {
    return InvalidArgument("the host is no DNS name and no IP address");
  };
  std::string name;
  size_t end = 0;
  if (host.starts_with('[')) {
    end = host.find(']');
    if (end == std::string_view::npos || end < 3) return refuse();
    ++end;
    for (const char byte : host.substr(1, end - 2)) {
      const char folded = FoldAscii(byte);
      if (!IsDigit(byte) && !(folded >= 'a' && folded <= 'f') && byte != ':' &&
          byte != '.') {
        return refuse();
      }
    }
  } else {
    end = std::min(host.find(':'), host.size());
    const std::string_view labels = host.substr(0, end);
    if (labels.empty() || labels.front() == '.' || labels.back() == '.' ||
        labels.find("..") != std::string_view::npos) {
      return refuse();
    }
    for (const char byte : labels) {
      if (!IsDigit(byte) && !IsUpper(byte) && !IsLower(byte) && byte != '-' &&
          byte != '.' && byte != '_') {
        return refuse();
      }
    }
  }
  if (end > kMaxHostBytes) return refuse();
  const std::string_view port = host.substr(end);
  if (!port.empty() &&
      (port.size() < 2 || port.size() > 6 || port.front() != ':' ||
       !std::ranges::all_of(port.substr(1), IsDigit))) {
    return refuse();
  }
  name = host.substr(0, end);
  std::ranges::transform(name, name.begin(), FoldAscii);
  return name;
}

Status CheckMethod(std::string_view method) {
  if (method.empty() || method.size() > kMaxMethodBytes ||
      !std::ranges::all_of(
          method, [](char byte) { return IsUpper(byte) || byte == '-'; })) {
    return InvalidArgument("the method has other characters than A to Z and -");
  }
  return OkStatus();
}

}  // namespace writ
