// SPDX-License-Identifier: Apache-2.0
#include "http/url.h"

#include <arpa/inet.h>

#include <algorithm>

namespace writ {
namespace {

bool IsHostCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

bool IsIpv6(const std::string& host) {
  in6_addr address = {};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// Takes host and port apart; `text` is what stands between `//` and the path.
Status ParseAuthority(std::string_view text, HttpUrl* url) {
  const auto fail = [](std::string_view why) {
    return InvalidArgument("the URL " + std::string(why));
  };
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return fail("lacks a `]`");
    url->host = text.substr(1, end - 1);
    if (!IsIpv6(url->host)) return fail("has no IPv6 address in its `[]`");
    port = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    url->host = text.substr(0, colon);
    port = colon == std::string_view::npos ? "" : text.substr(colon);
    const bool good = std::ranges::all_of(
        url->host, [](char c) { return IsHostCharacter(c); });
    if (!good || url->host.empty()) return fail("names no host");
  }
  if (port.empty()) {
    url->port = url->tls ? "443" : "80";
    return OkStatus();
  }
  port.remove_prefix(1);
  const bool digits =
      !port.empty() && port.size() <= 5 &&
      std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  url->port = port;
  if (!digits || std::stoul(url->port) > 65535 || std::stoul(url->port) == 0) {
    return fail("has a port that is none");
  }
  return OkStatus();
}

}  // namespace

std::string HttpUrl::Shown() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" +
         port + target.substr(0, target.find('?'));
}

Result<HttpUrl> ParseHttpUrl(std::string_view url) {
  HttpUrl parts;
  static constexpr std::string_view kHttps = "https://";
  static constexpr std::string_view kHttp = "http://";
  if (url.starts_with(kHttps)) {
    url.remove_prefix(kHttps.size());
  } else if (url.starts_with(kHttp)) {
    url.remove_prefix(kHttp.size());
    parts.tls = false;
  } else {
    return InvalidArgument("the URL begins with neither https:// nor http://");
  }
  const bool clean = std::ranges::all_of(
      url, [](char c) { return c > ' ' && c < '\x7F' && c != '\\'; });
  if (!clean) return InvalidArgument("the URL holds a character that none may");
  if (url.find('#') != std::string_view::npos) {
    return InvalidArgument("the URL holds a fragment, which no server sees");
  }
  const size_t path = std::min(url.find('/'), url.find('?'));
  const std::string_view authority = url.substr(0, path);
  if (authority.find('@') != std::string_view::npos) {
    return InvalidArgument("the URL holds a user or password: use a token");
  }
  WRIT_RETURN_IF_ERROR(ParseAuthority(authority, &parts));
  parts.target = path == std::string_view::npos ? "/" : url.substr(path);
  if (parts.target.front() == '?') parts.target.insert(0, "/");
  return parts;
}

}  // namespace writ
