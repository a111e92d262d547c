// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_CONNECTION_ACCEPTOR_H_
#define WRIT_SIDECAR_CONNECTION_ACCEPTOR_H_

#include <functional>
#include <thread>

#include "base/file.h"
#include "base/status.h"

namespace writ {

// Accepts connections for gRPC, whose own acceptor (1.51) closes its listening
// socket for good when the process is out of file descriptors. This one waits
// until there are some again; connections wait in the kernel's queue meanwhile.
class ConnectionAcceptor {
 public:
  // Takes a connected, non-blocking socket; it is the taker's now. Called on
  // the acceptor's thread.
  using Take = std::function<void(int listener_fd, int fd)>;

  ConnectionAcceptor() = default;
  ~ConnectionAcceptor() { Stop(); }
  ConnectionAcceptor(const ConnectionAcceptor&) = delete;
  ConnectionAcceptor& operator=(const ConnectionAcceptor&) = delete;

  // Begins to listen, and to accept on a thread of its own. Once.
  //
  // listener  a bound stream socket
  // Errors    as the system says
  Status Start(UniqueFd listener, Take take);

  // Closes the listening socket: who connects from now on is refused. Returns
  // when the thread is gone; a second call does nothing.
  void Stop();

 private:
  void Run();
  // False when the process has no file descriptor left.
  bool AcceptOne();

  UniqueFd listener_;
  UniqueFd stop_;  // readable: end
  Take take_;
  std::thread thread_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_CONNECTION_ACCEPTOR_H_
