// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_ACCESS_H_
#define WRIT_RUNTIME_ACCESS_H_

#include <optional>
#include <string>
#include <string_view>

#include "auth/request_head.h"
#include "base/clock.h"
#include "runtime/authority.h"
#include "runtime/scheduler.h"

namespace writ {

// The control plane as the endpoint sees it. Thread-safe.
class ControlService {
 public:
  virtual ~ControlService() = default;
  // Answers every request that is no invocation.
  virtual HttpResponse Handle(const RequestHead& head, BodyReader* body,
                              std::string_view request_id) = 0;
  // What to invoke, when the head asks for InvokeFunction; else nothing. A
  // malformed request is the control plane's to answer.
  virtual std::optional<InvocationTarget> ClassifyInvocation(
      const RequestHead& head) const = 0;
};

// The endpoint behind the listener: runs invocations, relays every other call
// to the control plane, and names every answer. Holds no policy, no secret and
// no grant key. Thread-safe.
class Access {
 public:
  // Everything is borrowed and must outlive it.
  struct Parts {
    ControlService* control = nullptr;
    Authority* authority = nullptr;
    Scheduler* scheduler = nullptr;
    AuditSink* audit = nullptr;
    const Clock* clock = nullptr;
  };

  explicit Access(const Parts& parts) : parts_(parts) {}

  // The listener's HttpHandler.
  HttpResponse Handle(const RequestHead& head, BodyReader* body) const;

 private:
  HttpResponse Invoke(const RequestHead& head, const InvocationTarget& target,
                      BodyReader* body, const std::string& request_id) const;
  // Runs an admitted invocation somewhere; at most once.
  HttpResponse Run(const AdmittedInvocation& invocation, std::string_view event,
                   std::string* code) const;
  // Records the answer; 503 instead of it when that is not possible (P51).
  HttpResponse Record(InvocationAudit audit, HttpResponse response,
                      std::string_view code) const;

  const Parts parts_;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_ACCESS_H_
