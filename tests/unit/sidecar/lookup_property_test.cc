// SPDX-License-Identifier: Apache-2.0
//
// Over random directories and questions: a lookup gives exactly the names of
// which Check says ALLOW when it is asked about one after the other, in pages
// of any size, whether the names are candidates or the bundle's own.
// WRIT_SEED and WRIT_CASES (twenty of them are a directory) choose others.
#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "compiler/snapshot_compiler.h"
#include "sidecar/decision_point.h"
#include "tests/property/directory_changes.h"
#include "tests/property/directory_world.h"
#include "tests/support/request_generator.h"
#include "tests/support/request_values.h"
#include "tests/support/two_answers.h"

namespace writ::testing {
namespace {

constexpr uint64_t kSeed = 606;
constexpr uint64_t kDirectories = 200;
constexpr uint64_t kQuestions = 20;

using Names = std::vector<std::string>;

class LookupProperty : public ::testing::Test {
 protected:
  LookupProperty()
      : seed_(NumberFromEnvironment("WRIT_SEED", kSeed)),
        count_(NumberFromEnvironment("WRIT_CASES", kDirectories * kQuestions) /
               kQuestions),
        material_(seed_),
        random_(seed_),
        point_({.bundles = &bundles_,
                .log = nullptr,
                .metrics = &metrics_,
                .clock = &clock_}) {
    std::cout << "WRIT_SEED=" << seed_ << " WRIT_CASES=" << count_ * kQuestions
              << "\n";
    listener_.trusted = true;
    rule_.rights = {Right::kCheck, Right::kLookup};
  }

  void PublishDirectory() {
    Changes changes(random_.Next(), &material_);
    const PackedSnapshot packed = changes.compiler()->Pack().value();
    BundleManifest manifest;
    manifest.revision = ++revision_;
    bundle_ = Bundle::OpenUnverified(
                  MakeBundle(manifest, packed.directory, packed.program))
                  .value();
    bundles_.Publish(bundle_);
  }

  // A question of a generated case; false for one that the decision point
  // refuses, as malformed ones are.
  bool Usable(const Question& question) {
    writ::Answer answer;
    return point_.Check(asker_, Protocol::kCheck, question, &answer).ok();
  }
  bool Allows(Question question, LookedUp looked_up, std::string_view name,
              bool from_directory) {
    const std::string_view resources[] = {name};
    const std::string session = std::string(name) + "/search";
    switch (looked_up) {
      case LookedUp::kResources:
        question.request.resources = resources;
        break;
      case LookedUp::kActions:
        question.request.action = name;
        break;
      default:
        question.request.principal.name =
            from_directory && name.find(":role/") != std::string_view::npos
                ? std::string_view(session)
                : name;
    }
    writ::Answer answer;
    const Status status =
        point_.Check(asker_, Protocol::kCheck, question, &answer);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return answer.decision.allowed();
  }

  Names OneByOne(const Question& question, LookedUp looked_up,
                 std::span<const std::string_view> names, bool from_directory) {
    Names allowed;
    for (const std::string_view name : names) {
      if (Allows(question, looked_up, name, from_directory)) {
        allowed.emplace_back(name);
      }
    }
    return allowed;
  }

  Names AtOnce(Lookup lookup, LookedUp looked_up) {
    Names names;
    std::string token;
    lookup.page_size = static_cast<uint32_t>(random_.Next() % 4);
    do {
      lookup.page_token = token;
      Found found;
      Status status;
      switch (looked_up) {
        case LookedUp::kResources:
          status = point_.LookupResources(asker_, Protocol::kLookupResources,
                                          lookup, &found);
          break;
        case LookedUp::kActions:
          status = point_.LookupActions(asker_, Protocol::kLookupActions,
                                        lookup, &found);
          break;
        default:
          status = point_.LookupPrincipals(asker_, lookup, &found);
      }
      EXPECT_TRUE(status.ok()) << status.ToString();
      if (!status.ok()) return names;
      names.insert(names.end(), found.names.begin(), found.names.end());
      token = found.next_page_token;
    } while (!token.empty());
    return names;
  }

  // candidates  not empty
  void Compare(const Question& question, LookedUp looked_up,
               std::span<const std::string_view> own,
               std::span<const std::string_view> candidates) {
    Lookup lookup;
    lookup.question = question;
    const Names of_bundle = AtOnce(lookup, looked_up);
    ASSERT_EQ(of_bundle, OneByOne(question, looked_up, own, true));
    ASSERT_FALSE(candidates.empty());
    lookup.candidates = candidates;
    ASSERT_EQ(AtOnce(lookup, looked_up),
              OneByOne(question, looked_up, candidates, false));
    found_ += of_bundle.size();
  }

  const uint64_t seed_;
  const uint64_t count_;
  const Material material_;
  reference::Random random_;
  FakeClock clock_;
  Metrics metrics_;
  BundleHolder bundles_;
  DecisionPoint point_;
  ListenerRules listener_;
  AskerRule rule_;
  const Asker asker_{&listener_, &rule_};
  uint64_t revision_ = 0;
  std::shared_ptr<const Bundle> bundle_;
  uint64_t found_ = 0;
};

TEST_F(LookupProperty, EqualsCheckOneByOne) {
  uint64_t asked = 0;
  for (uint64_t i = 0; i < count_ && !HasFailure(); ++i) {
    PublishDirectory();
    const SnapshotImage& image = bundle_->image();
    for (uint64_t k = 0; k < kQuestions && !HasFailure(); ++k) {
      const Material::Asked one = material_.Pick(&random_);
      SCOPED_TRACE(one.one->line());
      const RequestView view(one.one->read().request);
      Question question;
      question.request = view.request();
      question.request.principal.in_management_account = false;
      if (one.session) {
        question.session_policy = one.session->program->image();
      }
      if (!Usable(question)) continue;
      ++asked;
      // Names of other cases, as candidates that this directory may not know.
      Names actions;
      Names resources;
      Names principals;
      for (int n = 0; n < 8; ++n) {
        const Material::Asked other = material_.Pick(&random_);
        const RequestView named(other.one->read().request);
        const Request& request = named.request();
        if (!request.action.empty()) actions.emplace_back(request.action);
        for (const std::string_view name : request.resources) {
          if (!name.empty()) resources.emplace_back(name);
        }
        if (!request.principal.name.empty()) {
          principals.emplace_back(request.principal.name);
        }
      }
      const auto views = [](const Names& names) {
        return std::vector<std::string_view>(names.begin(), names.end());
      };
      Compare(question, LookedUp::kResources, image.resources(),
              views(resources));
      Compare(question, LookedUp::kActions, image.actions(), views(actions));
      Compare(question, LookedUp::kPrincipals, image.principals(),
              views(principals));
    }
  }
  EXPECT_GT(asked, count_ * kQuestions / 2);
  EXPECT_GT(found_, count_);
}

}  // namespace
}  // namespace writ::testing
