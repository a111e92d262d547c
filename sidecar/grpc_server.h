// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_GRPC_SERVER_H_
#define WRIT_SIDECAR_GRPC_SERVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "sidecar/config.h"
#include "sidecar/decision_point.h"

namespace writ {

// The gRPC doors: writ.authz.v1.Authorization, health, and where a listener
// says so reflection and Envoy's ext_authz. Each listener has a server of its
// own, with threads that decide and one more for calls that may take long
// (Explain and lookups), so that none of these holds up a Check.
//
// Health answers SERVING while the decision point is ready; it is looked at
// four times a second. Certificate files are read again when they change.
class GrpcServer {
 public:
  struct Options {
    // Those of kind kGrpc are served. Outlive the server.
    std::span<const ListenerConfig> listeners;
    ExtAuthzMapping ext_authz;
    uint32_t threads = 0;  // of each listener; 0: one for each processor
  };

  // Binds every listener and begins to serve.
  //
  // point   outlives the server
  // Errors  kUnavailable       an address is taken
  //         kInvalidArgument   no such address, a certificate or key that are
  //                            no PEM or do not belong together
  //         kNotFound          a file of them is not there
  static Result<std::unique_ptr<GrpcServer>> Start(const Options& options,
                                                   const DecisionPoint* point);
  // Shutdown without grace.
  virtual ~GrpcServer() = default;
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Where the gRPC listeners are, in their order, with the ports that were
  // really bound: what a client connects to.
  virtual std::vector<std::string> Addresses() const = 0;

  // Takes no more connections and calls, lets those that are being answered end
  // for at most `grace`, then cuts them off. Returns when all threads are gone;
  // a second call does nothing.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;

 protected:
  GrpcServer() = default;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_GRPC_SERVER_H_
