// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_PROPERTY_DIRECTORY_CHANGES_H_
#define WRIT_TESTS_PROPERTY_DIRECTORY_CHANGES_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "authz/snapshot.h"
#include "compiler/snapshot_compiler.h"
#include "grammar/ast.h"
#include "tests/property/directory_world.h"
#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"
#include "tests/support/two_answers.h"

// Random directories: a compiler and a plain record of facts take the same
// random changes.
namespace writ::testing {

// What a snapshot answers, in the form of World::Answer.
//
// session  may be null
std::string Answer(const Snapshot& snapshot, const Request& request,
                   const Attachment* session);

// What changes and requests are made of.
struct Material {
  explicit Material(uint64_t seed);

  // A case, and for some callers with a session a policy of it (else null).
  struct Asked {
    const TwoAnswers* one;
    const ast::Policy* session_tree = nullptr;
    std::optional<Attachment> session;
  };
  Asked Pick(reference::Random* random) const;

  std::vector<std::unique_ptr<TwoAnswers>> cases;
  std::map<ast::PolicyKind, std::vector<Tree>> trees;
  std::vector<std::pair<const ast::Policy*, std::unique_ptr<const Program>>>
      sessions;
};

// A directory under changes. Not all are possible; those that are not must
// fail.
class Changes {
 public:
  // material  borrowed
  Changes(uint64_t seed, const Material* material);

  void ChangeOnce();
  SnapshotCompiler* compiler() { return compiler_.get(); }
  const World& world() const { return world_; }

 private:
  inline static const std::string kAccounts[] = {
      std::string(reference::kHomeAccount),
      std::string(reference::kOtherAccount)};
  inline static const std::string kUsers[] = {"alice", "alice", "carl"};
  inline static const std::string kRoles[] = {"Worker", "worker", "Deployer",
                                              "Mixed"};
  inline static const std::string kGroups[] = {"g1", "g2"};
  inline static const std::string kPolicies[] = {"p1", "p2", "p3", "p4", "p5"};
  inline static const std::string kScopes[] = {"", "", "", "rg-1", "rg-2"};
  inline static const std::string kFolders[] = {"f1", "f2"};
  inline static const std::string kControls[] = {"c1", "c2", "c3"};
  inline static const std::string kIds[] = {"", "2700000000000001", "300001"};

  const Tree& AnyTree(ast::PolicyKind kind) {
    return random_.Pick(material_.trees.find(kind)->second);
  }
  // The compiler must think of the change what the world thinks.
  static void Same(const Status& status, bool possible) {
    EXPECT_EQ(status.ok(), possible) << status.ToString();
  }

  void PutAccount(const std::string& account);
  void ChangeHolders(const std::string& account);
  void ChangePolicies(const std::string& account);
  void ChangeControl(const std::string& account);
  void ChangeResources(const std::string& account);

  reference::Random random_;
  const Material& material_;
  World world_;
  std::unique_ptr<SnapshotCompiler> compiler_;
};

}  // namespace writ::testing

#endif  // WRIT_TESTS_PROPERTY_DIRECTORY_CHANGES_H_
