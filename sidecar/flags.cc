// SPDX-License-Identifier: Apache-2.0
#include "sidecar/flags.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "sidecar/config_text.h"

namespace writ {
namespace {

constexpr FlagRow kRows[] = {
#define FLAG(Kind, field, name, value, meaning) {name, value, meaning},
#include "sidecar/flags.def"
#undef FLAG
};

constexpr size_t kHelpColumn = 26;
constexpr size_t kLineWidth = 79;
constexpr uint32_t kMaxThreads = 256;
constexpr uint32_t kMaxMode = 0777;

Status Store(std::string_view name, std::string_view value, std::string* out) {
  if (value.empty()) {
    return InvalidArgument("`" + std::string(name) + "` needs a value");
  }
  *out = value;
  return OkStatus();
}

Status Store(std::string_view name, std::string_view value,
             std::vector<std::string>* out) {
  return Store(name, value, &out->emplace_back());
}

Status Store(std::string_view, std::string_view, bool* out) {
  *out = true;
  return OkStatus();
}

std::string NamesOfRights() {
  std::string names;
#define RIGHT(Name, name, what) names += names.empty() ? name : ", " name;
#include "sidecar/rights.def"
#undef RIGHT
  return names;
}

Status Unknown(std::string_view word) {
  if (!word.starts_with("--")) {
    return InvalidArgument("`" + Shown(word) + "` belongs to no flag");
  }
  std::vector<std::string_view> names;
  for (const FlagRow& row : kRows) names.push_back(row.name);
  std::string what = "there is no flag `" + Shown(word) + "`";
  const std::string_view nearest = NearestOf(word, names);
  if (!nearest.empty()) {
    what += "; did you mean `" + std::string(nearest) + "`?";
  }
  return InvalidArgument(what);
}

// Reads words into flags, one after the other.
class Words {
 public:
  explicit Words(std::span<const char* const> words) : words_(words) {}

  Status Read(SidecarFlags* flags) {
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_++];
      const size_t equals = word.find('=');
      const std::string_view name = word.substr(0, equals);
      WRIT_RETURN_IF_ERROR(ReadFlag(
          name, equals == std::string_view::npos ? nullptr : &word[equals] + 1,
          flags));
    }
    return OkStatus();
  }

 private:
  Status ReadFlag(std::string_view name, const char* attached,
                  SidecarFlags* flags) {
#define FLAG(Kind, field, row_name, value, meaning)                         \
  if (name == row_name) {                                                   \
    constexpr bool many =                                                   \
        std::is_same_v<SidecarFlags::Kind, SidecarFlags::Texts>;            \
    WRIT_ASSIGN_OR_RETURN(const std::string_view text,                      \
                          Value(row_name, *value != '\0', many, attached)); \
    return Store(row_name, text, &flags->field);                            \
  }
#include "sidecar/flags.def"
#undef FLAG
    return Unknown(name);
  }

  Result<std::string_view> Value(std::string_view name, bool takes_one,
                                 bool many, const char* attached) {
    if (!seen_.insert(name).second && !many) {
      return InvalidArgument("`" + std::string(name) + "` is given twice");
    }
    if (!takes_one) {
      if (attached == nullptr) return std::string_view();
      return InvalidArgument("`" + std::string(name) + "` takes no value");
    }
    if (attached != nullptr) return std::string_view(attached);
    if (next_ == words_.size()) return std::string_view();
    return std::string_view(words_[next_++]);
  }

  const std::span<const char* const> words_;
  size_t next_ = 0;
  std::set<std::string_view> seen_;
};

// Turns flags into a configuration; collects what is wrong.
class Conversion {
 public:
  explicit Conversion(const SidecarFlags& flags) : flags_(flags) {}

  Result<SidecarConfig> Convert() {
    if (!flags_.config_file.empty()) ReadConfigFile();
    ReplaceMembers();
    AddListeners();
    if (complaints_.empty()) Note(CheckSidecarConfig(config_));
    if (!complaints_.empty()) return InvalidArgument(complaints_);
    return std::move(config_);
  }

 private:
  void Note(const Status& status) {
    if (status.ok()) return;
    if (!complaints_.empty()) complaints_ += "\n";
    complaints_ += status.message();
  }
  // A complaint that does not say itself which flag it is about.
  void NoteOf(std::string_view flag, const Status& status) {
    if (status.ok()) return;
    Refuse("`" + std::string(flag) + "`: " + std::string(status.message()));
  }
  void Refuse(std::string_view what) { Note(InvalidArgument(what)); }

  void ReadConfigFile() {
    const Result<std::string> text =
        ReadRegularFile(flags_.config_file, kMaxConfigBytes);
    if (!text.ok()) return Note(text.status());
    Result<SidecarConfig> read =
        ReadSidecarConfig(flags_.config_file, text.value());
    if (!read.ok()) return Note(read.status());
    config_ = std::move(read).value();
  }

  template <typename T>
  static bool Parse(const std::string& text, T most, int base, T* out) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, *out, base);
    return error == std::errc() && stop == end && *out <= most;
  }

  template <typename T>
  void Number(std::string_view flag, const std::string& text, T most, T* out) {
    if (text.empty() || Parse(text, most, 10, out)) return;
    Refuse("`" + std::string(flag) + "`: `" + Shown(text) +
           "` is no number from 0 to " + std::to_string(most));
  }

  void ReplaceMembers() {
    if (!flags_.bundle.empty()) {
      config_.bundle.location = flags_.bundle;
      NoteOf("--bundle", CheckBundleLocation(flags_.bundle));
    }
    if (!flags_.keys.empty()) config_.bundle.key_files = flags_.keys;
    Number("--min-revision", flags_.min_revision, UINT64_MAX,
           &config_.bundle.min_revision);
    Number("--threads", flags_.threads, kMaxThreads, &config_.threads);
    if (!flags_.drain.empty()) {
      const Result<std::chrono::milliseconds> drain =
          ParseDuration(flags_.drain);
      NoteOf("--drain", drain.status());
      if (drain.ok()) config_.drain = drain.value();
    }
    if (flags_.log == "-") {
      config_.decision_log.sink = LogSink::kStandardOutput;
    } else if (!flags_.log.empty()) {
      config_.decision_log.sink = LogSink::kFile;
      config_.decision_log.path = flags_.log;
    }
  }

  void AddListeners() {
    if (flags_.grpc.empty() && flags_.http.empty()) {
      RefuseLonelyFlags();
      return;
    }
    if (!flags_.config_file.empty()) {
      return Refuse(
          "listeners come from the configuration file or from --listen and "
          "--http, not from both");
    }
    ListenerConfig listener;
    listener.rules.trusted = flags_.trusted;
    listener.rules.context_prefix = flags_.context_prefix;
    listener.rules.add_current_time = flags_.add_current_time;
    listener.tls = {flags_.tls_certificate, flags_.tls_key, flags_.client_ca};
    if (!flags_.context_prefix.empty()) {
      NoteOf("--context-prefix", CheckContextPrefix(flags_.context_prefix));
    }
    if (!flags_.socket_mode.empty() &&
        !Parse(flags_.socket_mode, kMaxMode, 8, &listener.socket_mode)) {
      Refuse("`--socket-mode`: `" + Shown(flags_.socket_mode) +
             "` is no mode like 0660");
    }
    listener.rules.askers.push_back(TheAsker());
    Add(flags_.grpc, ListenerKind::kGrpc, "grpc", listener);
    Add(flags_.http, ListenerKind::kHttp, "http", listener);
    if (flags_.ext_authz && flags_.grpc.empty()) {
      Refuse("`--ext-authz` needs --listen: ext_authz is spoken over gRPC");
    }
  }

  // Flags about listeners say nothing when no flag makes one.
  void RefuseLonelyFlags() {
    const std::pair<std::string_view, bool> given[] = {
        {"--trusted", flags_.trusted},
        {"--context-prefix", !flags_.context_prefix.empty()},
        {"--current-time", flags_.add_current_time},
        {"--ext-authz", flags_.ext_authz},
        {"--socket-mode", !flags_.socket_mode.empty()},
        {"--tls-cert", !flags_.tls_certificate.empty()},
        {"--tls-key", !flags_.tls_key.empty()},
        {"--client-ca", !flags_.client_ca.empty()},
        {"--client", !flags_.clients.empty()},
        {"--token-file", !flags_.token_files.empty()},
        {"--anybody", flags_.anybody},
        {"--right", !flags_.rights.empty()},
    };
    for (const auto& [name, is_given] : given) {
      if (!is_given) continue;
      Refuse("`" + std::string(name) + "` is about the listeners of --listen " +
             "and --http; there is none");
    }
  }

  AskerRule TheAsker() {
    AskerRule asker;
    asker.name = flags_.anybody ? "anybody" : "known";
    for (const std::string& path : flags_.token_files) {
      const Result<Sha256Digest> digest = ReadTokenDigest(path);
      Note(digest.status());
      if (digest.ok()) asker.tokens.push_back(digest.value());
    }
    asker.certificates = flags_.clients;
    const bool known = !flags_.token_files.empty() || !flags_.clients.empty();
    if (known == flags_.anybody) {
      Refuse(known
                 ? "`--anybody` and `--token-file` or `--client` exclude "
                   "each other"
                 : "nobody may ask: give --token-file, --client or --anybody");
    }
    if (flags_.rights.empty()) {
      asker.rights = {Right::kCheck, Right::kLookup, Right::kMetrics};
    }
    for (const std::string& name : flags_.rights) {
      const std::optional<Right> right = RightNamed(name);
      if (right) {
        asker.rights.Add(*right);
      } else {
        Refuse("`--right`: there is no right `" + Shown(name) +
               "`; there are " + NamesOfRights());
      }
    }
    return asker;
  }

  void Add(const std::vector<std::string>& addresses, ListenerKind kind,
           const std::string& name, const ListenerConfig& like) {
    for (size_t i = 0; i < addresses.size(); ++i) {
      ListenerConfig& listener = config_.listeners.emplace_back(like);
      listener.kind = kind;
      listener.address = addresses[i];
      listener.ext_authz = flags_.ext_authz && kind == ListenerKind::kGrpc;
      listener.rules.name =
          addresses.size() == 1 ? name : name + "-" + std::to_string(i + 1);
    }
  }

  const SidecarFlags& flags_;
  SidecarConfig config_;
  std::string complaints_;
};

}  // namespace

Result<SidecarFlags> ParseSidecarFlags(std::span<const char* const> words) {
  SidecarFlags flags;
  WRIT_RETURN_IF_ERROR(Words(words).Read(&flags));
  return flags;
}

Result<SidecarConfig> ConfigOf(const SidecarFlags& flags) {
  return Conversion(flags).Convert();
}

std::span<const FlagRow> SidecarFlagRows() { return kRows; }

std::string SidecarHelp() {
  std::string out =
      "usage: writ-sidecar --config FILE [flags]\n"
      "       writ-sidecar --bundle LOCATION --pub PEM --listen ADDRESS "
      "[flags]\n\n"
      "Answers authorization questions from a signed bundle, until SIGTERM or\n"
      "SIGINT. SIGHUP reads keys, bundle and certificates again. `writ\n"
      "serve` is the same.\n\n";
  for (const FlagRow& row : kRows) {
    std::string left = "  " + std::string(row.name);
    if (!row.value.empty()) left += " " + std::string(row.value);
    if (left.size() + 2 > kHelpColumn) {
      out += left + "\n";
      left.clear();
    }
    left.resize(kHelpColumn, ' ');
    size_t column = kHelpColumn;
    out += left;
    for (std::string_view rest = row.meaning; !rest.empty();) {
      const size_t end = std::min(rest.find(' '), rest.size());
      if (column > kHelpColumn && column + 1 + end > kLineWidth) {
        out += "\n" + std::string(kHelpColumn, ' ');
        column = kHelpColumn;
      } else if (column > kHelpColumn) {
        out += ' ';
        ++column;
      }
      out += rest.substr(0, end);
      column += end;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    out += "\n";
  }
  out +=
      "\nExit status: 0 after an orderly end, 1 when it could not end in\n"
      "order, 2 when it cannot start.\n";
  return out;
}

}  // namespace writ
