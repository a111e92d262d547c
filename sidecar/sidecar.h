// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_SIDECAR_H_
#define WRIT_SIDECAR_SIDECAR_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "sidecar/bundle_source.h"
#include "sidecar/config.h"

namespace writ {

// A sidecar at work: the bundle in force and what watches for the next, the
// decision point, its log and its doors. Made and driven by one thread.
class Sidecar {
 public:
  struct Options {
    SidecarConfig config;  // checked
    // Serve also when there is no good bundle yet.
    bool wait_for_bundle = false;
  };

  // Loads the bundle, opens the decision log, then the doors: in this order, so
  // that nobody reaches a sidecar that could not start.
  //
  // clock   outlives the sidecar
  // Errors  whatever keeps it from starting; the message says what to mend
  static Result<std::unique_ptr<Sidecar>> Start(Options options,
                                                const Clock* clock);
  // Without grace.
  virtual ~Sidecar() = default;
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  // "ADDRESS (NAME)" of each listener, with the port that was bound.
  virtual std::vector<std::string> Listeners() const = 0;
  virtual BundleSourceState Bundle() const = 0;

  // Looks at keys and bundle now, reads certificates and opens the decision
  // log again. Of `config`, when given, what may change while serving is taken;
  // the names of the tables that need a restart are returned.
  virtual std::vector<std::string> Reload(const SidecarConfig* config) = 0;

  // Takes no more calls, lets those in flight end within the configured time,
  // and writes what is left of the decision log. Once.
  virtual void Stop() = 0;

 protected:
  Sidecar() = default;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_SIDECAR_H_
