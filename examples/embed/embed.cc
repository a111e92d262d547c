// SPDX-License-Identifier: Apache-2.0
//
// Compiles a policy and asks it two questions. A service would load the image
// from a file instead (Program::Load) and link writ::writ alone.
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "base/source.h"
#include "compiler/check.h"
#include "compiler/compile.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"
#include "grammar/render.h"

namespace {

constexpr std::string_view kPolicy = R"(writ 1;

policy photo_reader identity {
  allow oss:GetObject on acs:oss:*:*:photos/*
    when acs:SourceIp within 10.0.0.0/8;
  deny oss:* on acs:oss:*:*:photos/private/*;
}
)";

// The policy as a program, or nothing after saying what is wrong with it.
std::unique_ptr<const writ::Program> Compile(std::string_view text) {
  writ::SourceText source("photo_reader.writ", std::string(text));
  writ::Diagnostics diagnostics;
  const std::optional<writ::WritFile> file =
      writ::ParseWrit(&source, nullptr, &diagnostics);
  if (file) {
    writ::CheckPolicy(source, file->policies[0],
                      writ::ast::PolicyKind::kIdentity, &diagnostics);
  }
  if (diagnostics.has_errors()) {
    std::cerr << writ::RenderFindings(source, diagnostics,
                                      writ::FindingFormat::kPretty);
    return nullptr;
  }
  const writ::PolicyInput input = {&file->policies[0],
                                   writ::ast::PolicyKind::kIdentity};
  writ::Result<std::string> image = writ::CompileProgram({&input, 1});
  if (!image.ok()) {
    std::cerr << image.status().ToString() << "\n";
    return nullptr;
  }
  return writ::Program::Load(std::move(image).value()).value();
}

void Ask(const writ::Program& program, std::string_view resource) {
  const std::string_view resources[] = {resource};
  const std::string_view address[] = {"10.1.2.3"};
  const writ::ContextEntry context[] = {{"acs:SourceIp", address}};
  writ::Request request;
  request.principal.name = "acs:ram::1000000000000001:user/alice";
  request.action = "oss:GetObject";
  request.resources = resources;
  request.context = context;
  const writ::Attachment attachment = {.program = &program};
  writ::Decision decision;
  const writ::Status status =
      writ::Decide(request, {&attachment, 1}, &decision);
  std::cout << resource << ": " << writ::VerdictName(decision.verdict) << " ("
            << writ::LayerName(decision.layer) << ", "
            << writ::ReasonName(decision.reason) << ")\n";
  if (!status.ok()) std::cout << status.ToString() << "\n";
}

}  // namespace

int main() {
  const std::unique_ptr<const writ::Program> program = Compile(kPolicy);
  if (program == nullptr) return 1;
  constexpr std::string_view kBucket = "acs:oss:cn-local-1:1000000000000001:";
  Ask(*program, std::string(kBucket) + "photos/cat.jpg");
  Ask(*program, std::string(kBucket) + "photos/private/diary.txt");
  return 0;
}
