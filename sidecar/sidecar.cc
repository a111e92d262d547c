// SPDX-License-Identifier: Apache-2.0
#include "sidecar/sidecar.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "sidecar/bundle_holder.h"
#include "sidecar/decision_log.h"
#include "sidecar/decision_point.h"
#include "sidecar/grpc_server.h"
#include "sidecar/metrics.h"
#include "sidecar/process.h"

namespace writ {
namespace {

using std::chrono::milliseconds;

// The decision log may take at least so long to write what is queued.
constexpr milliseconds kLeastFlushTime{1000};

class Parts final : public Sidecar {
 public:
  Parts(Options options, const Clock* clock)
      : config_(std::move(options.config)),
        wait_for_bundle_(options.wait_for_bundle),
        clock_(*clock) {}

  Status Open() {
    WRIT_RETURN_IF_ERROR(LoadBundle());
    WRIT_RETURN_IF_ERROR(OpenDecisionLog());
    point_ = std::make_unique<DecisionPoint>(
        DecisionPoint::Parts{.bundles = &bundles_,
                             .log = log_.get(),
                             .metrics = &metrics_,
                             .clock = &clock_});
    WRIT_RETURN_IF_ERROR(OpenDoors());
    source_->Start();
    return OkStatus();
  }

  std::vector<std::string> Listeners() const override {
    std::vector<std::string> lines;
    const std::vector<std::string> grpc =
        grpc_ == nullptr ? std::vector<std::string>() : grpc_->Addresses();
    size_t next_grpc = 0;
    for (const ListenerConfig& listener : config_.listeners) {
      const std::string& address = listener.kind == ListenerKind::kGrpc
                                       ? grpc[next_grpc++]
                                       : listener.address;
      lines.push_back(address + " (" + listener.rules.name + ")");
    }
    return lines;
  }

  BundleSourceState Bundle() const override { return source_->State(); }

  std::vector<std::string> Reload(const SidecarConfig* config) override {
    std::vector<std::string> changed;
    if (config != nullptr) {
      config_.drain = config->drain;
      changed = ChangedMembers(config_, *config);
    }
    source_->Reload();
    if (log_ != nullptr) log_->Reopen();
    return changed;
  }

  void Stop() override {
    const SteadyTime deadline = clock_.Steady() + config_.drain;
    source_->Stop();
    if (grpc_ != nullptr) grpc_->Shutdown(config_.drain);
    if (log_ != nullptr) {
      const auto left =
          std::chrono::floor<milliseconds>(deadline - clock_.Steady());
      log_->Close(std::max(kLeastFlushTime, left));
    }
  }

 private:
  Status LoadBundle() {
    source_ = BundleSource::Make(config_.bundle, &bundles_, &metrics_, &clock_);
    const Status loaded = source_->LoadOnce();
    // What was read to make the bundle is not needed any more.
    TrimMemory();
    if (loaded.ok() || !wait_for_bundle_) return loaded;
    Log(LogLevel::kWarning, "no_bundle_yet", {{"why", loaded.message()}});
    return OkStatus();
  }

  Status OpenDecisionLog() {
    if (config_.decision_log.sink == LogSink::kNone) return OkStatus();
    WRIT_ASSIGN_OR_RETURN(
        log_, DecisionLog::Open(config_.decision_log, &metrics_, &clock_));
    return OkStatus();
  }

  Status OpenDoors() {
    const bool any_grpc = std::ranges::any_of(
        config_.listeners, [](const ListenerConfig& listener) {
          return listener.kind == ListenerKind::kGrpc;
        });
    if (any_grpc) {
      const GrpcServer::Options options = {.listeners = config_.listeners,
                                           .ext_authz = config_.ext_authz,
                                           .threads = config_.threads};
      WRIT_ASSIGN_OR_RETURN(grpc_, GrpcServer::Start(options, point_.get()));
    }
    return OkStatus();
  }

  // In the order in which they are made; the last one goes first.
  SidecarConfig config_;
  const bool wait_for_bundle_;
  const Clock& clock_;
  Metrics metrics_;
  BundleHolder bundles_;
  std::unique_ptr<DecisionLog> log_;
  std::unique_ptr<BundleSource> source_;
  std::unique_ptr<DecisionPoint> point_;
  std::unique_ptr<GrpcServer> grpc_;
};

}  // namespace

Result<std::unique_ptr<Sidecar>> Sidecar::Start(Options options,
                                                const Clock* clock) {
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  WRIT_RETURN_IF_ERROR(parts->Open());
  return std::unique_ptr<Sidecar>(std::move(parts));
}

}  // namespace writ
