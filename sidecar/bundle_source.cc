// SPDX-License-Identifier: Apache-2.0
#include "sidecar/bundle_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mutex.h"
#include "crypto/hex.h"
#include "crypto/pem.h"
#include "sidecar/bundle_feed.h"

namespace writ {
namespace {

using Milliseconds = std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// How often it is seen whether readers have let go of a bundle.
constexpr Milliseconds kSweepTick{20};
// Looks that fail may take a tenth of a processor, whatever the poll is.
constexpr int kFailureRest = 10;

int64_t Seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch())
      .count();
}

bool IsUrl(std::string_view location) {
  return location.starts_with("https://") || location.starts_with("http://");
}

std::unique_ptr<BundleFeed> MakeFeed(const BundleSourceOptions& options) {
  if (IsUrl(options.location)) return MakeUrlFeed(options);
  struct stat info = {};
  const bool is_directory =
      options.location.ends_with('/') ||
      (::stat(options.location.c_str(), &info) == 0 && S_ISDIR(info.st_mode));
  return is_directory ? MakeDirectoryFeed(options) : MakeFileFeed(options);
}

// The keys of some files. A file that is not there is no key of the set: so
// keys come and go without a restart.
Result<std::vector<Ed25519PublicKey>> ReadKeys(
    const std::vector<std::string>& files) {
  std::vector<Ed25519PublicKey> keys;
  for (const std::string& file : files) {
    const Result<std::string> text = ReadRegularFile(file, kMaxKeyFileBytes);
    if (text.status().code() == StatusCode::kNotFound) continue;
    if (!text.ok()) return text.status();
    const Result<Ed25519PublicKey> key = ReadEd25519PublicPem(*text);
    if (!key.ok()) {
      return Status(
          key.status().code(),
          "key file `" + file + "`: " + std::string(key.status().message()));
    }
    keys.push_back(*key);
  }
  if (keys.empty()) {
    std::string names;
    for (const std::string& file : files) {
      names += (names.empty() ? "`" : ", `") + file + "`";
    }
    return FailedPrecondition("none of the key files is there: " + names);
  }
  return keys;
}

class WatchingSource final : public BundleSource {
 public:
  WatchingSource(BundleSourceOptions options, BundleHolder* holder,
                 Metrics* metrics, const Clock* clock)
      : options_(std::move(options)),
        holder_(holder),
        metrics_(metrics),
        clock_(clock),
        feed_(MakeFeed(options_)) {}
  ~WatchingSource() override { Stop(); }

  Status LoadOnce() override {
    while (true) {
      Sweep();
      const BundleLook look = LookNow();
      if (look.good) return OkStatus();
      // Reload breaks a look off so that a fresh one begins.
      if (look.problem.code() == StatusCode::kCancelled && !Stopped()) continue;
      return look.problem;
    }
  }

  void Start() override {
    if (thread_.joinable() || Stopped()) return;
    thread_ = std::thread([this] { Watch(); });
  }

  void Reload() override {
    std::stop_source attempt;
    {
      MutexLock lock(&mu_);
      reload_ = true;
      attempt = attempt_;
    }
    attempt.request_stop();
    changed_.notify_all();
  }

  void Stop() override {
    std::stop_source attempt;
    {
      MutexLock lock(&mu_);
      stop_ = true;
      attempt = attempt_;
    }
    attempt.request_stop();
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  BundleSourceState State() const override {
    MutexLock lock(&mu_);
    BundleSourceState state = state_;
    if (current_ == nullptr) return state;
    state.serving = !current_->ExpiredAt(clock_->Now());
    state.revision = current_->revision();
    state.digest = HexEncode(current_->digest());
    if (!state.serving && state.last_error.empty()) {
      state.last_error = "the bundle in force is past its notAfter";
    }
    return state;
  }

 private:
  bool Stopped() const {
    MutexLock lock(&mu_);
    return stop_;
  }

  // The thread: looks, waits, and frees what nobody reads any more.
  void Watch() {
    while (!Stopped()) {
      WaitUntilNextLook();
      if (Stopped()) return;
      LookNow();
    }
  }

  // Waits on the steady clock, which no change of the date moves.
  void WaitUntilNextLook() {
    // A long poll may keep this thread for long: what was replaced is freed
    // before, if its readers let go soon.
    const auto patience = SteadyClock::now() + 5 * kSweepTick;
    while (true) {
      Sweep();
      NoteExpiry();
      const auto now = SteadyClock::now();
      MutexLock lock(&mu_);
      if (stop_ || reload_) return;
      auto wake = next_look_;
      if (!retired_.empty()) {
        wake = now < patience
                   ? std::min(std::max(wake, patience), now + kSweepTick)
                   : std::min(wake, now + 10 * kSweepTick);
      }
      if (now >= wake) return;
      changed_.wait_until(mu_, wake);
    }
  }

  // One look, by whichever thread.
  BundleLook LookNow() {
    MutexLock look_lock(&look_mu_);
    bool force = false;
    std::stop_token token;
    {
      MutexLock lock(&mu_);
      if (stop_) return {.problem = Status(StatusCode::kCancelled, "stopped")};
      force = std::exchange(reload_, false);
      attempt_ = std::stop_source();
      token = attempt_.get_token();
    }
    loading_ = {};
    BundleLook look = LookWithKeys(force, token);
    const bool broken_off =
        token.stop_requested() && look.problem.code() == StatusCode::kCancelled;
    if (!broken_off) Record(&look);
    MutexLock lock(&mu_);
    next_look_ = SteadyClock::now() + look.wait;
    return look;
  }

  BundleLook LookWithKeys(bool force, const std::stop_token& token) {
    Result<std::vector<Ed25519PublicKey>> keys = ReadKeys(options_.key_files);
    if (!keys.ok()) return {.problem = keys.status(), .wait = options_.poll};
    trust_ = {.keys = std::move(*keys), .min_revision = options_.min_revision};
    // What is in force is looked at again when those who vouch for it are
    // others, or when something older may be better.
    force = force || trust_.keys != looked_with_ ||
            (current_ != nullptr && current_->ExpiredAt(clock_->Now()));
    BundleLook look = feed_->Look(
        force, token, [this](const std::string& name, std::string bytes) {
          const auto begin = SteadyClock::now();
          Result<bool> taken = Take(name, bytes);
          loading_ += SteadyClock::now() - begin;
          return taken;
        });
    if (look.problem.ok()) looked_with_ = trust_.keys;
    return look;
  }

  void Record(BundleLook* look) {
    const bool good = look->problem.ok();
    const std::string error = good ? "" : look->problem.ToString();
    if (!good) {
      metrics_->CountReload(false);
      look->wait = std::max(
          look->wait, std::chrono::ceil<Milliseconds>(kFailureRest * loading_));
    }
    bool is_news = false;
    {
      MutexLock lock(&mu_);
      const int64_t now = Seconds(clock_->Now());
      state_.last_attempt = now;
      if (good) state_.last_success = now;
      ++state_.attempts;
      is_news = state_.last_error != error;
      state_.last_error = error;
    }
    // Once, not at every look.
    if (is_news && good) Log(LogLevel::kInfo, "bundle_source_recovered");
    if (is_news && !good) {
      Log(LogLevel::kError, "bundle_refused",
          {{"reason", error}, {"serving_revision", ServedRevision()}});
    }
  }

  std::string ServedRevision() const {
    return current_ != nullptr ? std::to_string(current_->revision()) : "none";
  }

  // Puts the bundle in force when it is good and another one: whether it did.
  Result<bool> Take(const std::string& name, std::string_view bytes) {
    const auto begin = SteadyClock::now();
    const WallTime now = clock_->Now();
    const Sha256Digest file_digest = Sha256(bytes);
    if (current_ != nullptr && file_digest == file_digest_ &&
        trust_.keys == taken_with_ && !current_->ExpiredAt(now)) {
      return false;
    }
    Result<std::shared_ptr<const Bundle>> opened =
        Bundle::Open(bytes, trust_, now);
    Status refused = opened.status();
    if (refused.ok() && options_.revision &&
        (*opened)->revision() != *options_.revision) {
      refused = FailedPrecondition(
          "the bundle has revision " + std::to_string((*opened)->revision()) +
          "; pinned is " + std::to_string(*options_.revision));
    }
    if (!refused.ok()) {
      return Status(refused.code(),
                    "`" + name + "`: " + std::string(refused.message()));
    }
    file_digest_ = file_digest;
    taken_with_ = trust_.keys;
    if (current_ != nullptr && (*opened)->digest() == current_->digest()) {
      return false;
    }
    Publish(name, std::move(*opened), SteadyClock::now() - begin);
    return true;
  }

  void Publish(const std::string& name, std::shared_ptr<const Bundle> bundle,
               SteadyClock::duration loading) {
    const BundleManifest& manifest = bundle->manifest();
    holder_->Publish(bundle);
    metrics_->CountReload(true);
    metrics_->SetBundle(manifest.revision, Seconds(clock_->Now()),
                        manifest.statements, manifest.not_after);
    const bool rolled_back =
        current_ != nullptr && manifest.revision < current_->revision();
    const auto milliseconds =
        std::chrono::duration_cast<Milliseconds>(loading).count();
    Log(rolled_back ? LogLevel::kWarning : LogLevel::kInfo,
        rolled_back ? "bundle_rolled_back" : "bundle_in_force",
        {{"from", name},
         {"revision", manifest.revision},
         {"replaces", ServedRevision()},
         {"digest", HexEncode(bundle->digest())},
         {"statements", manifest.statements},
         {"milliseconds", milliseconds}});
    MutexLock lock(&mu_);
    if (current_ != nullptr) retired_.push_back(std::move(current_));
    current_ = std::move(bundle);
    expiry_noted_ = false;
  }

  // Frees the bundles that were replaced and that nobody else holds any more.
  // A reader never pays for that, since it is not the last one to let go.
  void Sweep() {
    std::vector<std::shared_ptr<const Bundle>> unread;
    {
      MutexLock lock(&mu_);
      // Nobody can take one of them from the holder again.
      const auto rest = std::ranges::partition(
          retired_, [](const auto& bundle) { return bundle.use_count() > 1; });
      unread.assign(std::make_move_iterator(rest.begin()),
                    std::make_move_iterator(rest.end()));
      retired_.erase(rest.begin(), rest.end());
    }
  }

  void NoteExpiry() {
    uint64_t revision = 0;
    {
      MutexLock lock(&mu_);
      if (current_ == nullptr || expiry_noted_ ||
          !current_->ExpiredAt(clock_->Now())) {
        return;
      }
      expiry_noted_ = true;
      revision = current_->revision();
    }
    Log(LogLevel::kError, "bundle_expired", {{"revision", revision}});
  }

  const BundleSourceOptions options_;
  BundleHolder* const holder_;
  Metrics* const metrics_;
  const Clock* const clock_;

  // Held for a look: what only looks touch needs no other lock. They alone
  // change `current_`, so they read it without one.
  Mutex look_mu_;
  const std::unique_ptr<BundleFeed> feed_;
  BundleTrust trust_;
  std::vector<Ed25519PublicKey> looked_with_;  // at the last good look
  std::vector<Ed25519PublicKey> taken_with_;   // what is in force
  Sha256Digest file_digest_ = {};              // of what is in force
  SteadyClock::duration loading_{};            // within this look

  mutable Mutex mu_;
  std::condition_variable_any changed_;
  bool stop_ = false;
  bool reload_ = false;
  std::stop_source attempt_;
  SteadyClock::time_point next_look_;
  BundleSourceState state_;
  std::shared_ptr<const Bundle> current_;
  // Replaced, and perhaps still read.
  std::vector<std::shared_ptr<const Bundle>> retired_;
  bool expiry_noted_ = false;

  std::thread thread_;
};

}  // namespace

std::unique_ptr<BundleSource> BundleSource::Make(BundleSourceOptions options,
                                                 BundleHolder* holder,
                                                 Metrics* metrics,
                                                 const Clock* clock) {
  return std::make_unique<WatchingSource>(std::move(options), holder, metrics,
                                          clock);
}

}  // namespace writ
