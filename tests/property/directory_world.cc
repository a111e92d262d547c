// SPDX-License-Identifier: Apache-2.0
#include "tests/property/directory_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "tests/support/reference_evaluator.h"

namespace writ::testing {
namespace {

void Must(const Status& status) {
  ASSERT_TRUE(status.ok()) << status.ToString();
}

struct NamedPolicy {
  reference::Attached attached;
  std::string name;
};

// Finds the policies for a request about one resource, as ram.md part 11 asks,
// and puts what the directory knows into the request.
class Search {
 public:
  Search(const World& world, const Request& request) : world_(world) {
    const std::vector<std::string> who =
        Segments(std::string(request.principal.name));
    if (who.size() == 5) {
      account_ = who[3];
      principal_ = who[4];
    }
    request_ = request;
    if (account_.empty()) account_ = request.principal.account;
    resource_ = std::string(request.resources[0]);
    parts_ = Segments(resource_);
  }

  // The policies of the answer's StatementRefs, by their places.
  std::string Answer(const ast::Policy* session) {
    AddIdentity();
    if (session != nullptr) {
      found_.push_back(
          {{.policy = session, .kind = AttachmentKind::kSession}, "session"});
    }
    std::string owner = account_;
    if (parts_.size() == 5 && !parts_[3].empty() && parts_[3] != "*") {
      owner = parts_[3];
    }
    AddControl(owner);
    if (owner != account_) AddControl(account_);
    if (parts_.size() == 5 && parts_[1] == "ram" &&
        parts_[4].starts_with("role/")) {
      const auto role = world_.roles.find({owner, Lower(parts_[4].substr(5))});
      if (role != world_.roles.end() && role->second.trust != nullptr) {
        found_.push_back({{.policy = role->second.trust.get(),
                           .kind = AttachmentKind::kTrust},
                          "trust " + owner + " " + role->second.name});
      }
    }
    if (parts_.size() == 5 && parts_[1] == "oss") {
      const auto bucket =
          world_.buckets.find(parts_[4].substr(0, parts_[4].find('/')));
      if (bucket != world_.buckets.end()) {
        found_.push_back({{.policy = bucket->second.policy.get(),
                           .kind = AttachmentKind::kResource},
                          "bucket " + bucket->first});
      }
    }
    std::vector<reference::Attached> attached;
    for (const NamedPolicy& policy : found_) {
      attached.push_back(policy.attached);
    }
    const reference::Answer answer = reference::Evaluate(request_, attached);
    if (answer.request_error) {
      return "IMPLICIT_DENY default malformed-request 0";
    }
    std::set<std::string> names;
    for (const StatementRef& ref : answer.statements) {
      names.insert(found_[ref.policy].name + "#" +
                   std::to_string(ref.statement));
    }
    std::string text = std::string(VerdictName(answer.verdict)) + " " +
                       std::string(LayerName(answer.layer)) + " " +
                       std::string(ReasonName(answer.reason)) + " 0";
    for (const std::string& name : names) text += " " + name;
    return text;
  }

 private:
  void AddIdentity() {
    using Declared = RequestPrincipal::Declared;
    if (request_.principal.declared == Declared::kService) return;
    std::vector<std::pair<HolderKind, std::string>> holders;
    if (principal_.starts_with("user/")) {
      const std::string user = principal_.substr(5);
      const auto found = world_.users.find({account_, user});
      if (request_.principal.declared == Declared::kByName &&
          found != world_.users.end()) {
        holders.emplace_back(HolderKind::kUser, user);
        if (request_.principal.id.empty()) {
          request_.principal.id = found->second;
        }
        for (const auto& [group, members] : world_.groups) {
          if (group.first == account_ && members.contains(user)) {
            holders.emplace_back(HolderKind::kGroup, group.second);
          }
        }
      }
    } else if (principal_.starts_with("role/")) {
      const std::string session = principal_.substr(5);
      const std::string role = Lower(session.substr(0, session.find('/')));
      const auto found = world_.roles.find({account_, role});
      if (session.find('/') != std::string::npos &&
          found != world_.roles.end()) {
        holders.emplace_back(HolderKind::kRole, role);
        request_.principal.declared = found->second.service_linked
                                          ? Declared::kServiceLinkedRole
                                          : Declared::kByName;
        if (request_.principal.id.empty()) {
          request_.principal.id = found->second.id;
        }
      }
    }
    const auto resource = world_.resources.find(resource_);
    if (resource != world_.resources.end()) {
      request_.resource_group = resource->second;
    }
    for (const auto& [account, kind, holder, policy, group] : world_.attached) {
      const bool mine =
          account == account_ &&
          std::ranges::find(holders, std::pair(kind, holder)) != holders.end();
      if (!mine || (!group.empty() && request_.resource_group != group)) {
        continue;
      }
      found_.push_back(
          {{.policy = world_.policies.find({account, policy})->second.get(),
            .kind = AttachmentKind::kIdentity,
            .resource_group_scope = !group.empty(),
            .group = group},
           "identity " + account + " " + policy});
    }
    const auto account = world_.accounts.find(account_);
    if (account != world_.accounts.end()) {
      request_.principal.in_management_account = account->second.management;
    }
  }

  void AddControl(const std::string& name) {
    const auto account = world_.accounts.find(name);
    if (account == world_.accounts.end()) return;
    std::vector<std::tuple<ControlTarget, std::string, ControlLevel>> chain = {
        {ControlTarget::kAccount, name, ControlLevel::kMember}};
    for (std::string folder = account->second.folder; !folder.empty();
         folder = world_.folders.find(folder)->second) {
      chain.emplace_back(ControlTarget::kFolder, folder, ControlLevel::kFolder);
    }
    chain.emplace_back(ControlTarget::kRoot, "", ControlLevel::kRoot);
    for (size_t i = 0; i < chain.size(); ++i) {
      const auto& [kind, target, level] = chain[i];
      for (const auto& [at, what, policy] : world_.controlled) {
        if (at != kind || what != target) continue;
        found_.push_back({{.policy = world_.control.find(policy)->second.get(),
                           .kind = AttachmentKind::kControl,
                           .level = level,
                           .depth = static_cast<uint32_t>(chain.size() - i),
                           .account = account->first},
                          "control " + policy});
      }
    }
  }

  const World& world_;
  Request request_;
  std::string account_;
  std::string principal_;
  std::string resource_;
  std::vector<std::string> parts_;
  std::vector<NamedPolicy> found_;
};

}  // namespace

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

std::vector<std::string> Segments(const std::string& arn) {
  std::vector<std::string> segments;
  size_t begin = 0;
  while (segments.size() < 4) {
    const size_t colon = arn.find(':', begin);
    if (colon == std::string::npos) return {};
    segments.push_back(arn.substr(begin, colon - begin));
    begin = colon + 1;
  }
  segments.push_back(arn.substr(begin));
  return segments;
}

std::shared_ptr<const Snapshot> World::CompileFresh() const {
  SnapshotCompiler compiler;
  Tell(&compiler, nullptr);
  return compiler.Publish(1).value();
}

void World::Tell(SnapshotCompiler* compiler, reference::Random* random) const {
  const auto each = [random](const auto& facts, const auto& tell) {
    std::vector<const typename std::decay_t<decltype(facts)>::value_type*> left;
    for (const auto& fact : facts) left.push_back(&fact);
    for (size_t i = left.size(); random != nullptr && i > 1; --i) {
      std::swap(left[i - 1], left[random->Below(i)]);
    }
    for (const auto* fact : left) tell(*fact);
  };
  // Parents first: only two folders, and only one lies in the other.
  for (const auto& [name, parent] : folders) {
    if (parent.empty()) Must(compiler->PutFolder(name));
  }
  for (const auto& [name, parent] : folders) {
    Must(compiler->PutFolder(name, parent));
  }
  each(accounts, [&](const auto& fact) {
    const auto& [name, account] = fact;
    Must(compiler->PutAccount(name, account.management, account.folder));
  });
  each(policies, [&](const auto& fact) {
    const auto& [name, tree] = fact;
    Must(compiler->PutPolicy(name.first, name.second, tree));
  });
  each(control, [&](const auto& fact) {
    Must(compiler->PutControlPolicy(fact.first, fact.second));
  });
  each(users, [&](const auto& fact) {
    const auto& [name, id] = fact;
    Must(compiler->PutUser(name.first, name.second, id));
  });
  each(roles, [&](const auto& fact) {
    const auto& [name, role] = fact;
    Must(compiler->PutRole(name.first, role.name, role.id, role.trust,
                           role.service_linked));
  });
  each(groups, [&](const auto& fact) {
    const auto& [name, members] = fact;
    Must(compiler->PutGroup(name.first, name.second));
    each(members, [&](const std::string& member) {
      Must(compiler->AddMember(name.first, name.second, member));
    });
  });
  each(attached, [&](const auto& fact) {
    const auto& [account, kind, holder, policy, group] = fact;
    Must(compiler->Attach(account, kind, holder, policy, group));
  });
  each(controlled, [&](const auto& fact) {
    const auto& [kind, target, policy] = fact;
    Must(compiler->AttachControl(kind, target, policy));
  });
  each(buckets, [&](const auto& fact) {
    const auto& [name, bucket] = fact;
    Must(compiler->PutBucketPolicy(bucket.account, name, bucket.policy));
  });
  each(resources, [&](const auto& fact) {
    Must(compiler->PutResource(fact.first, fact.second));
  });
}

std::string World::Answer(const Request& request,
                          const ast::Policy* session) const {
  return Search(*this, request).Answer(session);
}

std::string LabelText(const PolicyLabel* label) {
  if (label == nullptr) return "session";
  switch (label->kind) {
    case AttachmentKind::kIdentity:
      return "identity " + label->account + " " + label->name;
    case AttachmentKind::kResource:
      return "bucket " + label->name;
    case AttachmentKind::kTrust:
      return "trust " + label->account + " " + label->name;
    case AttachmentKind::kSession:
      break;
    case AttachmentKind::kControl:
      return "control " + label->name;
  }
  return "?";
}

}  // namespace writ::testing
