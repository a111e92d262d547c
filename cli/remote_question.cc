// SPDX-License-Identifier: Apache-2.0
#include "cli/remote_question.h"

#include <dlfcn.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <iostream>
#include <string_view>

#include "authz/decision.h"
#include "crypto/hex.h"
#include "grammar/render.h"

namespace writ {
namespace {

void Complain(const std::string& text) {
  std::fprintf(stderr, "writ eval: %s\n", text.c_str());
}

AskSidecarFunction LoadModule() {
  char self[PATH_MAX];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  std::string path(self, size > 0 ? static_cast<size_t>(size) : 0);
  path.resize(path.rfind('/') + 1);
  path += kAskSidecarModule;
  // Stays loaded until the process ends.
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    Complain(std::string("cannot load what asks a sidecar, which stands beside "
                         "`writ`: ") +
             ::dlerror());
    return nullptr;
  }
  return reinterpret_cast<AskSidecarFunction>(
      ::dlsym(module, kAskSidecarSymbol));
}

ExitCode ExitOf(StatusCode code) {
  switch (code) {
    case StatusCode::kDeadlineExceeded:
      return ExitCode::kUnknown;
    case StatusCode::kInvalidArgument:
      return ExitCode::kUsage;
    default:
      return ExitCode::kUnreachable;
  }
}

// What the wire's number means; nothing for one that is not known.
std::optional<Verdict> VerdictOf(int number) {
  switch (number) {
    case 1:
      return Verdict::kAllow;
    case 2:
      return Verdict::kExplicitDeny;
    case 3:
      return Verdict::kImplicitDeny;
    default:
      return std::nullopt;
  }
}

// The names of the rows of authz/reasons.def, which the wire counts from one.
std::string_view LayerOf(int number) {
  switch (number - 1) {
#define REASON(...)
#define LAYER(row, Name, text, policy_type) \
  case row:                                 \
    return text;
#include "authz/reasons.def"
#undef LAYER
#undef REASON
    default:
      return "unknown";
  }
}

std::string_view ReasonOf(int number) {
  switch (number - 1) {
#define LAYER(...)
#define REASON(row, Name, text) \
  case row:                     \
    return text;
#include "authz/reasons.def"
#undef REASON
#undef LAYER
    default:
      return "unknown";
  }
}

std::string JsonText(Verdict verdict, const SidecarAnswer& answer) {
  std::string json = "{\"id\":null,\"decision\":\"";
  json += VerdictName(verdict);
  json += "\",\"layer\":\"";
  json += LayerOf(answer.layer);
  json += "\",\"reason\":\"";
  json += ReasonOf(answer.reason);
  json += "\",\"statements\":[";
  for (const SidecarStatement& statement : answer.statements) {
    if (&statement != answer.statements.data()) json += ",";
    json += "{\"policy\":" + JsonQuote(statement.policy) +
            ",\"statement\":" + std::to_string(statement.index) +
            ",\"kind\":" + JsonQuote(statement.kind) +
            ",\"account\":" + JsonQuote(statement.account) +
            ",\"sid\":" + JsonQuote(statement.sid) + "}";
  }
  return json + "],\"revision\":" + std::to_string(answer.revision) +
         ",\"bundle\":\"" + HexEncode(answer.bundle_digest) +
         "\",\"decisionId\":" + JsonQuote(answer.decision_id) + "}\n";
}

std::string PrettyText(Verdict verdict, const SidecarAnswer& answer) {
  std::string text(VerdictName(verdict));
  text += "\n  layer   ";
  text += LayerOf(answer.layer);
  text += "\n  reason  ";
  text += ReasonOf(answer.reason);
  text += "\n";
  for (const SidecarStatement& statement : answer.statements) {
    text += "  by      " + Printable(statement.policy) + ", statement " +
            std::to_string(uint64_t{statement.index} + 1);
    if (!statement.sid.empty()) text += " `" + Printable(statement.sid) + "`";
    text += "\n";
  }
  return text + "  bundle  revision " + std::to_string(answer.revision) + "\n";
}

// What is wrong with the flags; empty when nothing is.
std::string FaultOf(const SidecarAddress& address) {
  if (address.target.empty()) {
    return "--ca, --cert, --key and --token-file go with --server";
  }
  if (!address.target.starts_with("unix:") &&
      address.target.find(':') == std::string::npos) {
    return "--server is HOST:PORT or unix:/path, not `" +
           Printable(address.target) + "`";
  }
  if (address.certificate_file.empty() != address.key_file.empty()) {
    return "--cert and --key go together";
  }
  if (!address.certificate_file.empty() && address.ca_file.empty()) {
    return "--cert goes with --ca: it is for TLS";
  }
  if (!address.token_file.empty() && address.ca_file.empty() &&
      !address.target.starts_with("unix:")) {
    return "a token goes over TLS (--ca) or a Unix socket only";
  }
  return "";
}

}  // namespace

void DeclareServer(Flags* flags, SidecarAddress* address) {
  flags->String("--server", "ADDRESS",
                "let a sidecar decide: 127.0.0.1:50051 or unix:/path",
                &address->target);
  flags->String("--ca", "FILE", "with --server: TLS; whom to believe (PEM)",
                &address->ca_file);
  flags->String("--cert", "FILE", "with --server: our certificate",
                &address->certificate_file);
  flags->String("--key", "FILE", "with --server: its key", &address->key_file);
  flags->String("--token-file", "FILE", "with --server: a bearer token",
                &address->token_file);
}

bool IsRemote(const SidecarAddress& address) {
  return !address.target.empty() || !address.ca_file.empty() ||
         !address.certificate_file.empty() || !address.key_file.empty() ||
         !address.token_file.empty();
}

ExitCode AskSidecar(const OneRequest& one, SidecarAddress address, bool pretty,
                    std::optional<int64_t> timeout_ms) {
  if (const std::string fault = FaultOf(address); !fault.empty()) {
    Complain(fault);
    return ExitCode::kUsage;
  }
  if (!one.policies.empty() || !one.only.empty()) {
    Complain("the sidecar has its own policies: leave out --policy and --only");
    return ExitCode::kUsage;
  }
  const std::optional<CaseRequest> request = ReadRequest(one);
  if (!request) return ExitCode::kUsage;
  if (request->in_management_account) {
    Complain("the sidecar knows itself what the management account is");
    return ExitCode::kUsage;
  }
  if (timeout_ms) address.deadline = std::chrono::milliseconds(*timeout_ms);
  const AskSidecarFunction ask = LoadModule();
  if (ask == nullptr) return ExitCode::kInternal;
  SidecarAnswer answer;
  ask(address, *request, &answer);
  if (!answer.status.ok()) {
    Complain(answer.is_local
                 ? std::string(answer.status.message())
                 : "no decision from `" + Printable(address.target) +
                       "`: " + Printable(answer.status.ToString()));
    return ExitOf(answer.status.code());
  }
  const std::optional<Verdict> verdict = VerdictOf(answer.verdict);
  if (!verdict) {
    Complain("the sidecar's answer has no verdict that is known: a deny");
    return ExitCode::kDenied;
  }
  std::cout << (pretty ? PrettyText(*verdict, answer)
                       : JsonText(*verdict, answer));
  return *verdict == Verdict::kAllow ? ExitCode::kOk : ExitCode::kDenied;
}

}  // namespace writ
