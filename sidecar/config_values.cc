// SPDX-License-Identifier: Apache-2.0
//
// The members of a configuration that are no tables: a Read<Kind> for each Kind
// of config_members.def.
#include <algorithm>
#include <cmath>
#include <utility>

#include "crypto/hex.h"
#include "sidecar/config_reader.h"
#include "sidecar/listener_address.h"

namespace writ {
namespace {

template <typename T>
using Named = ConfigReader::Named<T>;

constexpr Named<ListenerKind> kListenerKinds[] = {
    {"grpc", ListenerKind::kGrpc}, {"http", ListenerKind::kHttp}};
constexpr Named<LogSink> kLogSinks[] = {{"none", LogSink::kNone},
                                        {"file", LogSink::kFile},
                                        {"stdout", LogSink::kStandardOutput},
                                        {"otlp", LogSink::kOtlp}};
constexpr Named<LogFull> kLogFulls[] = {
    {"block", LogFull::kBlock},
    {"drop-and-count", LogFull::kDropAndCount},
    {"deny", LogFull::kDeny}};
constexpr std::string_view kVerdicts[] = {"ALLOW", "EXPLICIT_DENY",
                                          "IMPLICIT_DENY"};
constexpr size_t kLongestName = 64;
constexpr double kMillion = 1000000;

}  // namespace

// --- texts -------------------------------------------------------------------

bool ConfigReader::TextOf(const Member& member, std::string* out) {
  const auto* text = member.node.as_string();
  if (text == nullptr || text->get().empty() ||
      text->get().find('\0') != std::string::npos) {
    Refuse(member, text == nullptr       ? "this is no text"
                   : text->get().empty() ? "this text is empty"
                                         : "this text holds a NUL");
    return false;
  }
  *out = text->get();
  return true;
}

bool ConfigReader::TextsOf(const Member& member,
                           std::vector<std::string>* out) {
  const toml::array* array = member.node.as_array();
  if (array == nullptr) {
    Refuse(member, "this is no list");
    return false;
  }
  bool good = true;
  for (size_t i = 0; i < array->size(); ++i) {
    const std::string path = member.path + "[" + std::to_string(i) + "]";
    const Member element{(*array)[i], path, "a text", 0, 0};
    std::string text;
    if (TextOf(element, &text)) {
      out->push_back(std::move(text));
    } else {
      good = false;
    }
  }
  return good;
}

void ConfigReader::ReadText(const Member& member, std::string* out) {
  static_cast<void>(TextOf(member, out));
}

void ConfigReader::ReadTexts(const Member& member,
                             std::vector<std::string>* out) {
  static_cast<void>(TextsOf(member, out));
}

void ConfigReader::ReadName(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (out->size() > kLongestName || !std::ranges::all_of(*out, fits)) {
    Refuse(member, "`" + Shown(*out) + "` is no name");
  }
}

void ConfigReader::ReadPath(const Member& member, std::string* out) {
  if (TextOf(member, out)) *out = PathFrom(folder_, *out);
}

void ConfigReader::ReadPaths(const Member& member,
                             std::vector<std::string>* out) {
  if (!TextsOf(member, out)) return;
  for (std::string& path : *out) path = PathFrom(folder_, path);
}

void ConfigReader::ReadLocation(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckBundleLocation(*out);
  if (!status.ok()) return Refuse(member, status.message());
  if (out->find("://") == std::string::npos) *out = PathFrom(folder_, *out);
}

void ConfigReader::ReadAddress(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  constexpr std::string_view kUnix = "unix:";
  if (out->starts_with(kUnix) && out->size() > kUnix.size()) {
    *out = std::string(kUnix) + PathFrom(folder_, out->substr(kUnix.size()));
  }
  const Result<ListenerAddress> parsed = ParseListenerAddress(*out);
  if (!parsed.ok()) Refuse(member, parsed.status().message());
}

void ConfigReader::ReadPrefix(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckContextPrefix(*out);
  if (!status.ok()) Refuse(member, status.message());
}

void ConfigReader::ReadMappingText(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckMappingText(*out);
  if (!status.ok()) Refuse(member, status.message());
}

void ConfigReader::ReadHeader(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckHeaderName(*out);
  if (!status.ok()) Refuse(member, status.message());
}

void ConfigReader::ReadHeaders(const Member& member,
                               std::vector<std::string>* out) {
  if (!TextsOf(member, out)) return;
  for (const std::string& name : *out) {
    const Status status = CheckHeaderName(name);
    if (!status.ok()) Refuse(member, status.message());
  }
}

// --- numbers -----------------------------------------------------------------

void ConfigReader::ReadFlag(const Member& member, bool* out) {
  const auto* flag = member.node.as_boolean();
  if (flag == nullptr) return Refuse(member, "this is neither true nor false");
  *out = flag->get();
}

void ConfigReader::ReadNumber(const Member& member, uint32_t* out) {
  const auto* number = member.node.as_integer();
  if (number == nullptr) return Refuse(member, "this is no whole number");
  if (number->get() < member.least || number->get() > member.most) {
    return Refuse(member,
                  std::to_string(number->get()) + " is out of its range");
  }
  *out = static_cast<uint32_t>(number->get());
}

void ConfigReader::ReadMode(const Member& member, uint32_t* out) {
  ReadNumber(member, out);
}

void ConfigReader::ReadRevision(const Member& member, uint64_t* out) {
  const auto* number = member.node.as_integer();
  if (number == nullptr) return Refuse(member, "this is no whole number");
  if (number->get() < 0) return Refuse(member, "this is below 0");
  *out = static_cast<uint64_t>(number->get());
}

void ConfigReader::ReadPinnedRevision(const Member& member,
                                      std::optional<uint64_t>* out) {
  ReadRevision(member, &out->emplace(0));
}

bool ConfigReader::MillisecondsOf(const Member& member,
                                  std::chrono::milliseconds* out) {
  std::string text;
  if (!TextOf(member, &text)) return false;
  const Result<std::chrono::milliseconds> parsed = ParseDuration(text);
  if (!parsed.ok()) {
    Refuse(member, parsed.status().message());
    return false;
  }
  if (parsed.value().count() < member.least ||
      parsed.value().count() > member.most) {
    Refuse(member, "`" + Shown(text) + "` is out of its range");
    return false;
  }
  *out = parsed.value();
  return true;
}

void ConfigReader::ReadDuration(const Member& member,
                                std::chrono::milliseconds* out) {
  static_cast<void>(MillisecondsOf(member, out));
}

void ConfigReader::ReadSeconds(const Member& member,
                               std::chrono::seconds* out) {
  std::chrono::milliseconds time{0};
  if (!MillisecondsOf(member, &time)) return;
  *out = std::chrono::floor<std::chrono::seconds>(time);
  if (*out != time) Refuse(member, "this is not in whole seconds");
}

void ConfigReader::ReadSize(const Member& member, uint64_t* out) {
  std::string text;
  if (const auto* number = member.node.as_integer();
      number != nullptr && number->get() >= 0) {
    text = std::to_string(number->get());
  } else if (!TextOf(member, &text)) {
    return;
  }
  const Result<uint64_t> parsed = ParseSize(text);
  if (!parsed.ok()) return Refuse(member, parsed.status().message());
  if (std::cmp_less(parsed.value(), member.least) ||
      std::cmp_greater(parsed.value(), member.most)) {
    return Refuse(member, "`" + Shown(text) + "` is out of its range");
  }
  *out = parsed.value();
}

void ConfigReader::ReadShare(const Member& member, uint32_t* out) {
  const std::optional<double> share = member.node.value<double>();
  if (!member.node.is_number() || !share) {
    return Refuse(member, "this is no number");
  }
  // Not a number is in no range.
  if (!(*share >= 0 && *share <= 1)) {
    return Refuse(member, "this is out of its range");
  }
  *out = static_cast<uint32_t>(std::lround(*share * kMillion));
}

// --- words -------------------------------------------------------------------

template <typename T, size_t n>
void ConfigReader::ReadChoice(const Member& member,
                              const Named<T> (&choices)[n], T* out) {
  std::string text;
  if (!TextOf(member, &text)) return;
  for (const Named<T>& choice : choices) {
    if (choice.name != text) continue;
    *out = choice.value;
    return;
  }
  Refuse(member, "there is no `" + Shown(text) + "`");
}

void ConfigReader::ReadListenerKind(const Member& member, ListenerKind* out) {
  ReadChoice(member, kListenerKinds, out);
}

void ConfigReader::ReadLogSink(const Member& member, LogSink* out) {
  ReadChoice(member, kLogSinks, out);
}

void ConfigReader::ReadLogFull(const Member& member, LogFull* out) {
  ReadChoice(member, kLogFulls, out);
}

void ConfigReader::ReadVerdict(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  if (std::ranges::find(kVerdicts, *out) == std::end(kVerdicts)) {
    Refuse(member, "there is no `" + Shown(*out) + "`");
  }
}

void ConfigReader::ReadRights(const Member& member, Rights* out) {
  std::vector<std::string> names;
  if (!TextsOf(member, &names)) return;
  *out = Rights();
  for (const std::string& name : names) {
    const std::optional<Right> right = RightNamed(name);
    if (right) {
      out->Add(*right);
    } else {
      Refuse(member, "there is no right `" + Shown(name) + "`");
    }
  }
  if (names.empty()) Refuse(member, "an asker without rights asks nothing");
}

void ConfigReader::ReadTokenDigests(const Member& member,
                                    std::vector<Sha256Digest>* out) {
  std::vector<std::string> digests;
  if (!TextsOf(member, &digests)) return;
  for (const std::string& digest : digests) {
    // What stands here instead of a digest may be the token: it is not shown.
    if (!IsLowerHex(digest, 2 * kSha256Bytes)) {
      Refuse(member, "one of them is no digest");
      continue;
    }
    const std::string bytes = HexDecode(digest).value();
    Sha256Digest parsed;
    std::ranges::transform(bytes, parsed.begin(), [](char c) {
      return static_cast<std::byte>(static_cast<unsigned char>(c));
    });
    out->push_back(parsed);
  }
}

void ConfigReader::ReadTokenFiles(const Member& member,
                                  std::vector<Sha256Digest>* out) {
  std::vector<std::string> paths;
  ReadPaths(member, &paths);
  for (const std::string& path : paths) {
    const Result<Sha256Digest> digest = ReadTokenDigest(path);
    if (digest.ok()) {
      out->push_back(digest.value());
    } else {
      Refuse(member, digest.status().message());
    }
  }
}

}  // namespace writ
