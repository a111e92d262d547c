// SPDX-License-Identifier: Apache-2.0
#include "directory/resolve.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <set>
#include <utility>

#include "base/limits.h"
#include "grammar/diagnostic.h"

namespace writ {
namespace {

class Resolver {
 public:
  Resolver(const DirectoryDocument& document, PolicyFolder* policies,
           DirectoryFindings* findings)
      : document_(document), policies_(*policies), findings_(*findings) {}

  ResolvedDirectory Resolve() {
    ResolveFolders();
    ControlPolicies(document_.root_control_policies,
                    PointerOf({"root", "controlPolicies"}));
    for (const DocumentFolder& folder : document_.folders) {
      ControlPolicies(
          folder.control_policies,
          PointerOf({"folders", folder.name.text, "controlPolicies"}));
    }
    for (const DocumentAccount& account : document_.accounts) {
      ResolveAccount(account);
    }
    return std::move(resolved_);
  }

 private:
  void Say(const DocumentName& name, std::string_view pointer,
           std::string_view what) {
    findings_.Say(name.at, pointer, what);
  }

  // Looks a policy up and keeps it in `named`.
  void Policy(const DocumentName& name, std::string_view pointer,
              ast::PolicyKind kind, NamedPolicies* named) {
    if (name.text.empty()) return;  // said when it was read
    if (PolicyTree tree = policies_.Find(name, pointer, kind)) {
      named->insert_or_assign(name.text, std::move(tree));
    }
  }

  void ControlPolicies(const std::vector<DocumentName>& names,
                       const std::string& pointer) {
    std::set<std::string_view> seen;
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string at = PointerTo(pointer, i);
      if (!seen.insert(names[i].text).second) {
        Say(names[i], at, "the policy stands in this list twice");
      }
      Policy(names[i], at, ast::PolicyKind::kControl, &resolved_.control);
    }
  }

  void Attachments(const std::vector<DocumentAttachment>& attachments,
                   const std::string& pointer) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (size_t i = 0; i < attachments.size(); ++i) {
      const DocumentAttachment& attachment = attachments[i];
      const std::string at = PointerTo(pointer, i);
      if (!seen.insert({attachment.policy.text, attachment.resource_group})
               .second) {
        Say(attachment.policy, at,
            "the policy stands in this list twice with the same scope");
      }
      Policy(attachment.policy, at, ast::PolicyKind::kIdentity,
             &resolved_.identity);
    }
  }

  // Null for a folder directly under the root, or in one that is not there.
  const DocumentFolder* Parent(const DocumentFolder& folder) const {
    if (!folder.parent) return nullptr;
    const auto found = folders_.find(folder.parent->text);
    return found == folders_.end() ? nullptr : found->second;
  }

  std::string UnknownFolder(const std::string& name) const {
    std::vector<std::string_view> known;
    for (const auto& [other, folder] : folders_) known.push_back(other);
    return "no folder `" + Excerpt(name) + "`" + DidYouMean(name, known);
  }

  void ResolveFolders() {
    for (const DocumentFolder& folder : document_.folders) {
      folders_[folder.name.text] = &folder;
    }
    std::vector<std::vector<const DocumentFolder*>> by_depth(kMaxFolderDepth);
    for (const DocumentFolder& folder : document_.folders) {
      const std::string pointer = PointerOf({"folders", folder.name.text});
      if (folder.parent && Parent(folder) == nullptr) {
        Say(*folder.parent, PointerTo(pointer, "parent"),
            UnknownFolder(folder.parent->text));
      }
      size_t depth = 0;
      const DocumentFolder* above = Parent(folder);
      while (above != nullptr && above != &folder && depth < kMaxFolderDepth) {
        ++depth;
        above = Parent(*above);
      }
      if (above == &folder) {
        Say(*folder.parent, PointerTo(pointer, "parent"),
            "the folder lies in itself");
      } else if (depth >= kMaxFolderDepth) {
        Say(folder.name, pointer,
            "the folder lies in more than " +
                std::to_string(kMaxFolderDepth - 1) + " others");
      } else {
        by_depth[depth].push_back(&folder);
      }
    }
    for (const auto& level : by_depth) {
      resolved_.folders.insert(resolved_.folders.end(), level.begin(),
                               level.end());
    }
  }

  void ResolveAccount(const DocumentAccount& account) {
    const std::string pointer = PointerOf({"accounts", account.id.text});
    if (account.folder && !folders_.contains(account.folder->text)) {
      Say(*account.folder, PointerTo(pointer, "folder"),
          UnknownFolder(account.folder->text));
    }
    ControlPolicies(account.control_policies,
                    PointerTo(pointer, "controlPolicies"));
    const std::string users = PointerTo(pointer, "users");
    for (const DocumentUser& user : account.users) {
      Attachments(user.policies,
                  PointerTo(PointerTo(users, user.name.text), "policies"));
    }
    ResolveGroups(account, PointerTo(pointer, "groups"));
    ResolveRoles(account, PointerTo(pointer, "roles"));
    ResolveBuckets(account, PointerTo(pointer, "buckets"));
  }

  void ResolveGroups(const DocumentAccount& account,
                     const std::string& pointer) {
    std::set<std::string_view> users;
    for (const DocumentUser& user : account.users) users.insert(user.name.text);
    for (const DocumentGroup& group : account.groups) {
      const std::string inside = PointerTo(pointer, group.name.text);
      std::set<std::string_view> seen;
      for (size_t i = 0; i < group.members.size(); ++i) {
        const DocumentName& member = group.members[i];
        const std::string at = PointerTo(PointerTo(inside, "members"), i);
        if (!users.contains(member.text)) {
          Say(member, at,
              "no user `" + Excerpt(member.text) + "` in this account" +
                  DidYouMean(member.text, {users.begin(), users.end()}));
        } else if (!seen.insert(member.text).second) {
          Say(member, at, "the user stands in this list twice");
        }
      }
      Attachments(group.policies, PointerTo(inside, "policies"));
    }
  }

  void ResolveRoles(const DocumentAccount& account,
                    const std::string& pointer) {
    std::set<std::string> seen;
    for (const DocumentRole& role : account.roles) {
      const std::string inside = PointerTo(pointer, role.name.text);
      if (!seen.insert(AsciiLower(role.name.text)).second) {
        Say(role.name, inside,
            "another role has this name; upper and lower case letters are the "
            "same in names of roles");
      }
      if (role.trust) {
        Policy(*role.trust, PointerTo(inside, "trust"), ast::PolicyKind::kTrust,
               &resolved_.trust);
      }
      Attachments(role.policies, PointerTo(inside, "policies"));
    }
  }

  void ResolveBuckets(const DocumentAccount& account,
                      const std::string& pointer) {
    for (const DocumentBucket& bucket : account.buckets) {
      const std::string inside = PointerTo(pointer, bucket.name.text);
      const auto [owner, added] =
          buckets_.insert({bucket.name.text, account.id.text});
      if (!added) {
        Say(bucket.name, inside,
            "the bucket belongs to account " + owner->second + " already");
      }
      Policy(bucket.policy, PointerTo(inside, "policy"),
             ast::PolicyKind::kResource, &resolved_.bucket);
    }
  }

  const DirectoryDocument& document_;
  PolicyFolder& policies_;
  DirectoryFindings& findings_;
  ResolvedDirectory resolved_;
  std::map<std::string, const DocumentFolder*, std::less<>> folders_;
  std::map<std::string, std::string, std::less<>> buckets_;  // their accounts
};

}  // namespace

ResolvedDirectory ResolveDirectory(const DirectoryDocument& document,
                                   PolicyFolder* policies,
                                   DirectoryFindings* findings) {
  return Resolver(document, policies, findings).Resolve();
}

std::string PointerOf(std::initializer_list<std::string_view> members) {
  std::string pointer;
  for (const std::string_view member : members) {
    pointer = PointerTo(pointer, member);
  }
  return pointer;
}

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace writ
