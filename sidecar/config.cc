// SPDX-License-Identifier: Apache-2.0
//
// The reader is made from config_members.def: for each table a function that
// goes over the members that are there and hands each to the Read<Kind> of its
// row.
#include "sidecar/config.h"

#include <utility>

#include "base/limits.h"
#include "sidecar/config_reader.h"

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

constexpr size_t kMaxSamplingRules = 256;

}  // namespace

void ConfigReader::Complain(const toml::source_position& at,
                            std::string_view what) {
  if (!complaints_.empty()) complaints_ += "\n";
  complaints_ += std::string(file_) + ":" + std::to_string(at.line) + ":" +
                 std::to_string(at.column) + ": " + std::string(what);
}

void ConfigReader::Refuse(const Member& member, std::string_view what) {
  Complain(member.node.source().begin,
           "`" + member.path + "`: " + std::string(what) + "; it is " +
               std::string(member.may_be));
}

void ConfigReader::RefuseKey(const toml::key& key, std::string_view table,
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

void ConfigReader::ReadRoot(const toml::table& table, SidecarConfig* out) {
  const std::string path;
  for (const auto& [key, node] : table) {
#define SIDECAR READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "", path);
  }
}

void ConfigReader::ReadBundleTable(const toml::table& table,
                                   const std::string& path,
                                   BundleSourceOptions* out) {
  for (const auto& [key, node] : table) {
#define BUNDLE READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "bundle", path);
  }
}

void ConfigReader::ReadListenerTable(const toml::table& table,
                                     const std::string& path,
                                     ListenerConfig* out) {
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

void ConfigReader::ReadTlsTable(const toml::table& table,
                                const std::string& path, TlsFiles* out) {
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

void ConfigReader::ReadAskerTable(const toml::table& table,
                                  const std::string& path, AskerTable* out) {
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

void ConfigReader::ReadDecisionLogTable(const toml::table& table,
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

void ConfigReader::ReadSamplingTable(const toml::table& table,
                                     const std::string& path,
                                     LogSampling* out) {
  for (const auto& [key, node] : table) {
#define SAMPLING READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "decision-log.sampling", path);
  }
}

void ConfigReader::ReadExtAuthzTable(const toml::table& table,
                                     const std::string& path,
                                     ExtAuthzMapping* out) {
  for (const auto& [key, node] : table) {
#define EXT_AUTHZ READ_ROW
#include "sidecar/config_members.def"
    RefuseKey(key, "ext-authz", path);
  }
}
#undef READ_ROW

template <typename T>
void ConfigReader::ReadTable(const Member& member, TableReader<T> read,
                             T* out) {
  const toml::table* table = member.node.as_table();
  if (table == nullptr) return Refuse(member, "this is no table");
  (this->*read)(*table, member.path, out);
}

template <typename T>
void ConfigReader::ReadTables(const Member& member, size_t most,
                              TableReader<T> read, std::vector<T>* out) {
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

void ConfigReader::ReadBundle(const Member& member, BundleSourceOptions* out) {
  ReadTable(member, &ConfigReader::ReadBundleTable, out);
}

void ConfigReader::ReadListeners(const Member& member,
                                 std::vector<ListenerConfig>* out) {
  ReadTables(member, kMaxListeners, &ConfigReader::ReadListenerTable, out);
}

void ConfigReader::ReadTls(const Member& member, TlsFiles* out) {
  ReadTable(member, &ConfigReader::ReadTlsTable, out);
}

void ConfigReader::ReadAskers(const Member& member,
                              std::vector<AskerRule>* out) {
  std::vector<AskerTable> askers;
  ReadTables(member, kMaxAskers, &ConfigReader::ReadAskerTable, &askers);
  for (AskerTable& asker : askers) out->push_back(std::move(asker.rule));
}

void ConfigReader::ReadDecisionLog(const Member& member,
                                   DecisionLogOptions* out) {
  ReadTable(member, &ConfigReader::ReadDecisionLogTable, out);
}

void ConfigReader::ReadSampling(const Member& member,
                                std::vector<LogSampling>* out) {
  ReadTables(member, kMaxSamplingRules, &ConfigReader::ReadSamplingTable, out);
}

void ConfigReader::ReadExtAuthz(const Member& member, ExtAuthzMapping* out) {
  ReadTable(member, &ConfigReader::ReadExtAuthzTable, out);
}

std::span<const ConfigMember> ConfigMembers() { return kMembers; }

Result<SidecarConfig> ReadSidecarConfig(std::string_view path,
                                        std::string_view text) {
  SidecarConfig config;
  ConfigReader reader(path);
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
