// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_RECORD_READER_H_
#define WRIT_SIDECAR_DECISION_RECORD_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_scanner.h"
#include "base/status.h"
#include "crypto/digest.h"
#include "sidecar/decision_record.h"

namespace writ {

// Reads the lines of a decision log, one after the other. Keeps its room
// between lines. One thread.
//
// A line may come from anywhere: what is read is bounded by the line. A member
// that stands twice, is missing or of the wrong type is an error; an unknown
// one is too, but at the top, where those who carry logs put marks of their
// own.
class DecisionRecordReader {
 public:
  enum class Line : uint8_t { kDecision, kSessionPolicy };

  // Reads one line, without its line break.
  //
  // Errors  kInvalidArgument    not JSON, or not a record: what and where
  //         kUnimplemented      of another version of the format
  //         kDataLoss           the request is not what requestDigest is of, or
  //                             a session policy not what its digest is of
  //         kResourceExhausted  longer than kMaxLogRecordBytes
  Result<Line> Read(std::string_view line);

  // After kDecision, until the next Read.
  const RecordedDecision& decision() const { return decision_; }
  // After kSessionPolicy, until the next Read.
  const Sha256Digest& policy_digest() const { return policy_digest_; }
  const std::string& policy_program() const { return policy_program_; }

 private:
  // Reads the members of an object: Next returns false at its end and when
  // something is wrong, which error_ then says.
  class Members;

  bool Fail(std::string_view what);
  std::string_view Keep(std::string_view text);
  bool ReadText(std::string_view* text);
  bool ReadName(std::string_view* text);
  bool ReadCount(uint64_t most, uint64_t* count);
  bool ReadDigest(Sha256Digest* digest);
  bool ReadTexts(std::vector<std::string_view>* texts);
  bool ReadBundle();
  bool ReadRequest();
  bool ReadPrincipal();
  bool ReadContext();
  bool ReadContextEntry();
  bool ReadSession();
  bool ReadLookup();
  bool ReadDecision();
  bool ReadStatement();
  bool ReadSessionPolicy();
  bool ReadTopMember(std::string_view name, bool* known);
  Status ReadAll(Line* kind);
  Status Check(uint32_t seen, Line* kind);

  JsonScanner scanner_{""};
  std::string error_;
  std::string text_;   // where texts are kept; never grows while a line is read
  std::string token_;  // the last text that was scanned
  uint64_t version_ = 0;

  RecordedDecision decision_;
  std::vector<std::string_view> resources_;
  std::vector<std::string_view> values_;
  std::vector<std::pair<size_t, size_t>> value_runs_;  // of context_
  std::vector<ContextEntry> context_;
  std::vector<RecordedStatement> statements_;
  std::vector<std::string_view> masked_;
  Sha256Digest policy_digest_ = {};
  std::string policy_program_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_RECORD_READER_H_
