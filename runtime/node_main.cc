// SPDX-License-Identifier: Apache-2.0
//
// writd-node: runs instances; unprivileged from its first act on.
// Descriptors: daemon/role_descriptors.def.
//   --node-uid=N   user and group id to become
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "runtime/code_fetch.h"
#include "runtime/jail_client.h"
#include "runtime/node.h"
#include "runtime/node_service.h"

namespace writ {
namespace {

constexpr int kJailFd = 3;
constexpr int kCoreCallsFd = 4;
constexpr int kCoreBackendFd = 5;
constexpr int kAuthorityFd = 6;
constexpr int kSupervisorFd = 7;
constexpr uint64_t kMaxAuthorityBytes = 64 << 10;

Result<uid_t> ParseNodeUid(int argc, char** argv) {
  constexpr std::string_view kFlag = "--node-uid=";
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (!argument.starts_with(kFlag)) continue;
    argument.remove_prefix(kFlag.size());
    uid_t uid = 0;
    const auto [end, error] = std::from_chars(
        argument.data(), argument.data() + argument.size(), uid);
    if (error == std::errc() && end == argument.data() + argument.size() &&
        uid != 0) {
      return uid;
    }
  }
  return InvalidArgument("--node-uid=N is required");
}

Status DropPrivileges(uid_t uid) {
  if (geteuid() == 0 &&
      (setgroups(0, nullptr) != 0 || setresgid(uid, uid, uid) != 0 ||
       setresuid(uid, uid, uid) != 0)) {
    return ErrnoStatus("drop privileges", errno);
  }
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  // The death signal last: a change of ids clears it.
  if (geteuid() != uid || setuid(0) == 0 ||
      setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
    return ErrnoStatus("secure the process", errno);
  }
  return OkStatus();
}

Status Serve(int argc, char** argv) {
  WRIT_ASSIGN_OR_RETURN(const uid_t uid, ParseNodeUid(argc, argv));
  // Opened once for every start of the node.
  lseek(kAuthorityFd, 0, SEEK_SET);
  WRIT_ASSIGN_OR_RETURN(std::string authority,
                        ReadAll(kAuthorityFd, kMaxAuthorityBytes));
  close(kAuthorityFd);
  WRIT_RETURN_IF_ERROR(DropPrivileges(uid));
  signal(SIGPIPE, SIG_IGN);
  const SystemClock clock;
  JailClient jail{UniqueFd(kJailFd)};
  HttpsCodeFetcher fetcher(std::move(authority));
  const std::unique_ptr<NodeBackend> backend =
      ConnectNodeBackend(UniqueFd(kCoreBackendFd));
  Node node(&jail, backend.get(), &fetcher, &clock);
  node.StartReaper();
  WRIT_ASSIGN_OR_RETURN(const std::unique_ptr<NodeServer> server,
                        NodeServer::Start(&node, UniqueFd(kCoreCallsFd)));
  WRIT_RETURN_IF_ERROR(WriteAll(kSupervisorFd, "ready\n"));
  char byte = 0;
  ssize_t size = 0;
  do {
    size = read(kSupervisorFd, &byte, 1);
  } while (size > 0 || (size < 0 && errno == EINTR));
  return OkStatus();
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  writ::SetLogRole("node");
  const writ::Status status = writ::Serve(argc, argv);
  if (status.ok()) return 0;
  writ::Log(writ::LogLevel::kError, "node_failed",
            {{"error", status.message()}});
  static_cast<void>(writ::WriteAll(
      writ::kSupervisorFd, "fatal " + std::string(status.message()) + "\n"));
  return 2;
}
