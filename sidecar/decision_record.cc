// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_record.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <numeric>

#include "authz/text.h"
#include "authz/value_ranks.h"
#include "base/coding.h"
#include "base/json_scanner.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/hex.h"

namespace writ {
namespace {

// A cut record keeps texts up to this size, and so many resources.
constexpr size_t kCutTextBytes = 4096;
constexpr size_t kCutResources = 16;

// By AttachmentKind.
constexpr std::string_view kKindNames[] = {"identity", "resource", "trust",
                                           "session", "control"};

bool IsPlainText(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c >= 0x7F || c == '"' || c == '\\') return false;
  }
  return true;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t size = Utf8SequenceSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

void AppendEscaped(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte < 0x20) {
      *out += "\\u00";
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
}

void AppendNumber(uint64_t number, std::string* out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number);
  out->append(digits, end.ptr);
}

void AppendHex(const Sha256Digest& digest, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const std::byte b : digest) {
    const auto byte = static_cast<unsigned>(b);
    out->push_back(kHex[byte >> 4]);
    out->push_back(kHex[byte & 15]);
  }
}

// `"name":` and a text; the caller has set the comma before it.
void AppendMember(std::string_view name, std::string_view text,
                  std::string* out) {
  *out += name;
  AppendJsonText(text, out);
}

void AppendTexts(std::span<const std::string_view> texts, std::string* out) {
  out->push_back('[');
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonText(texts[i], out);
  }
  out->push_back(']');
}

void AppendPrincipal(const RequestPrincipal& principal, std::string* out) {
  using Declared = RequestPrincipal::Declared;
  AppendMember("{\"name\":", principal.name, out);
  if (!principal.id.empty()) AppendMember(",\"id\":", principal.id, out);
  if (principal.declared == Declared::kService) *out += ",\"type\":\"service\"";
  if (principal.declared == Declared::kServiceLinkedRole) {
    *out += ",\"type\":\"service-linked-role\"";
  }
  if (!principal.account.empty()) {
    AppendMember(",\"account\":", principal.account, out);
  }
  if (principal.in_management_account) {
    *out += ",\"inManagementAccount\":true";
  }
  out->push_back('}');
}

void AppendRequest(const RecordedDecision& record, std::string* out) {
  const Request& request = record.request;
  *out += "{\"principal\":";
  AppendPrincipal(request.principal, out);
  AppendMember(",\"action\":", request.action, out);
  *out += ",\"resources\":";
  AppendTexts(request.resources, out);
  if (!request.resource_group.empty()) {
    AppendMember(",\"resourceGroup\":", request.resource_group, out);
  }
  if (!request.context.empty()) {
    *out += ",\"context\":[";
    for (size_t i = 0; i < request.context.size(); ++i) {
      if (i > 0) out->push_back(',');
      AppendMember("{\"key\":", request.context[i].key, out);
      *out += ",\"values\":";
      AppendTexts(request.context[i].values, out);
      out->push_back('}');
    }
    out->push_back(']');
  }
  if (record.session == RecordedSession::kDigest) {
    *out += ",\"sessionPolicy\":\"";
    AppendHex(record.session_digest, out);
    out->push_back('"');
  } else if (record.session == RecordedSession::kMasked) {
    AppendMember(",\"sessionPolicy\":", kMaskedText, out);
  }
  out->push_back('}');
}

void AppendStatement(const RecordedStatement& statement, std::string* out) {
  AppendMember("{\"kind\":", statement.kind, out);
  if (!statement.account.empty()) {
    AppendMember(",\"account\":", statement.account, out);
  }
  if (!statement.policy.empty()) {
    AppendMember(",\"policy\":", statement.policy, out);
  }
  *out += ",\"index\":";
  AppendNumber(statement.index, out);
  if (!statement.sid.empty()) AppendMember(",\"sid\":", statement.sid, out);
  out->push_back('}');
}

void AppendDecision(const RecordedDecision& record, std::string* out) {
  AppendMember("{\"verdict\":", VerdictName(record.verdict), out);
  AppendMember(",\"layer\":", LayerName(record.layer), out);
  AppendMember(",\"reason\":", ReasonName(record.reason), out);
  *out += ",\"resource\":";
  AppendNumber(record.resource, out);
  *out += ",\"statements\":[";
  for (size_t i = 0; i < record.statements.size(); ++i) {
    if (i > 0) out->push_back(',');
    AppendStatement(record.statements[i], out);
  }
  out->push_back(']');
  if (record.statement_count != record.statements.size()) {
    *out += ",\"statementCount\":";
    AppendNumber(record.statement_count, out);
  }
  out->push_back('}');
}

// No line of the record is shorter.
size_t LeastLineBytes(const RecordedDecision& record) {
  const Request& request = record.request;
  size_t bytes = request.principal.name.size() + request.principal.id.size() +
                 request.principal.account.size() + request.action.size() +
                 request.resource_group.size();
  for (const std::string_view resource : request.resources) {
    bytes += resource.size();
  }
  for (const ContextEntry& entry : request.context) {
    bytes += entry.key.size();
    for (const std::string_view value : entry.values) bytes += value.size();
  }
  for (const RecordedStatement& statement : record.statements) {
    bytes += statement.kind.size() + statement.policy.size();
  }
  return bytes;
}

int CompareFolded(std::string_view a, std::string_view b) {
  const size_t size = std::min(a.size(), b.size());
  for (size_t i = 0; i < size; ++i) {
    const auto left = static_cast<unsigned char>(FoldAscii(a[i]));
    const auto right = static_cast<unsigned char>(FoldAscii(b[i]));
    if (left != right) return left < right ? -1 : 1;
  }
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

}  // namespace

RecordedStatement NameStatement(const Snapshot& snapshot, StatementRef ref) {
  RecordedStatement named;
  named.index = ref.statement;
  const PolicyLabel* const label = snapshot.FindPolicy(ref.policy);
  const AttachmentKind kind =
      label == nullptr ? AttachmentKind::kSession : label->kind;
  named.kind = kKindNames[static_cast<size_t>(kind)];
  if (label == nullptr) return named;
  named.account = label->account;
  named.policy = label->name;
  named.sid = snapshot.FindSid(ref);
  return named;
}

void AppendJsonText(std::string_view text, std::string* out) {
  if (IsPlainText(text)) {
    out->push_back('"');
    *out += text;
    out->push_back('"');
  } else if (IsUtf8(text)) {
    out->push_back('"');
    AppendEscaped(text, out);
    out->push_back('"');
  } else {
    *out += "{\"base64\":\"" + Base64Encode(text) + "\"}";
  }
}

Sha256Digest RequestDigest(const Request& request, RecordedSession session,
                           const Sha256Digest& session_digest) {
  ByteWriter bytes;
  bytes.PutRaw("writ-request-v1\n");
  bytes.PutBytes(request.principal.name);
  bytes.PutBytes(request.principal.id);
  bytes.Put(static_cast<uint8_t>(request.principal.declared));
  bytes.PutBytes(request.principal.account);
  bytes.Put(static_cast<uint8_t>(request.principal.in_management_account));
  bytes.PutBytes(request.action);
  bytes.Put(static_cast<uint32_t>(request.resources.size()));
  for (const std::string_view resource : request.resources) {
    bytes.PutBytes(resource);
  }
  bytes.PutBytes(request.resource_group);
  std::vector<uint32_t> order(request.context.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](uint32_t a, uint32_t b) {
    return CompareFolded(request.context[a].key, request.context[b].key) < 0;
  });
  bytes.Put(static_cast<uint32_t>(order.size()));
  for (const uint32_t at : order) {
    const ContextEntry& entry = request.context[at];
    bytes.PutBytes(entry.key);
    bytes.Put(static_cast<uint32_t>(entry.values.size()));
    for (const std::string_view value : entry.values) bytes.PutBytes(value);
  }
  bytes.Put(static_cast<uint8_t>(session));
  if (session == RecordedSession::kDigest) {
    bytes.PutRaw(AsText(session_digest));
  }
  return Sha256(bytes.data());
}

DecisionRecordWriter::DecisionRecordWriter(std::vector<std::string> mask)
    : keys_(std::move(mask)) {
  mask_id_ = std::erase(keys_, kMaskPrincipalId) > 0;
  mask_session_ = std::erase(keys_, kMaskSessionPolicy) > 0;
}

bool DecisionRecordWriter::IsMasked(std::string_view key) const {
  return std::ranges::any_of(keys_, [&](const std::string& masked) {
    return masked.size() == key.size() && SameContextKey(masked, key);
  });
}

void DecisionRecordWriter::Mask(RecordedDecision* record) {
  masked_.clear();
  if (mask_id_ && !record->request.principal.id.empty()) {
    record->request.principal.id = kMaskedText;
    masked_.push_back(kMaskPrincipalId);
  }
  if (mask_session_ && record->session != RecordedSession::kNone) {
    record->session = RecordedSession::kMasked;
    masked_.push_back(kMaskSessionPolicy);
  }
  if (!keys_.empty()) {
    size_t most_values = 0;
    context_.assign(record->request.context.begin(),
                    record->request.context.end());
    for (const ContextEntry& entry : context_) {
      most_values = std::max(most_values, entry.values.size());
    }
    values_.assign(most_values, kMaskedText);
    for (ContextEntry& entry : context_) {
      if (!IsMasked(entry.key)) continue;
      entry.values = std::span(values_).first(entry.values.size());
      masked_.push_back(entry.key);
    }
    record->request.context = context_;
  }
  record->masked = masked_;
}

void DecisionRecordWriter::Cut(RecordedDecision* record) {
  const auto shorten = [](std::string_view* text) {
    if (text->size() > kCutTextBytes) *text = {};
  };
  Request& request = record->request;
  shorten(&request.principal.name);
  shorten(&request.principal.id);
  shorten(&request.principal.account);
  shorten(&request.action);
  shorten(&request.resource_group);
  values_.assign(request.resources.begin(), request.resources.end());
  values_.resize(std::min(values_.size(), kCutResources));
  for (std::string_view& resource : values_) shorten(&resource);
  request.resources = values_;
  request.context = {};
  masked_.clear();
  record->masked = {};
  record->statements = record->statements.first(
      std::min<size_t>(record->statements.size(), kMaxDeterminingStatements));
  record->cut = true;
}

void DecisionRecordWriter::AppendTime(WallTime time) {
  constexpr int64_t kNanos = 1'000'000'000;
  const int64_t nanos = time.time_since_epoch().count();
  const int64_t fraction = (nanos % kNanos + kNanos) % kNanos;
  const int64_t second = (nanos - fraction) / kNanos;
  if (second != second_) {
    time_ = FormatRfc3339(time - std::chrono::nanoseconds(fraction));
    time_.back() = '.';  // was the Z
    time_.append("000000000Z");
    second_ = second;
  }
  int64_t rest = fraction;
  for (size_t i = 0; i < 9; ++i) {
    time_[time_.size() - 2 - i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
}

void DecisionRecordWriter::AppendRecord(const RecordedDecision& record,
                                        std::string* out) const {
  *out += "{\"v\":";
  AppendNumber(kDecisionRecordVersion, out);
  AppendMember(",\"id\":", record.id, out);
  AppendMember(",\"time\":", record.time, out);
  AppendMember(",\"protocol\":", record.protocol, out);
  AppendMember(",\"listener\":", record.listener, out);
  AppendMember(",\"asker\":", record.asker, out);
  *out += ",\"bundle\":{\"digest\":\"";
  AppendHex(record.bundle_digest, out);
  *out += "\",\"revision\":";
  AppendNumber(record.revision, out);
  *out += "},\"requestDigest\":\"";
  AppendHex(record.request_digest, out);
  *out += "\",\"request\":";
  AppendRequest(record, out);
  if (record.lookup) {
    *out += ",\"lookup\":{\"asked\":";
    AppendNumber(record.lookup->asked, out);
    *out += ",\"allowed\":";
    AppendNumber(record.lookup->allowed, out);
    out->push_back('}');
  } else {
    *out += ",\"decision\":";
    AppendDecision(record, out);
  }
  if (!record.masked.empty()) {
    *out += ",\"masked\":";
    AppendTexts(record.masked, out);
  }
  if (record.cut) *out += ",\"cut\":true";
  *out += "}\n";
}

void DecisionRecordWriter::Append(const RecordedDecision& record, WallTime time,
                                  std::string* out) {
  RecordedDecision shown = record;
  if (shown.time.empty()) {
    AppendTime(time);
    shown.time = time_;
  }
  shown.cut = false;
  shown.statement_count = static_cast<uint32_t>(shown.statements.size());
  Mask(&shown);
  // What the record shows, not what it hides: a digest of hidden values would
  // let everybody who guesses them find out that the guess is right.
  shown.request_digest =
      RequestDigest(shown.request, shown.session, shown.session_digest);
  const size_t begin = out->size();
  if (LeastLineBytes(shown) <= kMaxLogRecordBytes) {
    AppendRecord(shown, out);
    if (out->size() - begin <= kMaxLogRecordBytes) return;
    out->resize(begin);
  }
  Cut(&shown);
  AppendRecord(shown, out);
}

void AppendSessionPolicyLine(const Sha256Digest& digest,
                             std::string_view program, std::string* out) {
  *out += "{\"v\":";
  AppendNumber(kDecisionRecordVersion, out);
  *out += ",\"sessionPolicy\":{\"digest\":\"";
  AppendHex(digest, out);
  *out += "\",\"program\":\"" + Base64Encode(program) + "\"}}\n";
}

}  // namespace writ
