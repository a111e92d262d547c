// SPDX-License-Identifier: Apache-2.0
#include "authz/snapshot.h"

#include <span>

namespace writ {
namespace {

constexpr std::string_view kArnPrefix = "acs:ram::";
constexpr std::string_view kUserPrefix = "user/";

}  // namespace

const SnapshotUser* Snapshot::FindUser(std::string_view account,
                                       std::string_view name) const noexcept {
  const auto holder = accounts_.find(account);
  if (holder == accounts_.end()) return nullptr;
  const auto user = holder->second.users.find(name);
  return user == holder->second.users.end() ? nullptr : &user->second;
}

const SnapshotUser* Snapshot::FindUserByArn(
    std::string_view arn) const noexcept {
  if (!arn.starts_with(kArnPrefix)) return nullptr;
  arn.remove_prefix(kArnPrefix.size());
  const size_t colon = arn.find(':');
  if (colon == std::string_view::npos) return nullptr;
  const std::string_view rest = arn.substr(colon + 1);
  if (!rest.starts_with(kUserPrefix)) return nullptr;
  return FindUser(arn.substr(0, colon), rest.substr(kUserPrefix.size()));
}

Decision Snapshot::Decide(const Request& request) const noexcept {
  Request question = request;
  std::span<const Attachment> attachments;
  const SnapshotUser* user =
      request.principal.declared == RequestPrincipal::Declared::kByName
          ? FindUserByArn(request.principal.name)
          : nullptr;
  if (user != nullptr) {
    attachments = user->attachments;
    if (question.principal.id.empty()) question.principal.id = user->id;
  }
  Decision decision;
  // A refused request leaves an implicit deny behind, which is the answer.
  static_cast<void>(writ::Decide(question, attachments, &decision));
  return decision;
}

SnapshotBuilder::SnapshotBuilder(uint64_t revision)
    : revision_(revision), snapshot_(new Snapshot(revision)) {}

SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::AddAccount(std::string_view account) {
  snapshot_->accounts_.try_emplace(std::string(account));
}

void SnapshotBuilder::AddUser(std::string_view account, std::string_view name,
                              std::string_view id) {
  snapshot_->accounts_[std::string(account)].user_ids.insert_or_assign(
      std::string(name), std::string(id));
}

void SnapshotBuilder::AddPolicy(std::string_view account,
                                std::string_view policy,
                                std::shared_ptr<const Program> program) {
  WRIT_CHECK(program != nullptr);
  snapshot_->accounts_[std::string(account)].policies.insert_or_assign(
      std::string(policy), std::move(program));
}

Status SnapshotBuilder::Attach(std::string_view account, std::string_view user,
                               std::string_view policy) {
  const auto holder = snapshot_->accounts_.find(account);
  if (holder == snapshot_->accounts_.end() ||
      !holder->second.user_ids.contains(user)) {
    return NotFound("no user `" + std::string(user) + "`");
  }
  if (!holder->second.policies.contains(policy)) {
    return NotFound("no policy `" + std::string(policy) + "`");
  }
  attached_.emplace_back(
      Attached{std::string(account), std::string(user), std::string(policy)});
  return OkStatus();
}

std::shared_ptr<const Snapshot> SnapshotBuilder::Build() {
  for (auto& [account, holder] : snapshot_->accounts_) {
    for (const auto& [name, id] : holder.user_ids) {
      SnapshotUser& user = holder.users[name];
      user.account = account;
      user.name = name;
      user.id = id;
    }
  }
  for (const Attached& attached : attached_) {
    Snapshot::Account& holder =
        snapshot_->accounts_.find(attached.account)->second;
    SnapshotUser& user = holder.users.find(attached.user)->second;
    const auto policy = holder.policies.find(attached.policy);
    bool known = false;
    for (const std::string_view name : user.policy_names) {
      known = known || name == attached.policy;
    }
    if (known) continue;
    for (uint32_t i = 0; i < policy->second->policy_count(); ++i) {
      user.attachments.push_back(
          {.program = policy->second.get(), .unit = i});
      user.policy_names.push_back(policy->first);
    }
  }
  attached_.clear();
  std::shared_ptr<const Snapshot> built = std::move(snapshot_);
  snapshot_.reset(new Snapshot(revision_));
  return built;
}

}  // namespace writ
