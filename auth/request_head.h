// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTH_REQUEST_HEAD_H_
#define WRIT_AUTH_REQUEST_HEAD_H_

#include <string>
#include <string_view>
#include <vector>

namespace writ {

struct HeaderField {
  std::string name;   // lower case
  std::string value;  // without surrounding white space
};

// Everything of an HTTP request but its body, exactly as it came over the wire
// and from whom. The signature is over these bytes, so nothing is decoded.
struct RequestHead {
  std::string method;     // "POST"
  std::string raw_path;   // "/2023-03-30/functions/f%2A", never decoded
  std::string raw_query;  // without '?'; empty when there is none
  std::vector<HeaderField> headers;  // in order; names may repeat
  // The TCP peer at the listener, v4-mapped addresses as IPv4 (P13); empty at a
  // Unix socket.
  std::string peer_address;
  // The names in the peer's verified certificate: `URI:…`, `DNS:…`, else its
  // subject's common name. Empty where none was asked for.
  std::vector<std::string> peer_names;
  bool secure_transport = false;

  // The value of the only header of that lower-case name; null when it is
  // absent or stands more than once.
  const std::string* Single(std::string_view name) const {
    const std::string* found = nullptr;
    for (const HeaderField& field : headers) {
      if (field.name != name) continue;
      if (found != nullptr) return nullptr;
      found = &field.value;
    }
    return found;
  }
};

// An answer ready to be written; a body larger than memory should hold is not
// needed yet (packages are at most kMaxArtifactBytes).
struct HttpResponse {
  int status = 500;
  std::vector<HeaderField> headers;  // Content-Length is added by the server
  std::string body;
};

// Pulls a request body. One reader, one thread.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // Reads the next piece into `*piece` (empty at the end of the body).
  // False when the connection broke or the body is malformed; the call then
  // ends without an answer.
  virtual bool Read(std::string* piece) = 0;
};

}  // namespace writ

#endif  // WRIT_AUTH_REQUEST_HEAD_H_
