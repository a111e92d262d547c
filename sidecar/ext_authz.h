// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_EXT_AUTHZ_H_
#define WRIT_SIDECAR_EXT_AUTHZ_H_

#include <string>
#include <vector>

#include "base/status.h"
#include "envoy/service/auth/v3/external_auth.pb.h"
#include "sidecar/asker.h"
#include "sidecar/config.h"
#include "sidecar/decision_point.h"

namespace writ {

// Envoy's external authorization, v3 (docs/ext_authz.md): what an HTTP request
// becomes, and what Envoy is told. Every answer that is not an allow is a
// denial that says so: an error of the call could be let pass by a proxy that
// is configured to. Keeps what it needs for the next call, so one object is one
// thread's.
class ExtAuthz {
 public:
  using CheckRequest = envoy::service::auth::v3::CheckRequest;
  using CheckResponse = envoy::service::auth::v3::CheckResponse;

  // Both outlive this.
  ExtAuthz(const ExtAuthzMapping* mapping, const DecisionPoint* point)
      : mapping_(*mapping), point_(*point) {}
  ExtAuthz(const ExtAuthz&) = delete;
  ExtAuthz& operator=(const ExtAuthz&) = delete;

  // Always fills `response`, which is empty before.
  void Check(const Asker& asker, const CheckRequest& request,
             CheckResponse* response);
  // The denial for a question that could not be asked.
  static void Refuse(const Status& status, CheckResponse* response);

 private:
  class Mapped;

  Status Decide(const Asker& asker, const CheckRequest& request);

  const ExtAuthzMapping& mapping_;
  const DecisionPoint& point_;
  Answer answer_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_EXT_AUTHZ_H_
