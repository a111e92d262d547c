// SPDX-License-Identifier: Apache-2.0
#include "cli/redecide.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "authz/program/format.h"
#include "authz/value_ranks.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/pem.h"
#include "grammar/json_string.h"
#include "sidecar/decision_record_reader.h"

namespace writ {
namespace {

constexpr size_t kMaskedKeysKept = 4096;

bool ReadsKeyIn(const ProgramView& view, std::string_view key) {
  for (uint32_t i = 0; i < view.keys.size(); ++i) {
    const std::string_view text = view.Text(view.keys.At(i).text);
    if (text.size() == key.size() && SameContextKey(text, key)) return true;
  }
  return false;
}

bool ReadsIds(const ProgramView& view) {
  for (uint32_t i = 0; i < view.principal_patterns.size(); ++i) {
    if (view.principal_patterns.At(i).kind ==
        static_cast<uint32_t>(PrincipalPatternKind::kId)) {
      return true;
    }
  }
  return false;
}

auto SortKey(const RecordedStatement& statement) {
  return std::tie(statement.kind, statement.account, statement.policy,
                  statement.index, statement.sid);
}

bool SameStatements(std::span<const RecordedStatement> a,
                    std::span<const RecordedStatement> b) {
  if (std::ranges::equal(a, b)) return true;
  if (a.size() != b.size()) return false;
  std::vector<RecordedStatement> left(a.begin(), a.end());
  std::vector<RecordedStatement> right(b.begin(), b.end());
  const auto less = [](const RecordedStatement& x, const RecordedStatement& y) {
    return SortKey(x) < SortKey(y);
  };
  std::ranges::sort(left, less);
  std::ranges::sort(right, less);
  return left == right;
}

Result<Ed25519PublicKey> ReadKeyFile(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(const std::string pem,
                        ReadFile(path, kMaxKeyFileBytes));
  return ReadEd25519PublicPem(pem);
}

// "identity 1001/readers#0 (Sid)".
std::string StatementText(const RecordedStatement& statement) {
  std::string text(statement.kind);
  if (!statement.account.empty() || !statement.policy.empty()) text += " ";
  if (!statement.account.empty()) text += Shown(statement.account) + "/";
  if (!statement.policy.empty()) text += Shown(statement.policy);
  text += "#" + std::to_string(statement.index);
  if (!statement.sid.empty()) text += " (" + Shown(statement.sid) + ")";
  return text;
}

Status At(const std::string& path, const Status& status) {
  return Status(status.code(), path + ": " + std::string(status.message()));
}

}  // namespace

Status ReplayPolicies::Add(const Sha256Digest& digest,
                           const std::string& program) {
  if (programs_.contains(digest)) return OkStatus();
  WRIT_ASSIGN_OR_RETURN(std::unique_ptr<const Program> loaded,
                        Program::Load(program));
  if (loaded->policy_count() != 1 || loaded->unit_count() != 1 ||
      loaded->UnitKind(0) != ProgramPolicyKind::kSession) {
    return InvalidArgument("the program is not one session policy");
  }
  bytes_ += program.size();
  programs_.emplace(digest, std::move(loaded));
  order_.push_back(digest);
  while (bytes_ > kMaxBytes && order_.size() > 1) {
    const auto oldest = programs_.find(order_.front());
    bytes_ -= oldest->second->image().size();
    programs_.erase(oldest);
    order_.pop_front();
  }
  return OkStatus();
}

const Program* ReplayPolicies::Find(const Sha256Digest& digest) const {
  const auto found = programs_.find(digest);
  return found == programs_.end() ? nullptr : found->second.get();
}

Result<ReplayBundle> ReplayBundle::Open(const std::string& path,
                                        const std::vector<std::string>& keys) {
  Result<std::string> bytes = ReadFile(path, kMaxBundleBytes);
  if (!bytes.ok()) return At(path, bytes.status());
  BundleTrust trust;
  for (const std::string& key : keys) {
    const Result<Ed25519PublicKey> read = ReadKeyFile(key);
    if (!read.ok()) return At(key, read.status());
    trust.keys.push_back(*read);
  }
  // The beginning of time: a log is often older than what the bundle allows.
  Result<std::shared_ptr<const Bundle>> bundle =
      keys.empty() ? Bundle::OpenUnverified(*bytes)
                   : Bundle::Open(*bytes, trust, WallTime());
  if (!bundle.ok()) return At(path, bundle.status());
  return ReplayBundle(std::move(bundle).value());
}

bool ReplayBundle::ReadsKey(std::string_view key, const Program* session) {
  if (session != nullptr && ReadsKeyIn(session->view(), key)) return true;
  const auto found = known_keys_.find(key);
  if (found != known_keys_.end()) return found->second;
  const bool reads = ReadsKeyIn(bundle_->image().program().view(), key);
  if (known_keys_.size() >= kMaskedKeysKept) known_keys_.clear();
  known_keys_.emplace(key, reads);
  return reads;
}

bool ReplayBundle::MayMatter(const RecordedDecision& record,
                             const Program* session) {
  return std::ranges::any_of(record.masked, [&](std::string_view masked) {
    if (masked == kMaskSessionPolicy) return true;
    if (masked == kMaskPrincipalId) {
      return ReadsIds(bundle_->image().program().view());
    }
    return ReadsKey(masked, session);
  });
}

NotDecided ReplayBundle::Decide(const RecordedDecision& record,
                                const ReplayPolicies& policies) {
  if (record.lookup) return NotDecided::kLookup;
  if (record.cut) return NotDecided::kCut;
  if (record.session == RecordedSession::kMasked) return NotDecided::kMasked;
  const Program* session = nullptr;
  if (record.session == RecordedSession::kDigest) {
    session = policies.Find(record.session_digest);
    if (session == nullptr) return NotDecided::kNoSession;
  }
  if (!record.masked.empty() && MayMatter(record, session)) {
    return NotDecided::kMasked;
  }
  Attachment attachment;
  attachment.program = session;
  attachment.kind = AttachmentKind::kSession;
  const Attachment* const with = session == nullptr ? nullptr : &attachment;
  const Snapshot& snapshot = bundle_->snapshot();
  refs_.resize(refs_.capacity());
  decision_ = snapshot.Decide(record.request, refs_, with);
  if (decision_.statement_count > refs_.size()) {
    refs_.resize(decision_.statement_count);
    decision_ = snapshot.Decide(record.request, refs_, with);
  }
  refs_.resize(decision_.statement_count);
  statements_.clear();
  for (const StatementRef ref : refs_) {
    statements_.push_back(NameStatement(snapshot, ref));
  }
  return NotDecided::kNone;
}

std::vector<std::string_view> DifferingMembers(const RecordedDecision& record,
                                               const ReplayBundle& again) {
  const Decision& decision = again.decision();
  std::vector<std::string_view> members;
  if (record.verdict != decision.verdict) members.push_back("verdict");
  if (record.layer != decision.layer) members.push_back("layer");
  if (record.reason != decision.reason) members.push_back("reason");
  if (record.resource != decision.resource) members.push_back("resource");
  if (!SameStatements(record.statements, again.statements())) {
    members.push_back("statements");
  }
  return members;
}

NamedDecision::NamedDecision(const RecordedDecision& record)
    : verdict(record.verdict),
      layer(record.layer),
      reason(record.reason),
      resource(record.resource) {
  for (const RecordedStatement& statement : record.statements) {
    statements.push_back(StatementText(statement));
  }
}

NamedDecision::NamedDecision(const ReplayBundle& decided)
    : verdict(decided.decision().verdict),
      layer(decided.decision().layer),
      reason(decided.decision().reason),
      resource(decided.decision().resource) {
  for (const RecordedStatement& statement : decided.statements()) {
    statements.push_back(StatementText(statement));
  }
}

std::string NamedDecision::Text() const {
  std::string text(VerdictName(verdict));
  text += " " + std::string(LayerName(layer));
  text += " " + std::string(ReasonName(reason));
  if (resource > 0) text += " resource " + std::to_string(resource);
  const char* before = ", by ";
  for (const std::string& statement : statements) {
    text += before + statement;
    before = ", ";
  }
  return text;
}

std::string Shown(std::string_view text) {
  const bool plain =
      std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
  std::string shown;
  if (plain && !text.empty()) return std::string(text);
  AppendJsonString(text, &shown);
  return shown;
}

}  // namespace writ
