// SPDX-License-Identifier: Apache-2.0
//
// The main thread does nothing but wait for signals. They are blocked before
// any other thread starts, so that they all arrive here.
#include "sidecar/service.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "sidecar/config.h"
#include "sidecar/process.h"
#include "sidecar/sidecar.h"

namespace writ {
namespace {

using std::chrono::milliseconds;

constexpr int kStopped = 0;
constexpr int kNotInOrder = 1;
constexpr int kCannotStart = 2;
// How often the main thread looks whether the first bundle has come.
constexpr milliseconds kFirstBundlePoll{50};
constexpr milliseconds kForever{-1};
// Behind the time to drain: whatever does not end by then never will.
constexpr milliseconds kPatienceAtTheEnd{15000};

void Complain(std::string_view what) {
  std::string text;
  while (true) {
    const size_t end = what.find('\n');
    text += "writ-sidecar: " + std::string(what.substr(0, end)) + "\n";
    if (end == std::string_view::npos) break;
    what.remove_prefix(end + 1);
  }
  static_cast<void>(WriteAll(STDERR_FILENO, text));
}

std::string JoinNames(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

class Service {
 public:
  Service(const SidecarFlags& flags, SidecarConfig config)
      : flags_(flags),
        output_fd_(config.decision_log.sink == LogSink::kStandardOutput
                       ? STDERR_FILENO
                       : STDOUT_FILENO),
        config_(std::move(config)),
        drain_(config_.drain) {}

  int Run() {
    const Status started = Start();
    if (!started.ok()) {
      Complain("cannot start: " + std::string(started.message()));
      return kCannotStart;
    }
    SayWhereItListens();
    while (true) {
      SayWhenReady();
      switch (NextSignal(ready_ ? kForever : kFirstBundlePoll)) {
        case 0:
          break;
        case SIGHUP:
          Reload();
          break;
        default:
          return Stop();
      }
    }
  }

 private:
  Status Start() {
    sigset_t caught;
    ::sigemptyset(&caught);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
      ::sigaddset(&caught, number);
    }
    if (::sigprocmask(SIG_BLOCK, &caught, nullptr) != 0) {
      return ErrnoStatus("block signals", errno);
    }
    signals_.Reset(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_.valid()) return ErrnoStatus("catch signals", errno);
    WRIT_ASSIGN_OR_RETURN(
        sidecar_, Sidecar::Start({.config = config_,
                                  .wait_for_bundle = flags_.wait_for_bundle},
                                 &clock_));
    return OkStatus();
  }

  void Say(const std::string& line) {
    static_cast<void>(WriteAll(output_fd_, line + "\n"));
  }

  void SayWhereItListens() {
    for (const std::string& listener : sidecar_->Listeners()) {
      Say("writ-sidecar: listening on " + listener);
    }
    if (sidecar_->Bundle().serving) return;
    Say("writ-sidecar: waiting for a bundle");
    NotifyServiceManager("READY=1\nSTATUS=Waiting for a bundle");
  }

  // Once, when the first bundle is in force.
  void SayWhenReady() {
    if (ready_) return;
    const BundleSourceState bundle = sidecar_->Bundle();
    if (!bundle.serving) return;
    ready_ = true;
    const std::string revision = std::to_string(bundle.revision);
    Say("writ-sidecar is ready, revision " + revision);
    NotifyServiceManager("READY=1\nSTATUS=Serving, revision " + revision +
                         " at the start");
  }

  // The next signal, or 0 when none came within `limit` (or at all).
  int NextSignal(milliseconds limit) {
    pollfd waiting = {.fd = signals_.get(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, static_cast<int>(limit.count()));
    signalfd_siginfo signal = {};
    if (::read(signals_.get(), &signal, sizeof signal) !=
        static_cast<ssize_t>(sizeof signal)) {
      return 0;
    }
    return static_cast<int>(signal.ssi_signo);
  }

  void Reload() {
    NotifyServiceManager("RELOADING=1\n" + MonotonicLine());
    const Result<SidecarConfig> config = ConfigOf(flags_);
    if (config.ok()) {
      drain_ = config.value().drain;
    } else {
      Log(LogLevel::kError, "config_refused",
          {{"why", config.status().message()}});
    }
    const std::vector<std::string> waiting =
        sidecar_->Reload(config.ok() ? &config.value() : nullptr);
    if (!waiting.empty()) {
      Log(LogLevel::kWarning, "config_needs_restart",
          {{"changed", JoinNames(waiting)}});
    }
    Log(LogLevel::kInfo, "reloaded");
    NotifyServiceManager("READY=1");
  }

  // Ends in order; a second signal ends at once.
  int Stop() {
    NotifyServiceManager("STOPPING=1");
    const UniqueFd done(::eventfd(0, EFD_CLOEXEC));
    std::thread stopping([this, &done] {
      sidecar_->Stop();
      const uint64_t one = 1;
      static_cast<void>(!::write(done.get(), &one, sizeof one));
    });
    while (true) {
      pollfd waiting[] = {
          {.fd = done.get(), .events = POLLIN, .revents = 0},
          {.fd = signals_.get(), .events = POLLIN, .revents = 0}};
      const int events = ::poll(
          waiting, 2, static_cast<int>((drain_ + kPatienceAtTheEnd).count()));
      if (waiting[0].revents != 0) break;
      if (events == 0) {
        Complain("did not end in time");
        ::_exit(kNotInOrder);
      }
      const int number = NextSignal(milliseconds(0));
      if (number == SIGTERM || number == SIGINT) {
        Complain("stopped at once by a second signal");
        // What other threads are in the middle of is left as it is.
        ::_exit(kNotInOrder);
      }
    }
    stopping.join();
    sidecar_.reset();
    return kStopped;
  }

  const SidecarFlags& flags_;
  const int output_fd_;
  const SidecarConfig config_;
  milliseconds drain_;
  const SystemClock clock_;
  UniqueFd signals_;
  std::unique_ptr<Sidecar> sidecar_;
  bool ready_ = false;
};

}  // namespace

int RunService(const SidecarFlags& flags) {
  SetLogRole("sidecar");
  HardenProcess();
  TuneAllocator();
  Result<SidecarConfig> config = ConfigOf(flags);
  if (!config.ok()) {
    Complain(config.status().message());
    return kCannotStart;
  }
  if (flags.check_config) return kStopped;
  return Service(flags, std::move(config).value()).Run();
}

}  // namespace writ
