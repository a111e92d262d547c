// SPDX-License-Identifier: Apache-2.0
#include "directory/policy_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "compiler/check.h"
#include "compiler/check_scope.h"
#include "grammar/parse_json.h"
#include "grammar/parse_writ.h"
#include "grammar/render.h"

namespace writ {
namespace {

constexpr std::string_view kWrit = ".writ";
constexpr std::string_view kRam = ".ram.json";

std::string NormalPath(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
}

uint32_t BitOf(ast::PolicyKind kind) {
  return uint32_t{1} << static_cast<uint32_t>(kind);
}

// `path: error: what`, for what stands nowhere in a text.
std::string AboutFile(const std::string& path, std::string_view what) {
  return Printable(path) + ": error: " + std::string(what) + "\n";
}

}  // namespace

Result<PolicyFolder> PolicyFolder::Open(const std::string& path,
                                        DirectoryFindings* findings) {
  namespace fs = std::filesystem;
  PolicyFolder folder(findings);
  folder.path_ = path;
  std::error_code error;
  if (!fs::exists(path, error) && !error) return folder;
  std::vector<std::string> names;
  for (auto entry = fs::directory_iterator(path, error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (!entry->is_directory(ignored)) {
      names.push_back(entry->path().filename().string());
    }
  }
  if (error) return ErrnoStatus("read `" + path + "`", error.value());
  // The system lists them in any order.
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) folder.Add(path + "/" + name, name);
  return folder;
}

void PolicyFolder::Add(const std::string& path, const std::string& file_name) {
  std::string_view name = file_name;
  if (name.ends_with(kWrit)) {
    name.remove_suffix(kWrit.size());
  } else if (name.ends_with(kRam)) {
    name.remove_suffix(kRam.size());
  } else {
    if (name.ends_with(".json")) foreign_.push_back(path);
    return;
  }
  File* const file = &files_[std::string(name)];
  (file->path.empty() ? file->path : file->second) = path;
}

PolicyFolder::File* PolicyFolder::FindFile(const DocumentName& name,
                                           std::string_view pointer) {
  const auto found = files_.find(name.text);
  if (found != files_.end()) return &found->second;
  std::vector<std::string_view> known;
  for (const auto& [other, file] : files_) known.push_back(other);
  const std::string quoted = Excerpt(name.text);
  findings_->Say(
      name.at, pointer,
      IsWritName(name.text)
          ? "no policy `" + quoted + "`: there is neither policies/" + quoted +
                ".writ nor policies/" + quoted + ".ram.json" +
                DidYouMean(name.text, known)
          : "`" + quoted +
                "` cannot name a policy: a name has letters, digits, `_` and "
                "`-`");
  return nullptr;
}

std::shared_ptr<const ast::Policy> PolicyFolder::Find(const DocumentName& name,
                                                      std::string_view pointer,
                                                      ast::PolicyKind kind) {
  File* const file = FindFile(name, pointer);
  if (file == nullptr) return nullptr;
  Diagnostics diagnostics;
  const bool first = !file->asked;
  file->asked = true;
  if (first) Read(name.text, file, &diagnostics);
  if (file->policy == nullptr) return nullptr;
  if (file->policy->kind && *file->policy->kind != kind) {
    findings_->Say(name.at, pointer,
                   "`" + Excerpt(name.text) + "` is " +
                       std::string(KindPhrase(*file->policy->kind)) +
                       " policy; " + std::string(KindPhrase(kind)) +
                       " policy is wanted here");
    return nullptr;
  }
  if ((file->judged & BitOf(kind)) == 0) {
    file->judged |= BitOf(kind);
    CheckPolicy(*file->source, *file->policy, kind, &diagnostics);
    if (Report(*file->source, diagnostics)) file->good |= BitOf(kind);
  }
  return (file->good & BitOf(kind)) != 0 ? file->policy : nullptr;
}

bool PolicyFolder::Report(const SourceText& source,
                          const Diagnostics& diagnostics) {
  if (diagnostics.all().empty()) return true;
  std::string text =
      RenderFindings(source, diagnostics, FindingFormat::kPretty);
  if (!diagnostics.has_errors()) {
    warnings_.push_back(std::move(text));
    return true;
  }
  findings_->Add(std::move(text));
  return false;
}

// Leaves file->policy null, after a finding, unless there is a policy without
// an error so far.
void PolicyFolder::Read(const std::string& name, File* file,
                        Diagnostics* diagnostics) {
  if (!file->second.empty()) {
    findings_->Add(AboutFile(file->path, "the policy is also in `" +
                                             Printable(file->second) +
                                             "`; keep one of the two"));
    return;
  }
  Result<std::string> text = ReadRegularFile(file->path, kMaxPolicyTextBytes);
  if (!text.ok()) {
    findings_->Add(AboutFile(file->path, text.status().message()));
    return;
  }
  file->source =
      std::make_unique<SourceText>(file->path, std::move(text).value());
  if (!file->path.ends_with(kRam)) {
    ReadWrit(name, file, diagnostics);
  } else if (std::optional<ast::Policy> policy =
                 ParseJsonPolicy(*file->source, diagnostics)) {
    policy->name = name;
    file->policy = std::make_shared<const ast::Policy>(*std::move(policy));
  }
  if (file->policy == nullptr || diagnostics->has_errors()) {
    file->policy = nullptr;
    Report(*file->source, *diagnostics);
  }
}

void PolicyFolder::ReadWrit(const std::string& name, File* file,
                            Diagnostics* diagnostics) {
  const WritImportReader read = [](const std::string& imported) {
    return ReadRegularFile(imported, kMaxPolicyTextBytes);
  };
  std::optional<WritFile> content =
      ParseWrit(file->source.get(), read, diagnostics);
  if (!content) return;
  for (const std::string& path : content->imports) {
    imported_.push_back(NormalPath(path));
  }
  // Errors of the text say more than the absence of what they hid.
  if (diagnostics->has_errors()) return;
  if (content->own_policies != 1) {
    findings_->Add(AboutFile(
        file->path, "the file holds " + std::to_string(content->own_policies) +
                        " policies of its own; here it holds one, `policy " +
                        name + "`"));
    return;
  }
  ast::Policy* const policy = &content->policies.front();
  if (policy->name != name) {
    findings_->Add(
        AboutFile(file->path, "the policy is called `" + Excerpt(policy->name) +
                                  "`; in this file it is `" + name + "`"));
    return;
  }
  file->policy = std::make_shared<const ast::Policy>(std::move(*policy));
}

void PolicyFolder::SayUnused() {
  for (const auto& [name, file] : files_) {
    if (file.asked) continue;
    const bool imported =
        std::ranges::find(imported_, NormalPath(file.path)) != imported_.end();
    if (imported && file.second.empty()) continue;
    findings_->Add(
        AboutFile(file.path,
                  "nothing in directory.json names this policy, and no other "
                  "policy imports it"));
  }
  for (const std::string& path : foreign_) {
    findings_->Add(AboutFile(
        path, "not the file of a policy: these end in .writ or .ram.json"));
  }
}

std::vector<const ast::Policy*> PolicyFolder::policies() const {
  std::vector<const ast::Policy*> policies;
  for (const auto& [name, file] : files_) {
    if (file.policy != nullptr) policies.push_back(file.policy.get());
  }
  return policies;
}

}  // namespace writ
