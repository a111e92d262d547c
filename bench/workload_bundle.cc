// SPDX-License-Identifier: Apache-2.0
#include "bench/workload_bundle.h"

#include <memory>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "bundle/bundle.h"
#include "compiler/snapshot_compiler.h"

namespace writ {
namespace {

constexpr uint64_t kMaxWorkloadFileBytes = uint64_t{256} << 20;

// `acs:ram::123456789012:user/alice` -> `alice`
std::string UserName(std::string_view arn) {
  return std::string(arn.substr(arn.find('/') + 1));
}

}  // namespace

Result<Workload> OpenWorkload(std::string_view shape_or_file, size_t statements,
                              size_t requests) {
  if (const auto* shape = FindWorkloadShape(shape_or_file)) {
    return MakeWorkload(*shape, statements, requests);
  }
  const std::string path(shape_or_file);
  WRIT_ASSIGN_OR_RETURN(std::string text,
                        ReadFile(path, kMaxWorkloadFileBytes));
  return ReadWorkload(path, std::move(text));
}

Result<std::string> BundleOfWorkload(const Workload& workload,
                                     uint64_t revision) {
  SnapshotCompiler compiler;
  WRIT_RETURN_IF_ERROR(compiler.PutAccount(kWorkloadAccount));
  for (size_t i = 0; i < workload.policies.size(); ++i) {
    if (workload.policies[i].kind != ast::PolicyKind::kIdentity) {
      return InvalidArgument("the workload `" + workload.name +
                             "` has policies that are not identity policies");
    }
    // The workload outlives the compiler, so the tree needs no owner.
    const std::shared_ptr<const ast::Policy> tree(std::shared_ptr<const void>(),
                                                  &workload.policies[i].policy);
    WRIT_RETURN_IF_ERROR(
        compiler.PutPolicy(kWorkloadAccount, "p" + std::to_string(i), tree));
  }
  for (const WorkloadPrincipal& principal : workload.principals) {
    const std::string user = UserName(principal.arn);
    WRIT_RETURN_IF_ERROR(compiler.PutUser(kWorkloadAccount, user));
    for (const WorkloadUnit& unit : principal.units) {
      for (const uint32_t policy : unit.policies) {
        WRIT_RETURN_IF_ERROR(compiler.Attach(kWorkloadAccount,
                                             HolderKind::kUser, user,
                                             "p" + std::to_string(policy)));
      }
    }
  }
  WRIT_ASSIGN_OR_RETURN(const PackedSnapshot packed, compiler.Pack());
  BundleManifest manifest;
  manifest.revision = revision;
  manifest.accounts = packed.accounts;
  manifest.principals = packed.principals;
  manifest.policies = packed.policies;
  manifest.statements = packed.statements;
  return MakeBundle(std::move(manifest), packed.directory, packed.program);
}

}  // namespace writ
