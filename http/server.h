// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_SERVER_H_
#define WRIT_HTTP_SERVER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/request_head.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/status.h"
#include "http/error_form.h"

namespace writ {

// Answers one request. Called from many threads at once; may block. The body
// is read from the connection only as the handler asks for it (P22).
using HttpHandler =
    std::function<HttpResponse(const RequestHead& head, BodyReader* body)>;

// What HTTP is spoken over, at a TCP or a Unix socket.
enum class HttpTransport : uint8_t {
  kTls,    // TLS 1.2 or later
  kPlain,  // for programs of this machine, or behind somebody else's TLS
};

// HTTP/1.1, one thread a connection. Whatever a peer sends is answered, what is
// wrong in the form that the server's user wants, or not at all (P20); sizes
// and times are bounded (P21).
class HttpServer {
 public:
  struct Options {
    HttpTransport transport = HttpTransport::kTls;
    // kTls: the certificate, those that lead to its authority behind it, and
    // the key.
    std::string certificate_pem;
    SecretBytes private_key_pem;
    // kTls: each client must show a certificate that leads to one of these;
    // its names are RequestHead::peer_names. Empty: none is asked for.
    std::string client_ca_pem;
    // Unset: FcErrorForm.
    HttpErrorForm error_form;
    uint64_t max_body_bytes = kMaxControlBodyBytes;
    // Past this many connections, new ones wait in the kernel's queue and idle
    // ones are closed after a second.
    size_t max_connections = kMaxConnections;
    std::chrono::milliseconds handshake_timeout{10000};
    // From the first byte of a head to its last.
    std::chrono::milliseconds head_timeout{10000};
    // Between two pieces of a body, and for each piece of an answer.
    std::chrono::milliseconds io_timeout{30000};
    // Between an answer and the next request.
    std::chrono::milliseconds idle_timeout{60000};
  };

  // listener_fd  a bound TCP or Unix socket, not listening yet; borrowed: it
  //              stays open, and must until Stop has returned
  // clock        for request ids; outlives the server
  // Errors   kInvalidArgument  certificate, key or authorities are no PEM or do
  //                            not match
  static Result<std::unique_ptr<HttpServer>> Make(Options options,
                                                  int listener_fd,
                                                  HttpHandler handler,
                                                  const Clock* clock);
  virtual ~HttpServer() = default;
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Begins to listen and to serve, on threads of its own.
  virtual Status Start() = 0;

  // Takes another certificate, key and authorities of clients for connections
  // that come from now on; others keep what they began with. A failure changes
  // nothing.
  //
  // Errors   as Make; kFailedPrecondition  this server speaks no TLS
  virtual Status ReplaceCertificate(std::string_view certificate_pem,
                                    const SecretBytes& private_key_pem,
                                    std::string_view client_ca_pem) = 0;

  // Takes no further connection, closes the idle ones, lets the answers that
  // are being made go out for at most `grace`, then breaks what is left.
  // Returns when the last thread is gone; handlers must come to an end.
  virtual void Stop(std::chrono::milliseconds grace) = 0;

 protected:
  HttpServer() = default;
};

// The head of an answer as it goes over the wire: names lower-cased, fields
// with a line break, a NUL or a bad name left out, so that nobody can add a
// header to an answer; hop-by-hop fields and Content-Length are the server's.
std::string FormatResponseHead(const HttpResponse& response, bool keep_alive,
                               std::string_view method);

}  // namespace writ

#endif  // WRIT_HTTP_SERVER_H_
