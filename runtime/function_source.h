// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_FUNCTION_SOURCE_H_
#define WRIT_RUNTIME_FUNCTION_SOURCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"

namespace writ {

// What routing an invocation needs to know of a function; no secret in it.
struct FunctionRoute {
  std::string account;
  std::string name;
  std::string arn;
  uint64_t revision = 0;  // grows with every change of code or configuration
  std::array<std::byte, 32> code_sha256 = {};
  std::string code_checksum;  // CRC-64, decimal
  std::string runtime;
  uint32_t timeout_seconds = 3;
  uint32_t memory_mb = 512;
  uint32_t instance_concurrency = 1;
};

// All that an instance is started with.
struct InstanceConfiguration {
  FunctionRoute route;
  std::string region;
  std::string handler;
  double cpu = 0.35;
  uint32_t disk_mb = 512;
  std::vector<std::string> command;  // custom runtimes: command, then args
  uint32_t port = 9000;
  std::map<std::string, SecretBytes> environment;
  std::string code_url;  // temporary, bound to the asking node (P24)
  uint64_t code_size = 0;
  std::string initializer_handler;  // empty: none
  uint32_t initializer_timeout_seconds = 0;
};

// The function table as the data plane sees it; implemented over the control
// plane's records. Thread-safe.
class FunctionSource {
 public:
  virtual ~FunctionSource() = default;

  // Nothing when there is no such function (FunctionNotFound).
  virtual std::optional<FunctionRoute> FindRoute(
      std::string_view account, std::string_view name) const = 0;

  // The configuration at exactly `revision`, with a URL for `node_id`.
  //
  // Errors  kNotFound            no such function, or it has changed since
  //         kUnavailable         the store cannot be read
  virtual Result<InstanceConfiguration> GetInstanceConfiguration(
      std::string_view account, std::string_view name, uint64_t revision,
      std::string_view node_id) const = 0;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_FUNCTION_SOURCE_H_
