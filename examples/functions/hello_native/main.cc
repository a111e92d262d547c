// SPDX-License-Identifier: Apache-2.0
// A native function for the runtime `custom`: an HTTP server that the platform
// starts as /code/bootstrap inside an instance. It greets whom the event names.
//
// The contract of a custom runtime, all of which is below:
//   - listen on 0.0.0.0, port FC_CUSTOM_LISTEN_PORT or 9000;
//   - keep connections open between requests;
//   - answer POST /invoke, whose body is the event; 200 is success;
//   - print a line when an invocation starts and one when it ends: what is
//     printed between them is the log of that invocation.
// It needs no library but the C++ standard library and is linked statically,
// so it does not matter what the instance's file system holds.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

constexpr size_t kMaxHeadBytes = 64u << 10;
constexpr size_t kMaxBodyBytes = 32u << 20;

struct Request {
  std::string method;
  std::string path;
  std::string request_id;
  std::string body;
};

// Returns the value of header `name` (lower case) in `head`, or "".
std::string HeaderValue(std::string_view head, std::string_view name) {
  size_t line_start = head.find("\r\n");
  while (line_start != std::string_view::npos) {
    line_start += 2;
    const size_t line_end = head.find("\r\n", line_start);
    std::string_view line = head.substr(line_start, line_end - line_start);
    const size_t colon = line.find(':');
    if (colon == name.size()) {
      bool same = true;
      for (size_t i = 0; i < colon; ++i) {
        char c = line[i];
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        same = same && c == name[i];
      }
      if (same) {
        line.remove_prefix(colon + 1);
        while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
        return std::string(line);
      }
    }
    line_start = line_end;
  }
  return "";
}

// Appends what arrives to `buffer`; false when the peer is gone.
bool ReadMore(int connection, std::string& buffer) {
  char chunk[16384];
  ssize_t count;
  do {
    count = read(connection, chunk, sizeof chunk);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  buffer.append(chunk, static_cast<size_t>(count));
  return true;
}

// Reads one request; what follows it stays in `buffer` for the next call.
bool ReadRequest(int connection, std::string& buffer, Request& request) {
  size_t head_end;
  while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos) {
    if (buffer.size() > kMaxHeadBytes) return false;
    if (!ReadMore(connection, buffer)) return false;
  }
  const std::string head = buffer.substr(0, head_end + 2);
  buffer.erase(0, head_end + 4);

  const size_t method_end = head.find(' ');
  const size_t path_end = head.find(' ', method_end + 1);
  if (method_end == std::string::npos || path_end == std::string::npos) {
    return false;
  }
  request.method = head.substr(0, method_end);
  request.path = head.substr(method_end + 1, path_end - method_end - 1);
  request.request_id = HeaderValue(head, "x-fc-request-id");

  const std::string length_text = HeaderValue(head, "content-length");
  const size_t length = std::strtoul(length_text.c_str(), nullptr, 10);
  if (length > kMaxBodyBytes) return false;
  while (buffer.size() < length) {
    if (!ReadMore(connection, buffer)) return false;
  }
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return true;
}

bool WriteAll(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(connection, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool WriteResponse(int connection, std::string_view status,
                   std::string_view body) {
  std::string text = "HTTP/1.1 ";
  text.append(status);
  text += "\r\nContent-Type: text/plain\r\nContent-Length: ";
  text += std::to_string(body.size());
  text += "\r\n\r\n";
  text.append(body);
  return WriteAll(connection, text);
}

// The function itself: an event in, an answer out.
std::string Greet(const std::string& event) {
  std::printf("greeting %s\n", event.c_str());
  return "Hello, " + (event.empty() ? "world" : event) + ", from C++.";
}

void Serve(int connection) {
  std::string buffer;
  Request request;
  while (ReadRequest(connection, buffer, request)) {
    bool written;
    if (request.method == "POST" && request.path == "/invoke") {
      std::printf("FC Invoke Start RequestId: %s\n",
                  request.request_id.c_str());
      const std::string answer = Greet(request.body);
      std::printf("FC Invoke End RequestId: %s\n", request.request_id.c_str());
      std::fflush(stdout);
      written = WriteResponse(connection, "200 OK", answer);
    } else {
      written = WriteResponse(connection, "404 Not Found", "no such path");
    }
    if (!written) break;
  }
  close(connection);
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  const char* port_text = std::getenv("FC_CUSTOM_LISTEN_PORT");
  const int port = port_text != nullptr ? std::atoi(port_text) : 9000;

  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address),
           sizeof address) != 0 ||
      listen(listener, 16) != 0) {
    std::perror("cannot listen");
    return 1;
  }
  for (;;) {
    const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      std::perror("cannot accept");
      return 1;
    }
    std::thread(Serve, connection).detach();
  }
}
