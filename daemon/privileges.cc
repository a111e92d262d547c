// SPDX-License-Identifier: Apache-2.0
#include "daemon/privileges.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace writ {

Status BecomeRole(uint32_t uid) {
  if (::geteuid() != 0) return PermissionDenied("a role is started as root");
  const pid_t parent = ::getppid();
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) {
    return ErrnoStatus("forbid core dumps", errno);
  }
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(uid, uid, uid) != 0 ||
      ::setresuid(uid, uid, uid) != 0) {
    return ErrnoStatus("give up root", errno);
  }
  if (::setresuid(0, 0, 0) == 0) {
    return InternalError("root was given up and came back");
  }
  // The kernel forgets both of these when the user changes.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
    return ErrnoStatus("harden the process", errno);
  }
  if (::getppid() != parent) {
    return FailedPrecondition("the supervisor is gone");
  }
  return OkStatus();
}

}  // namespace writ
