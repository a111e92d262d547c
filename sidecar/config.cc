// SPDX-License-Identifier: Apache-2.0
//
// The reader is made from config_members.def: for each table a function that
// goes over the members that are there and hands each to the Read<Kind> of its
// row. It collects every complaint.
#include "sidecar/config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/limits.h"
#include "crypto/hex.h"
#include "sidecar/config_text.h"
#include "sidecar/listener_address.h"

namespace writ {
namespace {

constexpr ConfigMember kMembers[] = {
#define SIDECAR(field, name, Kind, least, most, ...) {"", name, __VA_ARGS__},
#define BUNDLE(field, name, Kind, least, most, ...) \
  {"bundle", name, __VA_ARGS__},
#define LISTENER(field, name, Kind, least, most, ...) \
  {"listener", name, __VA_ARGS__},
#define TLS(field, name, Kind, least, most, ...) \
  {"listener.tls", name, __VA_ARGS__},
#define ASKER(field, name, Kind, least, most, ...) \
  {"listener.asker", name, __VA_ARGS__},
#define DECISION_LOG(field, name, Kind, least, most, ...) \
  {"decision-log", name, __VA_ARGS__},
#define SAMPLING(field, name, Kind, least, most, ...) \
  {"decision-log.sampling", name, __VA_ARGS__},
#define EXT_AUTHZ(field, name, Kind, least, most, ...) \
  {"ext-authz", name, __VA_ARGS__},
#include "sidecar/config_members.def"
};

template <typename T>
struct Named {
  std::string_view name;
  T value;
};

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
constexpr size_t kMaxSamplingRules = 256;
constexpr double kMillion = 1000000;

// An asker with what only the file says of it.
struct AskerTable {
  AskerRule rule;
  bool anybody = false;
};

// One member as it stands in the file.
struct Member {
  const toml::node& node;
  const std::string& path;  // "listener[0].tls.key"
  std::string_view may_be;
  int64_t least;
  int64_t most;
};

class Reader {
 public:
  explicit Reader(std::string_view file)
      : file_(file), folder_(FolderOf(file)) {}

  void ReadRoot(const toml::table& table, SidecarConfig* out);
  void Complain(const toml::source_position& at, std::string_view what);
  const std::string& complaints() const { return complaints_; }

 private:
  void Refuse(const Member& member, std::string_view what);
  void RefuseKey(const toml::key& key, std::string_view table,
                 const std::string& path);
  // Reads the table, or each of a list of tables, with a function below.
  template <typename T>
  using TableReader = void (Reader::*)(const toml::table& table,
                                       const std::string& path, T* out);
  template <typename T>
  void ReadTable(const Member& member, TableReader<T> read, T* out);
  template <typename T>
  void ReadTables(const Member& member, size_t most, TableReader<T> read,
                  std::vector<T>* out);
  template <typename T, size_t n>
  void ReadChoice(const Member& member, const Named<T> (&choices)[n], T* out);
  // False after a complaint.
  bool TextOf(const Member& member, std::string* out);
  bool TextsOf(const Member& member, std::vector<std::string>* out);
  bool MillisecondsOf(const Member& member, std::chrono::milliseconds* out);

  void ReadBundleTable(const toml::table& table, const std::string& path,
                       BundleSourceOptions* out);
  void ReadListenerTable(const toml::table& table, const std::string& path,
                         ListenerConfig* out);
  void ReadTlsTable(const toml::table& table, const std::string& path,
                    TlsFiles* out);
  void ReadAskerTable(const toml::table& table, const std::string& path,
                      AskerTable* out);
  void ReadDecisionLogTable(const toml::table& table, const std::string& path,
                            DecisionLogOptions* out);
  void ReadSamplingTable(const toml::table& table, const std::string& path,
                         LogSampling* out);
  void ReadExtAuthzTable(const toml::table& table, const std::string& path,
                         ExtAuthzMapping* out);

  // One for each Kind of config_members.def.
  void ReadBundle(const Member& member, BundleSourceOptions* out);
  void ReadListeners(const Member& member, std::vector<ListenerConfig>* out);
  void ReadTls(const Member& member, TlsFiles* out);
  void ReadAskers(const Member& member, std::vector<AskerRule>* out);
  void ReadDecisionLog(const Member& member, DecisionLogOptions* out);
  void ReadSampling(const Member& member, std::vector<LogSampling>* out);
  void ReadExtAuthz(const Member& member, ExtAuthzMapping* out);
  void ReadText(const Member& member, std::string* out);
  void ReadTexts(const Member& member, std::vector<std::string>* out);
  void ReadName(const Member& member, std::string* out);
  void ReadPath(const Member& member, std::string* out);
  void ReadPaths(const Member& member, std::vector<std::string>* out);
  void ReadLocation(const Member& member, std::string* out);
  void ReadAddress(const Member& member, std::string* out);
  void ReadPrefix(const Member& member, std::string* out);
  void ReadMappingText(const Member& member, std::string* out);
  void ReadHeader(const Member& member, std::string* out);
  void ReadHeaders(const Member& member, std::vector<std::string>* out);
  void ReadFlag(const Member& member, bool* out);
  void ReadNumber(const Member& member, uint32_t* out);
  void ReadMode(const Member& member, uint32_t* out);
  void ReadRevision(const Member& member, uint64_t* out);
  void ReadPinnedRevision(const Member& member, std::optional<uint64_t>* out);
  void ReadDuration(const Member& member, std::chrono::milliseconds* out);
  void ReadSeconds(const Member& member, std::chrono::seconds* out);
  void ReadSize(const Member& member, uint64_t* out);
  void ReadShare(const Member& member, uint32_t* out);
  void ReadListenerKind(const Member& member, ListenerKind* out);
  void ReadLogSink(const Member& member, LogSink* out);
  void ReadLogFull(const Member& member, LogFull* out);
  void ReadVerdict(const Member& member, std::string* out);
  void ReadRights(const Member& member, Rights* out);
  void ReadTokenDigests(const Member& member, std::vector<Sha256Digest>* out);
  void ReadTokenFiles(const Member& member, std::vector<Sha256Digest>* out);

  const std::string_view file_;
  const std::string folder_;
  std::string complaints_;
};

void Reader::Complain(const toml::source_position& at, std::string_view what) {
  if (!complaints_.empty()) complaints_ += "\n";
  complaints_ += std::string(file_) + ":" + std::to_string(at.line) + ":" +
                 std::to_string(at.column) + ": " + std::string(what);
}

void Reader::Refuse(const Member& member, std::string_view what) {
  Complain(member.node.source().begin,
           "`" + member.path + "`: " + std::string(what) + "; it is " +
               std::string(member.may_be));
}

void Reader::RefuseKey(const toml::key& key, std::string_view table,
                       const std::string& path) {
  std::vector<std::string_view> names;
  for (const ConfigMember& member : kMembers) {
    if (member.table == table) names.push_back(member.name);
  }
  std::string what = "`" + MemberPath(path, key.str()) + "`: there is no `" +
                     Shown(key.str()) + "` here";
  const std::string_view nearest = NearestOf(key.str(), names);
  if (!nearest.empty()) {
    what += "; did you mean `" + std::string(nearest) + "`?";
  } else {
    what += "; there are";
    for (std::string_view name : names) what += " `" + std::string(name) + "`";
  }
  Complain(key.source().begin, what);
}

// --- tables ------------------------------------------------------------------

// One `if` for each row: reads the member and goes on to the next.
#define READ_ROW(field, row_name, Kind, least, most, may_be, ...)             \
  if (key == row_name) {                                                      \
    Read##Kind(Member{node, MemberPath(path, row_name), may_be, least, most}, \
               &out->field);                                                  \
    continue;                                                                 \
  }

void Reader::ReadRoot(const toml::table& table, SidecarConfig* out) {
  const std::string path;
  for (const auto& [key, node] : table) {
#define SIDECAR READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "", path);
  }
}

void Reader::ReadBundleTable(const toml::table& table, const std::string& path,
                             BundleSourceOptions* out) {
  for (const auto& [key, node] : table) {
#define BUNDLE READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "bundle", path);
  }
}

void Reader::ReadListenerTable(const toml::table& table,
                               const std::string& path, ListenerConfig* out) {
  for (const auto& [key, node] : table) {
#define LISTENER READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "listener", path);
  }
  for (const std::string_view needed : {"name", "address", "asker"}) {
    if (table.contains(needed)) continue;
    Complain(table.source().begin,
             "`" + path + "`: a listener needs `" + std::string(needed) + "`");
  }
}

void Reader::ReadTlsTable(const toml::table& table, const std::string& path,
                          TlsFiles* out) {
  for (const auto& [key, node] : table) {
#define TLS READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "listener.tls", path);
  }
  for (const std::string_view needed : {"certificate", "key"}) {
    if (table.contains(needed)) continue;
    Complain(table.source().begin,
             "`" + path + "`: TLS needs `" + std::string(needed) + "`");
  }
}

void Reader::ReadAskerTable(const toml::table& table, const std::string& path,
                            AskerTable* out) {
  out->rule.rights = {Right::kCheck};
  for (const auto& [key, node] : table) {
#define ASKER READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "listener.asker", path);
  }
  const bool known = table.contains("token-sha256") ||
                     table.contains("token-files") ||
                     table.contains("certificates");
  std::string_view what;
  if (!table.contains("name")) what = "an asker needs `name`";
  if (known && out->anybody) {
    what = "`anybody` and tokens or certificates exclude each other";
  } else if (!known && !out->anybody) {
    what =
        "an asker needs `token-sha256`, `token-files` or `certificates`; with "
        "`anybody = true` it is everybody who reaches the listener";
  } else if (known && out->rule.anybody() && complaints_.empty()) {
    what = "an empty list of tokens or certificates lets nobody in";
  }
  if (what.empty()) return;
  Complain(table.source().begin, "`" + path + "`: " + std::string(what));
}

void Reader::ReadDecisionLogTable(const toml::table& table,
                                  const std::string& path,
                                  DecisionLogOptions* out) {
  for (const auto& [key, node] : table) {
#define DECISION_LOG READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "decision-log", path);
  }
  if (table.contains("sink")) return;
  // Who says where to expects records there.
  for (const std::string_view where : {"path", "otlp-url"}) {
    if (!table.contains(where)) continue;
    Complain(table.source().begin, "`" + path + "`: `" + std::string(where) +
                                       "` needs `sink`; without it no decision "
                                       "is recorded");
  }
}

void Reader::ReadSamplingTable(const toml::table& table,
                               const std::string& path, LogSampling* out) {
  for (const auto& [key, node] : table) {
#define SAMPLING READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "decision-log.sampling", path);
  }
}

void Reader::ReadExtAuthzTable(const toml::table& table,
                               const std::string& path, ExtAuthzMapping* out) {
  for (const auto& [key, node] : table) {
#define EXT_AUTHZ READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "ext-authz", path);
  }
}
#undef READ_ROW

template <typename T>
void Reader::ReadTable(const Member& member, TableReader<T> read, T* out) {
  const toml::table* table = member.node.as_table();
  if (table == nullptr) return Refuse(member, "this is no table");
  (this->*read)(*table, member.path, out);
}

template <typename T>
void Reader::ReadTables(const Member& member, size_t most, TableReader<T> read,
                        std::vector<T>* out) {
  const toml::array* array = member.node.as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    return Refuse(member, "this is no list of tables");
  }
  if (array->size() > most) {
    return Refuse(member, "there are more than " + std::to_string(most));
  }
  for (size_t i = 0; i < array->size(); ++i) {
    (this->*read)(*(*array)[i].as_table(),
                  member.path + "[" + std::to_string(i) + "]",
                  &out->emplace_back());
  }
}

void Reader::ReadBundle(const Member& member, BundleSourceOptions* out) {
  ReadTable(member, &Reader::ReadBundleTable, out);
}

void Reader::ReadListeners(const Member& member,
                           std::vector<ListenerConfig>* out) {
  ReadTables(member, kMaxListeners, &Reader::ReadListenerTable, out);
}

void Reader::ReadTls(const Member& member, TlsFiles* out) {
  ReadTable(member, &Reader::ReadTlsTable, out);
}

void Reader::ReadAskers(const Member& member, std::vector<AskerRule>* out) {
  std::vector<AskerTable> askers;
  ReadTables(member, kMaxAskers, &Reader::ReadAskerTable, &askers);
  for (AskerTable& asker : askers) out->push_back(std::move(asker.rule));
}

void Reader::ReadDecisionLog(const Member& member, DecisionLogOptions* out) {
  ReadTable(member, &Reader::ReadDecisionLogTable, out);
}

void Reader::ReadSampling(const Member& member, std::vector<LogSampling>* out) {
  ReadTables(member, kMaxSamplingRules, &Reader::ReadSamplingTable, out);
}

void Reader::ReadExtAuthz(const Member& member, ExtAuthzMapping* out) {
  ReadTable(member, &Reader::ReadExtAuthzTable, out);
}

// --- texts -------------------------------------------------------------------

bool Reader::TextOf(const Member& member, std::string* out) {
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

bool Reader::TextsOf(const Member& member, std::vector<std::string>* out) {
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

void Reader::ReadText(const Member& member, std::string* out) {
  static_cast<void>(TextOf(member, out));
}

void Reader::ReadTexts(const Member& member, std::vector<std::string>* out) {
  static_cast<void>(TextsOf(member, out));
}

void Reader::ReadName(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (out->size() > kLongestName || !std::ranges::all_of(*out, fits)) {
    Refuse(member, "`" + Shown(*out) + "` is no name");
  }
}

void Reader::ReadPath(const Member& member, std::string* out) {
  if (TextOf(member, out)) *out = PathFrom(folder_, *out);
}

void Reader::ReadPaths(const Member& member, std::vector<std::string>* out) {
  if (!TextsOf(member, out)) return;
  for (std::string& path : *out) path = PathFrom(folder_, path);
}

void Reader::ReadLocation(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckBundleLocation(*out);
  if (!status.ok()) return Refuse(member, status.message());
  if (out->find("://") == std::string::npos) *out = PathFrom(folder_, *out);
}

void Reader::ReadAddress(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  constexpr std::string_view kUnix = "unix:";
  if (out->starts_with(kUnix) && out->size() > kUnix.size()) {
    *out = std::string(kUnix) + PathFrom(folder_, out->substr(kUnix.size()));
  }
  const Result<ListenerAddress> parsed = ParseListenerAddress(*out);
  if (!parsed.ok()) Refuse(member, parsed.status().message());
}

void Reader::ReadPrefix(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckContextPrefix(*out);
  if (!status.ok()) Refuse(member, status.message());
}

void Reader::ReadMappingText(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckMappingText(*out);
  if (!status.ok()) Refuse(member, status.message());
}

void Reader::ReadHeader(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  const Status status = CheckHeaderName(*out);
  if (!status.ok()) Refuse(member, status.message());
}

void Reader::ReadHeaders(const Member& member, std::vector<std::string>* out) {
  if (!TextsOf(member, out)) return;
  for (const std::string& name : *out) {
    const Status status = CheckHeaderName(name);
    if (!status.ok()) Refuse(member, status.message());
  }
}

// --- numbers -----------------------------------------------------------------

void Reader::ReadFlag(const Member& member, bool* out) {
  const auto* flag = member.node.as_boolean();
  if (flag == nullptr) return Refuse(member, "this is neither true nor false");
  *out = flag->get();
}

void Reader::ReadNumber(const Member& member, uint32_t* out) {
  const auto* number = member.node.as_integer();
  if (number == nullptr) return Refuse(member, "this is no whole number");
  if (number->get() < member.least || number->get() > member.most) {
    return Refuse(member,
                  std::to_string(number->get()) + " is out of its range");
  }
  *out = static_cast<uint32_t>(number->get());
}

void Reader::ReadMode(const Member& member, uint32_t* out) {
  ReadNumber(member, out);
}

void Reader::ReadRevision(const Member& member, uint64_t* out) {
  const auto* number = member.node.as_integer();
  if (number == nullptr) return Refuse(member, "this is no whole number");
  if (number->get() < 0) return Refuse(member, "this is below 0");
  *out = static_cast<uint64_t>(number->get());
}

void Reader::ReadPinnedRevision(const Member& member,
                                std::optional<uint64_t>* out) {
  ReadRevision(member, &out->emplace(0));
}

bool Reader::MillisecondsOf(const Member& member,
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

void Reader::ReadDuration(const Member& member,
                          std::chrono::milliseconds* out) {
  static_cast<void>(MillisecondsOf(member, out));
}

void Reader::ReadSeconds(const Member& member, std::chrono::seconds* out) {
  std::chrono::milliseconds time{0};
  if (!MillisecondsOf(member, &time)) return;
  *out = std::chrono::floor<std::chrono::seconds>(time);
  if (*out != time) Refuse(member, "this is not in whole seconds");
}

void Reader::ReadSize(const Member& member, uint64_t* out) {
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

void Reader::ReadShare(const Member& member, uint32_t* out) {
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
void Reader::ReadChoice(const Member& member, const Named<T> (&choices)[n],
                        T* out) {
  std::string text;
  if (!TextOf(member, &text)) return;
  for (const Named<T>& choice : choices) {
    if (choice.name != text) continue;
    *out = choice.value;
    return;
  }
  Refuse(member, "there is no `" + Shown(text) + "`");
}

void Reader::ReadListenerKind(const Member& member, ListenerKind* out) {
  ReadChoice(member, kListenerKinds, out);
}

void Reader::ReadLogSink(const Member& member, LogSink* out) {
  ReadChoice(member, kLogSinks, out);
}

void Reader::ReadLogFull(const Member& member, LogFull* out) {
  ReadChoice(member, kLogFulls, out);
}

void Reader::ReadVerdict(const Member& member, std::string* out) {
  if (!TextOf(member, out)) return;
  if (std::ranges::find(kVerdicts, *out) == std::end(kVerdicts)) {
    Refuse(member, "there is no `" + Shown(*out) + "`");
  }
}

void Reader::ReadRights(const Member& member, Rights* out) {
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

void Reader::ReadTokenDigests(const Member& member,
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

void Reader::ReadTokenFiles(const Member& member,
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

}  // namespace

std::span<const ConfigMember> ConfigMembers() { return kMembers; }

Result<SidecarConfig> ReadSidecarConfig(std::string_view path,
                                        std::string_view text) {
  SidecarConfig config;
  Reader reader(path);
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    reader.Complain(parsed.error().source().begin,
                    Shown(parsed.error().description()));
  } else {
    reader.ReadRoot(parsed.table(), &config);
  }
  if (!reader.complaints().empty()) return InvalidArgument(reader.complaints());
  return config;
}

}  // namespace writ
