// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_GATE_H_
#define WRIT_CONTROL_GATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access_key.h"
#include "auth/error_response.h"
#include "authz/decision.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "base/status.h"
#include "control/directory.h"
#include "control/operations.h"
#include "control/parameters.h"
#include "store/permit.h"

namespace writ {

// From where and how a request came.
struct RequestOrigin {
  std::string source_ip;  // the TCP peer (P13)
  bool secure_transport = false;
};

// The outcome of Gate::Admit.
struct Admission {
  // Set when and only when the call is allowed.
  std::optional<Permit> permit;
  // The ARN that was decided on, as built from the request; of several, the
  // one that decided. Also set when denied.
  std::string resource;
  Decision decision;
  AccessDeniedDetail denial;
  // The snapshot that decided; for the audit record.
  std::shared_ptr<const Snapshot> snapshot;

  bool allowed() const { return permit.has_value(); }
};

// The one place that turns a request into permission. Decides with the
// snapshot in force on ARNs built from the request alone, before anything is
// looked up (P10): the answer cannot depend on what exists. Only it makes
// Permits. Thread-safe.
class Gate {
 public:
  // directory, clock  must outlive the gate
  Gate(const Directory* directory, const Clock* clock)
      : directory_(directory), clock_(clock) {}

  // Decides `operation`, a row with access kPermission.
  //
  // Context: acs:SourceIp, acs:SecureTransport, acs:CurrentTime (the gate's
  // clock), acs:PrincipalARN; nothing else.
  // Errors  kInvalidArgument  a parameter that the resource template names is
  //                           missing (BuildResources)
  Result<Admission> Admit(const AuthenticatedCaller& caller,
                          const Operation& operation,
                          const Parameters& parameters,
                          const RequestOrigin& origin) const;

  // A permit for work of the platform itself: the closed list of P14.
  Permit AdmitSystem(SystemPurpose purpose, std::string account) const;

  // True while a permit's revision is the one in force: a change may commit.
  // Else the caller must be admitted once more (P14).
  static bool IsCurrent(const Permit& permit, const DirectoryState& state) {
    return permit.revision() == state.revision;
  }

 private:
  const Directory* const directory_;
  const Clock* const clock_;
};

// The ARNs of `operation` for these parameters, in the order of the template;
// a function's qualifier other than LATEST is appended (P11).
//
// Errors   kInvalidArgument  the message is the name of a missing parameter
Result<std::vector<std::string>> BuildResources(const Operation& operation,
                                                const Parameters& parameters,
                                                std::string_view region,
                                                std::string_view account);

}  // namespace writ

#endif  // WRIT_CONTROL_GATE_H_
