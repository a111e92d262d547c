// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_INSTANCE_H_
#define WRIT_RUNTIME_INSTANCE_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "runtime/frames.h"
#include "runtime/function_source.h"
#include "runtime/jail_client.h"
#include "runtime/output_tail.h"

namespace writ {

enum class InstanceState : uint8_t {
#define STATE(Name, meaning) k##Name,
#define MOVE(From, To, what)
#include "runtime/states.def"
#undef STATE
#undef MOVE
};

std::string_view InstanceStateName(InstanceState state);
// True when states.def has the move.
bool MayMove(InstanceState from, InstanceState to);

// A platform error in the terms of fc-api 3.2.
struct PlatformError {
  uint32_t http_status = 500;
  std::string code;
  std::string message;
  bool delivered = false;  // a byte of the event may have reached the function
};

struct InvocationResult {
  std::optional<PlatformError> error;  // set: nothing else counts
  std::string body;
  std::string function_error;  // "UnhandledInvocationError" or empty
  std::string log_tail;
  std::chrono::microseconds duration{0};
  uint32_t max_memory_mb = 0;
  bool instance_lost = false;
};

// What the node knows of one invocation once its grant was accepted.
struct Invocation {
  std::string request_id;
  std::string qualifier;
  std::string_view body;  // borrowed for the call
};

// Why an instance is gone.
enum class EndCause : uint8_t { kIdle, kExit, kOom, kTimeout, kRetired };
std::string_view EndCauseName(EndCause cause);

// One running instance: one function of one account, ever. Thread-safe; up to
// `instance_concurrency` calls of Invoke at once.
class Instance {
 public:
  // Starts an instance over an unpacked package and waits until it takes
  // invocations.
  //
  // jail, clock  borrowed; outlive it
  // error        receives what FC says when it did not come up
  static std::unique_ptr<Instance> Start(std::string id,
                                         InstanceConfiguration configuration,
                                         uint32_t code_slot, JailClient* jail,
                                         const Clock* clock,
                                         PlatformError* error);
  // Ends it as Stop(kRetired) does.
  ~Instance();

  const std::string& id() const { return id_; }
  const FunctionRoute& route() const { return configuration_.route; }
  uint32_t code_slot() const { return code_slot_; }
  InstanceState state();
  // The runtime is gone, whether or not anybody has noticed yet.
  bool ended();
  SteadyTime idle_since();

  // Takes a place for one invocation; false when the instance is full, ends or
  // has ended. Every true is followed by Invoke or ReleasePlace.
  bool TakePlace();
  void ReleasePlace();
  // Runs one invocation in a place taken before. Returns within the function's
  // timeout and a second.
  InvocationResult Invoke(const Invocation& invocation);

  // Takes no new invocation; true when none is running, so that Stop() does
  // not cut one off.
  bool Drain();
  // Ends every process; waits until they are gone.
  void Stop(EndCause cause);
  // Set once it has ended.
  std::optional<EndCause> end_cause();

 private:
  struct PendingCall {
    bool done = false;
    std::string payload;
  };
  enum class WaitOutcome : uint8_t { kAnswered, kEnded, kTimedOut };

  Instance(std::string id, InstanceConfiguration configuration,
           uint32_t code_slot, JailClient* jail, const Clock* clock);

  Status Specialise();
  bool WaitUntilReady(PlatformError* error);
  void Move(InstanceState to) WRIT_REQUIRES(mu_);
  void ReadLoop();
  bool ReadFrames();
  bool HandleFrame(Frame frame);
  void ReadOutput();
  void MarkEnded();
  HeaderList CallHeaders(const Invocation& invocation,
                         std::string_view control_path) const;
  WaitOutcome Call(const CallFrame& call, std::chrono::milliseconds timeout,
                   PendingCall* answer);
  InvocationResult Run(const Invocation& invocation);
  void Initialize(const Invocation& invocation, InvocationResult* result);
  void ExplainEnd(WaitOutcome outcome, std::chrono::milliseconds timeout,
                  InvocationResult* result);
  uint32_t MaxMemoryMb() const;
  bool SawOom() const;

  const std::string id_;
  const InstanceConfiguration configuration_;
  const uint32_t code_slot_;
  JailClient* const jail_;
  const Clock* const clock_;

  std::optional<JailClient::JailedInstance> jailed_;
  UniqueFd frames_;
  UniqueFd output_;
  UniqueFd wake_;  // eventfd: the reader is to end
  std::thread reader_;
  FrameReader frame_reader_;  // the reader's
  Mutex write_mu_;            // one frame at a time on the socket

  Mutex mu_;
  std::condition_variable_any changed_;
  InstanceState state_ WRIT_GUARDED_BY(mu_) = InstanceState::kParked;
  bool ended_ WRIT_GUARDED_BY(mu_) = false;
  bool stopped_ WRIT_GUARDED_BY(mu_) = false;
  std::optional<EndCause> end_cause_ WRIT_GUARDED_BY(mu_);
  std::optional<FailedFrame> failed_ WRIT_GUARDED_BY(mu_);
  std::optional<uint32_t> exit_status_ WRIT_GUARDED_BY(mu_);
  uint32_t places_taken_ WRIT_GUARDED_BY(mu_) = 0;
  bool initialized_ WRIT_GUARDED_BY(mu_) = false;
  bool initializing_ WRIT_GUARDED_BY(mu_) = false;
  SteadyTime idle_since_ WRIT_GUARDED_BY(mu_);
  uint64_t next_call_ WRIT_GUARDED_BY(mu_) = 1;
  std::unordered_map<uint64_t, PendingCall> calls_ WRIT_GUARDED_BY(mu_);
  OutputTail tail_ WRIT_GUARDED_BY(mu_);
};

}  // namespace writ

#endif  // WRIT_RUNTIME_INSTANCE_H_
