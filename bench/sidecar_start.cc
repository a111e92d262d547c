// SPDX-License-Identifier: Apache-2.0
//
// How long a sidecar takes from its start to its first answer:
//
//   sidecar_start SOCKET MESSAGE ROUNDS PROGRAM [ARGUMENTS...]
//
// starts PROGRAM, which listens at the Unix socket SOCKET, ROUNDS times, asks
// Check with the bytes of the file MESSAGE as soon as it accepts, and prints
// the milliseconds of each round, a JSON list.
#include <fcntl.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace writ {
namespace {

using SteadyClock = std::chrono::steady_clock;

bool Accepts(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                sizeof address) == 0;
  ::close(fd);
  return connected;
}

grpc::Status Ask(const std::string& path, const std::string& message) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::GenericStub stub(grpc::CreateCustomChannel(
      "unix:" + path, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(5));
  const grpc::Slice slice(message);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer answer;
  grpc::Status status;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(
      &context, "/writ.authz.v1.Authorization/Check", request, &queue);
  call->StartCall();
  call->Finish(&answer, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

// Milliseconds, or -1.
double Round(const std::string& path, const std::string& message, char** run) {
  ::unlink(path.c_str());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
  const SteadyClock::time_point start = SteadyClock::now();
  pid_t pid = 0;
  if (::posix_spawn(&pid, run[0], &actions, nullptr, run, environ) != 0) {
    return -1;
  }
  while (!Accepts(path)) {
    if (SteadyClock::now() - start > std::chrono::minutes(5)) break;
    ::usleep(100);
  }
  const grpc::Status answered = Ask(path, message);
  const double took =
      std::chrono::duration<double, std::milli>(SteadyClock::now() - start)
          .count();
  ::kill(pid, SIGTERM);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ::posix_spawn_file_actions_destroy(&actions);
  if (answered.ok()) return took;
  std::fprintf(stderr, "sidecar_start: status %d: %s\n", answered.error_code(),
               answered.error_message().c_str());
  return -1;
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr,
                 "usage: sidecar_start SOCKET MESSAGE ROUNDS PROGRAM...\n");
    return 2;
  }
  // The client's own start is not the sidecar's.
  static_cast<void>(writ::Ask("/nowhere", ""));
  std::ostringstream message;
  message << std::ifstream(argv[2], std::ios::binary).rdbuf();
  const int rounds = std::atoi(argv[3]);
  std::string list;
  for (int i = 0; i < rounds; ++i) {
    const double took = writ::Round(argv[1], message.str(), argv + 4);
    if (took < 0) return 1;
    char text[32];
    std::snprintf(text, sizeof text, "%s%.3f", i == 0 ? "" : ",", took);
    list += text;
  }
  std::printf("[%s]\n", list.c_str());
  return 0;
}
