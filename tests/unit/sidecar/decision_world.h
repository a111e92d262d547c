// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_SIDECAR_DECISION_WORLD_H_
#define WRIT_TESTS_UNIT_SIDECAR_DECISION_WORLD_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "bundle/bundle.h"
#include "compiler/snapshot_compiler.h"
#include "sidecar/asker.h"
#include "sidecar/bundle_holder.h"
#include "sidecar/decision_log.h"
#include "sidecar/decision_point.h"
#include "sidecar/metrics.h"
#include "tests/unit/authz/policy_set.h"

namespace writ::testing {

inline constexpr std::string_view kAccount = "1000000000000001";
inline constexpr std::string_view kLogs = "acs:oss:cn:1000000000000001:logs/";

inline std::string LogsObject(std::string_view name) {
  return std::string(kLogs).append(name);
}

// The bundle of a small directory: alice may read logs/ but logs/secret/, write
// logs/in/ from 10.0.0.0/8, act as an admin, and get the shop's items; twenty
// statements let her do app:Many. Nobody else may do anything, but the role
// Worker, which reads logs/ too.
inline std::shared_ptr<const Bundle> MakeWorldBundle(
    uint64_t revision, std::optional<int64_t> not_after = std::nullopt) {
  constexpr std::string_view kRead = R"(
      {"Sid": "Read", "Effect": "Allow", "Action": "oss:GetObject",
       "Resource": "acs:oss:*:*:logs/*"},
      {"Sid": "NoSecret", "Effect": "Deny", "Action": "oss:*",
       "Resource": "acs:oss:*:*:logs/secret/*"})";
  constexpr std::string_view kWrite = R"(
      {"Effect": "Allow", "Action": "oss:PutObject",
       "Resource": "acs:oss:*:*:logs/in/*",
       "Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}},
      {"Effect": "Allow", "Action": "app:Act", "Resource": "*",
       "Condition": {"StringEquals": {"app:role": "admin"}}},
      {"Effect": "Allow", "Action": "app:Late", "Resource": "*",
       "Condition": {"DateGreaterThan": {
           "acs:CurrentTime": "2026-12-01T00:00:00Z"}}},
      {"Effect": "Allow", "Action": ["http:GET", "http:HEAD"],
       "Resource": "acs:http:*:*:shop.example/items/*"})";
  std::string many;
  for (int i = 0; i < 20; ++i) {
    many += many.empty() ? "" : ",";
    many += R"({"Effect": "Allow", "Action": "app:Many", "Resource": "*"})";
  }
  SnapshotCompiler compiler;
  const auto must = [](const Status& status) {
    ASSERT_TRUE(status.ok()) << status.ToString();
  };
  const auto give = [&](HolderKind kind, std::string_view holder,
                        std::string_view policy) {
    must(compiler.Attach(kAccount, kind, holder, policy));
  };
  must(compiler.PutAccount(kAccount));
  must(compiler.PutUser(kAccount, "alice", "200001"));
  must(compiler.PutUser(kAccount, "carol", "200002"));
  must(compiler.PutRole(kAccount, "Worker", "300001", nullptr));
  must(compiler.PutPolicy(kAccount, "read", ParseStatements(kRead)));
  must(compiler.PutPolicy(kAccount, "write", ParseStatements(kWrite)));
  must(compiler.PutPolicy(kAccount, "many", ParseStatements(many)));
  give(HolderKind::kUser, "alice", "read");
  give(HolderKind::kUser, "alice", "write");
  give(HolderKind::kUser, "alice", "many");
  give(HolderKind::kRole, "Worker", "read");
  for (const std::string_view name :
       {"a", "b", "in/x", "secret/x", "secret/y", "z"}) {
    must(compiler.PutResource(LogsObject(name), "rg-1"));
  }
  const Result<PackedSnapshot> packed = compiler.Pack();
  EXPECT_TRUE(packed.ok()) << packed.status().ToString();
  if (!packed.ok()) return nullptr;
  BundleManifest manifest;
  manifest.revision = revision;
  manifest.not_after = not_after;
  const Result<std::shared_ptr<const Bundle>> bundle = Bundle::OpenUnverified(
      MakeBundle(manifest, packed->directory, packed->program));
  EXPECT_TRUE(bundle.ok()) << bundle.status().ToString();
  return bundle.ok() ? *bundle : nullptr;
}

// Keeps a line for each record; full when told.
class RecordingLog final : public DecisionLog {
 public:
  std::string NextId() override {
    MutexLock lock(&mu_);
    return "id-" + std::to_string(++ids_);
  }
  Status Add(const DecisionRecord& record) override {
    MutexLock lock(&mu_);
    if (full_) return Unavailable("the decision log is full");
    std::string line(record.decision_id);
    line += " " + std::string(ProtocolName(record.protocol)) + " " +
            record.asker->rule->name;
    if (record.decision != nullptr) {
      line += " " + std::string(VerdictName(record.decision->verdict));
    }
    if (record.lookup != nullptr) {
      line += " " + std::to_string(record.lookup->allowed) + "/" +
              std::to_string(record.lookup->asked);
    }
    line += " " + std::to_string(record.statements.size());
    for (const ContextEntry& entry : record.request->context) {
      line += " " + std::string(entry.key) + "=";
      for (const std::string_view value : entry.values) line += value;
    }
    lines_.push_back(line);
    return OkStatus();
  }
  void Reopen() override {}
  void Close(std::chrono::milliseconds) override {}

  void SetFull(bool full) {
    MutexLock lock(&mu_);
    full_ = full;
  }
  std::vector<std::string> lines() const {
    MutexLock lock(&mu_);
    return lines_;
  }

 private:
  mutable Mutex mu_;
  int ids_ WRIT_GUARDED_BY(mu_) = 0;
  bool full_ WRIT_GUARDED_BY(mu_) = false;
  std::vector<std::string> lines_ WRIT_GUARDED_BY(mu_);
};

// A decision point with what it needs. Holds the bundle of revision 7.
struct DecisionWorld {
  explicit DecisionWorld(bool with_log = false)
      : point({.bundles = &bundles,
               .log = with_log ? &log : nullptr,
               .metrics = &metrics,
               .clock = &clock}) {
    bundles.Publish(MakeWorldBundle(7));
  }

  FakeClock clock;
  Metrics metrics;
  BundleHolder bundles;
  RecordingLog log;
  DecisionPoint point;
};

inline ListenerRules TrustedListener() {
  ListenerRules rules;
  rules.name = "inner";
  rules.trusted = true;
  return rules;
}

inline AskerRule RuleWith(Rights rights) {
  AskerRule rule;
  rule.name = "gateway";
  rule.rights = rights;
  return rule;
}

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_SIDECAR_DECISION_WORLD_H_
