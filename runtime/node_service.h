// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_NODE_SERVICE_H_
#define WRIT_RUNTIME_NODE_SERVICE_H_

#include <functional>
#include <memory>
#include <string_view>

#include "base/file.h"
#include "base/status.h"
#include "runtime/node.h"

namespace writ {

// Serves the node's RPCs (proto/writ/internal/v1) over one inherited socket:
// its peer is the only possible caller, nothing listens under a name.
class NodeServer {
 public:
  // node    borrowed; outlives this
  // socket  a connected Unix stream
  static Result<std::unique_ptr<NodeServer>> Start(Node* node, UniqueFd socket);
  virtual ~NodeServer() = default;
  NodeServer() = default;
  NodeServer(const NodeServer&) = delete;
  NodeServer& operator=(const NodeServer&) = delete;
};

// The core, over the other inherited socket.
std::unique_ptr<NodeBackend> ConnectNodeBackend(UniqueFd socket);

}  // namespace writ

#endif  // WRIT_RUNTIME_NODE_SERVICE_H_
