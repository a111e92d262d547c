// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_HTTP_CLIENT_H_
#define WRIT_HTTP_CLIENT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "auth/request_head.h"
#include "base/secret.h"
#include "base/status.h"

namespace writ {

// What to ask of a server.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  // Beside Host, Content-Length, Connection and Authorization.
  std::vector<HeaderField> headers;
  std::string body;
  // Sent as `Authorization: Bearer` when not empty.
  SecretBytes bearer_token;
  // From the last byte of the request to the end of the answer's head.
  std::chrono::milliseconds answer_timeout{30000};
  // For everything together.
  std::chrono::milliseconds total_timeout{300000};
  // A larger answer is refused.
  uint64_t max_answer_bytes = 1u << 20;
};

// A client of HTTP/1.1 over TLS 1.2 or later. The server must show a
// certificate for the host of the URL by an authority that is believed. Plain
// http goes to loopback addresses only. Each request has a connection of its
// own. Redirects are not followed, and nothing is tried twice.
//
// One thread may send at a time; Cancel may be called by any other.
class HttpClient {
 public:
  struct Options {
    // Authorities to believe, in PEM; empty: the system's.
    std::string ca_pem;
    // For finding the address, connecting and the TLS handshake together.
    std::chrono::milliseconds connect_timeout{10000};
    // Between two pieces of the request or of the answer's body.
    std::chrono::milliseconds io_timeout{30000};
  };

  // Errors  kInvalidArgument  ca_pem holds no certificate
  static Result<std::unique_ptr<HttpClient>> Make(const Options& options);
  virtual ~HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Sends and waits for the whole answer, whatever its status is. Messages
  // name the URL without its query, and never a header.
  //
  // Errors  kInvalidArgument     the URL, the method or a header is malformed
  //         kUnavailable         no address, no connection, or it broke
  //         kUnauthenticated     the server's certificate is not to be believed
  //         kFailedPrecondition  the answer is a redirect
  //         kResourceExhausted   the answer is too large
  //         kDataLoss            the answer is cut short or no HTTP
  //         kDeadlineExceeded, kCancelled
  virtual Result<HttpResponse> Send(const HttpRequest& request) = 0;

  // Ends the request under way and all that follow with kCancelled, at once.
  virtual void Cancel() = 0;

 protected:
  HttpClient() = default;
};

}  // namespace writ

#endif  // WRIT_HTTP_CLIENT_H_
