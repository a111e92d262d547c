// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_CONFIG_H_
#define WRIT_SIDECAR_CONFIG_H_

#include <chrono>
#include <cstdint>
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

// Errors  kInvalidArgument  not TOML, or a member that is unknown, missing,
//                           of the wrong type or out of its range: FILE:LINE:
//                           COLUMN, the member's path, and what it may be
Result<SidecarConfig> ReadSidecarConfig(std::string_view path,
                                        std::string_view text);

// What no single member shows: no listener, no bundle or keys, a TCP listener
// beyond loopback without TLS, one that anybody may ask without saying so.
Status CheckSidecarConfig(const SidecarConfig& config);

}  // namespace writ

#endif  // WRIT_SIDECAR_CONFIG_H_
