// SPDX-License-Identifier: Apache-2.0
//
// Asks a gRPC server the same messages again and again and says what that cost:
//
//   sidecar_load --target T --messages FILE [--method /pkg.Service/Method]
//                [--ca FILE] [--token-file FILE] [--connections N]
//                [--outstanding N] [--seconds N] [--warmup-seconds N]
//                [--server-pid PID] [--answers FILE]
//
// FILE holds messages as they go over the wire, each behind its length in four
// bytes, little-endian (bench/wire.py makes them). They are sent in turn by one
// thread that serialises nothing and parses nothing, so that the client costs
// little beside the server. With --answers every message is sent once and the
// answers are written in the same form, in order; nothing is measured.
//
// Prints one JSON object: calls, failures, calls a second, p50 and p99 in
// microseconds, and with --server-pid the processor time of the server for one
// call.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace writ {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string target;
  std::string messages;
  std::string method = "/writ.authz.v1.Authorization/Check";
  std::string ca;
  std::string token_file;
  std::string answers;
  std::string connections = "1";
  std::string outstanding = "1";
  std::string seconds = "2";
  std::string warmup_seconds = "1";
  std::string server_pid = "0";
};

[[noreturn]] void Die(const std::string& text) {
  std::fprintf(stderr, "sidecar_load: %s\n", text.c_str());
  std::exit(2);
}

Options ReadFlags(int argc, char** argv) {
  Options options;
  const std::map<std::string_view, std::string*> flags = {
      {"--target", &options.target},
      {"--messages", &options.messages},
      {"--method", &options.method},
      {"--ca", &options.ca},
      {"--token-file", &options.token_file},
      {"--answers", &options.answers},
      {"--connections", &options.connections},
      {"--outstanding", &options.outstanding},
      {"--seconds", &options.seconds},
      {"--warmup-seconds", &options.warmup_seconds},
      {"--server-pid", &options.server_pid},
  };
  for (int i = 1; i < argc; i += 2) {
    const auto found = flags.find(argv[i]);
    if (found == flags.end() || i + 1 == argc) {
      Die(std::string("what is ") + argv[i] + "?");
    }
    *found->second = argv[i + 1];
  }
  if (options.target.empty() || options.messages.empty()) {
    Die("--target and --messages are needed");
  }
  return options;
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) Die("cannot read " + path);
  return text.str();
}

std::vector<grpc::ByteBuffer> ReadMessages(const std::string& path) {
  const std::string bytes = ReadWhole(path);
  std::vector<grpc::ByteBuffer> messages;
  for (size_t at = 0; at + 4 <= bytes.size();) {
    uint32_t size = 0;
    std::memcpy(&size, bytes.data() + at, sizeof size);
    at += 4;
    if (size > bytes.size() - at) Die(path + " is cut short");
    const grpc::Slice slice(bytes.data() + at, size);
    messages.emplace_back(&slice, 1);
    at += size;
  }
  if (messages.empty()) Die(path + " holds no message");
  return messages;
}

// Processor time of a process in seconds, to the nanosecond; /proc counts
// hundredths.
double ProcessorSeconds(int pid) {
  clockid_t clock = 0;
  timespec time = {};
  if (::clock_getcpuclockid(pid, &clock) != 0 ||
      ::clock_gettime(clock, &time) != 0) {
    Die("there is no process " + std::to_string(pid));
  }
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

// Keeps a number of calls in the air.
class Load {
 public:
  explicit Load(const Options& options)
      : messages_(ReadMessages(options.messages)), method_(options.method) {
    if (!options.token_file.empty()) {
      authorization_ = "Bearer " + ReadWhole(options.token_file);
      authorization_.erase(authorization_.find_last_not_of("\r\n") + 1);
    }
    std::shared_ptr<grpc::ChannelCredentials> credentials =
        grpc::InsecureChannelCredentials();
    if (!options.ca.empty()) {
      grpc::SslCredentialsOptions tls;
      tls.pem_root_certs = ReadWhole(options.ca);
      credentials = grpc::SslCredentials(tls);
    }
    const int connections = std::atoi(options.connections.c_str());
    for (int i = 0; i < connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(std::make_unique<grpc::GenericStub>(
          grpc::CreateCustomChannel(options.target, credentials, arguments)));
    }
    if (stubs_.empty()) Die("--connections is at least 1");
  }

  size_t messages() const { return messages_.size(); }

  // Runs until `more` says no and all calls have ended. `done` gets each call:
  // its number, how long it took, the answer or null when it failed.
  void Run(size_t outstanding, const std::function<bool()>& more,
           const std::function<void(size_t, std::chrono::nanoseconds,
                                    const grpc::ByteBuffer*)>& done) {
    size_t started = 0;
    size_t open = 0;
    std::vector<std::unique_ptr<Call>> calls(outstanding);
    for (auto& call : calls) {
      if (!more()) break;
      Start(&call, started++);
      ++open;
    }
    void* tag = nullptr;
    bool ok = false;
    while (open > 0 && queue_.Next(&tag, &ok)) {
      auto* slot = static_cast<std::unique_ptr<Call>*>(tag);
      Call& call = **slot;
      if (!call.status.ok() && !complained_) {
        complained_ = true;
        std::fprintf(stderr, "sidecar_load: status %d: %s\n",
                     call.status.error_code(),
                     call.status.error_message().c_str());
      }
      done(call.number, SteadyClock::now() - call.start,
           call.status.ok() ? &call.answer : nullptr);
      --open;
      if (!more()) continue;
      Start(slot, started++);
      ++open;
    }
  }

 private:
  struct Call {
    size_t number = 0;
    SteadyClock::time_point start;
    grpc::ClientContext context;
    grpc::ByteBuffer answer;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  };

  void Start(std::unique_ptr<Call>* slot, size_t number) {
    *slot = std::make_unique<Call>();
    Call& call = **slot;
    call.number = number;
    call.context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::seconds(30));
    if (!authorization_.empty()) {
      call.context.AddMetadata("authorization", authorization_);
    }
    call.start = SteadyClock::now();
    call.reader = stubs_[number % stubs_.size()]->PrepareUnaryCall(
        &call.context, method_, messages_[number % messages_.size()], &queue_);
    call.reader->StartCall();
    call.reader->Finish(&call.answer, &call.status, slot);
  }

  const std::vector<grpc::ByteBuffer> messages_;
  const std::string method_;
  std::string authorization_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  grpc::CompletionQueue queue_;
  bool complained_ = false;
};

int WriteAnswers(Load* load, const std::string& path) {
  std::vector<std::string> answers(load->messages());
  size_t started = 0;
  size_t failures = 0;
  load->Run(
      8, [&] { return started++ < answers.size(); },
      [&](size_t number, std::chrono::nanoseconds,
          const grpc::ByteBuffer* answer) {
        std::vector<grpc::Slice> slices;
        if (answer == nullptr || !answer->Dump(&slices).ok()) {
          ++failures;
          return;
        }
        for (const grpc::Slice& slice : slices) {
          answers[number].append(reinterpret_cast<const char*>(slice.begin()),
                                 slice.size());
        }
      });
  std::ofstream out(path, std::ios::binary);
  for (const std::string& answer : answers) {
    const auto size = static_cast<uint32_t>(answer.size());
    char bytes[4];
    std::memcpy(bytes, &size, sizeof size);
    out.write(bytes, sizeof bytes);
    out.write(answer.data(), static_cast<std::streamsize>(answer.size()));
  }
  std::printf("{\"calls\":%zu,\"failures\":%zu}\n", answers.size(), failures);
  return out.good() && failures == 0 ? 0 : 1;
}

int Measure(Load* load, const Options& options) {
  const auto outstanding =
      static_cast<size_t>(std::atoi(options.outstanding.c_str()));
  const int pid = std::atoi(options.server_pid.c_str());
  const auto until = [](double seconds) {
    const auto end =
        SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                 std::chrono::duration<double>(seconds));
    return [end] { return SteadyClock::now() < end; };
  };
  load->Run(outstanding, until(std::atof(options.warmup_seconds.c_str())),
            [](size_t, std::chrono::nanoseconds, const grpc::ByteBuffer*) {});
  std::vector<double> micros;
  micros.reserve(1 << 20);
  size_t failures = 0;
  const double processor = pid > 0 ? ProcessorSeconds(pid) : 0;
  const SteadyClock::time_point start = SteadyClock::now();
  load->Run(outstanding, until(std::atof(options.seconds.c_str())),
            [&](size_t, std::chrono::nanoseconds took,
                const grpc::ByteBuffer* answer) {
              failures += answer == nullptr;
              micros.push_back(static_cast<double>(took.count()) / 1e3);
            });
  const double elapsed =
      std::chrono::duration<double>(SteadyClock::now() - start).count();
  const double spent = pid > 0 ? ProcessorSeconds(pid) - processor : 0;
  if (micros.empty()) Die("no call ended in time");
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double share) {
    return micros[static_cast<size_t>(static_cast<double>(micros.size() - 1) *
                                      share)];
  };
  const auto calls = static_cast<double>(micros.size());
  std::printf(
      "{\"calls\":%zu,\"failures\":%zu,\"perSecond\":%.1f,\"p50\":%.2f,"
      "\"p99\":%.2f,\"cpu\":%.3f}\n",
      micros.size(), failures, calls / elapsed, at(0.5), at(0.99),
      spent / calls * 1e6);
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace writ

int main(int argc, char** argv) {
  const writ::Options options = writ::ReadFlags(argc, argv);
  writ::Load load(options);
  return options.answers.empty() ? writ::Measure(&load, options)
                                 : writ::WriteAnswers(&load, options.answers);
}
