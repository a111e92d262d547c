// SPDX-License-Identifier: Apache-2.0
#include "directory/directory_document.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/source.h"
#include "catalogue/catalogue.h"
#include "directory/document.h"
#include "directory/findings.h"
#include "directory/likely_actions.h"
#include "directory/policy_folder.h"
#include "directory/resolve.h"
#include "grammar/diagnostic.h"
#include "grammar/render.h"

namespace writ {
namespace {

// Tells a compiler what a document says, all of whose names are resolved. What
// the compiler refuses is a name that no ARN could hold: a finding.
class DirectoryFeed {
 public:
  DirectoryFeed(const ResolvedDirectory& resolved, SnapshotCompiler* compiler,
                DirectoryFindings* findings)
      : resolved_(resolved), compiler_(*compiler), findings_(*findings) {}

  void Feed(const DirectoryDocument& document) {
    for (const DocumentFolder* const folder : resolved_.folders) {
      Expect(compiler_.PutFolder(folder->name.text, TextOf(folder->parent)),
             folder->name, PointerOf({"folders", folder->name.text}));
    }
    for (const auto& [name, tree] : resolved_.control) {
      WRIT_CHECK(compiler_.PutControlPolicy(name, tree).ok());
    }
    Control(ControlTarget::kRoot, "", document.root_control_policies);
    for (const DocumentFolder& folder : document.folders) {
      Control(ControlTarget::kFolder, folder.name.text,
              folder.control_policies);
    }
    for (const DocumentAccount& account : document.accounts) {
      FeedAccount(account);
    }
    for (const DocumentResource& resource : document.resources) {
      Expect(compiler_.PutResource(resource.arn.text, resource.resource_group),
             resource.arn, PointerOf({"resources", resource.arn.text}));
    }
  }

 private:
  static std::string_view TextOf(const std::optional<DocumentName>& name) {
    return name ? std::string_view(name->text) : std::string_view();
  }

  bool Expect(const Status& status, const DocumentName& name,
              std::string_view pointer) {
    if (!status.ok()) findings_.Say(name.at, pointer, status.message());
    return status.ok();
  }

  void Control(ControlTarget kind, std::string_view target,
               const std::vector<DocumentName>& policies) {
    for (const DocumentName& policy : policies) {
      WRIT_CHECK(compiler_.AttachControl(kind, target, policy.text).ok());
    }
  }

  void Attach(const DocumentAccount& account, HolderKind kind,
              std::string_view holder,
              const std::vector<DocumentAttachment>& attachments) {
    for (const DocumentAttachment& attachment : attachments) {
      const std::string& policy = attachment.policy.text;
      if (put_.insert(policy).second) {
        WRIT_CHECK(compiler_
                       .PutPolicy(account.id.text, policy,
                                  resolved_.identity.find(policy)->second)
                       .ok());
      }
      WRIT_CHECK(compiler_
                     .Attach(account.id.text, kind, holder, policy,
                             attachment.resource_group)
                     .ok());
    }
  }

  void FeedAccount(const DocumentAccount& account) {
    const std::string& id = account.id.text;
    const std::string pointer = PointerOf({"accounts", id});
    if (!Expect(compiler_.PutAccount(id, account.management,
                                     TextOf(account.folder)),
                account.id, pointer)) {
      return;
    }
    Control(ControlTarget::kAccount, id, account.control_policies);
    put_.clear();
    for (const DocumentUser& user : account.users) {
      const std::string& name = user.name.text;
      if (Expect(compiler_.PutUser(id, name, user.id), user.name,
                 PointerTo(PointerTo(pointer, "users"), name))) {
        Attach(account, HolderKind::kUser, name, user.policies);
      }
    }
    for (const DocumentGroup& group : account.groups) {
      FeedGroup(account, group, PointerTo(pointer, "groups"));
    }
    for (const DocumentRole& role : account.roles) {
      FeedRole(account, role, PointerTo(pointer, "roles"));
    }
    for (const DocumentBucket& bucket : account.buckets) {
      Expect(compiler_.PutBucketPolicy(
                 id, bucket.name.text,
                 resolved_.bucket.find(bucket.policy.text)->second),
             bucket.name,
             PointerTo(PointerTo(pointer, "buckets"), bucket.name.text));
    }
  }

  void FeedGroup(const DocumentAccount& account, const DocumentGroup& group,
                 const std::string& pointer) {
    const std::string& id = account.id.text;
    const std::string& name = group.name.text;
    if (!Expect(compiler_.PutGroup(id, name), group.name,
                PointerTo(pointer, name))) {
      return;
    }
    for (const DocumentName& member : group.members) {
      // A user whose name was refused is not there.
      static_cast<void>(compiler_.AddMember(id, name, member.text));
    }
    Attach(account, HolderKind::kGroup, name, group.policies);
  }

  void FeedRole(const DocumentAccount& account, const DocumentRole& role,
                const std::string& pointer) {
    const std::string& id = account.id.text;
    const std::string& name = role.name.text;
    PolicyTree trust;
    if (role.trust) trust = resolved_.trust.find(role.trust->text)->second;
    if (Expect(compiler_.PutRole(id, name, role.id, std::move(trust),
                                 role.service_linked),
               role.name, PointerTo(pointer, name))) {
      Attach(account, HolderKind::kRole, name, role.policies);
    }
  }

  const ResolvedDirectory& resolved_;
  SnapshotCompiler& compiler_;
  DirectoryFindings& findings_;
  std::set<std::string_view> put_;  // policies of the account at hand
};

// Groups that give policies to nobody.
void WarnOfEmptyGroups(const DirectoryDocument& document,
                       std::string_view file_name,
                       std::vector<std::string>* warnings) {
  for (const DocumentAccount& account : document.accounts) {
    for (const DocumentGroup& group : account.groups) {
      if (!group.members.empty() || group.policies.empty()) continue;
      warnings->push_back(
          Printable(file_name) + ": warning: " +
          Printable(PointerOf(
              {"accounts", account.id.text, "groups", group.name.text})) +
          ": the group has policies and no members: nobody has them by it\n");
    }
  }
}

}  // namespace

Result<DirectoryBuild> BuildDirectory(const std::string& folder,
                                      const DirectoryBuildOptions& options) {
  const std::string path = folder + "/directory.json";
  WRIT_ASSIGN_OR_RETURN(std::string text,
                        ReadRegularFile(path, kMaxDirectoryDocumentBytes));
  const SourceText source(path, std::move(text));
  DirectoryFindings findings(source);
  const std::optional<DirectoryDocument> document =
      ReadDirectoryDocument(source, &findings);
  DirectoryBuild build;
  if (!document) {
    build.findings = findings.Take();
    return build;
  }
  WRIT_ASSIGN_OR_RETURN(PolicyFolder policies,
                        PolicyFolder::Open(folder + "/policies", &findings));
  const ResolvedDirectory resolved =
      ResolveDirectory(*document, &policies, &findings);
  // A slip in directory.json leaves names unread: then any file may look so.
  if (findings.empty()) policies.SayUnused();
  build.warnings = policies.TakeWarnings();
  WarnOfEmptyGroups(*document, path, &build.warnings);
  if (findings.empty()) {
    const std::vector<std::string> actions =
        LikelyActions(Catalogue::BuiltIn(), policies.policies());
    const std::vector<std::string_view> known(actions.begin(), actions.end());
    SnapshotCompiler compiler({.passes = options.passes,
                               .budget = options.budget,
                               .known_actions = known});
    DirectoryFeed(resolved, &compiler, &findings).Feed(*document);
    if (findings.empty()) {
      WRIT_ASSIGN_OR_RETURN(build.packed, compiler.Pack());
    }
  }
  build.findings = findings.Take();
  return build;
}

}  // namespace writ
