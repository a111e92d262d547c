// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_SCHEDULER_H_
#define WRIT_RUNTIME_SCHEDULER_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "runtime/function_source.h"
#include "runtime/node_client.h"

namespace writ {

// Knows the nodes and the instances on them, and lends out places in
// instances: a warm one where there is one, else one that the asker starts
// himself, else one that somebody gives back. Instances of an older revision
// of a function are never lent again (P12). Thread-safe.
class Scheduler {
 public:
  struct Options {
    size_t max_instances_per_function = kMaxInstancesPerFunction;
    size_t max_waiting = kMaxWaitingInvocations;
    std::chrono::milliseconds max_wait{kMaxWaitMilliseconds};
  };

  // One place in one instance, for one invocation. Move-only; given back when
  // dropped, or with Lost when the instance is of no further use. Must not
  // outlive the scheduler.
  class Place {
   public:
    Place(Place&& other) noexcept
        : scheduler_(std::exchange(other.scheduler_, nullptr)),
          node_(other.node_),
          function_(std::move(other.function_)),
          instance_id_(std::move(other.instance_id_)),
          fresh_(other.fresh_) {}
    Place& operator=(Place&&) = delete;
    ~Place();

    NodeClient* node() const { return node_; }
    const std::string& instance_id() const { return instance_id_; }
    // The instance was started for this invocation.
    bool fresh() const { return fresh_; }
    void Lost();

   private:
    friend class Scheduler;
    Place(Scheduler* scheduler, NodeClient* node,
          std::pair<std::string, std::string> function, std::string instance_id,
          bool fresh)
        : scheduler_(scheduler),
          node_(node),
          function_(std::move(function)),
          instance_id_(std::move(instance_id)),
          fresh_(fresh) {}

    Scheduler* scheduler_;
    NodeClient* node_;
    std::pair<std::string, std::string> function_;
    std::string instance_id_;
    bool fresh_;
  };

  Scheduler() : Scheduler(Options{}) {}
  explicit Scheduler(const Options& options) : options_(options) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // node   outlives the scheduler
  // slots  instances that it can hold
  void AddNode(NodeClient* node, uint32_t slots);

  // A place in an instance of exactly `route.revision`. Blocks while an
  // instance starts or until one is given back.
  //
  // Errors  429 ResourceExhausted   too many instances, and none came free in
  //                                 time, or too many are waiting
  //         503 ServiceUnavailable  no living node
  //         else what the node says of a start that failed
  std::variant<Place, PlatformError> Acquire(const FunctionRoute& route);

  // A function was changed (its revision now) or deleted (0): its other
  // instances are retired. Returns when the nodes have been told.
  void FunctionChanged(std::string_view account, std::string_view name,
                       uint64_t revision);

  // FunctionChanged for every function that is no longer as it was when its
  // instances were started; call it each second.
  void RetireChanged(const FunctionSource& functions);

  // A node says that an instance is gone.
  void InstanceEnded(std::string_view node_id, std::string_view instance_id);

  // Instances known to be running; for status and tests.
  size_t instance_count() const;

 private:
  using FunctionKey = std::pair<std::string, std::string>;  // account, name
  struct Instance {
    std::string id;
    NodeClient* node = nullptr;
    uint64_t revision = 0;
    uint32_t busy = 0;
  };
  struct Function {
    uint64_t revision = 0;
    std::vector<Instance> instances;  // the last one used stands last
    size_t starting = 0;
    size_t waiting = 0;
    uint64_t last_used = 0;  // grows with every use of any function
  };
  struct Node {
    NodeClient* client;
    uint32_t slots;
    uint32_t used = 0;
  };

  Function* FindBusy(const FunctionKey& key, std::string_view instance_id,
                     size_t* index) WRIT_REQUIRES(mu_);
  Node* NodeOf(const NodeClient* client) WRIT_REQUIRES(mu_);
  void Forget(Function* function, size_t index) WRIT_REQUIRES(mu_);
  // Takes the instances of other revisions out of use.
  void ForgetOther(Function* function, uint64_t revision) WRIT_REQUIRES(mu_);
  // The function, all of its instances idle, that was used longest ago.
  bool PickIdle(FunctionKey* victim) WRIT_REQUIRES(mu_);
  NodeClient* PlaceNew(const FunctionKey& key) WRIT_REQUIRES(mu_);
  bool AnyNodeAlive() WRIT_REQUIRES(mu_);
  void TellNodes(const FunctionKey& key, uint64_t keep_revision);
  std::variant<Place, PlatformError> Start(const FunctionRoute& route,
                                           const FunctionKey& key,
                                           NodeClient* node);
  void GiveBack(const FunctionKey& key, const std::string& instance_id,
                bool lost);

  const Options options_;
  mutable Mutex mu_;
  std::condition_variable_any changed_;
  std::vector<Node> nodes_ WRIT_GUARDED_BY(mu_);
  std::map<FunctionKey, Function> functions_ WRIT_GUARDED_BY(mu_);
  uint64_t uses_ WRIT_GUARDED_BY(mu_) = 0;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_SCHEDULER_H_
