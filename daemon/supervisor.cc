// SPDX-License-Identifier: Apache-2.0
//
// The supervisor is one thread around one poll(2): the signals, and for each
// role its line and its pidfd. Roles are started in the order of roles.def,
// each once the one before is ready, and stopped in the reverse order. They
// hold each other's sockets, which cannot be opened again, so when one dies
// all are started anew; the listening socket stays, and callers wait in its
// queue meanwhile.
#include "daemon/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "daemon/data_directory.h"
#include "daemon/host_check.h"
#include "daemon/host_run.h"
#include "daemon/listen_address.h"
#include "daemon/role_process.h"
#include "daemon/roles.h"
#include "daemon/tls.h"
#include "runtime/jail/cgroup.h"

namespace writ {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kRegion = "cn-local-1";
constexpr milliseconds kStartTime{30000};
// Together under the 5 s of P01.
constexpr std::array<milliseconds, 3> kStopTimes = {
    milliseconds(2000), milliseconds(1000), milliseconds(1000)};
constexpr milliseconds kFirstPause{100};
// The group of the roles beside those of the instances (P06).
constexpr std::string_view kRolesGroup = "roles";
constexpr milliseconds kLongestPause{10000};
constexpr milliseconds kHealthyTime{60000};

// The programs and directories that roles are made of, opened once.
struct Programs {
  UniqueFd core;
  UniqueFd node;
  UniqueFd jail;
  UniqueFd init;
  UniqueFd unpack;
  UniqueFd languages;
};

Result<Programs> OpenPrograms() {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  if (size <= 0) return ErrnoStatus("find this program", errno);
  std::string directory(self, static_cast<size_t>(size));
  directory.resize(directory.rfind('/') + 1);
  Programs programs;
  const auto open = [&directory](const char* name, int flags, UniqueFd* fd) {
    fd->Reset(::open((directory + name).c_str(), flags | O_CLOEXEC));
    return fd->valid() ? OkStatus()
                       : ErrnoStatus("open `" + directory + name + "`", errno);
  };
  WRIT_RETURN_IF_ERROR(open("writd", O_RDONLY, &programs.core));
  WRIT_RETURN_IF_ERROR(open("writd-node", O_RDONLY, &programs.node));
  WRIT_RETURN_IF_ERROR(open("writ-jail", O_RDONLY, &programs.jail));
  WRIT_RETURN_IF_ERROR(open("writ-init", O_RDONLY, &programs.init));
  WRIT_RETURN_IF_ERROR(open("writ-unpack", O_RDONLY, &programs.unpack));
  WRIT_RETURN_IF_ERROR(
      open("languages", O_RDONLY | O_DIRECTORY, &programs.languages));
  return programs;
}

// The text in memory that nobody can change any more, positioned at its begin.
Result<UniqueFd> SealedMemory(const char* name, std::string_view text) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) return ErrnoStatus("make a memfd", errno);
  WRIT_RETURN_IF_ERROR(WriteAll(fd.get(), text));
  if (::fcntl(fd.get(), F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0 ||
      ::lseek(fd.get(), 0, SEEK_SET) != 0) {
    return ErrnoStatus("seal a memfd", errno);
  }
  return fd;
}

struct SocketPair {
  UniqueFd one;
  UniqueFd other;
};

Result<SocketPair> MakePair(int type) {
  int pair[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) {
    return ErrnoStatus("make a socket pair", errno);
  }
  SocketPair made;
  made.one.Reset(pair[0]);
  made.other.Reset(pair[1]);
  return made;
}

class Supervisor {
 public:
  explicit Supervisor(const SupervisorOptions& options) : options_(options) {}

  int Run() {
    const Status prepared = Prepare();
    if (!prepared.ok()) {
      CleanUp();
      return CannotStart(prepared);
    }
    const Status started = StartRoles();
    if (!started.ok() || stop_asked_) {
      StopRoles();
      CleanUp();
      return stop_asked_ ? 0 : CannotStart(started);
    }
    std::printf("writ is ready on %s\n", endpoint_.c_str());
    std::fflush(stdout);
    Supervise();
    StopRoles();
    CleanUp();
    return 0;
  }

 private:
  static int CannotStart(const Status& status) {
    const std::string text =
        "writ: cannot start: " + std::string(status.message()) + "\n";
    static_cast<void>(WriteAll(STDERR_FILENO, text));
    return 2;
  }

  Status Prepare() {
    WRIT_RETURN_IF_ERROR(CatchSignals());
    ::umask(077);
    const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0 ||
        ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
      return ErrnoStatus("forbid core dumps", errno);
    }
    for (const HostFinding& finding : CheckHost(options_.data_path)) {
      if (finding.ok || !finding.needed) continue;
      return FailedPrecondition(finding.name + ": " + finding.detail + "; " +
                                finding.remedy +
                                " (`writ doctor` shows everything)");
    }
    WRIT_ASSIGN_OR_RETURN(ListenAddress address,
                          ParseListenAddress(options_.listen));
    WRIT_ASSIGN_OR_RETURN(programs_, OpenPrograms());
    WRIT_ASSIGN_OR_RETURN(listener_, BindEndpoint(&address));
    endpoint_ = "https://" + address.ToString();
    WRIT_ASSIGN_OR_RETURN(
        DataDirectory data,
        DataDirectory::Open(options_.data_path, InfoOf(Role::kCore).uid));
    data_.emplace(std::move(data));
    const std::string run_directory(kRunDirectory);
    WRIT_RETURN_IF_ERROR(SweepDeadRuns(run_directory));
    WRIT_ASSIGN_OR_RETURN(HostRun run, HostRun::Claim(run_directory));
    run_.emplace(std::move(run));
    const WallTime now = SystemClock().Now();
    WRIT_ASSIGN_OR_RETURN(authority_, OpenAuthority(data_->tls_fd(), now));
    return OkStatus();
  }

  Status CatchSignals() {
    sigset_t caught;
    ::sigemptyset(&caught);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
      ::sigaddset(&caught, number);
    }
    ::signal(SIGPIPE, SIG_IGN);
    if (::sigprocmask(SIG_BLOCK, &caught, nullptr) != 0) {
      return ErrnoStatus("block signals", errno);
    }
    signals_.Reset(::signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK));
    return signals_.valid() ? OkStatus() : ErrnoStatus("catch signals", errno);
  }

  // Starts one generation of roles. Ok also when a stop was asked for.
  Status StartRoles() {
    SetState("starting");
    WRIT_ASSIGN_OR_RETURN(const CgroupLayout layout, DetectCgroups());
    WRIT_RETURN_IF_ERROR(SweepCgroupRun(layout, run_->name()));
    WRIT_ASSIGN_OR_RETURN(CgroupRun groups,
                          CgroupRun::Create(layout, run_->name()));
    WRIT_RETURN_IF_ERROR(groups.AddGroup(std::string(kRolesGroup)));
    WRIT_ASSIGN_OR_RETURN(const std::vector<UniqueFd> entrances,
                          groups.OpenEntrances(std::string(kRolesGroup)));
    WRIT_ASSIGN_OR_RETURN(SocketPair jail, MakePair(SOCK_SEQPACKET));
    WRIT_ASSIGN_OR_RETURN(SocketPair calls, MakePair(SOCK_STREAM));
    WRIT_ASSIGN_OR_RETURN(SocketPair backend, MakePair(SOCK_STREAM));
    WRIT_ASSIGN_OR_RETURN(
        const CertifiedKey endpoint,
        IssueEndpointCertificate(authority_, SystemClock().Now()));
    WRIT_ASSIGN_OR_RETURN(
        const UniqueFd certificate,
        SealedMemory("writ-endpoint",
                     endpoint.certificate_pem +
                         std::string(endpoint.private_key_pem.text())));
    WRIT_ASSIGN_OR_RETURN(
        const UniqueFd authority,
        SealedMemory("writ-authority", authority_.certificate_pem));
    const std::string node_uid = std::to_string(InfoOf(Role::kNode).uid);

    RoleLaunch launch;
    for (const UniqueFd& entrance : entrances) {
      launch.group_entrances.push_back(entrance.get());
    }
    launch.role = Role::kJail;
    launch.program_fd = programs_.jail.get();
    launch.arguments = {"--run=" + run_->name(),
                        "--uid-base=" + std::to_string(run_->uid_base()),
                        "--node-uid=" + node_uid};
    launch.descriptors = {{role_fd::kJailNode, jail.one.get()},
                          {role_fd::kJailInit, programs_.init.get()},
                          {role_fd::kJailUnpack, programs_.unpack.get()},
                          {role_fd::kJailLanguages, programs_.languages.get()}};
    launch.supervisor_number = role_fd::kJailSupervisor;
    WRIT_RETURN_IF_ERROR(StartRole(launch));

    launch.role = Role::kNode;
    launch.program_fd = programs_.node.get();
    launch.arguments = {"--node-uid=" + node_uid};
    launch.descriptors = {{role_fd::kNodeJail, jail.other.get()},
                          {role_fd::kNodeCoreCalls, calls.one.get()},
                          {role_fd::kNodeCoreBackend, backend.one.get()},
                          {role_fd::kNodeAuthority, authority.get()}};
    launch.supervisor_number = role_fd::kNodeSupervisor;
    if (stop_asked_) return OkStatus();
    WRIT_RETURN_IF_ERROR(StartRole(launch));

    launch.role = Role::kCore;
    launch.program_fd = programs_.core.get();
    launch.arguments = {"core", "--endpoint=" + endpoint_,
                        "--region=" + std::string(kRegion)};
    for (const RoleProcess& role : roles_) {
      launch.arguments.push_back("--" + std::string(InfoOf(role.role()).text) +
                                 "-pid=" + std::to_string(role.pid()));
    }
    launch.descriptors = {{role_fd::kCoreData, data_->store_fd()},
                          {role_fd::kCoreListener, listener_.get()},
                          {role_fd::kCoreNodeCalls, calls.other.get()},
                          {role_fd::kCoreNodeBackend, backend.other.get()},
                          {role_fd::kCoreKeys, data_->keys_fd()},
                          {role_fd::kCoreEndpoint, certificate.get()}};
    launch.supervisor_number = role_fd::kCoreSupervisor;
    if (stop_asked_) return OkStatus();
    WRIT_RETURN_IF_ERROR(StartRole(launch));
    if (!stop_asked_) SetState("ready");
    return OkStatus();
  }

  // Starts a role and waits until it is ready. Ok also when a stop was asked
  // for meanwhile.
  Status StartRole(const RoleLaunch& launch) {
    const std::string text(InfoOf(launch.role).text);
    WRIT_ASSIGN_OR_RETURN(RoleProcess process, RoleProcess::Start(launch));
    roles_.push_back(std::move(process));
    SetState("starting");
    const auto deadline = SteadyClock::now() + kStartTime;
    while (!stop_asked_) {
      if (!failure_.ok()) return failure_;
      if (const RoleProcess* dead = FirstDead()) {
        return Unavailable("the " + std::string(InfoOf(dead->role()).text) +
                           " process has ended (" + dead->ending() + ")");
      }
      if (roles_.back().ready()) return OkStatus();
      const auto now = SteadyClock::now();
      if (now >= deadline) {
        return DeadlineExceeded("the " + text +
                                " process is not ready in time");
      }
      Wait(std::chrono::ceil<milliseconds>(deadline - now));
    }
    return OkStatus();
  }

  // Until a stop is asked for: starts everything anew when a role has died.
  void Supervise() {
    milliseconds pause = kFirstPause;
    auto begin = SteadyClock::now();
    while (!stop_asked_) {
      const RoleProcess* dead = FirstDead();
      if (dead == nullptr && failure_.ok()) {
        Wait(milliseconds(-1));
        continue;
      }
      if (SteadyClock::now() - begin >= kHealthyTime) pause = kFirstPause;
      Log(LogLevel::kError, "platform_restarts",
          {{"dead", dead == nullptr ? "none" : InfoOf(dead->role()).text},
           {"ending", dead == nullptr ? "" : dead->ending()},
           {"why", failure_.message()},
           {"pause_ms", pause.count()}});
      ++restarts_;
      for (RoleProcess& role : roles_) role.Kill();
      StopRoles();
      SetState("restarting");
      const auto resume = SteadyClock::now() + pause;
      pause = std::min(2 * pause, kLongestPause);
      while (!stop_asked_ && SteadyClock::now() < resume) {
        Wait(std::chrono::ceil<milliseconds>(resume - SteadyClock::now()));
      }
      if (stop_asked_) return;
      begin = SteadyClock::now();
      failure_ = StartRoles();
      if (failure_.ok() && !stop_asked_) {
        Log(LogLevel::kInfo, "platform_ready_again");
      }
    }
  }

  // Ends the roles, the last started first, and waits for each.
  void StopRoles() {
    SetState("stopping");
    size_t step = 0;
    while (!roles_.empty()) {
      RoleProcess& role = roles_.back();
      role.AskToStop();
      const auto deadline = SteadyClock::now() +
                            kStopTimes[std::min(step++, kStopTimes.size() - 1)];
      while (!role.Reap() && SteadyClock::now() < deadline) {
        pollfd waiting = {.fd = role.pid_fd(), .events = POLLIN, .revents = 0};
        const auto left =
            std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
        ::poll(&waiting, 1,
               static_cast<int>(std::max<int64_t>(0, left.count())));
      }
      roles_.pop_back();
    }
    failure_ = OkStatus();
  }

  void CleanUp() {
    if (!run_) return;
    const Result<CgroupLayout> layout = DetectCgroups();
    const Status swept = layout.ok()
                             ? SweepCgroupRun(layout.value(), run_->name())
                             : layout.status();
    if (swept.ok()) {
      run_->Release();
    } else {
      Log(LogLevel::kError, "run_not_swept", {{"why", swept.message()}});
    }
    data_->RemoveRunState();
  }

  // Waits for an event and takes note of it.
  void Wait(milliseconds limit) {
    std::vector<pollfd> waiting = {
        {.fd = signals_.get(), .events = POLLIN, .revents = 0}};
    for (const RoleProcess& role : roles_) {
      const int ended = role.ended() ? -1 : role.pid_fd();
      waiting.push_back({.fd = ended, .events = POLLIN, .revents = 0});
      waiting.push_back({.fd = role.line_fd(), .events = POLLIN, .revents = 0});
    }
    const auto most = static_cast<int64_t>(INT_MAX);
    ::poll(waiting.data(), waiting.size(),
           static_cast<int>(std::min(limit.count(), most)));
    signalfd_siginfo signal = {};
    while (::read(signals_.get(), &signal, sizeof signal) ==
           static_cast<ssize_t>(sizeof signal)) {
      stop_asked_ = true;
    }
    for (RoleProcess& role : roles_) {
      for (const std::string& line : role.ReadLines()) Hear(&role, line);
      role.Reap();
    }
  }

  void Hear(RoleProcess* role, const std::string& line) {
    if (line == "ready") {
      role->set_ready();
    } else if (line.starts_with("fatal ")) {
      failure_ = Unavailable(line.substr(6));
    } else if (line.starts_with("credentials ") &&
               role->role() == Role::kCore) {
      const Status written = WriteCredentials(line);
      if (written.ok()) {
        role->Say("go");
      } else {
        failure_ = written;
      }
    }
  }

  // "credentials ACCOUNT KEY-ID SECRET": complete before the port is open.
  Status WriteCredentials(const std::string& line) {
    std::istringstream words(line);
    std::string verb, secret;
    Credentials credentials;
    words >> verb >> credentials.account_id >> credentials.access_key_id >>
        secret;
    if (words.fail()) return DataLoss("the core sends no credentials");
    credentials.access_key_secret = SecretBytes::CopyOf(secret);
    WipeMemory(secret.data(), secret.size());
    credentials.endpoint = endpoint_;
    credentials.region = kRegion;
    credentials.ca_certificate = data_->absolute_path() + "/tls/ca.pem";
    return data_->WriteCredentials(credentials);
  }

  const RoleProcess* FirstDead() const {
    const auto dead = std::ranges::find_if(roles_, &RoleProcess::ended);
    return dead == roles_.end() ? nullptr : &*dead;
  }

  void SetState(const char* state) {
    RunState described;
    described.supervisor_pid = ::getpid();
    described.state = state;
    described.endpoint = endpoint_;
    described.run = run_->name();
    described.restarts = restarts_;
    for (const RoleProcess& role : roles_) {
      described.roles.push_back(
          {std::string(InfoOf(role.role()).text), role.pid(),
           role.ended() ? "stopped" : (role.ready() ? "ready" : "starting")});
    }
    const Status written = data_->WriteRunState(described);
    if (!written.ok()) {
      Log(LogLevel::kWarning, "run_state_not_written",
          {{"why", written.message()}});
    }
  }

  const SupervisorOptions options_;
  UniqueFd signals_;
  UniqueFd listener_;
  std::string endpoint_;
  Programs programs_;
  std::optional<DataDirectory> data_;
  std::optional<HostRun> run_;
  CertifiedKey authority_;
  std::vector<RoleProcess> roles_;
  bool stop_asked_ = false;
  Status failure_;
  uint64_t restarts_ = 0;
};

}  // namespace

int RunSupervisor(const SupervisorOptions& options) {
  SetLogRole("supervisor");
  return Supervisor(options).Run();
}

}  // namespace writ
