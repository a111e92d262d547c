// SPDX-License-Identifier: Apache-2.0
#include "runtime/scheduler.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "runtime/placement.h"

namespace writ {
namespace {

PlatformError NoNode() {
  return {.http_status = 503,
          .code = "ServiceUnavailable",
          .message = "No compute node is available; try again."};
}

PlatformError Exhausted(std::string_view why) {
  return {.http_status = 429,
          .code = "ResourceExhausted",
          .message = std::string(why)};
}

}  // namespace

Scheduler::Place::~Place() {
  if (scheduler_ != nullptr) {
    scheduler_->GiveBack(function_, instance_id_, false);
  }
}

void Scheduler::Place::Lost() {
  if (Scheduler* scheduler = std::exchange(scheduler_, nullptr)) {
    scheduler->GiveBack(function_, instance_id_, true);
  }
}

void Scheduler::AddNode(NodeClient* node, uint32_t slots) {
  MutexLock lock(&mu_);
  nodes_.push_back({node, slots});
}

std::variant<Scheduler::Place, PlatformError> Scheduler::Acquire(
    const FunctionRoute& route) {
  const FunctionKey key(route.account, route.name);
  const auto deadline = std::chrono::steady_clock::now() + options_.max_wait;
  while (true) {
    NodeClient* start_on = nullptr;
    std::optional<FunctionKey> retire;
    uint64_t keep_revision = 0;
    {
      MutexLock lock(&mu_);
      if (!AnyNodeAlive()) return NoNode();
      Function& function = functions_[key];
      function.last_used = ++uses_;
      if (function.revision < route.revision) {
        const bool had_others = !function.instances.empty();
        function.revision = route.revision;
        ForgetOther(&function, route.revision);
        if (had_others) {
          retire = key;
          keep_revision = route.revision;
        }
      }
      for (size_t i = function.instances.size(); i-- > 0;) {
        Instance& instance = function.instances[i];
        if (instance.revision != route.revision || !instance.node->alive() ||
            instance.busy >= std::max(1u, route.instance_concurrency)) {
          continue;
        }
        ++instance.busy;
        Place place(this, instance.node, key, instance.id, false);
        std::rotate(function.instances.begin() + static_cast<ptrdiff_t>(i),
                    function.instances.begin() + static_cast<ptrdiff_t>(i) + 1,
                    function.instances.end());
        return place;
      }
      const bool may_grow = function.instances.size() + function.starting <
                            options_.max_instances_per_function;
      if (may_grow) start_on = PlaceNew(key);
      if (start_on != nullptr) {
        ++function.starting;
        ++NodeOf(start_on)->used;
      } else if (FunctionKey victim; may_grow && PickIdle(&victim)) {
        // Full nodes give up what nobody has asked for longest.
        ForgetOther(&functions_[victim], 0);
        retire = victim;
        keep_revision = 0;
      } else {
        if (function.waiting >= options_.max_waiting) {
          return Exhausted("Too many invocations of this function wait.");
        }
        ++function.waiting;
        const std::cv_status woken = changed_.wait_until(mu_, deadline);
        Function& again = functions_[key];
        --again.waiting;
        if (woken == std::cv_status::timeout) {
          return Exhausted("Every instance is busy; try again.");
        }
        continue;
      }
    }
    if (retire) TellNodes(*retire, keep_revision);
    if (start_on != nullptr) return Start(route, key, start_on);
  }
}

std::variant<Scheduler::Place, PlatformError> Scheduler::Start(
    const FunctionRoute& route, const FunctionKey& key, NodeClient* node) {
  std::variant<std::string, PlatformError> started = node->StartInstance(route);
  MutexLock lock(&mu_);
  Function& function = functions_[key];
  --function.starting;
  changed_.notify_all();
  if (PlatformError* error = std::get_if<PlatformError>(&started)) {
    --NodeOf(node)->used;
    return std::move(*error);
  }
  std::string& id = *std::get_if<std::string>(&started);
  function.instances.push_back({id, node, route.revision, 1});
  return Place(this, node, key, std::move(id), true);
}

void Scheduler::GiveBack(const FunctionKey& key, const std::string& instance_id,
                         bool lost) {
  MutexLock lock(&mu_);
  size_t index = 0;
  Function* function = FindBusy(key, instance_id, &index);
  if (function == nullptr) return;
  Instance& instance = function->instances[index];
  --instance.busy;
  const bool stale = instance.revision != function->revision;
  if (lost || (stale && instance.busy == 0) || !instance.node->alive()) {
    Forget(function, index);
  }
  changed_.notify_all();
}

Scheduler::Function* Scheduler::FindBusy(const FunctionKey& key,
                                         std::string_view instance_id,
                                         size_t* index) {
  const auto found = functions_.find(key);
  if (found == functions_.end()) return nullptr;
  std::vector<Instance>& instances = found->second.instances;
  for (size_t i = 0; i < instances.size(); ++i) {
    if (instances[i].id == instance_id && instances[i].busy > 0) {
      *index = i;
      return &found->second;
    }
  }
  return nullptr;
}

Scheduler::Node* Scheduler::NodeOf(const NodeClient* client) {
  const auto found = std::ranges::find(nodes_, client, &Node::client);
  WRIT_CHECK(found != nodes_.end());
  return &*found;
}

void Scheduler::Forget(Function* function, size_t index) {
  --NodeOf(function->instances[index].node)->used;
  function->instances.erase(function->instances.begin() +
                            static_cast<ptrdiff_t>(index));
}

void Scheduler::ForgetOther(Function* function, uint64_t revision) {
  for (size_t i = function->instances.size(); i-- > 0;) {
    if (function->instances[i].revision != revision) Forget(function, i);
  }
}

bool Scheduler::PickIdle(FunctionKey* victim) {
  uint64_t oldest = UINT64_MAX;
  for (const auto& [key, function] : functions_) {
    const bool idle =
        !function.instances.empty() && function.starting == 0 &&
        std::ranges::all_of(function.instances, [](const Instance& instance) {
          return instance.busy == 0;
        });
    if (idle && function.last_used < oldest) {
      oldest = function.last_used;
      *victim = key;
    }
  }
  return oldest != UINT64_MAX;
}

NodeClient* Scheduler::PlaceNew(const FunctionKey& key) {
  std::vector<NodeView> views;
  for (const Node& node : nodes_) {
    views.push_back(
        {.id = node.client->node_id(),
         .alive = node.client->alive(),
         .free_slots = node.slots > node.used ? node.slots - node.used : 0});
  }
  const std::optional<size_t> chosen =
      PlaceInstance(views, key.first, key.second);
  return chosen ? nodes_[*chosen].client : nullptr;
}

bool Scheduler::AnyNodeAlive() {
  return std::ranges::any_of(
      nodes_, [](const Node& node) { return node.client->alive(); });
}

void Scheduler::TellNodes(const FunctionKey& key, uint64_t keep_revision) {
  std::vector<NodeClient*> clients;
  {
    MutexLock lock(&mu_);
    for (const Node& node : nodes_) clients.push_back(node.client);
  }
  for (NodeClient* client : clients) {
    if (client->alive()) {
      client->RetireInstances(key.first, key.second, keep_revision);
    }
  }
}

void Scheduler::FunctionChanged(std::string_view account, std::string_view name,
                                uint64_t revision) {
  const FunctionKey key(account, name);
  {
    MutexLock lock(&mu_);
    const auto found = functions_.find(key);
    if (found == functions_.end()) return;
    Function& function = found->second;
    if (revision != 0 && revision < function.revision) return;
    function.revision = std::max(function.revision, revision);
    ForgetOther(&function, revision);
    if (revision == 0 && function.starting == 0 && function.waiting == 0) {
      functions_.erase(found);
    }
    changed_.notify_all();
  }
  TellNodes(key, revision);
}

void Scheduler::RetireChanged(const FunctionSource& functions) {
  std::vector<std::pair<FunctionKey, uint64_t>> known;
  {
    MutexLock lock(&mu_);
    for (const auto& [key, function] : functions_) {
      known.emplace_back(key, function.revision);
    }
  }
  for (const auto& [key, revision] : known) {
    const std::optional<FunctionRoute> route =
        functions.FindRoute(key.first, key.second);
    const uint64_t now = route ? route->revision : 0;
    if (now != revision) FunctionChanged(key.first, key.second, now);
  }
}

void Scheduler::InstanceEnded(std::string_view node_id,
                              std::string_view instance_id) {
  MutexLock lock(&mu_);
  for (auto& [key, function] : functions_) {
    for (size_t i = 0; i < function.instances.size(); ++i) {
      const Instance& instance = function.instances[i];
      if (instance.id == instance_id && instance.node->node_id() == node_id) {
        Forget(&function, i);
        changed_.notify_all();
        return;
      }
    }
  }
}

size_t Scheduler::instance_count() const {
  MutexLock lock(&mu_);
  size_t count = 0;
  for (const auto& [key, function] : functions_) {
    count += function.instances.size();
  }
  return count;
}

}  // namespace writ
