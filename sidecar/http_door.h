// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_HTTP_DOOR_H_
#define WRIT_SIDECAR_HTTP_DOOR_H_

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "sidecar/bundle_source.h"
#include "sidecar/config.h"
#include "sidecar/decision_point.h"
#include "sidecar/metrics.h"

namespace writ {

// The HTTP doors: AuthZEN (docs/authzen.md), `/metrics`, `/healthz` and
// `/readyz`. Each listener has a server of its own, with a thread for each
// connection.
//
// Certificate files are read again when they change; ones that cannot be used
// leave the old ones serving, and the log says so.
class HttpDoor {
 public:
  // What the doors ask. Everything outlives them.
  struct Parts {
    const DecisionPoint* point = nullptr;
    const Metrics* metrics = nullptr;
    const Clock* clock = nullptr;
    // What became of the attempts to load a bundle. Called from many threads.
    std::function<BundleSourceState()> state;
  };

  // Binds those listeners that are of kind kHttp and begins to serve.
  //
  // listeners  outlive the doors
  // Errors     kUnavailable       an address is taken
  //            kInvalidArgument   no such address, a certificate or key that
  //                               cannot be read or do not belong together
  static Result<std::unique_ptr<HttpDoor>> Start(
      std::span<const ListenerConfig> listeners, const Parts& parts);
  // Shutdown without grace.
  virtual ~HttpDoor() = default;
  HttpDoor(const HttpDoor&) = delete;
  HttpDoor& operator=(const HttpDoor&) = delete;

  // Where the HTTP listeners are, in their order, with the ports that were
  // really bound.
  virtual std::vector<std::string> Addresses() const = 0;

  // Reads the certificate files now, changed or not.
  virtual void ReloadCertificates() = 0;

  // Takes no more connections and requests, lets answers that are being made go
  // out for at most `grace`, then breaks what is left. Returns when all threads
  // are gone; a second call does nothing.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;

 protected:
  HttpDoor() = default;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_HTTP_DOOR_H_
