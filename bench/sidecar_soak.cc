// SPDX-License-Identifier: Apache-2.0
//
// Asks a sidecar without a pause while its bundle is replaced again and again,
// and compares every answer with what the library says for the bundle that the
// answer names.
//
//   sidecar_soak --sidecar PATH [--seconds N] [--reload-ms N]
//                [--statements N] [--outstanding N]
//
// Prints a line each second (calls, p50, p99, replaced bundles) and a summary.
// Exits 0 only if no call failed, no answer was wrong, every bundle came into
// force, and the sidecar's memory did not grow with their number.
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "bench/workload_bundle.h"
#include "bundle/bundle.h"
#include "crypto/ed25519.h"
#include "crypto/pem.h"
#include "writ/authz/v1/authorization.grpc.pb.h"

namespace writ {
namespace {

namespace wire = writ::authz::v1;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  std::string sidecar;
  int seconds = 10;
  int reload_ms = 100;
  size_t statements = 10000;
  int outstanding = 8;
};

constexpr size_t kRequests = 512;

// What the library answers to one request.
struct Expected {
  int verdict;
  int layer;
  int reason;
  auto operator<=>(const Expected&) const = default;
};

// The bundles that take turns: every third statement of the second one has the
// other effect.
class Contents {
 public:
  explicit Contents(size_t statements)
      : workload_(OpenWorkload("wide", statements, kRequests).value()),
        key_(Ed25519KeyPair::Generate()) {
    Add();
    size_t number = 0;
    for (WorkloadPolicy& policy : workload_.policies) {
      for (ast::Statement& statement : policy.policy.statements) {
        if (++number % 3 != 0) continue;
        statement.effect = statement.effect == ast::Effect::kAllow
                               ? ast::Effect::kDeny
                               : ast::Effect::kAllow;
      }
    }
    Add();
  }

  std::string PublicKey() const {
    return WriteEd25519PublicPem(key_.public_key());
  }

  // The signed bundle of that revision: the two contents take turns.
  std::string BundleAt(uint64_t revision) const {
    const std::string& bytes = bundles_[revision % 2];
    const BundleParts parts = ReadBundleParts(bytes).value();
    BundleManifest manifest = ReadManifest(parts.manifest).value();
    manifest.revision = revision;
    return SignBundle(
               MakeBundle(std::move(manifest), parts.directory, parts.program),
               key_)
        .value();
  }

  const Expected& At(uint64_t revision, size_t request) const {
    return expected_[revision % 2][request];
  }

  wire::CheckRequest Question(size_t request) const {
    const WorkloadRequest& asked = workload_.requests[request];
    wire::CheckRequest question;
    question.mutable_principal()->set_name(
        workload_.principals[asked.principal].arn);
    question.set_action(std::string(asked.action));
    question.add_resources(std::string(asked.resource));
    const auto add = [&](const char* key, std::string_view value) {
      wire::ContextEntry* const entry = question.add_context();
      entry->set_key(key);
      entry->add_values(std::string(value));
    };
    add("acs:SourceIp", asked.address);
    add("acs:SecureTransport", asked.secure);
    return question;
  }

  size_t DifferentAnswers() const {
    size_t count = 0;
    for (size_t i = 0; i < kRequests; ++i) {
      count += expected_[0][i] == expected_[1][i] ? 0 : 1;
    }
    return count;
  }

 private:
  void Add() {
    const size_t turn = bundles_.size();
    bundles_.push_back(BundleOfWorkload(workload_, turn).value());
    const auto bundle = Bundle::OpenUnverified(bundles_.back()).value();
    for (const WorkloadRequest& asked : workload_.requests) {
      const std::string_view address[] = {asked.address};
      const std::string_view secure[] = {asked.secure};
      const ContextEntry context[] = {{"acs:SourceIp", address},
                                      {"acs:SecureTransport", secure}};
      Request request;
      request.principal.name = workload_.principals[asked.principal].arn;
      request.action = asked.action;
      request.resources = {&asked.resource, 1};
      request.context = context;
      const Decision decision = bundle->snapshot().Decide(request);
      const int verdict = decision.verdict == Verdict::kAllow
                              ? wire::VERDICT_ALLOW
                          : decision.verdict == Verdict::kExplicitDeny
                              ? wire::VERDICT_EXPLICIT_DENY
                              : wire::VERDICT_IMPLICIT_DENY;
      expected_[turn].push_back({verdict, static_cast<int>(decision.layer) + 1,
                                 static_cast<int>(decision.reason) + 1});
    }
  }

  Workload workload_;
  const Ed25519KeyPair key_;
  std::vector<std::string> bundles_;  // unsigned
  std::array<std::vector<Expected>, 2> expected_;
};

// A sidecar of our own, ended when this goes.
class Sidecar {
 public:
  Sidecar(const std::string& program, const std::string& folder) {
    const std::string bundle = folder + "/current.bundle";
    const std::string key = folder + "/key.pem";
    const std::string socket = "unix:" + folder + "/authz.sock";
    pid_ = fork();
    WRIT_CHECK(pid_ >= 0);
    if (pid_ > 0) return;
    // It must not outlive a soak that is ended from outside.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int log = open((folder + "/log").c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl(program.c_str(), program.c_str(), "--bundle", bundle.c_str(), "--pub",
          key.c_str(), "--listen", socket.c_str(), "--trusted", "--anybody",
          static_cast<char*>(nullptr));
    std::fprintf(stderr, "cannot run `%s`: %s\n", program.c_str(),
                 std::strerror(errno));
    _exit(127);
  }
  ~Sidecar() { Stop(); }
  Sidecar(const Sidecar&) = delete;
  Sidecar& operator=(const Sidecar&) = delete;

  void Reload() const { kill(pid_, SIGHUP); }

  // Returns the exit status; -1 when a signal ended it.
  int Stop() {
    if (pid_ < 0) return 0;
    kill(pid_, SIGTERM);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  double ResidentMegabytes() const {
    const auto text =
        ReadFile("/proc/" + std::to_string(pid_) + "/status", 65536);
    if (!text.ok()) return 0;
    const size_t at = text->find("VmRSS:");
    if (at == std::string::npos) return 0;
    return std::strtod(text->c_str() + at + 6, nullptr) / 1024;
  }

 private:
  pid_t pid_ = -1;
};

// Calls that were answered within one second.
struct Second {
  std::vector<uint32_t> microseconds;
  int reloads = 0;

  uint32_t Quantile(double q) {
    if (microseconds.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(
        q * static_cast<double>(microseconds.size() - 1));
    std::nth_element(microseconds.begin(), microseconds.begin() + at,
                     microseconds.end());
    return microseconds[static_cast<size_t>(at)];
  }
};

// Keeps `outstanding` calls under way and judges what comes back.
class Asker {
 public:
  Asker(const std::string& address, const Contents& contents, int outstanding)
      : contents_(contents),
        stub_(wire::Authorization::NewStub(
            grpc::CreateChannel(address, grpc::InsecureChannelCredentials()))) {
    for (size_t i = 0; i < kRequests; ++i) {
      questions_.push_back(contents.Question(i));
    }
    for (int i = 0; i < outstanding; ++i) calls_.push_back(Begin(0));
  }

  // Waits for one answer, at most until `deadline`; asks the next question.
  void Step(SteadyClock::time_point deadline, uint64_t newest, Second* second) {
    void* tag = nullptr;
    bool ok = false;
    const auto wall =
        std::chrono::system_clock::now() +
        std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    if (queue_.AsyncNext(&tag, &ok, wall) != grpc::CompletionQueue::GOT_EVENT) {
      return;
    }
    Judge(*static_cast<Call*>(tag), newest, second);
    const auto at = std::ranges::find_if(
        calls_, [&](const auto& call) { return call.get() == tag; });
    *at = Begin(newest);
  }

  void Finish() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    for (const auto& call : calls_) call->context.TryCancel();
    while (queue_.Next(&tag, &ok)) {
    }
  }

  uint64_t answers = 0;
  uint64_t failures = 0;
  uint64_t wrong = 0;
  uint64_t newest_seen = 0;
  std::string first_failure;

 private:
  struct Call {
    size_t request = 0;
    uint64_t published = 0;  // the newest bundle when it was asked
    SteadyClock::time_point begin;
    grpc::ClientContext context;
    wire::CheckResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<wire::CheckResponse>>
        reader;
  };

  std::unique_ptr<Call> Begin(uint64_t published) {
    auto call = std::make_unique<Call>();
    call->request = next_++ % kRequests;
    call->published = published;
    call->begin = SteadyClock::now();
    call->context.set_wait_for_ready(true);
    call->reader =
        stub_->AsyncCheck(&call->context, questions_[call->request], &queue_);
    call->reader->Finish(&call->response, &call->status, call.get());
    return call;
  }

  void Fail(std::string what) {
    if (first_failure.empty()) first_failure = std::move(what);
  }

  void Judge(const Call& call, uint64_t newest, Second* second) {
    ++answers;
    second->microseconds.push_back(static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(
            SteadyClock::now() - call.begin)
            .count()));
    if (!call.status.ok()) {
      ++failures;
      Fail("a call failed: " + call.status.error_message());
      return;
    }
    const wire::CheckResponse& response = call.response;
    newest_seen = std::max(newest_seen, response.revision());
    const Expected got = {response.verdict(), response.layer(),
                          response.reason()};
    if (response.revision() > newest ||
        got != contents_.At(response.revision(), call.request)) {
      ++wrong;
      Fail("request " + std::to_string(call.request) + " at revision " +
           std::to_string(response.revision()) + " got " +
           response.ShortDebugString());
    }
  }

  const Contents& contents_;
  grpc::CompletionQueue queue_;
  const std::unique_ptr<wire::Authorization::Stub> stub_;
  std::vector<wire::CheckRequest> questions_;
  std::vector<std::unique_ptr<Call>> calls_;
  size_t next_ = 0;
};

void Publish(const Contents& contents, const std::string& folder,
             uint64_t revision) {
  WRIT_CHECK(WriteFileAtomic(folder + "/current.bundle",
                             contents.BundleAt(revision), 0644)
                 .ok());
}

struct Growth {
  double early = 0;  // resident megabytes when a fifth of the time was over
  double late = 0;
};

// Seconds in which a bundle was replaced against those in which none was.
void PrintEffectOfReloads(std::vector<Second>* seconds) {
  std::vector<uint32_t> quiet;
  std::vector<uint32_t> busy;
  for (size_t i = 1; i < seconds->size(); ++i) {
    ((*seconds)[i].reloads == 0 ? quiet : busy)
        .push_back((*seconds)[i].Quantile(0.99));
  }
  if (quiet.empty() || busy.empty()) return;
  std::ranges::sort(quiet);
  std::ranges::sort(busy);
  std::printf(
      "p99 of seconds without a new bundle: median %u us; with one: median %u "
      "us, worst %u us (%.2f and %.2f times)\n",
      quiet[quiet.size() / 2], busy[busy.size() / 2], busy.back(),
      static_cast<double>(busy[busy.size() / 2]) / quiet[quiet.size() / 2],
      static_cast<double>(busy.back()) / quiet[quiet.size() / 2]);
}

int Soak(const Options& options, const std::string& folder) {
  const Contents contents(options.statements);
  WRIT_CHECK(contents.DifferentAnswers() > 0);
  WRIT_CHECK(
      WriteFileAtomic(folder + "/key.pem", contents.PublicKey(), 0644).ok());
  uint64_t revision = 2;
  Publish(contents, folder, revision);
  Sidecar sidecar(options.sidecar, folder);
  Asker asker("unix:" + folder + "/authz.sock", contents, options.outstanding);

  std::vector<Second> seconds;
  Growth growth;
  const auto begin = SteadyClock::now();
  auto next_reload = begin + milliseconds(options.reload_ms);
  for (int number = 0; number < options.seconds; ++number) {
    Second& second = seconds.emplace_back();
    const auto end = begin + std::chrono::seconds(number + 1);
    while (SteadyClock::now() < end) {
      if (SteadyClock::now() >= next_reload) {
        Publish(contents, folder, ++revision);
        sidecar.Reload();
        ++second.reloads;
        next_reload += milliseconds(options.reload_ms);
      }
      asker.Step(std::min(end, next_reload), revision, &second);
    }
    if (number == options.seconds / 5) {
      growth.early = sidecar.ResidentMegabytes();
    }
    std::printf("%4d s  %7zu calls  p50 %5u us  p99 %6u us  %d bundles\n",
                number + 1, second.microseconds.size(), second.Quantile(0.5),
                second.Quantile(0.99), second.reloads);
    std::fflush(stdout);
  }
  growth.late = sidecar.ResidentMegabytes();
  // The last bundle has to come into force too.
  Second after;
  const auto patience = SteadyClock::now() + std::chrono::seconds(10);
  while (asker.newest_seen < revision && SteadyClock::now() < patience) {
    asker.Step(patience, revision, &after);
  }
  asker.Finish();
  const int exit_status = sidecar.Stop();

  PrintEffectOfReloads(&seconds);
  std::printf(
      "%llu answers, %llu failed, %llu wrong; %llu bundles, the last in force: "
      "%s; resident %.1f MB, then %.1f MB; exit %d\n",
      static_cast<unsigned long long>(asker.answers),
      static_cast<unsigned long long>(asker.failures),
      static_cast<unsigned long long>(asker.wrong),
      static_cast<unsigned long long>(revision - 1),
      asker.newest_seen == revision ? "yes" : "no", growth.early, growth.late,
      exit_status);
  if (!asker.first_failure.empty()) {
    std::printf("first: %s\n", asker.first_failure.c_str());
  }
  const bool grew = growth.late > 1.5 * growth.early + 16;
  return asker.answers > 0 && asker.failures == 0 && asker.wrong == 0 &&
                 asker.newest_seen == revision && exit_status == 0 && !grew
             ? 0
             : 1;
}

std::optional<Options> ReadOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--sidecar") {
      options.sidecar = value;
    } else if (name == "--seconds") {
      options.seconds = std::atoi(value);
    } else if (name == "--reload-ms") {
      options.reload_ms = std::atoi(value);
    } else if (name == "--statements") {
      options.statements = std::strtoul(value, nullptr, 10);
    } else if (name == "--outstanding") {
      options.outstanding = std::atoi(value);
    } else {
      return std::nullopt;
    }
  }
  if (argc % 2 == 0 || options.sidecar.empty() || options.seconds < 1 ||
      options.reload_ms < 1 || options.outstanding < 1 ||
      options.statements < 10) {
    return std::nullopt;
  }
  return options;
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  const auto options = writ::ReadOptions(argc, argv);
  if (!options) {
    std::fprintf(stderr,
                 "usage: sidecar_soak --sidecar PATH [--seconds N] "
                 "[--reload-ms N] [--statements N] [--outstanding N]\n");
    return 2;
  }
  // A short name: Unix sockets end at 107 bytes.
  char folder[] = "/tmp/writ-soak-XXXXXX";
  if (mkdtemp(folder) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  const int result = writ::Soak(*options, folder);
  if (result != 0) {
    std::printf("the sidecar's log is %s/log\n", folder);
    return result;
  }
  for (const char* name :
       {"/current.bundle", "/key.pem", "/authz.sock", "/log"}) {
    unlink((std::string(folder) + name).c_str());
  }
  rmdir(folder);
  return result;
}
