// SPDX-License-Identifier: Apache-2.0
#include "sidecar/authorization_service.h"

#include <string>
#include <utility>

#include "authz/clauses.h"
#include "authz/explain_text.h"
#include "authz/program/program.h"
#include "authz/value_ranks.h"
#include "base/limits.h"

namespace writ {
namespace {

namespace v1 = authz::v1;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

// On the wire zero is "unspecified", so every number is one more than here.
#define REASON(...)
#define LAYER(number, Name, ...) static_assert(v1::Layer_IsValid(number + 1));
static_assert(v1::Layer_MAX == static_cast<int>(Layer::kTrust) + 1);
static_assert(v1::Reason_MAX == static_cast<int>(Reason::kStepLimit) + 1);
#undef LAYER
#undef REASON

v1::Verdict ToWire(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
      return v1::VERDICT_ALLOW;
    case Verdict::kExplicitDeny:
      return v1::VERDICT_EXPLICIT_DENY;
    case Verdict::kImplicitDeny:
      break;
  }
  return v1::VERDICT_IMPLICIT_DENY;
}

v1::Layer ToWire(Layer layer) {
  return static_cast<v1::Layer>(static_cast<int>(layer) + 1);
}

v1::Reason ToWire(Reason reason) {
  return static_cast<v1::Reason>(static_cast<int>(reason) + 1);
}

v1::Clause::Truth ToWire(Truth truth) {
  switch (truth) {
    case Truth::kTrue:
      return v1::Clause::TRUTH_TRUE;
    case Truth::kFalse:
      return v1::Clause::TRUTH_FALSE;
    case Truth::kUnreadable:
      break;
  }
  return v1::Clause::TRUTH_UNREADABLE;
}

std::string_view KindName(AttachmentKind kind) {
  switch (kind) {
    case AttachmentKind::kIdentity:
      return "identity";
    case AttachmentKind::kResource:
      return "resource";
    case AttachmentKind::kTrust:
      return "trust";
    case AttachmentKind::kSession:
      return "session";
    case AttachmentKind::kControl:
      break;
  }
  return "control";
}

void SetBytes(const Sha256Digest& digest, std::string* bytes) {
  bytes->assign(reinterpret_cast<const char*>(digest.data()), digest.size());
}

std::string_view SessionSid(const Program& program, uint32_t statement) {
  const ProgramView& view = program.view();
  const Run rows = view.policies[0].statements;
  if (statement >= rows.count) return {};
  return view.Label(view.statements[rows.first + statement].label);
}

void FillStatement(const Answer& answer, StatementRef ref, v1::Statement* out) {
  out->set_index(ref.statement);
  const Snapshot& snapshot = answer.bundle->snapshot();
  const PolicyLabel* const label = snapshot.FindPolicy(ref.policy);
  std::string_view sid;
  if (label != nullptr) {
    out->set_kind(std::string(KindName(label->kind)));
    out->set_account(label->account);
    out->set_policy(label->name);
    sid = snapshot.FindSid(ref);
  } else {
    out->set_kind("session");
    if (answer.session != nullptr) {
      sid = SessionSid(*answer.session, ref.statement);
    }
  }
  out->set_sid(sid.data(), sid.size());
}

// What every answer has; revision and digest of single ones only.
void FillAnswer(const Asker& asker, const Answer& answer,
                v1::CheckResponse* out) {
  const Decision& decision = answer.decision;
  out->set_verdict(ToWire(decision.verdict));
  out->set_layer(ToWire(decision.layer));
  out->set_reason(ToWire(decision.reason));
  out->set_resource(decision.resource);
  if (!answer.decision_id.empty()) out->set_decision_id(answer.decision_id);
  if (!asker.May(Right::kStatements)) return;
  for (const StatementRef ref : answer.statements) {
    FillStatement(answer, ref, out->add_statements());
  }
}

template <typename Message>
void FillBundle(const Bundle& bundle, Message* out) {
  out->set_revision(bundle.revision());
  SetBytes(bundle.digest(), out->mutable_bundle_digest());
}

void ReadPrincipal(const v1::Principal& from, RequestPrincipal* to) {
  using Declared = RequestPrincipal::Declared;
  to->name = from.name();
  to->id = from.id();
  to->account = from.account();
  switch (from.type()) {
    case v1::PRINCIPAL_TYPE_SERVICE:
      to->declared = Declared::kService;
      break;
    case v1::PRINCIPAL_TYPE_SERVICE_LINKED_ROLE:
      to->declared = Declared::kServiceLinkedRole;
      break;
    case v1::PRINCIPAL_TYPE_UNSPECIFIED:
      to->declared = Declared::kByName;
      break;
    default:
      // One that this build does not know: CheckQuestion refuses it.
      to->declared = static_cast<Declared>(UINT8_MAX);
      break;
  }
}

void FillExplanation(const Request& request, const Answer& answer,
                     const SnapshotExplanation& from,
                     v1::ExplainResponse* out) {
  const Explanation& explanation = from.explanation;
  for (const ExplainedUnit& unit : explanation.units) {
    v1::ExplainedUnit* const to = out->add_units();
    to->set_resource(unit.resource);
    to->set_layer(ToWire(unit.layer));
    to->set_verdict(ToWire(unit.verdict));
    to->set_decided(unit.decided);
    for (const ExplainedStatement& statement : unit.statements) {
      v1::ExplainedStatement* const row = to->add_statements();
      FillStatement(answer, statement.ref, row->mutable_statement());
      row->set_deny(statement.deny);
      row->set_matched(statement.matched);
      row->set_determining(statement.determining);
      const ProgramView& view =
          from.attachments[statement.attachment].program->view();
      const StatementRecord record = view.statements[statement.row];
      for (const ExplainedClause& clause : statement.clauses) {
        v1::Clause* const line = row->add_clauses();
        line->set_text(ClauseText(view, record, clause));
        line->set_actual(ActualText(view, clause, request, unit.resource));
        line->set_truth(ToWire(clause.truth));
      }
    }
  }
  for (const NearMiss& miss : explanation.near_misses) {
    v1::NearMiss* const to = out->add_near_misses();
    to->set_unit(miss.unit);
    to->set_statement(miss.statement);
    to->set_clause(miss.clause);
    to->set_failing(miss.failing);
  }
  for (const Change& change : explanation.flip) {
    out->add_flip(ChangeText(change));
  }
}

}  // namespace

// ---- reading ----------------------------------------------------------------

void AuthorizationService::Questions::Clear() {
  entry_count_ = 0;
  text_count_ = 0;
  entries_.clear();
  texts_.clear();
}

template <typename Message>
void AuthorizationService::Questions::CountContext(const Message& message) {
  entry_count_ += static_cast<size_t>(message.context_size());
  for (const v1::ContextEntry& entry : message.context()) {
    text_count_ += static_cast<size_t>(entry.values_size());
  }
}

void AuthorizationService::Questions::MakeRoom(
    const v1::CheckRequest& message) {
  text_count_ += static_cast<size_t>(message.resources_size());
  CountContext(message);
}

void AuthorizationService::Questions::Reserve() {
  entries_.reserve(entry_count_);
  texts_.reserve(text_count_);
}

std::span<const std::string_view> AuthorizationService::Questions::ReadNames(
    const Texts& names) {
  const size_t first = texts_.size();
  for (const std::string& name : names) texts_.emplace_back(name);
  return std::span<const std::string_view>(texts_).subspan(first);
}

template <typename Message>
void AuthorizationService::Questions::ReadContext(const Message& message,
                                                  Request* request) {
  const size_t first = entries_.size();
  for (const v1::ContextEntry& entry : message.context()) {
    entries_.push_back({entry.key(), ReadNames(entry.values())});
  }
  request->context = std::span<const ContextEntry>(entries_).subspan(first);
}

Question AuthorizationService::Questions::Read(
    const v1::CheckRequest& message) {
  Question question;
  ReadPrincipal(message.principal(), &question.request.principal);
  question.request.action = message.action();
  question.request.resources = ReadNames(message.resources());
  question.request.resource_group = message.resource_group();
  ReadContext(message, &question.request);
  question.session_policy = message.session_policy();
  question.at_least_revision = message.at_least_revision();
  return question;
}

template <typename Message>
Question AuthorizationService::Questions::ReadLookup(const Message& message,
                                                     const Texts& names) {
  CountContext(message);
  text_count_ += static_cast<size_t>(names.size());
  Question question;
  ReadPrincipal(message.principal(), &question.request.principal);
  question.request.resource_group = message.resource_group();
  question.session_policy = message.session_policy();
  question.at_least_revision = message.at_least_revision();
  Reserve();
  ReadContext(message, &question.request);
  return question;
}

template <typename Message>
Lookup AuthorizationService::ReadLookup(const Message& message,
                                        const Texts& names) {
  Lookup lookup;
  lookup.question = read_.ReadLookup(message, names);
  lookup.candidates = read_.ReadNames(names);
  lookup.prefix = message.prefix();
  lookup.page_size = message.page_size();
  lookup.page_token = message.page_token();
  return lookup;
}

// ---- calls ------------------------------------------------------------------

Status AuthorizationService::Check(const Asker& asker,
                                   const v1::CheckRequest& request,
                                   v1::CheckResponse* response) {
  read_.Clear();
  read_.MakeRoom(request);
  read_.Reserve();
  WRIT_RETURN_IF_ERROR(
      point_.Check(asker, Protocol::kCheck, read_.Read(request), &answer_));
  FillAnswer(asker, answer_, response);
  FillBundle(*answer_.bundle, response);
  // The bundle may go when another takes its place.
  answer_.Clear();
  return OkStatus();
}

Status AuthorizationService::BatchCheck(const Asker& asker,
                                        const v1::BatchCheckRequest& request,
                                        v1::BatchCheckResponse* response) {
  const auto count = static_cast<size_t>(request.checks_size());
  if (count > kMaxBatchChecks) {
    return InvalidArgument("there are " + std::to_string(count) +
                           " checks in one call; at most " +
                           std::to_string(kMaxBatchChecks) + " are answered");
  }
  read_.Clear();
  for (const v1::CheckRequest& check : request.checks()) read_.MakeRoom(check);
  read_.Reserve();
  questions_.clear();
  for (const v1::CheckRequest& check : request.checks()) {
    questions_.push_back(read_.Read(check));
  }
  answers_.resize(count);
  statuses_.assign(count, Status());
  std::shared_ptr<const Bundle> bundle;
  WRIT_RETURN_IF_ERROR(point_.CheckAll(asker, Protocol::kBatchCheck,
                                       request.at_least_revision(), questions_,
                                       answers_, statuses_, &bundle));
  for (size_t i = 0; i < count; ++i) {
    v1::BatchCheckResult* const result = response->add_results();
    if (statuses_[i].ok()) {
      FillAnswer(asker, answers_[i], result->mutable_answer());
    } else {
      result->set_error_code(static_cast<int>(statuses_[i].code()));
      result->set_error_message(std::string(statuses_[i].message()));
    }
    answers_[i].Clear();
  }
  FillBundle(*bundle, response);
  return OkStatus();
}

Status AuthorizationService::Explain(const Asker& asker,
                                     const v1::ExplainRequest& request,
                                     v1::ExplainResponse* response) {
  read_.Clear();
  read_.MakeRoom(request.check());
  read_.Reserve();
  const Question question = read_.Read(request.check());
  SnapshotExplanation explanation;
  WRIT_RETURN_IF_ERROR(point_.Explain(asker, question, !request.without_flip(),
                                      &answer_, &explanation));
  v1::CheckResponse* const answer = response->mutable_answer();
  FillAnswer({asker.listener, nullptr}, answer_, answer);
  for (const StatementRef ref : answer_.statements) {
    FillStatement(answer_, ref, answer->add_statements());
  }
  FillBundle(*answer_.bundle, answer);
  Request request_as_decided = question.request;
  std::vector<ContextEntry> context;
  const std::string_view time = answer_.current_time;
  if (!time.empty()) {
    context.assign(request_as_decided.context.begin(),
                   request_as_decided.context.end());
    context.push_back({"acs:CurrentTime", {&time, 1}});
    request_as_decided.context = context;
  }
  FillExplanation(request_as_decided, answer_, explanation, response);
  answer_.Clear();
  return OkStatus();
}

Status AuthorizationService::LookupResources(
    const Asker& asker, const v1::LookupResourcesRequest& request,
    v1::LookupResourcesResponse* response) {
  read_.Clear();
  Lookup lookup = ReadLookup(request, request.resources());
  lookup.question.request.action = request.action();
  Found found;
  WRIT_RETURN_IF_ERROR(point_.LookupResources(asker, Protocol::kLookupResources,
                                              lookup, &found));
  for (std::string& name : found.names) {
    response->add_resources(std::move(name));
  }
  response->set_next_page_token(std::move(found.next_page_token));
  FillBundle(*found.bundle, response);
  return OkStatus();
}

Status AuthorizationService::LookupActions(
    const Asker& asker, const v1::LookupActionsRequest& request,
    v1::LookupActionsResponse* response) {
  read_.Clear();
  Lookup lookup = ReadLookup(request, request.actions());
  const std::string_view resource = request.resource();
  lookup.question.request.resources = {&resource, 1};
  Found found;
  WRIT_RETURN_IF_ERROR(
      point_.LookupActions(asker, Protocol::kLookupActions, lookup, &found));
  for (std::string& name : found.names) response->add_actions(std::move(name));
  response->set_next_page_token(std::move(found.next_page_token));
  FillBundle(*found.bundle, response);
  return OkStatus();
}

}  // namespace writ
