// SPDX-License-Identifier: Apache-2.0
#include "runtime/instance_start.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/limits.h"

namespace writ {
namespace {

constexpr uint32_t kBuiltInPort = 9000;

bool IsCustom(const InstanceConfiguration& configuration) {
  return configuration.route.runtime.starts_with("custom");
}

uint32_t Port(const InstanceConfiguration& configuration) {
  if (!IsCustom(configuration) || configuration.port == 0) return kBuiltInPort;
  return configuration.port;
}

}  // namespace

StartSpec MakeStartSpec(const InstanceConfiguration& configuration,
                        std::string_view instance_id) {
  const FunctionRoute& route = configuration.route;
  StartSpec spec;
  spec.port = Port(configuration);
  spec.ready_seconds = static_cast<uint32_t>(kCustomRuntimeReadySeconds);
  if (!IsCustom(configuration)) {
    // -I -S: nothing of the host's or the user's Python set-up takes part, and
    // an interpreter that skips it starts twice as fast.
    spec.arguments = {"/usr/bin/python3", "-I", "-S", "-B",
                      "/var/fc/runtime/python/bootstrap.py"};
  } else if (configuration.command.empty()) {
    spec.arguments = {"/code/bootstrap"};
  } else {
    spec.arguments = configuration.command;
  }
  std::map<std::string, std::string> variables;
  for (const auto& [name, value] : configuration.environment) {
    variables[name] = std::string(value.text());
  }
  const std::string port = std::to_string(spec.port);
  for (auto& [name, value] : std::map<std::string, std::string>{
           {"FC_FUNC_CODE_PATH", "/code/"},
           {"FC_ACCOUNT_ID", route.account},
           {"FC_FUNCTION_NAME", route.name},
           {"FC_FUNCTION_HANDLER", configuration.handler},
           {"FC_FUNCTION_MEMORY_SIZE", std::to_string(route.memory_mb)},
           {"FC_REGION", configuration.region},
           {"FC_RUNTIME", route.runtime},
           {"FC_TIMEOUT", std::to_string(route.timeout_seconds)},
           {"FC_INITIALIZER_HANDLER", configuration.initializer_handler},
           {"FC_INSTANCE_CONCURRENCY",
            std::to_string(std::max(1u, route.instance_concurrency))},
           {"FC_CUSTOM_LISTEN_PORT", port},
           {"FC_SERVER_PORT", port},
           {"FC_INSTANCE_ID", std::string(instance_id)},
           {"HOME", "/tmp"},
       }) {
    variables[name] = std::move(value);
  }
  // These a function may choose itself.
  variables.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin");
  variables.try_emplace("LANG", "C.UTF-8");
  variables.try_emplace("TZ", "UTC");
  for (const auto& [name, value] : variables) {
    spec.environment.push_back(name + "=" + value);
  }
  return spec;
}

HeaderList MakeCallHeaders(const InstanceConfiguration& configuration,
                           std::string_view request_id,
                           std::string_view qualifier,
                           std::string_view control_path) {
  const FunctionRoute& route = configuration.route;
  const std::string resolved =
      qualifier.empty() ? "LATEST" : std::string(qualifier);
  return {
      {"x-fc-request-id", std::string(request_id)},
      {"x-fc-access-key-id", ""},
      {"x-fc-access-key-secret", ""},
      {"x-fc-security-token", ""},
      {"x-fc-function-name", route.name},
      {"x-fc-function-handler", configuration.handler},
      {"x-fc-function-memory", std::to_string(route.memory_mb)},
      {"x-fc-function-timeout", std::to_string(route.timeout_seconds)},
      {"x-fc-function-initializer", configuration.initializer_handler},
      {"x-fc-region", configuration.region},
      {"x-fc-account-id", route.account},
      {"x-fc-qualifier", resolved},
      {"x-fc-version-id", resolved},
      {"x-fc-control-path", std::string(control_path)},
  };
}

Status SealMemory(int memory) {
  if (fcntl(memory, F_ADD_SEALS,
            F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
    return ErrnoStatus("seal memory", errno);
  }
  return OkStatus();
}

Result<UniqueFd> MakeSealedMemory(std::string_view bytes) {
  UniqueFd memory(memfd_create("writ", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.valid()) return ErrnoStatus("make a memory file", errno);
  WRIT_RETURN_IF_ERROR(WriteAll(memory.get(), bytes));
  WRIT_RETURN_IF_ERROR(SealMemory(memory.get()));
  return memory;
}

std::string DescribeWaitStatus(uint32_t status) {
  const int word = static_cast<int>(status);
  if (WIFSIGNALED(word)) return "signal " + std::to_string(WTERMSIG(word));
  return "exit status " + std::to_string(WEXITSTATUS(word));
}

}  // namespace writ
