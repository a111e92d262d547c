// SPDX-License-Identifier: Apache-2.0
//
// What a batch of checks costs that nobody decides: a server of the sidecar's
// service on `unix:PATH` or `127.0.0.1:PORT` (port 0 takes a free one), which
// gives each check of a BatchCheck back as a deny. Says `listening on ADDRESS`,
// ends on SIGTERM.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <string>

#include "writ/authz/v1/authorization.grpc.pb.h"

namespace writ::authz::v1 {
namespace {

class Echo final : public Authorization::CallbackService {
  grpc::ServerUnaryReactor* BatchCheck(grpc::CallbackServerContext* context,
                                       const BatchCheckRequest* request,
                                       BatchCheckResponse* response) override {
    for (int i = 0; i < request->checks_size(); ++i) {
      CheckResponse* answer = response->add_results()->mutable_answer();
      answer->set_verdict(VERDICT_IMPLICIT_DENY);
      answer->set_layer(LAYER_DEFAULT);
      answer->set_reason(REASON_NO_MATCH);
    }
    response->set_revision(1);
    response->set_bundle_digest(std::string(32, '\0'));
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

int Serve(const std::string& address) {
  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  ::sigaddset(&ends, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  Echo echo;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  const std::string bound =
      address.starts_with("unix:")
          ? address
          : address.substr(0, address.rfind(':') + 1) + std::to_string(port);
  std::printf("listening on %s\n", bound.c_str());
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&ends, &signal);
  server->Shutdown();
  return 0;
}

}  // namespace
}  // namespace writ::authz::v1

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: batch_echo ADDRESS\n");
    return 2;
  }
  return writ::authz::v1::Serve(argv[1]);
}
