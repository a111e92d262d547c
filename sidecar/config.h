// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_CONFIG_H_
#define WRIT_SIDECAR_CONFIG_H_

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sidecar/asker.h"
#include "sidecar/bundle_source.h"
#include "sidecar/decision_log.h"

// The sidecar's configuration: a TOML file (docs/sidecar.md), and flags that
// stand for the common members of it.
namespace writ {

enum class ListenerKind : uint8_t { kGrpc, kHttp };

struct TlsFiles {
  std::string certificate_file;
  std::string key_file;
  // Client certificates are asked for and must be signed by one of these.
  std::string client_ca_file;

  bool enabled() const { return !certificate_file.empty(); }
};

struct ListenerConfig {
  ListenerRules rules;
  ListenerKind kind = ListenerKind::kGrpc;
  // `127.0.0.1:50051`, `[::1]:0` or `unix:/run/writ/authz.sock`.
  std::string address;
  uint32_t socket_mode = 0600;  // of a Unix socket
  TlsFiles tls;
  // gRPC: also serve Envoy's ext_authz and reflection.
  bool ext_authz = false;
  bool reflection = true;
};

// How an HTTP request becomes a question (ext_authz; docs/sidecar.md).
struct ExtAuthzMapping {
  // Where the principal's name comes from: the value of this header (set by
  // the proxy after it authenticated the client), or `certificate` for the
  // peer's URI SAN.
  std::string principal_header = "x-writ-principal";
  bool principal_from_certificate = false;
  // `{method}`, `{host}`, `{path}` and `{account}` are replaced.
  std::string action = "http:{method}";
  std::string resource = "acs:http:*:{account}:{host}{path}";
  std::string account;
  // Headers that become context keys `http:Header/<name>`.
  std::vector<std::string> headers;
};

struct SidecarConfig {
  BundleSourceOptions bundle;
  std::vector<ListenerConfig> listeners;
  DecisionLogOptions decision_log;
  ExtAuthzMapping ext_authz;
  uint32_t threads = 0;  // that serve gRPC; 0: one for each processor
  std::chrono::milliseconds drain{10000};
};

// Reads a configuration. File names in it that are not absolute are taken from
// the folder of `path`; files with tokens are read here, and of a token only
// its digest is kept.
//
// Errors  kInvalidArgument  not TOML, or a member that is unknown, missing,
//                           of the wrong type or out of its range; one line
//                           for each: FILE:LINE:COLUMN: the member's path:
//                           what is wrong; what it may be
Result<SidecarConfig> ReadSidecarConfig(std::string_view path,
                                        std::string_view text);

// What no single member shows: no listener, no bundle or keys, a TCP listener
// beyond loopback without TLS or that anybody may ask, one that nobody may ask,
// two of one name or address.
//
// Errors  kInvalidArgument  one line for each
Status CheckSidecarConfig(const SidecarConfig& config);

// The names of the members of the file itself (`bundle`, `listener`, …) in which
// the two differ.
std::vector<std::string> ChangedMembers(const SidecarConfig& a,
                                        const SidecarConfig& b);

// The digest of the one token in the file, whose last line break does not
// count.
//
// Errors  kInvalidArgument  not one line of 16 to 4096 printable characters
//         as ReadRegularFile
Result<Sha256Digest> ReadTokenDigest(const std::string& path);

// "250ms", "10s", "2m" or "1h".
//
// Errors  kInvalidArgument  another text, or more than 30 days
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

// "512", "64KiB", "64MiB" or "1GiB" in bytes.
//
// Errors  kInvalidArgument  another text, or more than 2^53
Result<uint64_t> ParseSize(std::string_view text);

// One row of config_members.def.
struct ConfigMember {
  std::string_view table;  // "", "bundle", "listener", "listener.tls", …
  std::string_view name;
  std::string_view may_be;
  std::string_view otherwise;
  std::string_view meaning;
};
std::span<const ConfigMember> ConfigMembers();

}  // namespace writ

#endif  // WRIT_SIDECAR_CONFIG_H_
