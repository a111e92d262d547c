// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_BUNDLE_SMALL_BUNDLE_H_
#define WRIT_TESTS_UNIT_BUNDLE_SMALL_BUNDLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/source.h"
#include "bundle/bundle.h"
#include "compiler/snapshot_compiler.h"
#include "grammar/parse_json.h"

namespace writ {

inline constexpr std::string_view kSmallUser = "acs:ram::1001:user/ada";
inline constexpr std::string_view kSmallObject = "acs:oss:cn:1001:photos/a";

// One account, one user, one policy.
inline PackedSnapshot SmallSnapshot() {
  const SourceText source("read-photos", R"json({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "oss:Get*",
     "Resource": "acs:oss:*:1001:photos/*"}]})json");
  Diagnostics diagnostics;
  std::optional<ast::Policy> policy = ParseJsonPolicy(source, &diagnostics);
  WRIT_CHECK(policy && !diagnostics.has_errors());
  SnapshotCompiler compiler;
  WRIT_CHECK(compiler.PutAccount("1001").ok());
  WRIT_CHECK(compiler.PutUser("1001", "ada", "2001").ok());
  WRIT_CHECK(compiler
                 .PutPolicy("1001", "read-photos",
                            std::make_shared<const ast::Policy>(*policy))
                 .ok());
  WRIT_CHECK(
      compiler.Attach("1001", HolderKind::kUser, "ada", "read-photos").ok());
  Result<PackedSnapshot> packed = compiler.Pack();
  WRIT_CHECK(packed.ok());
  return std::move(packed).value();
}

// An unsigned bundle of it.
inline std::string SmallBundle(uint64_t revision,
                               std::optional<int64_t> not_after = {}) {
  const PackedSnapshot packed = SmallSnapshot();
  BundleManifest manifest;
  manifest.revision = revision;
  manifest.not_after = not_after;
  manifest.accounts = packed.accounts;
  manifest.principals = packed.principals;
  manifest.policies = packed.policies;
  manifest.statements = packed.statements;
  return MakeBundle(manifest, packed.directory, packed.program);
}

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_BUNDLE_SMALL_BUNDLE_H_
