// SPDX-License-Identifier: Apache-2.0
//
// writ-jail: the role that keeps root. Descriptors:
// daemon/role_descriptors.def.
//   --run=NAME       names this run's control groups
//   --uid-base=N     first user id of the block that belongs to this run
//   --node-uid=N     the only user whose requests are taken
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "runtime/jail/cgroup.h"
#include "runtime/jail/jail.h"
#include "runtime/jail/root_tree.h"

namespace writ {
namespace {

constexpr int kNodeFd = 3;
constexpr int kInitFd = 4;
constexpr int kUnpackFd = 5;
constexpr int kLanguagesFd = 6;
constexpr int kSupervisorFd = 7;
constexpr uint32_t kFirstUserId = 1'900'000'000;
constexpr uint32_t kLastUserId = 4'200'000'000;

struct Flags {
  std::string run;
  uint32_t uid_base = 0;
  uint32_t node_uid = 0;
};

bool ParseNumber(std::string_view text, uint32_t* value) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

Result<Flags> ParseFlags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? "" : argument.substr(equals + 1);
    bool known = true;
    if (name == "--run") {
      flags.run = value;
    } else if (name == "--uid-base") {
      known = ParseNumber(value, &flags.uid_base);
    } else if (name == "--node-uid") {
      known = ParseNumber(value, &flags.node_uid);
    } else {
      known = false;
    }
    if (!known) return InvalidArgument("bad flag `" + std::string(name) + "`");
  }
  if (flags.uid_base < kFirstUserId || flags.uid_base > kLastUserId) {
    return InvalidArgument("--uid-base is out of range");
  }
  return flags;
}

// Instances get what the host gives when it gives less than they should have
// (P07); said once here, not by every instance.
void WarnOfLowLimits() {
  rlimit files = {};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
      files.rlim_max < kMaxInstanceFiles) {
    Log(LogLevel::kWarning, "open_files_lowered",
        {{"wanted", kMaxInstanceFiles}, {"given", files.rlim_max}});
  }
}

Status Prepare() {
  if (geteuid() != 0) return PermissionDenied("the jail needs root");
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return ErrnoStatus("forbid core dumps", errno);
  }
  signal(SIGPIPE, SIG_IGN);
  WarnOfLowLimits();
  for (int fd = kNodeFd; fd <= kSupervisorFd; ++fd) {
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return ErrnoStatus("use descriptor " + std::to_string(fd), errno);
    }
  }
  return OkStatus();
}

// P32: the peer of an inherited pair is who made it, until the other side has
// become somebody; so only a peer that is neither is refused.
Status CheckPeer(uint32_t node_uid) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(kNodeFd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return ErrnoStatus("ask for the peer", errno);
  }
  if (peer.uid != 0 && peer.uid != node_uid) {
    return PermissionDenied("the peer is not the node");
  }
  return OkStatus();
}

Status Serve(const Flags& flags) {
  WRIT_RETURN_IF_ERROR(Prepare());
  WRIT_RETURN_IF_ERROR(CheckPeer(flags.node_uid));
  const UniqueFd proc(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!proc.valid() || !null.valid()) return ErrnoStatus("open /proc", errno);
  WRIT_ASSIGN_OR_RETURN(const CgroupLayout layout, DetectCgroups());
  WRIT_ASSIGN_OR_RETURN(CgroupRun groups, CgroupRun::Create(layout, flags.run));
  if (Status built = BuildRootTree(kInitFd, kUnpackFd, kLanguagesFd);
      !built.ok()) {
    static_cast<void>(groups.RemoveRun());
    return built;
  }
  close(kInitFd);
  close(kUnpackFd);
  close(kLanguagesFd);
  Jail jail(std::move(groups), flags.uid_base, kNodeFd, kSupervisorFd,
            proc.get(), null.get());
  WRIT_RETURN_IF_ERROR(WriteAll(kSupervisorFd, "ready\n"));
  return jail.Run();
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  writ::SetLogRole("jail");
  const writ::Result<writ::Flags> flags = writ::ParseFlags(argc, argv);
  const writ::Status status =
      flags.ok() ? writ::Serve(flags.value()) : flags.status();
  if (status.ok()) return 0;
  writ::Log(writ::LogLevel::kError, "jail_failed",
            {{"error", status.message()}});
  static_cast<void>(writ::WriteAll(
      writ::kSupervisorFd, "fatal " + std::string(status.message()) + "\n"));
  return 2;
}
