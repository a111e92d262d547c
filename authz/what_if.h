// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_WHAT_IF_H_
#define WRIT_AUTHZ_WHAT_IF_H_

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/explain.h"

namespace writ {

// A question after some changes. Borrows the request, the attachments and the
// changes it was made from; they must outlive it.
class ChangedQuestion {
 public:
  ChangedQuestion(const Request& request,
                  std::span<const Attachment> attachments,
                  std::span<const Change> changes);
  ChangedQuestion(const ChangedQuestion&) = delete;
  ChangedQuestion& operator=(const ChangedQuestion&) = delete;

  const Request& request() const { return request_; }
  std::span<const Attachment> attachments() const { return attachments_; }

 private:
  void Apply(const Change& change);

  Request request_;
  std::vector<std::string_view> resources_;
  std::deque<std::string_view> values_;  // of keys that changes set
  std::vector<ContextEntry> context_;
  std::vector<Attachment> attachments_;
  std::vector<std::vector<StatementRef>> removed_;  // of each attachment
};

// Changes that together make a denial an ALLOW, as Explanation::flip; empty
// when none was found.
//
// budget  shared with the explanation; what is left bounds the search
std::vector<Change> FindFlip(const Request& request,
                             std::span<const Attachment> attachments,
                             StepBudget* budget);

// The decision and its units, without near misses and flip.
Result<Explanation> ExplainUnits(const Request& request,
                                 std::span<const Attachment> attachments,
                                 StepBudget* budget);

// The places, in `explanation`, of Allow statements that did not match in units
// that do not allow; the nearest first.
std::vector<NearMiss> NearMissesOf(const Explanation& explanation,
                                   const Request& request,
                                   std::span<const Attachment> attachments);

}  // namespace writ

#endif  // WRIT_AUTHZ_WHAT_IF_H_
