// SPDX-License-Identifier: Apache-2.0
//
// Each resource of a request has attachments of its own, so each is explained
// on its own, and the explanations are put together.
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "authz/snapshot.h"
#include "authz/snapshot_gathering.h"
#include "authz/what_if.h"
#include "base/limits.h"

namespace writ {
namespace {

using Declared = RequestPrincipal::Declared;

// A request about one of its resources, with what the directory knows of it.
class ResourceQuestion {
 public:
  // index  of the request's resources; may be one that is not well formed:
  //        nothing is attached to it then
  ResourceQuestion(const Request& request, uint32_t index,
                   const SnapshotGathering& gathering)
      : request_(request) {
    request_.resources = request.resources.subspan(index, 1);
    const Caller& caller = gathering.caller();
    request_.principal.id = caller.id;
    request_.principal.in_management_account =
        gathering.in_management_account();
    if (caller.kind == PrincipalKind::kServiceLinkedRole) {
      request_.principal.declared = Declared::kServiceLinkedRole;
    } else if (caller.kind == PrincipalKind::kRoleSession) {
      request_.principal.declared = Declared::kByName;
    }
    RequestResource resource;
    if (!ReadResource(request_.resources[0], &resource)) return;
    request_.resource_group = gathering.GroupOf(resource);
    for (const std::span<const Attachment> list :
         gathering.ListsFor(resource)) {
      attachments_.insert(attachments_.end(), list.begin(), list.end());
    }
  }
  ResourceQuestion(const ResourceQuestion&) = delete;
  ResourceQuestion& operator=(const ResourceQuestion&) = delete;

  const Request& request() const { return request_; }
  std::vector<Attachment>& attachments() { return attachments_; }

 private:
  Request request_;
  std::vector<Attachment> attachments_;
};

// Attachments of several resources, each once.
class AttachmentPool {
 public:
  // The place of each attachment in the pool.
  std::vector<uint32_t> Add(std::span<const Attachment> attachments) {
    std::vector<uint32_t> places;
    places.reserve(attachments.size());
    for (const Attachment& attachment : attachments) {
      const auto [known, added] = places_.try_emplace(
          Key(attachment), static_cast<uint32_t>(pool_.size()));
      if (added) pool_.push_back(attachment);
      places.push_back(known->second);
    }
    return places;
  }
  std::vector<Attachment> Take() { return std::move(pool_); }
  const std::vector<Attachment>& pool() const { return pool_; }

 private:
  // A snapshot numbers its policies through, and a control policy is asked in
  // the name of one account and level.
  using PoolKey = std::tuple<uint32_t, AttachmentKind, bool, ControlLevel,
                             uint32_t, std::string_view>;
  static PoolKey Key(const Attachment& attachment) {
    return {attachment.first_policy,
            attachment.kind,
            attachment.resource_group_scope,
            attachment.level,
            attachment.depth,
            attachment.account};
  }

  std::vector<Attachment> pool_;
  std::map<PoolKey, uint32_t> places_;
};

// Makes what speaks of one resource and its attachments speak of the request
// and of the pool.
void Translate(uint32_t resource, std::span<const uint32_t> places,
               Explanation* explanation) {
  for (ExplainedUnit& unit : explanation->units) {
    unit.resource = resource;
    for (uint32_t& attachment : unit.attachments) {
      attachment = places[attachment];
    }
    for (ExplainedStatement& statement : unit.statements) {
      statement.attachment = places[statement.attachment];
    }
  }
  for (Change& change : explanation->flip) {
    if (change.kind == Change::Kind::kResource) change.resource = resource;
    if (change.kind == Change::Kind::kRemoveStatement) {
      change.attachment = places[change.attachment];
    }
  }
}

// Whether the request is allowed after the changes, with all that the directory
// holds for it then: somebody else has other policies, and another resource may
// lie in another group.
bool Flips(const DirectoryTables& tables, const Request& request,
           const Attachment* session, std::span<const Attachment> pool,
           std::span<const Change> changes) {
  const ChangedQuestion changed(request, pool, changes);
  SnapshotGathering gathering(tables, changed.request(), session);
  if (!gathering.Read()) return false;
  for (uint32_t i = 0; i < changed.request().resources.size(); ++i) {
    ResourceQuestion question(changed.request(), i, gathering);
    for (Attachment& attachment : question.attachments()) {
      // A statement that is removed is removed wherever its policy stands.
      for (const Attachment& other : changed.attachments()) {
        if (other.first_policy == attachment.first_policy &&
            !other.without_statements.empty()) {
          attachment.without_statements = other.without_statements;
        }
      }
    }
    Decision decision;
    const Status status =
        writ::Decide(question.request(), question.attachments(), &decision);
    if (!status.ok() || !decision.allowed()) return false;
  }
  return true;
}

// The decision with all of its statements.
Status DecideWhole(const Request& request, const SnapshotGathering& gathering,
                   Explanation* explanation) {
  Request question = request;
  question.principal.in_management_account = gathering.in_management_account();
  explanation->statements.resize(kMaxDeterminingStatements);
  for (int round = 0; round < 2; ++round) {
    WRIT_RETURN_IF_ERROR(DecideFor(gathering.caller(), question, gathering,
                                   &explanation->decision,
                                   explanation->statements));
    const uint32_t count = explanation->decision.statement_count;
    const bool fits = count <= explanation->statements.size();
    explanation->statements.resize(count);
    if (fits) break;
  }
  return OkStatus();
}

}  // namespace

Result<SnapshotExplanation> Snapshot::Explain(const Request& request,
                                              const ExplainOptions& options,
                                              const Attachment* session) const {
  SnapshotGathering gathering(tables_, request, session);
  if (!gathering.Read()) {
    return InvalidArgument("the principal is of no known form");
  }
  SnapshotExplanation whole;
  WRIT_RETURN_IF_ERROR(DecideWhole(request, gathering, &whole.explanation));
  const Decision& decision = whole.explanation.decision;
  if (request.resources.empty()) return whole;
  AttachmentPool pool;
  if (!decision.allowed()) {
    ResourceQuestion question(request, decision.resource, gathering);
    const std::vector<uint32_t> places = pool.Add(question.attachments());
    WRIT_ASSIGN_OR_RETURN(
        Explanation one,
        writ::Explain(question.request(), question.attachments(), options));
    Translate(decision.resource, places, &one);
    whole.explanation.units = std::move(one.units);
    whole.explanation.near_misses = std::move(one.near_misses);
    if (!one.flip.empty() &&
        Flips(tables_, request, session, pool.pool(), one.flip)) {
      whole.explanation.flip = std::move(one.flip);
    }
    whole.attachments = pool.Take();
    return whole;
  }
  StepBudget budget(kMaxExplainSteps);
  for (uint32_t i = 0; i < request.resources.size(); ++i) {
    ResourceQuestion question(request, i, gathering);
    const std::vector<uint32_t> places = pool.Add(question.attachments());
    WRIT_ASSIGN_OR_RETURN(
        Explanation one,
        ExplainUnits(question.request(), question.attachments(), &budget));
    Translate(i, places, &one);
    for (ExplainedUnit& unit : one.units) {
      unit.decided = unit.decided && i == decision.resource;
      whole.explanation.units.push_back(std::move(unit));
    }
  }
  whole.attachments = pool.Take();
  return whole;
}

}  // namespace writ
