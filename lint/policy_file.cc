// SPDX-License-Identifier: Apache-2.0
#include "lint/policy_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "compiler/check.h"
#include "grammar/parse_json.h"
#include "lint/name_fixes.h"

namespace writ {
namespace {

constexpr std::string_view kKindNames[] = {"identity", "resource", "trust",
                                           "session", "control"};

bool IsPolicyName(std::string_view name) {
  return name.ends_with(".writ") || name.ends_with(".ram.json");
}

// The file's name without directories and without its extensions.
std::string PolicyNameOf(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  for (std::string_view ending : {".ram.json", ".json", ".writ"}) {
    if (path.ends_with(ending)) {
      path.remove_suffix(ending.size());
      break;
    }
  }
  return path == "-" || path.empty() ? "policy" : std::string(path);
}

bool LooksLikeJson(std::string_view path, std::string_view text) {
  if (path.ends_with(".writ")) return false;
  if (path.ends_with(".json")) return true;
  const size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return first == std::string_view::npos || text[first] == '{' ||
         text[first] == '[';
}

Status AddDirectory(const std::string& path, std::vector<std::string>* files) {
  namespace fs = std::filesystem;
  std::error_code error;
  const size_t before = files->size();
  for (auto entry = fs::recursive_directory_iterator(path, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().string();
    if (IsPolicyName(name) && entry->is_regular_file(ignored)) {
      files->push_back(name);
    }
  }
  if (error) return ErrnoStatus("read " + path, error.value());
  if (files->size() == before) {
    return InvalidArgument("the directory holds no *.writ and no *.ram.json");
  }
  std::sort(files->begin() + static_cast<ptrdiff_t>(before), files->end());
  return OkStatus();
}

}  // namespace

Result<std::vector<std::string>> ExpandPaths(
    const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path == "-" || !std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    if (Status status = AddDirectory(path, &files); !status.ok()) {
      return Status(status.code(),
                    "`" + path + "`: " + std::string(status.message()));
    }
  }
  return files;
}

PolicyFile ParsePolicyText(const std::string& path, std::string text) {
  PolicyFile file{SourceText(path, std::move(text)), false, false, {}, {}, {},
                  {}};
  file.is_json = LooksLikeJson(path, file.source.text());
  if (file.is_json) {
    if (std::optional<ast::Policy> policy =
            ParseJsonPolicy(file.source, &file.diagnostics)) {
      policy->name = PolicyNameOf(path);
      file.content.policies.push_back(*std::move(policy));
      file.content.own_policies = 1;
      file.parsed = true;
    }
    return file;
  }
  const WritImportReader read = [](const std::string& imported) {
    return ReadFile(imported, kMaxPolicyTextBytes);
  };
  if (std::optional<WritFile> content =
          ParseWrit(&file.source, read, &file.diagnostics)) {
    file.content = *std::move(content);
    file.parsed = true;
  }
  return file;
}

Result<PolicyFile> ReadPolicyFile(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(std::string text,
                        path == "-" ? ReadAll(0, kMaxPolicyTextBytes)
                                    : ReadFile(path, kMaxPolicyTextBytes));
  return ParsePolicyText(path, std::move(text));
}

ast::PolicyKind KindOf(const ast::Policy& policy,
                       std::optional<ast::PolicyKind> asked, bool* guessed) {
  *guessed = false;
  if (asked) return *asked;
  if (policy.kind) return *policy.kind;
  *guessed = true;
  bool has_principal = false;
  bool has_resource = false;
  for (const ast::Statement& statement : policy.statements) {
    has_principal = has_principal || statement.principal.has_value();
    has_resource = has_resource || statement.resource.has_value();
    for (const ast::ForeignMember& member : statement.foreign) {
      has_principal = has_principal || member.name.text == "NotPrincipal";
    }
  }
  if (!has_principal) return ast::PolicyKind::kIdentity;
  return has_resource ? ast::PolicyKind::kResource : ast::PolicyKind::kTrust;
}

std::string_view KindName(ast::PolicyKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}

std::optional<ast::PolicyKind> KindNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(kKindNames); ++i) {
    if (kKindNames[i] == name) return static_cast<ast::PolicyKind>(i);
  }
  return std::nullopt;
}

void CheckFile(std::optional<ast::PolicyKind> asked, PolicyFile* file) {
  file->kinds.clear();
  file->kind_was_guessed.clear();
  for (const ast::Policy& policy : file->content.policies) {
    bool guessed = false;
    file->kinds.push_back(KindOf(policy, asked, &guessed));
    file->kind_was_guessed.push_back(guessed);
    CheckPolicy(file->source, policy, file->kinds.back(), &file->diagnostics);
  }
  OfferNameFixes(file);
}

}  // namespace writ
