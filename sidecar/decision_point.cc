// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_point.h"

#include <algorithm>
#include <utility>

#include "authz/value_ranks.h"
#include "base/limits.h"
#include "sidecar/prepared_question.h"
#include "sidecar/session_policies.h"

namespace writ {
namespace {

constexpr std::string_view kCurrentTime = "acs:CurrentTime";

Status NoRight(Right right) {
  return PermissionDenied("the caller may not ask this: it lacks the right `" +
                          std::string(RightName(right)) + "`");
}

// The statements that determined `answer->decision`. A decision carries the
// first of them itself; the rare one with more is taken again with room for
// all.
Status CollectStatements(const Snapshot& snapshot, const Request& request,
                         const Attachment* session, Answer* answer) {
  const Decision& decision = answer->decision;
  const uint32_t count = decision.statement_count;
  if (count <= decision.statements.size()) {
    answer->statements.assign(decision.statements.begin(),
                              decision.statements.begin() + count);
    return OkStatus();
  }
  answer->statements.resize(count);
  const Decision again = snapshot.Decide(request, answer->statements, session);
  if (again.verdict != decision.verdict || again.statement_count != count) {
    return InternalError("a decision came out differently when taken again");
  }
  return OkStatus();
}

}  // namespace

void Answer::Clear() {
  decision = {};
  statements.clear();
  bundle.reset();
  session.reset();
  decision_id.clear();
  current_time.clear();
}

void DecisionPoint::Prepared::AddCurrentTime(WallTime now) {
  for (const ContextEntry& entry : request.context) {
    if (SameContextKey(entry.key, kCurrentTime)) return;
  }
  time_ = FormatRfc3339(now);
  times_ = {time_};
  context_.reserve(request.context.size() + 1);
  context_.assign(request.context.begin(), request.context.end());
  context_.push_back({kCurrentTime, times_});
  request.context = context_;
}

DecisionPoint::DecisionPoint(const Parts& parts)
    : parts_(parts), sessions_(std::make_unique<SessionPolicies>()) {}

DecisionPoint::~DecisionPoint() = default;

bool DecisionPoint::Ready() const {
  const std::shared_ptr<const Bundle> bundle = parts_.bundles->Current();
  return bundle != nullptr && !bundle->ExpiredAt(parts_.clock->Now());
}

void DecisionPoint::CountRefused(Protocol protocol,
                                 const Status& status) const {
  parts_.metrics->CountRefused(protocol, StatusCodeName(status.code()));
}

void DecisionPoint::Count(Protocol protocol, const Status& status,
                          const Answer& answer) const {
  if (status.ok()) {
    parts_.metrics->CountDecision(protocol, answer.decision.verdict);
  } else {
    CountRefused(protocol, status);
  }
}

Status DecisionPoint::TakeBundle(uint64_t at_least_revision, WallTime now,
                                 std::shared_ptr<const Bundle>* bundle) const {
  *bundle = parts_.bundles->Current();
  if (*bundle == nullptr) return Unavailable("there is no bundle yet");
  if ((*bundle)->ExpiredAt(now)) {
    return Unavailable("the bundle of revision " +
                       std::to_string((*bundle)->revision()) +
                       " is past its notAfter");
  }
  if ((*bundle)->revision() < at_least_revision) {
    return FailedPrecondition("the bundle in force is of revision " +
                              std::to_string((*bundle)->revision()) +
                              ", older than " +
                              std::to_string(at_least_revision));
  }
  return OkStatus();
}

Status DecisionPoint::Prepare(const Asker& asker, const Question& question,
                              LookedUp looked_up, WallTime now,
                              Prepared* prepared) const {
  WRIT_RETURN_IF_ERROR(CheckQuestion(asker, question, looked_up));
  prepared->request = question.request;
  // A member that no door lets an asker say.
  prepared->request.principal.in_management_account = false;
  prepared->session_policy = question.session_policy;
  if (!question.session_policy.empty()) {
    WRIT_ASSIGN_OR_RETURN(prepared->session_program,
                          sessions_->Find(question.session_policy));
    prepared->attachment.program = prepared->session_program.get();
    prepared->attachment.kind = AttachmentKind::kSession;
  }
  if (asker.listener->add_current_time) prepared->AddCurrentTime(now);
  return OkStatus();
}

Status DecisionPoint::Decide(const Asker& asker, Protocol protocol,
                             const Question& question,
                             const std::shared_ptr<const Bundle>& bundle,
                             WallTime now, Answer* answer) const {
  Prepared prepared;
  WRIT_RETURN_IF_ERROR(
      Prepare(asker, question, LookedUp::kNothing, now, &prepared));
  const Snapshot& snapshot = bundle->snapshot();
  answer->decision = snapshot.Decide(prepared.request, {}, prepared.session());
  answer->bundle = bundle;
  if (parts_.log != nullptr || asker.May(Right::kStatements)) {
    WRIT_RETURN_IF_ERROR(CollectStatements(snapshot, prepared.request,
                                           prepared.session(), answer));
  }
  answer->session = std::move(prepared.session_program);
  return Record(asker, protocol, prepared, now, answer);
}

Status DecisionPoint::Record(const Asker& asker, Protocol protocol,
                             const Prepared& prepared, WallTime now,
                             Answer* answer) const {
  if (parts_.log == nullptr) return OkStatus();
  answer->decision_id = parts_.log->NextId();
  return parts_.log->Add({.decision_id = answer->decision_id,
                          .time = now,
                          .protocol = protocol,
                          .asker = &asker,
                          .request = &prepared.request,
                          .session_policy = prepared.session_policy,
                          .decision = &answer->decision,
                          .statements = answer->statements,
                          .bundle = answer->bundle.get()});
}

Status DecisionPoint::Check(const Asker& asker, Protocol protocol,
                            const Question& question, Answer* answer) const {
  const SteadyTime began = parts_.clock->Steady();
  answer->Clear();
  Status status;
  if (asker.May(Right::kCheck)) {
    const WallTime now = parts_.clock->Now();
    std::shared_ptr<const Bundle> bundle;
    status = TakeBundle(question.at_least_revision, now, &bundle);
    if (status.ok()) {
      status = Decide(asker, protocol, question, bundle, now, answer);
    }
  } else {
    status = NoRight(Right::kCheck);
  }
  if (!status.ok()) answer->Clear();
  Count(protocol, status, *answer);
  parts_.metrics->ObserveLatency(protocol, parts_.clock->Steady() - began);
  return status;
}

Status DecisionPoint::CheckAll(const Asker& asker, Protocol protocol,
                               uint64_t at_least_revision,
                               std::span<const Question> questions,
                               std::span<Answer> answers,
                               std::span<Status> statuses,
                               std::shared_ptr<const Bundle>* bundle) const {
  const SteadyTime began = parts_.clock->Steady();
  for (Answer& answer : answers) answer.Clear();
  Status status;
  const WallTime now = parts_.clock->Now();
  if (!asker.May(Right::kCheck)) {
    status = NoRight(Right::kCheck);
  } else if (questions.size() > kMaxBatchChecks) {
    status = InvalidArgument("there are " + std::to_string(questions.size()) +
                             " questions in one call; at most " +
                             std::to_string(kMaxBatchChecks) + " are answered");
  } else if (answers.size() != questions.size() ||
             statuses.size() != questions.size()) {
    status = InternalError("no room for the answers");
  } else {
    status = TakeBundle(at_least_revision, now, bundle);
  }
  if (!status.ok()) {
    CountRefused(protocol, status);
    return status;
  }
  const uint64_t revision = (*bundle)->revision();
  for (size_t i = 0; i < questions.size(); ++i) {
    if (revision < questions[i].at_least_revision) {
      statuses[i] = FailedPrecondition(
          "the bundle in force is of revision " + std::to_string(revision) +
          ", older than " + std::to_string(questions[i].at_least_revision));
    } else {
      statuses[i] =
          Decide(asker, protocol, questions[i], *bundle, now, &answers[i]);
    }
    if (!statuses[i].ok()) answers[i].Clear();
    Count(protocol, statuses[i], answers[i]);
  }
  parts_.metrics->ObserveLatency(protocol, parts_.clock->Steady() - began);
  return OkStatus();
}

Status DecisionPoint::ExplainOnce(const Asker& asker, const Question& question,
                                  bool find_flip, Answer* answer,
                                  SnapshotExplanation* explanation) const {
  if (!asker.May(Right::kExplain)) return NoRight(Right::kExplain);
  const WallTime now = parts_.clock->Now();
  std::shared_ptr<const Bundle> bundle;
  WRIT_RETURN_IF_ERROR(TakeBundle(question.at_least_revision, now, &bundle));
  Prepared prepared;
  WRIT_RETURN_IF_ERROR(
      Prepare(asker, question, LookedUp::kNothing, now, &prepared));
  const Snapshot& snapshot = bundle->snapshot();
  answer->decision = snapshot.Decide(prepared.request, {}, prepared.session());
  WRIT_ASSIGN_OR_RETURN(
      *explanation, snapshot.Explain(prepared.request, {.find_flip = find_flip},
                                     prepared.session()));
  const Decision& explained = explanation->explanation.decision;
  if (explained.verdict != answer->decision.verdict ||
      explained.reason != answer->decision.reason) {
    return InternalError("the explanation is of another decision");
  }
  answer->statements = explanation->explanation.statements;
  answer->bundle = std::move(bundle);
  answer->session = prepared.session_program;
  answer->current_time = prepared.current_time();
  return Record(asker, Protocol::kExplain, prepared, now, answer);
}

Status DecisionPoint::Explain(const Asker& asker, const Question& question,
                              bool find_flip, Answer* answer,
                              SnapshotExplanation* explanation) const {
  const SteadyTime began = parts_.clock->Steady();
  answer->Clear();
  const Status status =
      ExplainOnce(asker, question, find_flip, answer, explanation);
  if (!status.ok()) {
    answer->Clear();
    *explanation = {};
  }
  Count(Protocol::kExplain, status, *answer);
  parts_.metrics->ObserveLatency(Protocol::kExplain,
                                 parts_.clock->Steady() - began);
  return status;
}

}  // namespace writ
