// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_SIDECAR_SIGNED_BUNDLE_H_
#define WRIT_TESTS_UNIT_SIDECAR_SIGNED_BUNDLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/source.h"
#include "bundle/bundle.h"
#include "compiler/snapshot_compiler.h"
#include "grammar/parse_json.h"
#include "tests/unit/bundle/test_keys.h"

namespace writ {

// The bundle of a revision: account 1000 with a user `alice` who may read what
// lies in `r<revision>/` of the bucket `data`, and nothing else; so an answer
// shows whose it is. `statements` more of them are about other buckets.
inline PackedSnapshot PackRevision(uint64_t revision, int statements = 0) {
  const auto statement = [](const std::string& resource) {
    return R"({"Effect":"Allow","Action":"oss:GetObject","Resource":")" +
           resource + R"("})";
  };
  std::string text =
      R"({"Version":"1","Statement":[)" +
      statement("acs:oss:*:*:data/r" + std::to_string(revision) + "/*");
  for (int i = 0; i < statements; ++i) {
    text += "," + statement("acs:oss:*:*:other" + std::to_string(i) + "/*");
  }
  text += "]}";
  const SourceText source("policy.json", text);
  Diagnostics diagnostics;
  std::optional<ast::Policy> tree = ParseJsonPolicy(source, &diagnostics);
  WRIT_CHECK(tree.has_value());
  SnapshotCompiler compiler;
  WRIT_CHECK(compiler.PutAccount("1000").ok());
  WRIT_CHECK(compiler.PutUser("1000", "alice", "2000").ok());
  WRIT_CHECK(
      compiler
          .PutPolicy("1000", "read",
                     std::make_shared<const ast::Policy>(std::move(*tree)))
          .ok());
  WRIT_CHECK(compiler.Attach("1000", HolderKind::kUser, "alice", "read").ok());
  Result<PackedSnapshot> packed = compiler.Pack();
  WRIT_CHECK(packed.ok());
  return std::move(packed).value();
}

// keys  numbers of TestKey that sign
inline std::string SignedBundle(uint64_t revision,
                                const std::vector<char>& keys = {1},
                                std::optional<int64_t> not_after = std::nullopt,
                                int statements = 0) {
  const PackedSnapshot packed = PackRevision(revision, statements);
  BundleManifest manifest;
  manifest.revision = revision;
  manifest.not_after = not_after;
  manifest.accounts = packed.accounts;
  manifest.principals = packed.principals;
  manifest.policies = packed.policies;
  manifest.statements = packed.statements;
  std::string bytes = MakeBundle(manifest, packed.directory, packed.program);
  for (const char number : keys) {
    Result<std::string> signed_bytes = SignBundle(bytes, TestKey(number));
    WRIT_CHECK(signed_bytes.ok());
    bytes = std::move(signed_bytes).value();
  }
  return bytes;
}

// May alice read in `r<revision>/`? True of that revision's bundle alone.
inline bool AllowsRevision(const Bundle& bundle, uint64_t revision) {
  const std::string resource =
      "acs:oss:cn-hangzhou:1000:data/r" + std::to_string(revision) + "/x";
  const std::string_view resources[] = {resource};
  Request request;
  request.principal.name = "acs:ram::1000:user/alice";
  request.action = "oss:GetObject";
  request.resources = resources;
  return bundle.snapshot().Decide(request).allowed();
}

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_SIDECAR_SIGNED_BUNDLE_H_
