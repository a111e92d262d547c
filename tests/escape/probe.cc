// SPDX-License-Identifier: Apache-2.0
//
// A custom-runtime function for tests: an HTTP server whose event says what to
// do. Most of it is what no good function does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/escape/attempts.h"

namespace {

extern "C" char** environ;

std::string RunAttempts() {
  std::string report;
  for (const auto& attempt : writ::testing::Attempts()) {
    const std::string got = attempt.run();
    report += std::string(attempt.name) + ": " +
              (got.empty() ? "stopped" : "ESCAPED " + got) + "\n";
  }
  return report;
}

[[noreturn]] void EatMemory() {
  for (size_t step = 0;; ++step) {
    constexpr size_t kStepBytes = 8 << 20;
    void* const memory = std::malloc(kStepBytes);
    if (memory == nullptr) std::abort();
    std::memset(memory, 0x5a, kStepBytes);
  }
}

void FloodOutput() {
  const std::string line(1023, 'x');
  for (int i = 0; i < 8 << 10; ++i) std::puts(line.c_str());
  std::fflush(stdout);
}

[[noreturn]] void ForkForever() {
  while (true) {
    if (fork() == 0) {
      signal(SIGTERM, SIG_IGN);
    }
  }
}

std::string Environment() {
  std::string text;
  for (char** item = environ; *item != nullptr; ++item) {
    text += *item;
    text += '\n';
  }
  return text;
}

std::string Act(const std::string& head, const std::string& event) {
  if (event == "attempts") return RunAttempts();
  if (event == "exit") _exit(3);
  if (event == "abort") std::abort();
  if (event == "hang") {
    while (true) pause();
  }
  if (event == "spin") {
    while (getppid() >= 0) {
    }
  }
  if (event == "memory") EatMemory();
  if (event == "fork") ForkForever();
  if (event == "output") FloodOutput();
  if (event == "head") return head;
  if (event == "environment") return Environment();
  if (event == "background") {
    if (fork() == 0) {
      while (true) pause();
    }
  }
  if (event == "big") return std::string(33 << 20, 'b');
  return event;
}

std::string Respond(const std::string& head, const std::string& event) {
  if (event == "garbage") return "this is not HTTP\r\n\r\n";
  if (event == "silent") return "";
  const std::string body = Act(head, event);
  const char* const status = event == "fail" ? "404 Not Found" : "200 OK";
  return std::string("HTTP/1.1 ") + status +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

void Serve(int connection) {
  std::string buffered;
  char bytes[65536];
  while (true) {
    size_t end = buffered.find("\r\n\r\n");
    while (end == std::string::npos) {
      const ssize_t size = read(connection, bytes, sizeof(bytes));
      if (size <= 0) return;
      buffered.append(bytes, static_cast<size_t>(size));
      end = buffered.find("\r\n\r\n");
    }
    const std::string head = buffered.substr(0, end);
    const size_t at = head.find("Content-Length: ");
    const size_t length = std::strtoul(head.c_str() + at + 16, nullptr, 10);
    while (buffered.size() < end + 4 + length) {
      const ssize_t size = read(connection, bytes, sizeof(bytes));
      if (size <= 0) return;
      buffered.append(bytes, static_cast<size_t>(size));
    }
    const std::string answer = Respond(head, buffered.substr(end + 4, length));
    buffered.erase(0, end + 4 + length);
    if (answer.empty()) return;
    size_t sent = 0;
    while (sent < answer.size()) {
      const ssize_t size =
          write(connection, answer.data() + sent, answer.size() - sent);
      if (size <= 0) return;
      sent += static_cast<size_t>(size);
    }
  }
}

}  // namespace

int main() {
  const char* const never = std::getenv("PROBE_NEVER_LISTENS");
  if (never != nullptr) _exit(7);
  const char* const port = std::getenv("FC_CUSTOM_LISTEN_PORT");
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port =
      htons(static_cast<uint16_t>(port == nullptr ? 9000 : std::atoi(port)));
  if (bind(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
          0 ||
      listen(server, 16) != 0) {
    return 1;
  }
  while (true) {
    const int connection = accept4(server, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    Serve(connection);
    close(connection);
  }
}
