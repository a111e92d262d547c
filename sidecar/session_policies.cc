// SPDX-License-Identifier: Apache-2.0
#include "sidecar/session_policies.h"

#include <string>
#include <utility>

#include "base/limits.h"

namespace writ {
namespace {

Result<std::shared_ptr<const Program>> LoadSessionPolicy(
    std::string_view image) {
  Result<std::unique_ptr<const Program>> loaded =
      Program::Load(std::string(image));
  if (!loaded.ok()) {
    return InvalidArgument("the session policy cannot be used: " +
                           std::string(loaded.status().message()));
  }
  const Program& program = **loaded;
  if (program.policy_count() != 1 || program.unit_count() != 1 ||
      program.UnitKind(0) != ProgramPolicyKind::kSession) {
    return InvalidArgument(
        "the session policy is a program of something else: compile one policy "
        "with `writ compile --kind session`");
  }
  return std::shared_ptr<const Program>(std::move(loaded).value());
}

}  // namespace

Result<std::shared_ptr<const Program>> SessionPolicies::Find(
    std::string_view image) {
  const Sha256Digest digest = Sha256(image);
  {
    MutexLock lock(&mu_);
    const auto found = places_.find(digest);
    if (found != places_.end()) {
      kept_.splice(kept_.begin(), kept_, found->second);
      return found->second->program;
    }
  }
  WRIT_ASSIGN_OR_RETURN(std::shared_ptr<const Program> program,
                        LoadSessionPolicy(image));
  // What is pushed out is destroyed behind the lock.
  std::list<Kept> pushed_out;
  MutexLock lock(&mu_);
  // Another thread may have loaded the same meanwhile.
  const auto found = places_.find(digest);
  if (found != places_.end()) return found->second->program;
  kept_.push_front({digest, program});
  places_.emplace(digest, kept_.begin());
  bytes_ += program->image().size();
  while (kept_.size() > kMaxSessionPolicies || bytes_ > kMaxBytes) {
    const auto last = std::prev(kept_.end());
    bytes_ -= last->program->image().size();
    places_.erase(last->digest);
    pushed_out.splice(pushed_out.begin(), kept_, last);
  }
  return program;
}

}  // namespace writ
