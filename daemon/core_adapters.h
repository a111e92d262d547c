// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DAEMON_CORE_ADAPTERS_H_
#define WRIT_DAEMON_CORE_ADAPTERS_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "control/api.h"
#include "control/audit.h"
#include "control/directory.h"
#include "runtime/access.h"
#include "runtime/authority.h"
#include "runtime/function_source.h"
#include "store/temporary_url.h"

// The seams between the control plane and the data plane, which do not know
// each other. Everything is borrowed and outlives the adapter. Thread-safe.
namespace writ {

class DirectorySnapshots final : public SnapshotSource {
 public:
  explicit DirectorySnapshots(const Directory* directory)
      : directory_(directory) {}
  std::shared_ptr<const Snapshot> snapshot() const override {
    return directory_->snapshot();
  }

 private:
  const Directory* const directory_;
};

class DirectoryFunctions final : public FunctionSource {
 public:
  DirectoryFunctions(const Directory* directory, const TemporaryUrls* urls,
                     const Clock* clock)
      : directory_(directory), urls_(urls), clock_(clock) {}

  std::optional<FunctionRoute> FindRoute(std::string_view account,
                                         std::string_view name) const override;
  Result<InstanceConfiguration> GetInstanceConfiguration(
      std::string_view account, std::string_view name, uint64_t revision,
      std::string_view node_id) const override;

 private:
  const Directory* const directory_;
  const TemporaryUrls* const urls_;
  const Clock* const clock_;
};

// Writes the records of invocations that end at the same time together: while
// one write is under way the next group gathers (P51).
class GroupedAudit final : public AuditSink {
 public:
  explicit GroupedAudit(const AuditTrail* trail) : trail_(trail) {}
  Status Append(const InvocationAudit& record) override;

 private:
  struct Waiter {
    AuditEntry entry;
    bool done = false;
    Status status;
  };

  const AuditTrail* const trail_;
  Mutex mu_;
  std::condition_variable_any changed_;
  bool writing_ WRIT_GUARDED_BY(mu_) = false;
  std::vector<Waiter*> waiting_ WRIT_GUARDED_BY(mu_);
};

class ControlAdapter final : public ControlService {
 public:
  explicit ControlAdapter(const ControlApi* api) : api_(api) {}
  HttpResponse Handle(const RequestHead& head, BodyReader* body,
                      std::string_view request_id) override;
  std::optional<InvocationTarget> ClassifyInvocation(
      const RequestHead& head) const override;

 private:
  const ControlApi* const api_;
};

}  // namespace writ

#endif  // WRIT_DAEMON_CORE_ADAPTERS_H_
