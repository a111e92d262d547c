// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CASES_CASE_FILE_H_
#define WRIT_CASES_CASE_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/request.h"
#include "base/status.h"
#include "grammar/ast.h"

// Case files: one JSON object a line, holding policies, a request and perhaps
// what is expected of it (docs/spec/semantics.md part 8). Read strictly: what
// the format does not say is refused, never guessed.
namespace writ {

// Why a line, a request or a policy of a case cannot be decided upon.
struct CaseError {
  std::string code;     // "case", "request", or a diagnostic's "W-…"
  std::string message;  // one sentence
  std::string at;       // JSON pointer into the line; may be empty
};

// One policy of a case and what it is to the request.
struct CasePolicy {
  ast::PolicyKind kind = ast::PolicyKind::kIdentity;
  // A kind that exists elsewhere and not here (R34): the case is invalid.
  std::string refused_kind;
  bool resource_group_scope = false;
  std::string group;
  ControlLevel level = ControlLevel::kMember;
  uint32_t depth = 0;
  std::string account;
  // The raw bytes of `document`, so that the policy reader sees duplicate
  // members and broken syntax; borrowed from the line.
  std::string_view document;
};

struct CaseContextEntry {
  std::string key;
  std::vector<std::string> values;  // canonical text (R24)
};

struct CaseRequest {
  std::string principal;
  std::string principal_id;
  RequestPrincipal::Declared declared = RequestPrincipal::Declared::kByName;
  std::string account;
  bool in_management_account = false;
  std::string resource_group;
  std::string action;
  std::vector<std::string> resources;
  std::vector<CaseContextEntry> context;
};

// The request as Decide wants it. Views into the CaseRequest it was made from,
// which must outlive it and stay unchanged.
class RequestView {
 public:
  explicit RequestView(const CaseRequest& request);
  RequestView(const RequestView&) = delete;
  RequestView& operator=(const RequestView&) = delete;

  const Request& request() const { return request_; }

 private:
  std::vector<std::string_view> resources_;
  std::vector<std::vector<std::string_view>> values_;
  std::vector<ContextEntry> context_;
  Request request_;
};

enum class CaseExpectation : uint8_t {
  kAllow,
  kExplicitDeny,
  kImplicitDeny,
  kInvalid,
};
std::string_view CaseExpectationName(CaseExpectation expectation);

struct Case {
  std::string id;
  std::vector<CasePolicy> policies;
  CaseRequest request;
  // Set when the request is wrong; `request` is then not to be used. A broken
  // policy of the same case is reported first.
  std::optional<CaseError> request_error;
  std::optional<CaseExpectation> expect;
};

// Reads one line without its line break.
//
// line     borrowed as long as *result is used
// Returns  nothing when *result holds a case, else an error of code `case`
std::optional<CaseError> ReadCase(std::string_view line, Case* result);

// Reads the value of `request` alone, as `writ eval --request` takes it.
//
// Returns  nothing, or an error of code `request`
std::optional<CaseError> ReadCaseRequest(std::string_view json,
                                         CaseRequest* result);

// `text` as a JSON string, quotes included; bytes that are not UTF-8 become
// U+FFFD.
std::string JsonQuote(std::string_view text);

// Hands out the lines of a file or pipe, one at a time.
//
// A line longer than kMaxCaseLineBytes is an error and ends the reading.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  // The next line without its line break, borrowed until the next call;
  // nothing at the end of the input.
  //
  // Errors   kInternal, kResourceExhausted
  Result<std::optional<std::string_view>> Next();
  // Whether Next would return a line without reading.
  bool HasLine() const {
    return buffer_.find('\n', begin_) != std::string::npos;
  }
  // The 1-based number of the line Next last returned.
  uint64_t line_number() const { return line_number_; }

 private:
  int fd_;
  std::string buffer_;
  size_t begin_ = 0;
  bool at_end_ = false;
  uint64_t line_number_ = 0;
};

}  // namespace writ

#endif  // WRIT_CASES_CASE_FILE_H_
