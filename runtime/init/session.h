// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_INIT_SESSION_H_
#define WRIT_RUNTIME_INIT_SESSION_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "runtime/frames.h"
#include "runtime/init/http_response.h"

namespace writ {

// The loop of PID 1: takes frames from the node, speaks HTTP to the runtime on
// the instance's own loopback interface, reaps, and says when the runtime is
// gone. One thread; everything non-blocking, so that a runtime that neither
// reads nor answers holds up nobody but itself.
class Session {
 public:
  // node     the frame socket; borrowed
  // signals  a signalfd for SIGCHLD; borrowed
  Session(StartSpec spec, pid_t runtime, int node, int signals);

  // Returns when the node has closed its end or the runtime is gone and this
  // has been said.
  void Run();

 private:
  struct Connection {
    UniqueFd socket;
    bool busy = false;
    uint64_t id = 0;
    std::string request;
    size_t sent = 0;
    std::unique_ptr<HttpResponseReader> response;
  };

  void ProbeRuntime(int64_t now_ms);
  bool ReadFrames();
  void Call(const Frame& frame);
  void Advance(Connection* connection, short events);
  void Finish(Connection* connection, CallOutcome outcome);
  // True when the runtime itself has ended.
  bool Reap();
  void Send(FrameType type, uint64_t id, std::string_view payload);
  void FlushOutput();

  const StartSpec spec_;
  const pid_t runtime_;
  const int node_;
  const int signals_;
  bool ready_ = false;
  bool ending_ = false;
  int64_t started_ms_ = 0;
  int64_t next_probe_ms_ = 0;
  int64_t probe_pause_ms_ = 1;
  FrameReader frames_;
  std::string output_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace writ

#endif  // WRIT_RUNTIME_INIT_SESSION_H_
