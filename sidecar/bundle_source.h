// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_BUNDLE_SOURCE_H_
#define WRIT_SIDECAR_BUNDLE_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "bundle/bundle.h"
#include "sidecar/bundle_holder.h"
#include "sidecar/metrics.h"

namespace writ {

struct BundleSourceOptions {
  // A bundle file, a directory of `*.bundle` files, or an https:// URL.
  std::string location;
  // PEM files of Ed25519 public keys. They are read again at every look, and a
  // file that is not there is no key, so that keys are added and taken away
  // without a restart.
  std::vector<std::string> key_files;
  uint64_t min_revision = 0;
  // Serve exactly this revision (of a directory: pick it); none: of a
  // directory the newest that is good, of a file or URL what is there.
  std::optional<uint64_t> revision;
  // How often a file or directory is looked at, and how long to wait after a
  // failed download.
  std::chrono::milliseconds poll{5000};
  // URL: how long the server may hold the request when nothing is new.
  std::chrono::seconds long_poll{30};
  std::string ca_file;     // URL: whom to believe; empty: the system's
  std::string token_file;  // URL: a bearer token; read at every request
};

// What became of the last attempts; for /readyz and the log.
struct BundleSourceState {
  bool serving = false;
  uint64_t revision = 0;
  std::string digest;        // hex
  std::string last_error;    // empty: the last attempt was good
  int64_t last_attempt = 0;  // seconds since 1970
  int64_t last_success = 0;
  uint64_t attempts = 0;  // looks that came to an end
};

// Loads bundles and publishes those that are good, on a thread of its own. A
// bad one leaves the one in force serving, and is told in log, metrics and
// state (docs/bundle_delivery.md). What was replaced is freed by that thread,
// never by a reader that lets go of it. Thread-safe.
class BundleSource {
 public:
  // holder, metrics, clock  outlive the source
  static std::unique_ptr<BundleSource> Make(BundleSourceOptions options,
                                            BundleHolder* holder,
                                            Metrics* metrics,
                                            const Clock* clock);
  virtual ~BundleSource() = default;
  BundleSource(const BundleSource&) = delete;
  BundleSource& operator=(const BundleSource&) = delete;

  // Looks once, on the caller's thread: before Start, so that what is wrong is
  // known before a port is bound. Good when something good is there, even if
  // something better is not (State says so).
  //
  // Errors  as Bundle::Open and HttpClient::Send; kNotFound, kPermissionDenied
  //         the file, directory or key file; kFailedPrecondition: not the
  //         pinned revision, or no key file is there; kCancelled after Stop
  virtual Status LoadOnce() = 0;
  // Begins to watch. Without effect after Stop.
  virtual void Start() = 0;
  // Makes the thread fetch what is there now, known or not (SIGHUP). A long
  // poll is broken off.
  virtual void Reload() = 0;
  // Ends the thread for good, whatever it waits for; what is in force stays in
  // the holder.
  virtual void Stop() = 0;
  virtual BundleSourceState State() const = 0;

 protected:
  BundleSource() = default;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_BUNDLE_SOURCE_H_
