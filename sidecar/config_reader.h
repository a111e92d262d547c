// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_CONFIG_READER_H_
#define WRIT_SIDECAR_CONFIG_READER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "sidecar/config.h"
#include "sidecar/config_text.h"

namespace writ {

// Reads a configuration and collects every complaint. Part of config.cc, which
// reads tables, and config_values.cc, which reads what stands in them; for
// nobody else.
class ConfigReader {
 public:
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
  // A word of the file and what it stands for.
  template <typename T>
  struct Named {
    std::string_view name;
    T value;
  };

  explicit ConfigReader(std::string_view file)
      : file_(file), folder_(FolderOf(file)) {}

  // The whole file.
  void ReadRoot(const toml::table& table, SidecarConfig* out);
  void Complain(const toml::source_position& at, std::string_view what);
  const std::string& complaints() const { return complaints_; }

 private:
  void Refuse(const Member& member, std::string_view what);
  void RefuseKey(const toml::key& key, std::string_view table,
                 const std::string& path);
  // Reads the table, or each of a list of tables, with a function below.
  template <typename T>
  using TableReader = void (ConfigReader::*)(const toml::table& table,
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

}  // namespace writ

#endif  // WRIT_SIDECAR_CONFIG_READER_H_
