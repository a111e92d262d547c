// SPDX-License-Identifier: Apache-2.0
#include "sidecar/sidecar.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "sidecar/bundle_holder.h"
#include "sidecar/decision_log.h"
#include "sidecar/decision_point.h"
#include "sidecar/grpc_server.h"
#include "sidecar/http_door.h"
#include "sidecar/metrics.h"
#include "sidecar/process.h"

namespace writ {
namespace {

using std::chrono::milliseconds;

// What calls may take to end that were cut off.
constexpr milliseconds kCutOffTime{500};
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
    std::vector<std::string> grpc, http;
    if (grpc_ != nullptr) grpc = grpc_->Addresses();
    if (http_ != nullptr) http = http_->Addresses();
    auto next_grpc = grpc.begin();
    auto next_http = http.begin();
    std::vector<std::string> lines;
    for (const ListenerConfig& listener : config_.listeners) {
      auto& next = listener.kind == ListenerKind::kGrpc ? next_grpc : next_http;
      lines.push_back(*next++ + " (" + listener.rules.name + ")");
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
    if (http_ != nullptr) http_->ReloadCertificates();
    return changed;
  }

  void Stop() override {
    Log(LogLevel::kInfo, "stopping", {{"drain_ms", config_.drain.count()}});
    const SteadyTime deadline = clock_.Steady() + config_.drain;
    source_->Stop();
    std::promise<void> closed;
    std::thread closing([this, &closed] {
      CloseDoors();
      closed.set_value();
    });
    closed.get_future().wait_for(config_.drain + kCutOffTime);
    if (log_ != nullptr) {
      // Askers that still wait for room in the log are let go by this.
      const auto left =
          std::chrono::floor<milliseconds>(deadline - clock_.Steady());
      log_->Close(std::max(kLeastFlushTime, left));
    }
    closing.join();
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
    if (Any(ListenerKind::kGrpc)) {
      const GrpcServer::Options options = {.listeners = config_.listeners,
                                           .ext_authz = config_.ext_authz,
                                           .threads = config_.threads};
      WRIT_ASSIGN_OR_RETURN(grpc_, GrpcServer::Start(options, point_.get()));
    }
    if (Any(ListenerKind::kHttp)) {
      const HttpDoor::Parts parts = {
          .point = point_.get(),
          .metrics = &metrics_,
          .clock = &clock_,
          .state = [source = source_.get()] { return source->State(); }};
      WRIT_ASSIGN_OR_RETURN(http_, HttpDoor::Start(config_.listeners, parts));
    }
    return OkStatus();
  }

  bool Any(ListenerKind kind) const {
    return std::ranges::any_of(
        config_.listeners,
        [kind](const ListenerConfig& one) { return one.kind == kind; });
  }

  // All at once, each within the time to drain.
  void CloseDoors() {
    std::thread closing_http([this] {
      if (http_ != nullptr) http_->Shutdown(config_.drain);
    });
    if (grpc_ != nullptr) grpc_->Shutdown(config_.drain);
    closing_http.join();
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
  std::unique_ptr<HttpDoor> http_;
};

}  // namespace

Result<std::unique_ptr<Sidecar>> Sidecar::Start(Options options,
                                                const Clock* clock) {
  auto parts = std::make_unique<Parts>(std::move(options), clock);
  WRIT_RETURN_IF_ERROR(parts->Open());
  return std::unique_ptr<Sidecar>(std::move(parts));
}

}  // namespace writ
