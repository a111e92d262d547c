// SPDX-License-Identifier: Apache-2.0
#include "daemon/core.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/authenticator.h"
#include "auth/nonce_window.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "control/accounts.h"
#include "control/api.h"
#include "control/audit.h"
#include "control/directory.h"
#include "control/gate.h"
#include "daemon/core_adapters.h"
#include "daemon/privileges.h"
#include "daemon/roles.h"
#include "runtime/access.h"
#include "runtime/authority.h"
#include "http/server.h"
#include "runtime/node_channel.h"
#include "runtime/scheduler.h"
#include "store/artifact.h"
#include "store/key_provider_file.h"
#include "store/keyring.h"
#include "store/kv.h"
#include "store/leveldb_kv.h"
#include "store/metadata.h"
#include "store/temporary_url.h"

namespace writ {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStopGrace{1500};
constexpr uint64_t kMaxEndpointBytes = 64u << 10;
constexpr std::string_view kKeyBegins = "-----BEGIN PRIVATE KEY-----";

struct Flags {
  std::string endpoint;
  std::string region;
  std::vector<RoleStatus> roles;
};

Result<Flags> ParseFlags(std::span<const std::string_view> arguments) {
  Flags flags;
  for (const std::string_view argument : arguments) {
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? "" : argument.substr(equals + 1);
    if (name == "--endpoint") {
      flags.endpoint = value;
    } else if (name == "--region") {
      flags.region = value;
    } else if (name.starts_with("--") && name.ends_with("-pid")) {
      RoleStatus role;
      role.name = name.substr(2, name.size() - 6);
      role.state = "ready";
      std::from_chars(value.data(), value.data() + value.size(), role.pid);
      flags.roles.push_back(std::move(role));
    } else {
      return InvalidArgument("bad flag `" + std::string(name) + "`");
    }
  }
  if (flags.endpoint.empty() || flags.region.empty()) {
    return InvalidArgument("--endpoint and --region are needed");
  }
  flags.roles.push_back({"core", ::getpid(), "ready"});
  return flags;
}

// Everything of the core, in the order in which it is built; torn down the
// other way round.
class Core {
 public:
  explicit Core(Flags flags) : flags_(std::move(flags)) {}

  Status Serve() {
    WRIT_RETURN_IF_ERROR(OpenStore());
    WRIT_RETURN_IF_ERROR(OpenControl());
    WRIT_RETURN_IF_ERROR(ConnectNode());
    authority_->RenewLease();
    WRIT_RETURN_IF_ERROR(HandOverCredentials());
    WRIT_RETURN_IF_ERROR(StartServer());
    std::thread ticker([this] { Tick(); });
    Status told = WriteAll(role_fd::kCoreSupervisor, "ready\n");
    if (told.ok()) AwaitStop();
    {
      const std::lock_guard lock(stop_mu_);
      stopping_ = true;
    }
    stop_changed_.notify_all();
    ticker.join();
    // Invocations that are still running are broken off with their node.
    std::thread breaker([this] {
      std::unique_lock lock(stop_mu_);
      stop_changed_.wait_for(lock, kStopGrace, [this] { return stopped_; });
      node_->Shutdown();
    });
    server_->Stop(kStopGrace);
    {
      const std::lock_guard lock(stop_mu_);
      stopped_ = true;
    }
    stop_changed_.notify_all();
    breaker.join();
    return told;
  }

 private:
  Status OpenStore() {
    WRIT_ASSIGN_OR_RETURN(
        provider_, FileKeyProvider::Open(role_fd::kCoreKeys, /*create=*/true));
    WRIT_ASSIGN_OR_RETURN(kv_, OpenLevelDbKv("metadata"));
    WRIT_ASSIGN_OR_RETURN(keyring_,
                          Keyring::Open(kv_.get(), provider_.get(), &clock_));
    WRIT_ASSIGN_OR_RETURN(
        store_, MetadataStore::Open(kv_.get(), keyring_.get(), &clock_));
    if (::mkdir("artifacts", 0700) != 0 && errno != EEXIST) {
      return ErrnoStatus("create `artifacts`", errno);
    }
    UniqueFd directory(
        ::open("artifacts", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!directory.valid()) return ErrnoStatus("open `artifacts`", errno);
    WRIT_ASSIGN_OR_RETURN(
        artifacts_, ArtifactStore::Open(std::move(directory), keyring_.get()));
    WRIT_ASSIGN_OR_RETURN(urls_,
                          TemporaryUrls::Make(keyring_.get(), flags_.endpoint));
    return OkStatus();
  }

  Status OpenControl() {
    WRIT_ASSIGN_OR_RETURN(
        directory_, Directory::Open(store_.get(), &clock_, flags_.region));
    gate_ = std::make_unique<Gate>(directory_.get(), &clock_);
    trail_ = std::make_unique<AuditTrail>(store_.get(), &clock_);
    WRIT_ASSIGN_OR_RETURN(root_, Bootstrap(store_.get(), directory_.get(),
                                           *gate_, *trail_, clock_));
    // Dates have whole seconds: what the process before accepted within this
    // second must not be accepted again, so ours begin with the next (P23).
    first_second_ = std::chrono::ceil<seconds>(clock_.Now());
    nonces_ = std::make_unique<NonceWindow>(first_second_);
    authenticator_ = std::make_unique<Authenticator>(directory_.get(),
                                                     nonces_.get(), &clock_);
    ControlParts parts;
    parts.store = store_.get();
    parts.artifacts = artifacts_.get();
    parts.directory = directory_.get();
    parts.gate = gate_.get();
    parts.authenticator = authenticator_.get();
    parts.urls = urls_.get();
    parts.audit = trail_.get();
    parts.clock = &clock_;
    parts.account = root_.account;
    parts.roles = [this] { return flags_.roles; };
    parts.proven_node = [this](const RequestHead& head) {
      return authority_->ProvenNode(head);
    };
    api_ = std::make_unique<ControlApi>(std::move(parts));
    control_ = std::make_unique<ControlAdapter>(api_.get());
    snapshots_ = std::make_unique<DirectorySnapshots>(directory_.get());
    functions_ = std::make_unique<DirectoryFunctions>(directory_.get(),
                                                      urls_.get(), &clock_);
    audit_ = std::make_unique<GroupedAudit>(trail_.get());
    Authority::Parts authority;
    authority.authenticator = authenticator_.get();
    authority.snapshots = snapshots_.get();
    authority.functions = functions_.get();
    authority.clock = &clock_;
    authority.region = flags_.region;
    authority_ = std::make_unique<Authority>(std::move(authority));
    return OkStatus();
  }

  Status ConnectNode() {
    NodeChannel::Parts parts;
    parts.functions = functions_.get();
    parts.clock = &clock_;
    parts.instance_ended = [this](std::string_view instance_id) {
      scheduler_.InstanceEnded(node_->node_id(), instance_id);
    };
    WRIT_ASSIGN_OR_RETURN(
        node_,
        NodeChannel::Make(std::move(parts), UniqueFd(role_fd::kCoreNodeCalls),
                          UniqueFd(role_fd::kCoreNodeBackend)));
    WRIT_RETURN_IF_ERROR(node_->Register(authority_.get()));
    WRIT_ASSIGN_OR_RETURN(const NodeLoad load, node_->GetLoad());
    scheduler_.AddNode(node_.get(), load.instances + load.free_slots);
    return OkStatus();
  }

  // The supervisor, which alone may write there, keeps credentials.json; the
  // port opens only when it has (P02).
  Status HandOverCredentials() {
    std::string line = "credentials " + root_.account + " " +
                       root_.access_key_id + " " +
                       std::string(root_.access_key_secret.text()) + "\n";
    const Status told = WriteAll(role_fd::kCoreSupervisor, line);
    WipeMemory(line.data(), line.size());
    root_.access_key_secret = SecretBytes();
    WRIT_RETURN_IF_ERROR(told);
    char answer[3] = {};
    size_t got = 0;
    while (got < sizeof answer) {
      const ssize_t count =
          ::read(role_fd::kCoreSupervisor, answer + got, sizeof answer - got);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return FailedPrecondition("the supervisor is gone");
      got += static_cast<size_t>(count);
    }
    return OkStatus();
  }

  Status StartServer() {
    // Clients that ask time() see a new second up to one tick of the kernel's
    // clock late; what they send at once must not be dated before ours.
    constexpr std::chrono::milliseconds kLongestTick{20};
    std::this_thread::sleep_for(first_second_ + kLongestTick - clock_.Now());
    HttpServer::Options options;
    WRIT_ASSIGN_OR_RETURN(std::string text,
                          ReadAll(role_fd::kCoreEndpoint, kMaxEndpointBytes));
    ::close(role_fd::kCoreEndpoint);
    const size_t key = text.find(kKeyBegins);
    if (key == std::string::npos) return DataLoss("no endpoint certificate");
    options.certificate_pem = text.substr(0, key);
    options.private_key_pem =
        SecretBytes::CopyOf(std::string_view(text).substr(key));
    WipeMemory(text.data(), text.size());
    Access::Parts parts;
    parts.control = control_.get();
    parts.authority = authority_.get();
    parts.scheduler = &scheduler_;
    parts.audit = audit_.get();
    parts.clock = &clock_;
    access_ = std::make_unique<Access>(parts);
    WRIT_ASSIGN_OR_RETURN(
        server_, HttpServer::Make(
                     std::move(options), role_fd::kCoreListener,
                     [this](const RequestHead& head, BodyReader* body) {
                       return access_->Handle(head, body);
                     },
                     &clock_));
    return server_->Start();
  }

  // What has to be done each second.
  void Tick() {
    SteadyTime keyed = clock_.Steady();
    std::unique_lock lock(stop_mu_);
    while (!stopping_) {
      lock.unlock();
      authority_->RenewLease();
      store_->WipeExpired();
      keyring_->WipeExpired();
      directory_->WipeExpired();
      scheduler_.RetireChanged(*functions_);
      if (clock_.Steady() - keyed >= seconds(kGrantKeySeconds)) {
        const Status registered = node_->Register(authority_.get());
        if (registered.ok()) {
          keyed = clock_.Steady();
        } else {
          Log(LogLevel::kError, "node_not_registered",
              {{"why", registered.message()}});
        }
      }
      lock.lock();
      stop_changed_.wait_for(lock, seconds(1), [this] { return stopping_; });
    }
  }

  // Until the supervisor lets go of the line.
  static void AwaitStop() {
    char byte = 0;
    while (true) {
      const ssize_t count = ::read(role_fd::kCoreSupervisor, &byte, 1);
      if (count == 0 || (count < 0 && errno != EINTR)) return;
    }
  }

  const Flags flags_;
  SystemClock clock_;
  std::unique_ptr<FileKeyProvider> provider_;
  std::unique_ptr<Kv> kv_;
  std::unique_ptr<Keyring> keyring_;
  std::unique_ptr<MetadataStore> store_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<TemporaryUrls> urls_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<AuditTrail> trail_;
  RootCredentials root_;
  WallTime first_second_;
  std::unique_ptr<NonceWindow> nonces_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<ControlApi> api_;
  std::unique_ptr<ControlAdapter> control_;
  std::unique_ptr<DirectorySnapshots> snapshots_;
  std::unique_ptr<DirectoryFunctions> functions_;
  std::unique_ptr<GroupedAudit> audit_;
  std::unique_ptr<Authority> authority_;
  Scheduler scheduler_;
  std::unique_ptr<NodeChannel> node_;
  std::unique_ptr<Access> access_;
  std::unique_ptr<HttpServer> server_;
  std::mutex stop_mu_;
  std::condition_variable stop_changed_;
  bool stopping_ = false;
  bool stopped_ = false;
};

Status RunRole(std::span<const std::string_view> arguments) {
  WRIT_ASSIGN_OR_RETURN(Flags flags, ParseFlags(arguments));
  for (int fd = role_fd::kCoreData; fd <= role_fd::kCoreEndpoint; ++fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return ErrnoStatus("use descriptor " + std::to_string(fd), errno);
    }
  }
  ::signal(SIGPIPE, SIG_IGN);
  if (::fchdir(role_fd::kCoreData) != 0) {
    return ErrnoStatus("enter the data directory", errno);
  }
  ::umask(077);
  WRIT_RETURN_IF_ERROR(BecomeRole(InfoOf(Role::kCore).uid));
  return Core(std::move(flags)).Serve();
}

}  // namespace

int RunCore(std::span<const std::string_view> arguments) {
  SetLogRole("core");
  const Status status = RunRole(arguments);
  if (status.ok()) return 0;
  Log(LogLevel::kError, "core_failed", {{"why", status.message()}});
  static_cast<void>(WriteAll(role_fd::kCoreSupervisor,
                             "fatal " + std::string(status.message()) + "\n"));
  return 2;
}

}  // namespace writ
