// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_NODE_CHANNEL_H_
#define WRIT_RUNTIME_NODE_CHANNEL_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "base/status.h"
#include "runtime/authority.h"
#include "runtime/function_source.h"
#include "runtime/node_client.h"

namespace writ {

// The core's end of the two sockets to one node: calls it, and answers what it
// asks (proto/writ/internal/v1/node.proto). Both peers inherited the sockets,
// so who speaks is known. The only file of the core that sees gRPC.
class NodeChannel : public NodeClient {
 public:
  // Borrowed; must outlive the channel.
  struct Parts {
    const FunctionSource* functions = nullptr;
    const Clock* clock = nullptr;
    // Called when the node says that an instance is gone.
    std::function<void(std::string_view instance_id)> instance_ended;
  };

  // calls    connected Unix stream: the node serves `Node` on it
  // backend  connected Unix stream: the core serves `NodeBackend` on it
  static Result<std::unique_ptr<NodeChannel>> Make(Parts parts, UniqueFd calls,
                                                   UniqueFd backend);
  NodeChannel(const NodeChannel&) = delete;
  NodeChannel& operator=(const NodeChannel&) = delete;

  // Agrees on a grant key with the node; the first call, and again each
  // kGrantKeySeconds (P31). Not at the same time from two threads.
  //
  // Errors  kUnavailable        the node does not answer
  //         kInvalidArgument    its answer is malformed
  //         kFailedPrecondition it says that it is another node than before
  virtual Status Register(Authority* authority) = 0;

  // Ends the server of `NodeBackend`; calls under way are broken off.
  virtual void Shutdown() = 0;

 protected:
  NodeChannel() = default;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_NODE_CHANNEL_H_
