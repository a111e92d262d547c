// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_PROPERTY_DIRECTORY_WORLD_H_
#define WRIT_TESTS_PROPERTY_DIRECTORY_WORLD_H_

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "authz/request.h"
#include "authz/snapshot.h"
#include "compiler/snapshot_compiler.h"
#include "grammar/ast.h"
#include "tests/support/request_generator.h"

namespace writ::testing {

using Tree = std::shared_ptr<const ast::Policy>;

// In lower case, as far as ASCII goes.
std::string Lower(std::string text);
// "acs" and the four segments behind it; empty for another text.
std::vector<std::string> Segments(const std::string& arn);

// A directory as plain sets of facts.
struct World {
  struct Account {
    bool management = false;
    std::string folder;
  };
  struct Role {
    std::string name;
    std::string id;
    Tree trust;
    bool service_linked = false;
  };
  struct Bucket {
    std::string account;
    Tree policy;
  };
  using Named = std::pair<std::string, std::string>;  // account, name
  // account, kind, holder, policy, resource group
  using Attached = std::tuple<std::string, HolderKind, std::string, std::string,
                              std::string>;

  std::map<std::string, Account> accounts;
  std::map<std::string, std::string> folders;  // name, parent
  std::map<Named, std::string> users;          // id
  std::map<Named, Role> roles;
  std::map<Named, std::set<std::string>> groups;
  std::map<Named, Tree> policies;
  std::set<Attached> attached;
  std::map<std::string, Tree> control;
  std::set<std::tuple<ControlTarget, std::string, std::string>> controlled;
  std::map<std::string, Bucket> buckets;
  std::map<std::string, std::string> resources;

  bool Has(const std::string& account, HolderKind kind,
           const std::string& holder) const {
    const Named name(account, holder);
    switch (kind) {
      case HolderKind::kUser:
        return users.contains(name);
      case HolderKind::kGroup:
        return groups.contains(name);
      case HolderKind::kRole:
        return roles.contains({account, Lower(holder)});
    }
    return false;
  }
  bool HasTarget(ControlTarget kind, const std::string& target) const {
    return kind == ControlTarget::kRoot ||
           (kind == ControlTarget::kAccount ? accounts.contains(target)
                                            : folders.contains(target));
  }
  void Forget(const std::string& account, HolderKind kind,
              const std::string& holder) {
    std::erase_if(attached, [&](const Attached& a) {
      return std::get<0>(a) == account && std::get<1>(a) == kind &&
             std::get<2>(a) == holder;
    });
  }
  void RemoveAccount(const std::string& account) {
    const auto of_account = [&](const auto& entry) {
      return entry.first.first == account;
    };
    accounts.erase(account);
    std::erase_if(users, of_account);
    std::erase_if(roles, of_account);
    std::erase_if(groups, of_account);
    std::erase_if(policies, of_account);
    std::erase_if(attached,
                  [&](const Attached& a) { return std::get<0>(a) == account; });
    std::erase_if(controlled, [&](const auto& c) {
      return std::get<0>(c) == ControlTarget::kAccount &&
             std::get<1>(c) == account;
    });
    std::erase_if(buckets, [&](const auto& bucket) {
      return bucket.second.account == account;
    });
  }

  // Tells an empty compiler everything.
  //
  // random  chooses the order; may be null
  void Tell(SnapshotCompiler* compiler, reference::Random* random) const;

  // The snapshot of a compiler that is told everything at once.
  std::shared_ptr<const Snapshot> CompileFresh() const;

  // What the reference evaluator answers to a request about one resource, under
  // the policies that a plain search finds: "ALLOW identity allowed 0" and the
  // names of the determining statements, sorted.
  //
  // session  of the caller; may be null
  std::string Answer(const Request& request, const ast::Policy* session) const;
};

// A policy of a decision as the answers of World name it; null is the session
// policy.
std::string LabelText(const PolicyLabel* label);

}  // namespace writ::testing

#endif  // WRIT_TESTS_PROPERTY_DIRECTORY_WORLD_H_
