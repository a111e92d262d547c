// SPDX-License-Identifier: Apache-2.0
#include "runtime/init/session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace writ {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kMaxIdleConnections = 4;
constexpr int64_t kMaxProbePauseMs = 20;

int64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

// A connection in progress to the runtime; loopback connects at once or fails.
UniqueFd Connect(uint32_t port) {
  UniqueFd socket_fd(
      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(socket_fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (!socket_fd.valid() ||
      (connect(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof(address)) != 0 &&
       errno != EINPROGRESS)) {
    return UniqueFd();
  }
  return socket_fd;
}

bool IsOpen(int socket_fd) {
  char byte = 0;
  return recv(socket_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         errno == EAGAIN;
}

}  // namespace

Session::Session(StartSpec spec, pid_t runtime, int node, int signals)
    : spec_(std::move(spec)),
      runtime_(runtime),
      node_(node),
      signals_(signals),
      started_ms_(NowMs()) {}

void Session::Run() {
  while (!ending_ || !output_.empty()) {
    const int64_t now_ms = NowMs();
    if (!ready_ && !ending_) ProbeRuntime(now_ms);
    std::vector<pollfd> watched;
    const short node_events =
        static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT));
    watched.push_back({node_, node_events, 0});
    watched.push_back({signals_, POLLIN, 0});
    for (const auto& connection : connections_) {
      short events = POLLIN;
      if (connection->busy && connection->sent < connection->request.size()) {
        events = POLLIN | POLLOUT;
      }
      watched.push_back({connection->socket.get(), events, 0});
    }
    int timeout_ms = -1;
    if (!ready_ && !ending_) {
      timeout_ms =
          static_cast<int>(std::max<int64_t>(next_probe_ms_ - now_ms, 1));
    }
    if (poll(watched.data(), watched.size(), timeout_ms) < 0) continue;
    if ((watched[0].revents & POLLOUT) != 0) FlushOutput();
    if ((watched[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
        !ReadFrames()) {
      return;
    }
    for (size_t i = 2; i < watched.size(); ++i) {
      if (watched[i].revents != 0) {
        Advance(connections_[i - 2].get(), watched[i].revents);
      }
    }
    std::erase_if(connections_, [](const auto& connection) {
      return !connection->socket.valid();
    });
    if ((watched[1].revents & POLLIN) != 0 && Reap()) ending_ = true;
  }
}

void Session::ProbeRuntime(int64_t now_ms) {
  if (now_ms < next_probe_ms_) return;
  UniqueFd socket_fd = Connect(spec_.port);
  if (socket_fd.valid()) {
    pollfd wait = {socket_fd.get(), POLLOUT, 0};
    int error_number = ETIMEDOUT;
    socklen_t size = sizeof(error_number);
    if (poll(&wait, 1, 50) == 1) {
      getsockopt(socket_fd.get(), SOL_SOCKET, SO_ERROR, &error_number, &size);
    }
    if (error_number == 0) {
      // The probe becomes the first connection of the pool.
      auto connection = std::make_unique<Connection>();
      connection->socket = std::move(socket_fd);
      connections_.push_back(std::move(connection));
      ready_ = true;
      return Send(FrameType::kReady, 0, "");
    }
  }
  if (now_ms - started_ms_ > int64_t{spec_.ready_seconds} * 1000) {
    const FailedFrame failed = {"FunctionNotStarted",
                                "nothing listens on port " +
                                    std::to_string(spec_.port) + " after " +
                                    std::to_string(spec_.ready_seconds) + " s"};
    Send(FrameType::kFailed, 0, failed.Encode());
    ending_ = true;
    return;
  }
  next_probe_ms_ = now_ms + probe_pause_ms_;
  probe_pause_ms_ =
      std::min(kMaxProbePauseMs, 1 + (now_ms - started_ms_) / 100);
}

bool Session::ReadFrames() {
  char bytes[kReadBytes];
  const ssize_t size = recv(node_, bytes, sizeof(bytes), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) return false;
  frames_.Append({bytes, static_cast<size_t>(size)});
  while (true) {
    Result<std::optional<Frame>> frame = frames_.Next();
    if (!frame.ok()) return false;
    if (!frame->has_value()) return true;
    if ((*frame)->type != FrameType::kCall) return false;
    Call(**frame);
  }
}

void Session::Call(const Frame& frame) {
  const Result<CallFrame> call = CallFrame::Decode(frame.payload);
  Connection* connection = nullptr;
  for (const auto& candidate : connections_) {
    if (candidate->socket.valid() && !candidate->busy &&
        IsOpen(candidate->socket.get())) {
      connection = candidate.get();
      break;
    }
  }
  if (connection == nullptr) {
    UniqueFd socket_fd = Connect(spec_.port);
    if (socket_fd.valid()) {
      connections_.push_back(std::make_unique<Connection>());
      connection = connections_.back().get();
      connection->socket = std::move(socket_fd);
    }
  }
  if (connection == nullptr || !call.ok()) {
    ResultFrame result;
    result.outcome = CallOutcome::kClosed;
    return Send(FrameType::kResult, frame.id, result.Encode());
  }
  connection->busy = true;
  connection->id = frame.id;
  connection->request = FormatHttpRequest(call.value(), spec_.port);
  connection->sent = 0;
  connection->response = std::make_unique<HttpResponseReader>();
  Advance(connection, POLLOUT);
}

void Session::Advance(Connection* connection, short events) {
  if (!connection->busy) {
    // Idle connections only ever close; a byte nobody asked for is no answer.
    if (!IsOpen(connection->socket.get())) connection->socket.Reset();
    return;
  }
  while (connection->sent < connection->request.size()) {
    const ssize_t size = send(connection->socket.get(),
                              connection->request.data() + connection->sent,
                              connection->request.size() - connection->sent,
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) {
      // A runtime may answer and close before it has read everything.
      if (errno != EAGAIN) connection->sent = connection->request.size();
      break;
    }
    connection->sent += static_cast<size_t>(size);
  }
  if ((events & (POLLIN | POLLHUP | POLLERR)) == 0) return;
  char bytes[kReadBytes];
  HttpResponseReader& response = *connection->response;
  while (true) {
    const ssize_t size =
        recv(connection->socket.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) break;
    if (size > 0) {
      response.Feed({bytes, static_cast<size_t>(size)});
    } else {
      const bool untouched = response.untouched();
      response.Close();
      if (untouched) return Finish(connection, CallOutcome::kClosed);
    }
    if (response.done()) return Finish(connection, CallOutcome::kAnswered);
    if (response.broken()) {
      return Finish(connection, CallOutcome::kBadResponse);
    }
    if (size <= 0) return Finish(connection, CallOutcome::kClosed);
  }
}

void Session::Finish(Connection* connection, CallOutcome outcome) {
  ResultFrame result;
  result.outcome = outcome;
  result.http_status = connection->response->status();
  result.function_error = connection->response->function_error();
  result.body = connection->response->body();
  Send(FrameType::kResult, connection->id, result.Encode());
  const auto idle =
      std::count_if(connections_.begin(), connections_.end(),
                    [](const auto& other) { return !other->busy; });
  connection->busy = false;
  if (outcome != CallOutcome::kAnswered ||
      !connection->response->keep_alive() ||
      static_cast<size_t>(idle) >= kMaxIdleConnections) {
    connection->socket.Reset();
  }
  connection->request = std::string();
  connection->response.reset();
}

bool Session::Reap() {
  signalfd_siginfo signal_info;
  bool runtime_ended = false;
  if (read(signals_, &signal_info, sizeof(signal_info)) < 0) return false;
  int status = 0;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0;
       pid = waitpid(-1, &status, WNOHANG)) {
    if (pid != runtime_) continue;
    runtime_ended = true;
    // An answer that was complete before the exit still counts.
    for (const auto& connection : connections_) {
      if (connection->busy) Advance(connection.get(), POLLIN);
    }
    ByteWriter writer;
    writer.Put(static_cast<uint32_t>(status));
    Send(FrameType::kExited, 0, writer.data());
  }
  return runtime_ended;
}

void Session::Send(FrameType type, uint64_t id, std::string_view payload) {
  output_ += EncodeFrame(type, id, payload);
  FlushOutput();
}

void Session::FlushOutput() {
  size_t sent = 0;
  while (sent < output_.size()) {
    const ssize_t size =
        send(node_, output_.data() + sent, output_.size() - sent,
             MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0) {
      if (errno != EAGAIN) output_.clear(), sent = 0, ending_ = true;
      break;
    }
    sent += static_cast<size_t>(size);
  }
  output_.erase(0, sent);
  if (output_.empty()) output_.shrink_to_fit();
}

}  // namespace writ
