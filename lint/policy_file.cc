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
#include "lint/glob.h"
#include "lint/ineffective.h"
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
  WRIT_ASSIGN_OR_RETURN(const std::vector<std::string> found,
                        FilesBelow(path, IsPolicyName));
  if (found.empty()) {
    return InvalidArgument("the directory holds no *.writ and no *.ram.json");
  }
  files->insert(files->end(), found.begin(), found.end());
  return OkStatus();
}

// `a/**/b` also means `a/b`.
bool GlobNames(std::string_view glob, std::string_view path) {
  if (GlobMatches(glob, path)) return true;
  std::string shorter(glob);
  for (size_t at = shorter.find("**/"); at != std::string::npos;
       at = shorter.find("**/", at)) {
    shorter.erase(at, 3);
  }
  return shorter.size() < glob.size() && GlobMatches(shorter, path);
}

// The folder below which everything lies that the glob can match, as the glob
// writes it; empty for the working directory.
std::string FolderOfGlob(const std::string& glob) {
  const size_t slash = glob.rfind('/', glob.find_first_of("*?"));
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : glob.substr(0, slash);
}

Status AddGlob(const std::string& glob, std::vector<std::string>* files) {
  namespace fs = std::filesystem;
  std::error_code error;
  const size_t before = files->size();
  const std::string written = FolderOfGlob(glob);
  const std::string folder = written.empty() ? "." : written;
  const bool deep = glob.find("**") != std::string::npos;
  // Folders between the one above and the files.
  const auto depth = std::count(
      glob.begin() + static_cast<ptrdiff_t>(glob.find_first_of("*?")),
      glob.end(), '/');
  for (auto entry = fs::recursive_directory_iterator(folder, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    // Nothing deeper can match.
    if (!deep && entry.depth() >= depth) entry.disable_recursion_pending();
    std::error_code ignored;
    std::string name = entry->path().string();
    if (written.empty()) name.erase(0, 2);
    if (GlobNames(glob, name) && entry->is_regular_file(ignored)) {
      files->push_back(std::move(name));
    }
  }
  if (error) return ErrnoStatus("read " + folder, error.value());
  if (files->size() == before) return NotFound("no file matches");
  std::sort(files->begin() + static_cast<ptrdiff_t>(before), files->end());
  return OkStatus();
}

bool IsGlob(const std::string& path) {
  std::error_code error;
  return path.find_first_of("*?") != std::string::npos &&
         !std::filesystem::exists(path, error);
}

}  // namespace

Result<std::vector<std::string>> FilesBelow(
    const std::string& directory, bool (*is_wanted)(std::string_view name)) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(directory, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().string();
    if (is_wanted(name) && entry->is_regular_file(ignored)) {
      files.push_back(name);
    }
  }
  if (error) return ErrnoStatus("read " + directory, error.value());
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<std::string>> ExpandPaths(
    const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const bool glob = IsGlob(path);
    if (!glob && (path == "-" || !std::filesystem::is_directory(path, error))) {
      files.push_back(path);
      continue;
    }
    if (Status status =
            glob ? AddGlob(path, &files) : AddDirectory(path, &files);
        !status.ok()) {
      return Status(status.code(),
                    "`" + path + "`: " + std::string(status.message()));
    }
  }
  return files;
}

PolicyFile ParsePolicyText(const std::string& path, std::string text) {
  PolicyFile file{
      SourceText(path, std::move(text)), false, false, {}, {}, {}, {}};
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
    return ReadRegularFile(imported, kMaxPolicyTextBytes);
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
  OfferEmptyConditionFixes(file);
}

}  // namespace writ
