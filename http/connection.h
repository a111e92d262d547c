// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_CONNECTION_H_
#define WRIT_HTTP_CONNECTION_H_

#include <atomic>
#include <cstddef>
#include <string>

#include "base/mutex.h"
#include "http/server.h"
#include "http/tls_context.h"

namespace writ {

// What the connections of one server share.
struct HttpServing {
  HttpServer::Options options;
  HttpHandler handler;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> connections{0};

  // With what the next connection begins; null: plain text.
  TlsContext CurrentTls() const {
    MutexLock lock(&mu);
    return tls;
  }
  void SetTls(TlsContext context) {
    MutexLock lock(&mu);
    tls.swap(context);
  }

  mutable Mutex mu;
  TlsContext tls WRIT_GUARDED_BY(mu);
};

// Serves one connection to its end, on the caller's thread. The server wakes it
// with shutdown(2) on its socket.
//
// serving  outlives the call
// fd       the connected socket; borrowed, so that its number stays valid until
//          nobody can wake the connection any more
// peer     what RequestHead::peer_address becomes
void ServeHttpConnection(HttpServing* serving, int fd, std::string peer);

}  // namespace writ

#endif  // WRIT_HTTP_CONNECTION_H_
