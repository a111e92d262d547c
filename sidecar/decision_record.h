// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_RECORD_H_
#define WRIT_SIDECAR_DECISION_RECORD_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "authz/request.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "crypto/digest.h"

// The lines of a decision log (docs/spec/decision_log.md): what they hold, and
// how they are written. decision_record_reader.h reads them.
namespace writ {

inline constexpr uint32_t kDecisionRecordVersion = 1;
// Stands for a value that the configuration hides.
inline constexpr std::string_view kMaskedText = "<masked>";
// Members that can be masked, beside context keys.
inline constexpr std::string_view kMaskPrincipalId = "principal-id";
inline constexpr std::string_view kMaskSessionPolicy = "session-policy";

// A statement that determined a decision. Policies are named as in the
// directory, so that a record is understood without its bundle.
struct RecordedStatement {
  std::string_view kind;  // identity, resource, trust, session, control
  std::string_view account;
  std::string_view policy;
  uint32_t index = 0;  // in the policy
  std::string_view sid;

  bool operator==(const RecordedStatement&) const = default;
};

// What a record says of a statement that `snapshot` named. Views are into the
// snapshot; a number that is no policy's is the session policy's.
RecordedStatement NameStatement(const Snapshot& snapshot, StatementRef ref);

// What came of a lookup: so many names were asked about, so many are allowed.
struct LookupTally {
  uint64_t asked = 0;
  uint64_t allowed = 0;
};

// What a record says of the session policy.
enum class RecordedSession : uint8_t { kNone, kDigest, kMasked };

// One record. Everything is borrowed.
struct RecordedDecision {
  std::string_view id;
  std::string_view time;  // RFC 3339 with nanoseconds
  std::string_view protocol;
  std::string_view listener;
  std::string_view asker;

  Request request;
  Sha256Digest request_digest = {};
  RecordedSession session = RecordedSession::kNone;
  Sha256Digest session_digest = {};

  // A lookup has a tally and no decision.
  std::optional<LookupTally> lookup;
  Verdict verdict = Verdict::kImplicitDeny;
  Layer layer = Layer::kDefault;
  Reason reason = Reason::kNoMatch;
  uint32_t resource = 0;
  std::span<const RecordedStatement> statements;
  // Of a cut record more than there are in `statements`.
  uint32_t statement_count = 0;

  Sha256Digest bundle_digest = {};
  uint64_t revision = 0;

  // What was masked: context keys as the request spells them, and members.
  std::span<const std::string_view> masked;
  // The line would have been too long: parts of the request are missing.
  bool cut = false;
};

// The digest of a request: SHA-256 of its canonical form, which
// docs/spec/decision_log.md defines byte by byte. Independent of the order of
// the context.
Sha256Digest RequestDigest(const Request& request, RecordedSession session,
                           const Sha256Digest& session_digest);

// Writes records as lines. Keeps its room between records. One thread.
class DecisionRecordWriter {
 public:
  // mask  context keys, which compare as conditions compare them (R10), and
  //       kMaskPrincipalId, kMaskSessionPolicy
  explicit DecisionRecordWriter(std::vector<std::string> mask);

  // Appends one line with its line break, of at most kMaxLogRecordBytes.
  // Computes request_digest, masked and cut, whatever the record says of them,
  // and turns `time` into text when record.time is empty.
  void Append(const RecordedDecision& record, WallTime time, std::string* out);

  bool masks_session_policies() const { return mask_session_; }

 private:
  bool IsMasked(std::string_view key) const;
  // Puts masks over what the configuration hides.
  void Mask(RecordedDecision* record);
  void Cut(RecordedDecision* record);
  void AppendTime(WallTime time);
  void AppendRecord(const RecordedDecision& record, std::string* out) const;

  std::vector<std::string> keys_;
  bool mask_id_ = false;
  bool mask_session_ = false;

  std::string time_;  // of the last record
  int64_t second_ = INT64_MIN;
  std::vector<ContextEntry> context_;
  std::vector<std::string_view> values_;
  std::vector<std::string_view> masked_;
};

// Appends the line that holds a session policy's program, which records name by
// its digest.
void AppendSessionPolicyLine(const Sha256Digest& digest,
                             std::string_view program, std::string* out);

// Appends `text` as a JSON string, or as {"base64":"…"} when it is not UTF-8.
void AppendJsonText(std::string_view text, std::string* out);

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_RECORD_H_
