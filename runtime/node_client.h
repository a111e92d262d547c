// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_NODE_CLIENT_H_
#define WRIT_RUNTIME_NODE_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "runtime/function_source.h"

namespace writ {

// A platform error in the terms of fc-api.md 3.2: what a caller is told.
struct PlatformError {
  int http_status = 500;
  std::string code;
  std::string message;
  // A byte of the event may have reached the instance: never tried again.
  bool delivered = false;
  // The instance takes no further invocation.
  bool instance_lost = false;
};

// What came back from an instance.
struct InvocationResult {
  std::string body;
  std::string function_error;  // empty, or "UnhandledInvocationError"
  std::string log_tail;
  uint64_t duration_us = 0;
  uint32_t max_memory_mb = 0;
  bool instance_lost = false;
};

struct NodeLoad {
  uint32_t instances = 0;
  uint32_t free_slots = 0;
};

// A compute node as the core sees it: NodeChannel, and a fake in tests. Calls
// block; thread-safe.
class NodeClient {
 public:
  virtual ~NodeClient() = default;

  virtual const std::string& node_id() const = 0;
  // False once the node is known to be gone; a node does not come back.
  virtual bool alive() const = 0;

  // Makes an instance and waits until it takes invocations. Returns its id.
  virtual std::variant<std::string, PlatformError> StartInstance(
      const FunctionRoute& route) = 0;
  // Runs one invocation under `grant`, which names this node.
  virtual std::variant<InvocationResult, PlatformError> Invoke(
      const FunctionRoute& route, std::string_view instance_id,
      std::string_view grant, std::string_view body) = 0;
  // Ends every instance of a function that is not of `keep_revision` (0: all).
  virtual void RetireInstances(std::string_view account,
                               std::string_view function_name,
                               uint64_t keep_revision) = 0;
  virtual Result<NodeLoad> GetLoad() = 0;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_NODE_CLIENT_H_
