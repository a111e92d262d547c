// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "sidecar/config.h"

namespace writ {
namespace {

constexpr size_t kMaxShownBytes = 80;
constexpr size_t kMaxComparedBytes = 64;
constexpr size_t kMinTokenBytes = 16;
constexpr size_t kMaxTokenBytes = 4096;
constexpr std::string_view kAcs = "acs:";

struct Unit {
  std::string_view name;
  uint64_t worth;
};
constexpr Unit kTimes[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};
constexpr Unit kSizes[] = {
    {"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
constexpr uint64_t kMostMilliseconds = uint64_t{30} * 24 * 60 * 60 * 1000;
constexpr uint64_t kMostBytes = uint64_t{1} << 53;

// "64MiB" by a table of units; false for another text and for too much.
template <size_t n>
bool ParseAmount(std::string_view text, const Unit (&units)[n], uint64_t most,
                 uint64_t* out) {
  uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc()) return false;
  const std::string_view name(stop, static_cast<size_t>(end - stop));
  const auto* unit = std::ranges::find(units, name, &Unit::name);
  if (unit == std::end(units) || count > most / unit->worth) return false;
  *out = count * unit->worth;
  return true;
}

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kMaxShownBytes));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f' || c == '`') c = '?';
  }
  if (text.size() > kMaxShownBytes) shown += "…";
  return shown;
}

std::string MemberPath(std::string_view table, std::string_view name) {
  if (table.empty()) return Shown(name);
  return std::string(table) + "." + Shown(name);
}

std::string FolderOf(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/') + 1));
}

std::string PathFrom(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : folder + path;
}

std::string_view NearestOf(std::string_view word,
                           const std::vector<std::string_view>& names) {
  word = word.substr(0, kMaxComparedBytes);
  std::string_view best;
  size_t best_distance = word.size() / 3 + 2;
  for (const std::string_view name : names) {
    // Row by row; row[j] is the distance of the words so far from name[0, j).
    std::vector<size_t> row(name.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = std::exchange(row[0], i + 1);
      for (size_t j = 0; j < name.size(); ++j) {
        const size_t changed =
            diagonal + (Lower(word[i]) == Lower(name[j]) ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = name;
    }
  }
  return best;
}

Status CheckContextPrefix(std::string_view prefix) {
  if (!prefix.ends_with(':') || prefix.size() < 2) {
    return InvalidArgument("a prefix of context keys ends in `:`");
  }
  const size_t shared = std::min(prefix.size(), kAcs.size());
  if (std::ranges::equal(prefix.substr(0, shared), kAcs.substr(0, shared),
                         [](char a, char b) { return Lower(a) == b; })) {
    return InvalidArgument(
        "keys that begin with `acs:` come from trusted listeners only");
  }
  return OkStatus();
}

Status CheckBundleLocation(std::string_view location) {
  const size_t scheme = location.find("://");
  if (scheme == std::string_view::npos || location.starts_with("https://")) {
    return OkStatus();
  }
  if (!location.starts_with("http://")) {
    return InvalidArgument("bundles are not fetched by `" +
                           Shown(location.substr(0, scheme)) + "`");
  }
  const std::string_view host = location.substr(scheme + 3);
  // Whether the name leads to loopback is seen when it is looked up.
  for (const std::string_view own : {"127.", "[::1]", "localhost"}) {
    if (host.starts_with(own)) return OkStatus();
  }
  return InvalidArgument(
      "bundles are not fetched without TLS, but from 127.0.0.1 and [::1]");
}

Status CheckMappingText(std::string_view text) {
  constexpr std::string_view kNames[] = {"{method}", "{host}", "{path}",
                                         "{account}"};
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '{' && text[at] != '}') continue;
    const std::string_view rest = text.substr(at);
    const auto* const name = std::ranges::find_if(
        kNames, [rest](std::string_view one) { return rest.starts_with(one); });
    if (name == std::end(kNames)) {
      const size_t end = std::min(rest.find('}'), rest.size() - 1);
      return InvalidArgument("nothing replaces `" +
                             Shown(rest.substr(0, end + 1)) + "`");
    }
    at += name->size() - 1;
  }
  return OkStatus();
}

Status CheckHeaderName(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto fits = [kMarks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  };
  if (!name.empty() && std::ranges::all_of(name, fits)) return OkStatus();
  const bool capitals = std::ranges::all_of(
      name, [&](char c) { return fits(static_cast<char>(Lower(c))); });
  return InvalidArgument("`" + Shown(name) + "` is " +
                         (capitals ? "not in lower case" : "no header"));
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  uint64_t count = 0;
  if (!ParseAmount(text, kTimes, kMostMilliseconds, &count)) {
    return InvalidArgument("`" + Shown(text) +
                           "` is no time like 250ms, 10s, 2m or 1h");
  }
  return std::chrono::milliseconds(count);
}

Result<uint64_t> ParseSize(std::string_view text) {
  uint64_t count = 0;
  if (!ParseAmount(text, kSizes, kMostBytes, &count)) {
    return InvalidArgument("`" + Shown(text) +
                           "` is no size like 65536, 64KiB, 64MiB or 1GiB");
  }
  return count;
}

Result<Sha256Digest> ReadTokenDigest(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(const std::string text,
                        ReadRegularFile(path, kMaxTokenBytes + 1));
  std::string_view token = text;
  if (token.ends_with('\n')) token.remove_suffix(1);
  const auto fits = [](char c) { return c > ' ' && c < '\x7f'; };
  if (token.size() < kMinTokenBytes || token.size() > kMaxTokenBytes ||
      !std::ranges::all_of(token, fits)) {
    return InvalidArgument("`" + path +
                           "` does not hold one token of 16 to 4096 printable "
                           "characters");
  }
  return Sha256(token);
}

}  // namespace writ
