// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_GRPC_CALLS_H_
#define WRIT_SIDECAR_GRPC_CALLS_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <vector>

namespace writ {

// Unary calls of one completion queue, taken, answered and given back by the
// one thread that runs it. Messages are bytes here: whoever answers reads them
// himself, so that one that is malformed gets the status it should.
class GrpcCalls {
 public:
  using Writer = grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>;

  // A method: how to ask gRPC for its next call, and what answers it.
  struct Method {
    std::function<void(grpc::ServerContext*, grpc::ByteBuffer*, Writer*,
                       grpc::ServerCompletionQueue*, void*)>
        request;
    // Returns the status; with OK `reply` was filled.
    std::function<grpc::Status(const grpc::ServerContext&, grpc::ByteBuffer*,
                               grpc::ByteBuffer* reply)>
        answer;
    // Calls that gRPC may hand over before we ask for more.
    size_t waiting = 4;
  };

  enum class Phase : int {
    kServing,
    kDraining,  // ask for no more calls
    kStopped,   // the server is shut down: empty the queue and go
  };
  // What all threads of a server go by.
  struct Progress {
    std::atomic<Phase> phase{Phase::kServing};
    std::atomic<int> answering{0};  // calls taken whose reply is not gone yet
  };

  // A reply that its peer has not taken for so long is given up.
  static constexpr std::chrono::seconds kReplyPatience{30};
  // What the replies of one queue that nobody has taken yet may hold; beyond
  // that the oldest are given up.
  static constexpr size_t kMaxHeldReplyBytes = size_t{64} << 20;

  GrpcCalls(std::unique_ptr<grpc::ServerCompletionQueue> queue,
            Progress* progress, std::vector<Method> methods);
  ~GrpcCalls();
  GrpcCalls(const GrpcCalls&) = delete;
  GrpcCalls& operator=(const GrpcCalls&) = delete;

  // Serves until the phase is kStopped and nothing is left. The server has
  // started.
  void Run();
  // Instead of Run, when the server did not start.
  void Close();

 private:
  class Call;
  using Calls = std::list<std::unique_ptr<Call>>;

  void Await(const Method& method);
  void Proceed(Call* call, bool ok);
  void GiveUpOnSlowReaders();
  // Bounds what all of them hold.
  void BoundReplies();

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  Progress& progress_;
  const std::vector<Method> methods_;
  Calls waiting_;          // asked of gRPC
  Calls replying_;         // answered; the longest first
  size_t held_bytes_ = 0;  // of replies that were not given up
  Calls spare_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_GRPC_CALLS_H_
