// SPDX-License-Identifier: Apache-2.0
#include "sidecar/grpc_calls.h"

#include <optional>
#include <utility>

namespace writ {
namespace {

using std::chrono::steady_clock;

// Calls that are kept for reuse; the others were of a burst.
constexpr size_t kSpareCalls = 64;
// How often slow readers are looked for, in events; and while none comes.
constexpr int kEventsBetweenLooks = 1024;
constexpr std::chrono::seconds kLookInterval{1};
constexpr std::chrono::milliseconds kDrainInterval{10};

}  // namespace

// One call from the moment that gRPC is asked for it.
class GrpcCalls::Call {
 public:
  void Begin(const Method* method, grpc::ServerCompletionQueue* queue) {
    method_ = method;
    replied_ = false;
    given_up_ = false;
    context_.emplace();
    writer_.emplace(&*context_);
    method->request(&*context_, &request_, &*writer_, queue, this);
  }
  void Answer() {
    const grpc::Status status = method_->answer(*context_, &request_, &reply_);
    request_.Clear();
    held_bytes_ = status.ok() ? reply_.Length() : 0;
    replied_ = true;
    began_ = steady_clock::now();
    if (status.ok()) {
      writer_->Finish(reply_, status, this);
    } else {
      writer_->FinishWithError(status, this);
    }
  }
  void End() {
    writer_.reset();
    context_.reset();
    request_.Clear();
    reply_.Clear();
  }
  // Only between Answer and End.
  void GiveUp() {
    if (!given_up_) context_->TryCancel();
    given_up_ = true;
    held_bytes_ = 0;
  }

  const Method& method() const { return *method_; }
  bool replied() const { return replied_; }
  // By the reply, until it is taken or given up.
  size_t held_bytes() const { return held_bytes_; }
  steady_clock::time_point began() const { return began_; }

  Calls::iterator place;

 private:
  const Method* method_ = nullptr;
  bool replied_ = false;
  bool given_up_ = false;
  size_t held_bytes_ = 0;
  steady_clock::time_point began_;
  std::optional<grpc::ServerContext> context_;
  std::optional<Writer> writer_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

GrpcCalls::GrpcCalls(std::unique_ptr<grpc::ServerCompletionQueue> queue,
                     Progress* progress, std::vector<Method> methods)
    : queue_(std::move(queue)),
      progress_(*progress),
      methods_(std::move(methods)) {}

GrpcCalls::~GrpcCalls() = default;

void GrpcCalls::Await(const Method& method) {
  if (spare_.empty()) spare_.push_front(std::make_unique<Call>());
  Call* const call = spare_.front().get();
  call->place = spare_.begin();
  waiting_.splice(waiting_.end(), spare_, call->place);
  call->Begin(&method, queue_.get());
}

void GrpcCalls::Proceed(Call* call, bool ok) {
  if (ok && !call->replied()) {
    ++progress_.answering;
    if (progress_.phase.load() == Phase::kServing) Await(call->method());
    replying_.splice(replying_.end(), waiting_, call->place);
    call->Answer();
    held_bytes_ += call->held_bytes();
    if (held_bytes_ > kMaxHeldReplyBytes) BoundReplies();
    return;
  }
  // The reply was taken or is lost, or the server takes no more calls.
  Calls& from = call->replied() ? replying_ : waiting_;
  if (call->replied()) {
    --progress_.answering;
    held_bytes_ -= call->held_bytes();
  }
  call->End();
  spare_.splice(spare_.begin(), from, call->place);
  if (spare_.size() > kSpareCalls) spare_.pop_back();
}

void GrpcCalls::GiveUpOnSlowReaders() {
  const steady_clock::time_point before = steady_clock::now() - kReplyPatience;
  for (const std::unique_ptr<Call>& call : replying_) {
    if (call->began() > before) return;
    held_bytes_ -= call->held_bytes();
    call->GiveUp();
  }
}

void GrpcCalls::BoundReplies() {
  for (const std::unique_ptr<Call>& call : replying_) {
    // Half, so that this is seldom.
    if (held_bytes_ <= kMaxHeldReplyBytes / 2) return;
    held_bytes_ -= call->held_bytes();
    call->GiveUp();
  }
}

void GrpcCalls::Run() {
  for (const Method& method : methods_) {
    for (size_t i = 0; i < method.waiting; ++i) Await(method);
  }
  int events_until_look = kEventsBetweenLooks;
  bool open = true;
  for (;;) {
    const Phase phase = progress_.phase.load();
    // Without a reply to wait for nothing needs to be looked at.
    auto until = std::chrono::system_clock::time_point::max();
    if (phase != Phase::kServing) {
      until = std::chrono::system_clock::now() + kDrainInterval;
    } else if (!replying_.empty()) {
      until = std::chrono::system_clock::now() + kLookInterval;
    }
    void* tag = nullptr;
    bool ok = false;
    switch (queue_->AsyncNext(&tag, &ok, until)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::TIMEOUT:
        GiveUpOnSlowReaders();
        // Nothing comes any more that asks for another operation.
        if (phase == Phase::kStopped && open) {
          queue_->Shutdown();
          open = false;
        }
        break;
      case grpc::CompletionQueue::GOT_EVENT:
        Proceed(static_cast<Call*>(tag), ok);
        if (--events_until_look == 0) {
          events_until_look = kEventsBetweenLooks;
          GiveUpOnSlowReaders();
        }
        break;
    }
  }
}

void GrpcCalls::Close() {
  queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
  }
}

}  // namespace writ
