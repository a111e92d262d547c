// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_RUNTIME_FAKE_NODE_H_
#define WRIT_TESTS_UNIT_RUNTIME_FAKE_NODE_H_

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/node_client.h"

namespace writ {

// A node whose instances are names. Remembers what it was told.
class FakeNode final : public NodeClient {
 public:
  explicit FakeNode(std::string id) : id_(std::move(id)) {}

  const std::string& node_id() const override { return id_; }
  bool alive() const override { return alive_; }

  std::variant<std::string, PlatformError> StartInstance(
      const FunctionRoute& route) override {
    if (on_start) on_start();
    const std::lock_guard lock(mu_);
    if (start_error) return *start_error;
    const std::string instance = id_ + "-" + std::to_string(++started_);
    running_[instance] = {route.name, route.revision};
    return instance;
  }

  std::variant<InvocationResult, PlatformError> Invoke(
      const FunctionRoute&, std::string_view instance_id,
      std::string_view grant, std::string_view body) override {
    const std::lock_guard lock(mu_);
    grants_.emplace_back(grant);
    if (!invoke_errors.empty()) {
      PlatformError error = invoke_errors.back();
      invoke_errors.pop_back();
      return error;
    }
    if (!running_.contains(std::string(instance_id))) {
      return PlatformError{.http_status = 503,
                           .code = "ResourceThrottled",
                           .message = "the instance is gone",
                           .instance_lost = true};
    }
    InvocationResult result = next_result;
    result.body = std::string(body);
    return result;
  }

  void RetireInstances(std::string_view, std::string_view function_name,
                       uint64_t keep_revision) override {
    const std::lock_guard lock(mu_);
    std::erase_if(running_, [&](const auto& entry) {
      return entry.second.first == function_name &&
             entry.second.second != keep_revision;
    });
  }

  Result<NodeLoad> GetLoad() override { return NodeLoad{}; }

  void Die() { alive_ = false; }
  void Lose(const std::string& instance) {
    const std::lock_guard lock(mu_);
    running_.erase(instance);
  }
  size_t running() {
    const std::lock_guard lock(mu_);
    return running_.size();
  }
  int started() {
    const std::lock_guard lock(mu_);
    return started_;
  }
  std::vector<std::string> grants() {
    const std::lock_guard lock(mu_);
    return grants_;
  }

  // Set before use from other threads.
  std::function<void()> on_start;
  std::optional<PlatformError> start_error;
  std::vector<PlatformError> invoke_errors;  // answered from the back
  InvocationResult next_result;

 private:
  const std::string id_;
  std::atomic<bool> alive_{true};
  std::mutex mu_;
  int started_ = 0;
  std::map<std::string, std::pair<std::string, uint64_t>> running_;
  std::vector<std::string> grants_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_RUNTIME_FAKE_NODE_H_
