// SPDX-License-Identifier: Apache-2.0
#include "runtime/instance.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/limits.h"
#include "base/log.h"
#include "runtime/instance_start.h"
#include "runtime/jail/cgroup.h"

namespace writ {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::string_view kUnhandled = "UnhandledInvocationError";
constexpr milliseconds kOutputWindow{100};
constexpr uint64_t kOutputWindowBytes = kMaxOutputBytesPerSecond / 10;
// How long after a closed connection the news of an exit may take.
constexpr milliseconds kExitNews{500};
// Beyond the time in which the runtime must listen: init's own start.
constexpr milliseconds kStartGrace{5000};

std::string ReadCounter(const UniqueFd& file) {
  char text[256];
  const ssize_t size = pread(file.get(), text, sizeof(text), 0);
  return size <= 0 ? "" : std::string(text, static_cast<size_t>(size));
}

}  // namespace

std::string_view InstanceStateName(InstanceState state) {
  switch (state) {
#define STATE(Name, meaning)   \
  case InstanceState::k##Name: \
    return #Name;
#define MOVE(From, To, what)
#include "runtime/states.def"
#undef STATE
#undef MOVE
  }
  return "";
}

bool MayMove(InstanceState from, InstanceState to) {
#define STATE(Name, meaning)
#define MOVE(From, To, what) \
  if (from == InstanceState::k##From && to == InstanceState::k##To) return true;
#include "runtime/states.def"
#undef STATE
#undef MOVE
  return false;
}

std::string_view EndCauseName(EndCause cause) {
  switch (cause) {
    case EndCause::kIdle:
      return "idle";
    case EndCause::kExit:
      return "exit";
    case EndCause::kOom:
      return "oom";
    case EndCause::kTimeout:
      return "timeout";
    case EndCause::kRetired:
      return "retired";
  }
  return "";
}

Instance::Instance(std::string id, InstanceConfiguration configuration,
                   uint32_t code_slot, JailClient* jail, const Clock* clock)
    : id_(std::move(id)),
      configuration_(std::move(configuration)),
      code_slot_(code_slot),
      jail_(jail),
      clock_(clock) {}

Instance::~Instance() { Stop(EndCause::kRetired); }

std::unique_ptr<Instance> Instance::Start(std::string id,
                                          InstanceConfiguration configuration,
                                          uint32_t code_slot, JailClient* jail,
                                          const Clock* clock,
                                          PlatformError* error) {
  std::unique_ptr<Instance> instance(new Instance(
      std::move(id), std::move(configuration), code_slot, jail, clock));
  const Status specialised = instance->Specialise();
  if (!specialised.ok()) {
    Log(LogLevel::kWarning, "instance_not_started",
        {{"error", specialised.message()}});
    const bool full = specialised.code() == StatusCode::kResourceExhausted;
    *error = {.http_status = full ? 429u : 500u,
              .code = full ? "ResourceExhausted" : "InternalServerError",
              .message = full ? "no room for another instance"
                              : "the instance could not be made"};
    return nullptr;
  }
  if (!instance->WaitUntilReady(error)) {
    instance->Stop(EndCause::kExit);
    return nullptr;
  }
  return instance;
}

Status Instance::Specialise() {
  {
    const MutexLock lock(&mu_);
    Move(InstanceState::kSpecialising);
  }
  int pair[2] = {-1, -1};
  int pipe_ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    return ErrnoStatus("make the frame socket", errno);
  }
  frames_.Reset(pair[0]);
  const UniqueFd init_end(pair[1]);
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    return ErrnoStatus("make the output pipe", errno);
  }
  output_.Reset(pipe_ends[0]);
  const UniqueFd write_end(pipe_ends[1]);
  wake_.Reset(eventfd(0, EFD_CLOEXEC));
  // Only this end: the function expects to wait when the pipe is full.
  fcntl(output_.get(), F_SETFL, O_NONBLOCK);

  WRIT_ASSIGN_OR_RETURN(
      const UniqueFd spec,
      MakeSealedMemory(MakeStartSpec(configuration_, id_).Encode()));
  JailClient::InstanceWish wish;
  wish.code_slot = code_slot_;
  wish.memory_mb = configuration_.route.memory_mb;
  wish.cpu_milli =
      static_cast<uint32_t>(std::clamp(configuration_.cpu * 1000, 0.0, 1e6));
  wish.disk_mb = configuration_.disk_mb;
  Result<JailClient::JailedInstance> jailed =
      jail_->StartInstance(wish, init_end.get(), spec.get(), write_end.get());
  const MutexLock lock(&mu_);
  if (!jailed.ok()) {
    Move(InstanceState::kFailed);
    stopped_ = true;
    return jailed.status();
  }
  jailed_ = std::move(jailed).value();
  Move(InstanceState::kInit);
  reader_ = std::thread([this] { ReadLoop(); });
  return OkStatus();
}

bool Instance::WaitUntilReady(PlatformError* error) {
  const milliseconds limit =
      std::chrono::seconds(kCustomRuntimeReadySeconds) + kStartGrace;
  {
    const MutexLock lock(&mu_);
    changed_.wait_for(mu_, limit, [this] {
      return state_ == InstanceState::kReady || failed_ || ended_;
    });
    if (state_ == InstanceState::kReady) {
      idle_since_ = clock_->Steady();
    } else {
      *error = {.http_status = 412,
                .code = "FunctionNotStarted",
                .message = "the runtime did not start"};
      if (failed_) {
        error->code = failed_->code;
        error->message = failed_->message;
      } else if (ended_) {
        error->code = "CAExited";
        error->message = SawOom() ? "the runtime ran out of memory"
                                  : "the runtime ended before it listened";
        if (exit_status_) {
          error->message += ": " + DescribeWaitStatus(*exit_status_);
        }
      }
      Move(InstanceState::kFailed);
      return false;
    }
  }
  if (const Status settled = jail_->SettleInstance(jailed_->slot);
      !settled.ok()) {
    Log(LogLevel::kWarning, "cpu_limit_not_set",
        {{"error", settled.message()}});
    *error = {.http_status = 500,
              .code = "InternalServerError",
              .message = "the instance could not be limited"};
    return false;
  }
  return true;
}

void Instance::Move(InstanceState to) {
  if (state_ == to) return;
  WRIT_CHECK(MayMove(state_, to));
  state_ = to;
  changed_.notify_all();
}

InstanceState Instance::state() {
  const MutexLock lock(&mu_);
  return state_;
}

bool Instance::ended() {
  const MutexLock lock(&mu_);
  return ended_;
}

SteadyTime Instance::idle_since() {
  const MutexLock lock(&mu_);
  return idle_since_;
}

std::optional<EndCause> Instance::end_cause() {
  const MutexLock lock(&mu_);
  return end_cause_;
}

bool Instance::TakePlace() {
  const MutexLock lock(&mu_);
  const uint32_t most = std::max(1u, configuration_.route.instance_concurrency);
  if (ended_ || places_taken_ >= most ||
      (state_ != InstanceState::kReady && state_ != InstanceState::kBusy)) {
    return false;
  }
  ++places_taken_;
  Move(InstanceState::kBusy);
  return true;
}

void Instance::ReleasePlace() {
  const MutexLock lock(&mu_);
  if (--places_taken_ > 0) return;
  idle_since_ = clock_->Steady();
  if (state_ == InstanceState::kBusy) Move(InstanceState::kReady);
  changed_.notify_all();
}

bool Instance::Drain() {
  const MutexLock lock(&mu_);
  if (state_ == InstanceState::kReady || state_ == InstanceState::kBusy) {
    Move(InstanceState::kDraining);
  }
  return places_taken_ == 0;
}

void Instance::Stop(EndCause cause) {
  {
    const MutexLock lock(&mu_);
    if (stopped_) return;
    stopped_ = true;
    if (!end_cause_) end_cause_ = SawOom() ? EndCause::kOom : cause;
  }
  if (jailed_) {
    if (const Status stopped = jail_->StopInstance(jailed_->slot);
        !stopped.ok()) {
      Log(LogLevel::kWarning, "instance_not_stopped",
          {{"error", stopped.message()}});
    }
  }
  const uint64_t one = 1;
  if (write(wake_.get(), &one, sizeof(one)) < 0) {
    Log(LogLevel::kWarning, "reader_not_woken");
  }
  if (reader_.joinable()) reader_.join();
  const MutexLock lock(&mu_);
  ended_ = true;
  const bool by_us = cause == EndCause::kIdle || cause == EndCause::kRetired;
  if (by_us && state_ == InstanceState::kReady) Move(InstanceState::kDraining);
  const InstanceState last = by_us && state_ != InstanceState::kInit &&
                                     state_ != InstanceState::kBusy &&
                                     state_ != InstanceState::kSpecialising
                                 ? InstanceState::kDead
                                 : InstanceState::kFailed;
  if (state_ != InstanceState::kFailed) Move(last);
  changed_.notify_all();
}

// The one thread that reads from the instance.
void Instance::ReadLoop() {
  uint64_t window_bytes = 0;
  auto window_end = std::chrono::steady_clock::now() + kOutputWindow;
  bool open = true;
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= window_end) {
      window_bytes = 0;
      window_end = now + kOutputWindow;
    }
    const bool throttled = window_bytes >= kOutputWindowBytes;
    pollfd watched[] = {{wake_.get(), POLLIN, 0},
                        {open ? frames_.get() : -1, POLLIN, 0},
                        {throttled ? -1 : output_.get(), POLLIN, 0}};
    const int timeout_ms =
        throttled ? static_cast<int>(kOutputWindow.count()) : -1;
    if (poll(watched, 3, timeout_ms) < 0 && errno != EINTR) break;
    if ((watched[0].revents & POLLIN) != 0) break;
    if (watched[2].revents != 0) {
      const uint64_t before = tail_.position();
      ReadOutput();
      window_bytes += tail_.position() - before;
      // Closed by every writer: nothing more will come.
      if ((watched[2].revents & POLLIN) == 0) output_.Reset();
    }
    if (watched[1].revents != 0) open = ReadFrames();
  }
  MarkEnded();
}

bool Instance::ReadFrames() {
  char bytes[64 << 10];
  const ssize_t size = recv(frames_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (size > 0) {
    frame_reader_.Append({bytes, static_cast<size_t>(size)});
    while (true) {
      Result<std::optional<Frame>> frame = frame_reader_.Next();
      if (!frame.ok()) break;
      if (!frame->has_value()) return true;
      if (!HandleFrame(std::move(**frame))) break;
    }
  }
  MarkEnded();
  return false;
}

bool Instance::HandleFrame(Frame frame) {
  // Whatever the function wrote before this frame belongs before it.
  ReadOutput();
  const MutexLock lock(&mu_);
  switch (frame.type) {
    case FrameType::kReady:
      if (state_ != InstanceState::kInit) return false;
      Move(InstanceState::kReady);
      return true;
    case FrameType::kFailed: {
      Result<FailedFrame> failed = FailedFrame::Decode(frame.payload);
      if (!failed.ok()) return false;
      failed_ = std::move(failed).value();
      changed_.notify_all();
      return true;
    }
    case FrameType::kResult: {
      const auto call = calls_.find(frame.id);
      if (call == calls_.end()) return false;
      call->second.done = true;
      call->second.payload = std::move(frame.payload);
      changed_.notify_all();
      return true;
    }
    case FrameType::kExited: {
      ByteReader reader(frame.payload);
      exit_status_ = reader.Get<uint32_t>();
      ended_ = true;
      changed_.notify_all();
      return true;
    }
    case FrameType::kCall:
      return false;
  }
  return false;
}

void Instance::ReadOutput() {
  if (!output_.valid()) return;
  char bytes[64 << 10];
  // At most what the pipe can hold twice, so that a flood cannot keep the
  // reader here.
  for (int i = 0; i < 4; ++i) {
    const ssize_t size = read(output_.get(), bytes, sizeof(bytes));
    if (size <= 0) return;
    const MutexLock lock(&mu_);
    tail_.Append({bytes, static_cast<size_t>(size)});
  }
}

void Instance::MarkEnded() {
  const MutexLock lock(&mu_);
  ended_ = true;
  changed_.notify_all();
}

uint32_t Instance::MaxMemoryMb() const {
  if (!jailed_) return 0;
  const uint64_t bytes =
      std::strtoull(ReadCounter(jailed_->memory_peak).c_str(), nullptr, 10);
  return static_cast<uint32_t>(bytes >> 20);
}

bool Instance::SawOom() const {
  return jailed_ && CountOomKills(ReadCounter(jailed_->oom_events)) > 0;
}

HeaderList Instance::CallHeaders(const Invocation& invocation,
                                 std::string_view control_path) const {
  return MakeCallHeaders(configuration_, invocation.request_id,
                         invocation.qualifier, control_path);
}

Instance::WaitOutcome Instance::Call(const CallFrame& call,
                                     milliseconds timeout,
                                     PendingCall* answer) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  uint64_t id = 0;
  {
    const MutexLock lock(&mu_);
    id = next_call_++;
    calls_.emplace(id, PendingCall());
  }
  const std::string bytes = EncodeFrame(FrameType::kCall, id, call.Encode());
  bool sent = true;
  {
    const MutexLock lock(&write_mu_);
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const ssize_t size = send(frames_.get(), rest.data(), rest.size(),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
      if (size > 0) {
        rest.remove_prefix(static_cast<size_t>(size));
        continue;
      }
      pollfd writable = {frames_.get(), POLLOUT, 0};
      if ((errno != EAGAIN && errno != EINTR) ||
          std::chrono::steady_clock::now() > deadline) {
        sent = false;
        break;
      }
      poll(&writable, 1, 100);
    }
  }
  const MutexLock lock(&mu_);
  if (sent) {
    changed_.wait_until(mu_, deadline,
                        [this, id] { return ended_ || calls_.at(id).done; });
  }
  *answer = std::move(calls_.at(id));
  calls_.erase(id);
  if (answer->done) return WaitOutcome::kAnswered;
  return ended_ || !sent ? WaitOutcome::kEnded : WaitOutcome::kTimedOut;
}

InvocationResult Instance::Invoke(const Invocation& invocation) {
  uint64_t begin = 0;
  {
    const MutexLock lock(&mu_);
    begin = tail_.position();
  }
  InvocationResult result = Run(invocation);
  {
    const MutexLock lock(&mu_);
    result.log_tail = tail_.Request(begin, invocation.request_id);
  }
  result.max_memory_mb = MaxMemoryMb();
  ReleasePlace();
  return result;
}

InvocationResult Instance::Run(const Invocation& invocation) {
  InvocationResult result;
  Initialize(invocation, &result);
  if (result.error || !result.function_error.empty()) return result;

  CallFrame call;
  call.path = "/invoke";
  call.headers = CallHeaders(invocation, "/invoke");
  call.body = invocation.body;
  const milliseconds timeout =
      std::chrono::seconds(configuration_.route.timeout_seconds);
  const auto start = std::chrono::steady_clock::now();
  PendingCall answer;
  WaitOutcome outcome = Call(call, timeout, &answer);
  result.duration = std::chrono::duration_cast<microseconds>(
      std::chrono::steady_clock::now() - start);
  if (outcome == WaitOutcome::kAnswered) {
    const Result<ResultFrame> frame = ResultFrame::Decode(answer.payload);
    if (frame.ok() && frame->outcome == CallOutcome::kAnswered) {
      result.body = frame->body;
      if (frame->function_error) result.function_error = kUnhandled;
      return result;
    }
    // A process that exits closes its connections first.
    if (frame.ok() && frame->outcome == CallOutcome::kClosed) {
      const MutexLock lock(&mu_);
      changed_.wait_for(mu_, kExitNews, [this] { return ended_; });
      if (ended_) outcome = WaitOutcome::kEnded;
    }
    if (outcome == WaitOutcome::kAnswered) {
      result.error = {.http_status = 502,
                      .code = "BadResponse",
                      .message =
                          "the function's answer is not valid HTTP or "
                          "too large",
                      .delivered = true};
      return result;
    }
  }
  ExplainEnd(outcome, timeout, &result);
  return result;
}

void Instance::Initialize(const Invocation& invocation,
                          InvocationResult* result) {
  if (configuration_.initializer_handler.empty()) return;
  {
    // One initializer at a time; the others wait for its outcome.
    const MutexLock lock(&mu_);
    changed_.wait(mu_, [this] { return !initializing_; });
    if (initialized_) return;
    initializing_ = true;
  }
  CallFrame call;
  call.path = "/initialize";
  call.headers = CallHeaders(invocation, "/initialize");
  const milliseconds timeout = std::chrono::seconds(
      std::max(1u, configuration_.initializer_timeout_seconds));
  PendingCall answer;
  const WaitOutcome outcome = Call(call, timeout, &answer);
  bool done = false;
  if (outcome == WaitOutcome::kAnswered) {
    const Result<ResultFrame> frame = ResultFrame::Decode(answer.payload);
    done = frame.ok() && frame->outcome == CallOutcome::kAnswered &&
           !frame->function_error;
    if (!done) {
      result->function_error = kUnhandled;
      if (frame.ok()) result->body = frame->body;
      if (result->body.empty()) {
        result->body = R"({"errorMessage":"the initializer failed"})";
      }
      result->instance_lost = true;
    }
  } else {
    ExplainEnd(outcome, timeout, result);
  }
  const MutexLock lock(&mu_);
  initializing_ = false;
  initialized_ = done;
  changed_.notify_all();
}

void Instance::ExplainEnd(WaitOutcome outcome, milliseconds timeout,
                          InvocationResult* result) {
  const bool oom = SawOom();
  const std::string memory = std::to_string(MaxMemoryMb());
  result->function_error = kUnhandled;
  result->instance_lost = true;
  const MutexLock lock(&mu_);
  if (outcome == WaitOutcome::kTimedOut) {
    end_cause_ = EndCause::kTimeout;
    result->body = R"({"errorMessage":"Function timed out after )" +
                   std::to_string(timeout.count() / 1000) +
                   " seconds (maxMemoryUsage: " + memory + "MB)\"}";
  } else {
    end_cause_ = oom ? EndCause::kOom : EndCause::kExit;
    const std::string duration = std::to_string(
        std::chrono::duration_cast<milliseconds>(result->duration).count());
    result->body =
        R"({"errorMessage":"Process exited unexpectedly before completing request (duration: )" +
        duration + "ms, maxMemoryUsage: " + memory + "MB)" +
        (oom ? ": out of memory" : "") + "\"}";
  }
  if (MayMove(state_, InstanceState::kFailed)) Move(InstanceState::kFailed);
}

}  // namespace writ
