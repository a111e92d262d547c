// SPDX-License-Identifier: Apache-2.0
#include "libwrit/writ_compiler.h"

#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "compiler/check.h"
#include "compiler/compile.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"
#include "grammar/parse_writ.h"
#include "grammar/render.h"
#include "libwrit/error.h"

namespace writ {
namespace {

std::string TextOf(writ_text text) {
  return text.data == nullptr ? std::string()
                              : std::string(text.data, text.size);
}

std::optional<ast::PolicyKind> KindOf(uint32_t kind) {
  switch (kind) {
    case WRIT_IDENTITY:
      return ast::PolicyKind::kIdentity;
    case WRIT_RESOURCE:
      return ast::PolicyKind::kResource;
    case WRIT_TRUST:
      return ast::PolicyKind::kTrust;
    case WRIT_SESSION:
      return ast::PolicyKind::kSession;
    case WRIT_CONTROL:
      return ast::PolicyKind::kControl;
    default:
      return std::nullopt;
  }
}

// Reads and judges one text; its findings are appended to `findings`.
Result<ast::Policy> ReadSource(const writ_policy_source& from,
                               std::string* findings) {
  const std::string name = TextOf(from.name);
  const std::optional<ast::PolicyKind> kind = KindOf(from.kind);
  if (!kind || from.language > WRIT_DSL) {
    return InvalidArgument("`" + name + "` has a kind or language that does " +
                           "not exist");
  }
  SourceText source(name, TextOf(from.text));
  Diagnostics diagnostics;
  std::optional<ast::Policy> policy;
  size_t policies = 1;
  if (from.language == WRIT_RAM_JSON) {
    policy = ParseJsonPolicy(source, &diagnostics);
  } else if (std::optional<WritFile> file =
                 ParseWrit(&source, nullptr, &diagnostics)) {
    policies = file->own_policies;
    if (policies == 1) policy = std::move(file->policies[0]);
  }
  if (policy) CheckPolicy(source, *policy, *kind, &diagnostics);
  *findings += RenderFindings(source, diagnostics, FindingFormat::kCompact);
  if (policies != 1) {
    return InvalidArgument("`" + name + "` holds " + std::to_string(policies) +
                           " policies; one is needed");
  }
  if (!policy || diagnostics.has_errors()) {
    return InvalidArgument("`" + name + "` is not a valid policy");
  }
  return *std::move(policy);
}

Result<std::string> Compile(const writ_policy_source* sources, size_t count,
                            std::string* findings) {
  std::vector<ast::Policy> trees;
  Status first_failure;
  for (size_t i = 0; i < count; ++i) {
    Result<ast::Policy> tree = ReadSource(sources[i], findings);
    if (tree.ok()) {
      trees.push_back(std::move(tree).value());
    } else if (first_failure.ok()) {
      first_failure = tree.status();
    }
  }
  WRIT_RETURN_IF_ERROR(first_failure);
  std::vector<PolicyInput> inputs;
  for (size_t i = 0; i < count; ++i) {
    inputs.push_back({&trees[i], *KindOf(sources[i].kind)});
  }
  return CompileProgram(inputs);
}

// False when there is no memory.
bool Fill(std::string_view bytes, writ_buffer* buffer) {
  *buffer = {nullptr, 0};
  if (bytes.empty()) return true;
  auto* const data = static_cast<char*>(std::malloc(bytes.size() + 1));
  if (data == nullptr) return false;
  std::memcpy(data, bytes.data(), bytes.size());
  data[bytes.size()] = '\0';
  *buffer = {data, bytes.size()};
  return true;
}

}  // namespace
}  // namespace writ

extern "C" {

void writ_buffer_free(writ_buffer* buffer) {
  if (buffer == nullptr) return;
  std::free(buffer->data);
  *buffer = {nullptr, 0};
}

int writ_compile(const writ_policy_source* sources, size_t source_count,
                 writ_buffer* image, writ_buffer* findings, writ_error* error) {
  std::string found;
  const writ::Result<std::string> made =
      writ::Compile(sources, source_count, &found);
  writ::Status status = made.status();
  *image = {nullptr, 0};
  if (findings != nullptr) *findings = {nullptr, 0};
  if ((made.ok() && !writ::Fill(*made, image)) ||
      (findings != nullptr && !writ::Fill(found, findings))) {
    writ_buffer_free(image);
    status = writ::ResourceExhausted("no memory for the result");
  }
  writ::SetError(status, error);
  return status.ok() ? 1 : 0;
}

}  // extern "C"
