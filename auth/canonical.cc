// SPDX-License-Identifier: Apache-2.0
#include "auth/canonical.h"

#include <algorithm>
#include <cstdint>

namespace writ {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendEncoded(std::string_view text, std::string* out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c)) {
      *out += c;
      continue;
    }
    const auto byte = static_cast<uint8_t>(c);
    *out += '%';
    *out += kDigits[byte >> 4];
    *out += kDigits[byte & 15];
  }
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  AppendEncoded(text, &encoded);
  return encoded;
}

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return InvalidArgument("bad percent-encoding");
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return InvalidArgument("bad percent-encoding");
      decoded += static_cast<char>(static_cast<uint8_t>(high * 16 + low));
      i += 2;
    }
  }
  return decoded;
}

Result<std::vector<QueryParameter>> ParseQuery(std::string_view raw_query) {
  std::vector<QueryParameter> parameters;
  while (!raw_query.empty()) {
    const size_t end = std::min(raw_query.find('&'), raw_query.size());
    const std::string_view piece = raw_query.substr(0, end);
    raw_query.remove_prefix(std::min(end + 1, raw_query.size()));
    if (piece.empty()) continue;
    const size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view value =
        piece.substr(std::min(equals + 1, piece.size()));
    QueryParameter parameter;
    WRIT_ASSIGN_OR_RETURN(parameter.name,
                          PercentDecode(piece.substr(0, equals), true));
    WRIT_ASSIGN_OR_RETURN(parameter.value, PercentDecode(value, true));
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::string CanonicalPath(std::string_view raw_path) {
  if (raw_path.empty()) return "/";
  std::string path;
  path.reserve(raw_path.size());
  for (size_t i = 0; i < raw_path.size(); ++i) {
    const std::string_view rest = raw_path.substr(i);
    if (rest[0] == '+') {
      path += "%20";
    } else if (rest[0] == '*') {
      path += "%2A";
    } else if (rest.starts_with("%7E")) {
      path += '~';
      i += 2;
    } else {
      path += rest[0];
    }
  }
  return path;
}

Result<std::string> CanonicalQuery(std::string_view raw_query) {
  WRIT_ASSIGN_OR_RETURN(std::vector<QueryParameter> parameters,
                        ParseQuery(raw_query));
  std::stable_sort(parameters.begin(), parameters.end(),
                   [](const QueryParameter& a, const QueryParameter& b) {
                     return a.name < b.name;
                   });
  std::string query;
  query.reserve(raw_query.size() + parameters.size());
  for (const QueryParameter& parameter : parameters) {
    if (!query.empty()) query += '&';
    AppendEncoded(parameter.name, &query);
    query += '=';
    AppendEncoded(parameter.value, &query);
  }
  return query;
}

Result<std::string> CanonicalRequest(
    const RequestHead& head, std::span<const std::string> signed_headers,
    std::string_view payload_hash) {
  WRIT_ASSIGN_OR_RETURN(const std::string query,
                        CanonicalQuery(head.raw_query));
  std::string text = head.method;
  text += '\n';
  text += CanonicalPath(head.raw_path);
  text += '\n';
  text += query;
  text += '\n';
  std::string names;
  for (const std::string& name : signed_headers) {
    const std::string* value = head.Single(name);
    if (value == nullptr) {
      return InvalidArgument("a signed header is absent or repeated");
    }
    // A line break inside a value could pass for the next header's line.
    if (value->find_first_of("\r\n") != std::string::npos) {
      return InvalidArgument("a signed header has a line break");
    }
    std::string_view trimmed = *value;
    const size_t first = trimmed.find_first_not_of(" \t");
    trimmed.remove_prefix(std::min(first, trimmed.size()));
    trimmed = trimmed.substr(0, trimmed.find_last_not_of(" \t") + 1);
    text += name;
    text += ':';
    text += trimmed;
    text += '\n';
    if (!names.empty()) names += ';';
    names += name;
  }
  text += '\n';
  text += names;
  text += '\n';
  text += payload_hash;
  return text;
}

}  // namespace writ
