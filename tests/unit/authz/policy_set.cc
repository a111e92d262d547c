// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/authz/policy_set.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/source.h"
#include "compiler/compile.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"

namespace writ::testing {
namespace {

ast::PolicyKind TreeKind(AttachmentKind kind) {
  switch (kind) {
    case AttachmentKind::kIdentity:
      return ast::PolicyKind::kIdentity;
    case AttachmentKind::kResource:
      return ast::PolicyKind::kResource;
    case AttachmentKind::kTrust:
      return ast::PolicyKind::kTrust;
    case AttachmentKind::kSession:
      return ast::PolicyKind::kSession;
    case AttachmentKind::kControl:
      break;
  }
  return ast::PolicyKind::kControl;
}

[[noreturn]] void Stop(std::string_view what, std::string_view text) {
  std::fprintf(stderr, "%.*s\n%.*s\n", static_cast<int>(what.size()),
               what.data(), static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace

std::shared_ptr<const ast::Policy> ParseStatements(
    std::string_view statements) {
  const SourceText source("test", R"({"Version":"1","Statement":[)" +
                                      std::string(statements) + "]}");
  Diagnostics diagnostics;
  const auto tree = ParseJsonPolicy(source, &diagnostics);
  if (!tree || diagnostics.has_errors()) {
    Stop(diagnostics.all().empty() ? "does not parse"
                                   : diagnostics.all()[0].message,
         source.text());
  }
  return std::make_shared<const ast::Policy>(*tree);
}

std::string CompileStatements(AttachmentKind kind,
                              std::string_view statements) {
  const auto tree = ParseStatements(statements);
  const PolicyInput inputs[] = {{tree.get(), TreeKind(kind)}};
  Result<std::string> image = CompileProgram(inputs);
  if (!image.ok()) Stop(image.status().message(), statements);
  return std::move(image).value();
}

std::shared_ptr<const Program> LoadStatements(AttachmentKind kind,
                                              std::string_view statements) {
  auto program = Program::Load(CompileStatements(kind, statements));
  if (!program.ok()) Stop(program.status().message(), statements);
  return std::move(program).value();
}

AskedRequest::AskedRequest(const Ask& ask) : ask_(ask) {
  for (const auto& [key, values] : ask_.context) {
    context_.push_back({key, values});
  }
  request_.principal.name = ask_.principal;
  request_.principal.id = ask_.principal_id;
  request_.principal.declared = ask_.declared;
  request_.principal.account = ask_.account;
  request_.principal.in_management_account = ask_.in_management_account;
  request_.action = ask_.action;
  request_.resources = ask_.resources;
  request_.resource_group = ask_.resource_group;
  request_.context = context_;
}

Attachment& PolicySet::Add(AttachmentKind kind, std::string_view statements) {
  programs_.push_back(LoadStatements(kind, statements));
  attachments_.push_back({.program = programs_.back().get(), .kind = kind});
  return attachments_.back();
}

Status PolicySet::TryDecide(const Ask& ask, Decision* decision) const {
  const AskedRequest asked(ask);
  return writ::Decide(asked.request(), attachments_, decision);
}

Decision PolicySet::Decide(const Ask& ask) const {
  Decision decision;
  const Status status = TryDecide(ask, &decision);
  if (!status.ok()) Stop("refused", status.message());
  return decision;
}

std::string Show(const Decision& decision) {
  std::string text = std::string(VerdictName(decision.verdict)) + " " +
                     std::string(LayerName(decision.layer)) + " " +
                     std::string(ReasonName(decision.reason));
  const size_t count =
      std::min<size_t>(decision.statement_count, decision.statements.size());
  for (size_t i = 0; i < count; ++i) {
    text += " " + std::to_string(decision.statements[i].policy) + "." +
            std::to_string(decision.statements[i].statement);
  }
  return text;
}

}  // namespace writ::testing
