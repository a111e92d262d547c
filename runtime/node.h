// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_NODE_H_
#define WRIT_RUNTIME_NODE_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "runtime/code_fetch.h"
#include "runtime/function_source.h"
#include "runtime/grant.h"
#include "runtime/instance.h"
#include "runtime/jail_client.h"

namespace writ {

// What the node asks of the core. Thread-safe.
class NodeBackend {
 public:
  virtual ~NodeBackend() = default;
  virtual Result<InstanceConfiguration> GetInstanceSpec(
      std::string_view start_ticket) = 0;
  virtual void ReportInstanceEnded(std::string_view instance_id,
                                   std::string_view cause) = 0;
};

// The instances of one machine. Runs nothing without a grant that it has
// verified itself (P30). Thread-safe.
class Node {
 public:
  // All borrowed; they outlive the node.
  Node(JailClient* jail, NodeBackend* backend, CodeFetcher* fetcher,
       const Clock* clock);
  // Ends every instance.
  ~Node();

  struct Registration {
    std::string node_id;
    BootEpoch boot_epoch = {};
    std::string public_key;  // X25519
  };
  // Agrees with the authority on the key of its grants (P31).
  //
  // Errors  kInvalidArgument  not a public key
  Result<Registration> Register(std::string_view authority_public_key,
                                uint32_t key_id);

  struct StartRequest {
    std::string account;
    std::string function_name;
    std::string function_arn;
    uint64_t function_revision = 0;
    std::string start_ticket;
  };
  // Makes an instance; its id, or nothing and `error`.
  std::optional<std::string> StartInstance(const StartRequest& request,
                                           PlatformError* error);

  // Runs one invocation if `grant` allows exactly this one.
  InvocationResult Invoke(std::string_view grant, std::string_view instance_id,
                          std::string_view body);

  // Ends the instances of a function except those of `keep_revision`; those
  // that are running end with their last invocation.
  void RetireInstances(std::string_view account, std::string_view function_name,
                       uint64_t keep_revision);

  uint32_t InstanceCount();
  uint32_t FreeSlots();

  // Ends what has been idle too long and drops packages nobody uses. Called
  // each second by a thread of its own; by tests after moving the clock.
  void Reap();
  // Starts that thread.
  void StartReaper();

 private:
  // One unpacked package: per account, never shared across accounts.
  struct Code {
    bool ready = false;
    Status status;
    uint32_t slot = 0;
    uint32_t users = 0;
    SteadyTime idle_since;
  };
  using CodeKey = std::pair<std::string, Sha256Bytes>;

  // Takes a use of the package, fetching and unpacking it the first time.
  Result<uint32_t> TakeCode(const InstanceConfiguration& configuration);
  void ReleaseCode(const CodeKey& key);
  Result<uint32_t> FetchAndUnpack(const InstanceConfiguration& configuration);
  // Removes the instance from the table and ends it.
  void End(const std::shared_ptr<Instance>& instance, EndCause cause);
  std::shared_ptr<Instance> FindInstance(std::string_view id);

  JailClient* const jail_;
  NodeBackend* const backend_;
  CodeFetcher* const fetcher_;
  const Clock* const clock_;
  const std::string node_id_;
  const BootEpoch boot_epoch_;
  GrantVerifier verifier_;

  Mutex mu_;
  std::condition_variable_any changed_;
  bool stopping_ WRIT_GUARDED_BY(mu_) = false;
  std::map<std::string, std::shared_ptr<Instance>, std::less<>> instances_
      WRIT_GUARDED_BY(mu_);
  std::map<CodeKey, Code> codes_ WRIT_GUARDED_BY(mu_);
  std::thread reaper_;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_NODE_H_
