// SPDX-License-Identifier: Apache-2.0
#include "control/policy_text.h"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "authz/program/program.h"
#include "base/source.h"
#include "compiler/check.h"
#include "compiler/compile.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"

namespace writ {
namespace {

// An API message is one line: the first findings are enough to go on.
constexpr size_t kMaxFindingsInMessage = 5;

// "2:17 W-SYN-002 (R17): duplicate member `Effect`; …"
std::string Describe(const SourceText& source, const Diagnostics& findings) {
  std::string text;
  size_t shown = 0;
  for (const Diagnostic& finding : findings.all()) {
    const DiagnosticInfo& info = InfoOf(finding.id);
    if (info.level != Level::kError) continue;
    if (shown == kMaxFindingsInMessage) break;
    if (shown++ > 0) text += "; ";
    const LineColumn at = source.Locate(finding.span.begin);
    text += std::to_string(at.line) + ":" + std::to_string(at.column) + " ";
    text += info.code;
    if (!info.source.empty()) {
      text += " (";
      text += info.source;
      text += ")";
    }
    text += ": " + finding.message;
  }
  if (findings.error_count() > shown) {
    text += "; and " + std::to_string(findings.error_count() - shown) + " more";
  }
  return text.empty() ? "1:1: the document is not a policy" : text;
}

}  // namespace

Result<std::shared_ptr<const ast::Policy>> ReadIdentityPolicy(
    const std::string& name, std::string_view document) {
  const SourceText source(name, std::string(document));
  Diagnostics findings;
  std::optional<ast::Policy> policy = ParseJsonPolicy(source, &findings);
  if (policy.has_value() && !findings.has_errors()) {
    CheckPolicy(source, *policy, ast::PolicyKind::kIdentity, &findings);
  }
  if (!policy.has_value() || findings.has_errors()) {
    return InvalidArgument(Describe(source, findings));
  }
  const std::array<PolicyInput, 1> inputs = {
      PolicyInput{&*policy, ast::PolicyKind::kIdentity}};
  Result<std::string> image = CompileProgram(inputs);
  if (!image.ok()) return image.status();
  const Result<std::unique_ptr<const Program>> program =
      Program::Load(std::move(image).value());
  if (!program.ok()) {
    return InternalError("the compiled policy was refused: " +
                         std::string(program.status().message()));
  }
  return std::make_shared<const ast::Policy>(std::move(*policy));
}

}  // namespace writ
