// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_POINT_H_
#define WRIT_SIDECAR_DECISION_POINT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "base/status.h"
#include "sidecar/asker.h"
#include "sidecar/bundle_holder.h"
#include "sidecar/decision_log.h"
#include "sidecar/metrics.h"
#include "sidecar/question.h"

namespace writ {

class Program;
class SessionPolicies;

// Reused for the next call as it is, so that its memory is.
struct Answer {
  Decision decision;
  // All determining statements, also those beyond Decision::statements. Filled
  // for askers with the `statements` right, for Explain, and for the log.
  std::vector<StatementRef> statements;
  std::shared_ptr<const Bundle> bundle;    // that decided
  std::shared_ptr<const Program> session;  // the session policy's, if any
  std::string decision_id;                 // empty: there is no decision log
  std::string current_time;  // of Explain: the value that was added, if any

  // What a failure leaves behind: a deny.
  void Clear();
};

// What is asked about many names at once. Its candidates, or else what the
// bundle's directory and policies know by name.
struct Lookup {
  Question question;  // without what is looked up
  std::span<const std::string_view> candidates = {};  // none: the bundle's
  std::string_view prefix = {};                       // of the bundle's
  uint32_t page_size = 0;  // 0, and more than kMaxLookupPage: that
  // Of the page before, with the same candidates; empty: the first.
  std::string_view page_token = {};
};

struct Found {
  std::vector<std::string> names;
  std::string next_page_token;
  std::shared_ptr<const Bundle> bundle;
};

// The policy decision point: what every door of the sidecar asks. Checks what
// the asker may say, decides with the bundle in force, records the decision and
// counts it. Thread-safe.
//
// Errors that all share:
//   kPermissionDenied    the asker lacks the right, or sets a context key or a
//                        member that its listener may not
//   kUnavailable         no bundle, one past its notAfter, or the decision log
//                        is full and demands a refusal
//   kFailedPrecondition  the bundle is older than at_least_revision
//   kInvalidArgument     the question is malformed: no principal, action or
//                        resource, more than limits.def allows, no UTF-8, a
//                        session policy that no verifier would accept
class DecisionPoint {
 public:
  // Everything outlives the decision point; `log` may be null.
  struct Parts {
    const BundleHolder* bundles = nullptr;
    DecisionLog* log = nullptr;
    Metrics* metrics = nullptr;
    const Clock* clock = nullptr;
  };
  explicit DecisionPoint(const Parts& parts);
  ~DecisionPoint();
  DecisionPoint(const DecisionPoint&) = delete;
  DecisionPoint& operator=(const DecisionPoint&) = delete;

  Status Check(const Asker& asker, Protocol protocol, const Question& question,
               Answer* answer) const;

  // Decides each question with the same bundle. statuses[i] and answers[i] are
  // of questions[i]; both spans are as long as `questions`.
  Status CheckAll(const Asker& asker, Protocol protocol,
                  uint64_t at_least_revision,
                  std::span<const Question> questions,
                  std::span<Answer> answers, std::span<Status> statuses,
                  std::shared_ptr<const Bundle>* bundle) const;

  // The answer of Check, recorded like one, and why.
  Status Explain(const Asker& asker, const Question& question, bool find_flip,
                 Answer* answer, SnapshotExplanation* explanation) const;

  // Which candidates Check would allow. A page of a lookup is one record: how
  // many were asked and how many are allowed. It ends after kMaxLookupPage
  // names or kMaxLookupDecisions decisions.
  //
  // Errors  kAborted          page_token is of another bundle
  //         kInvalidArgument  also a page_token that no lookup gave, and more
  //                           than kMaxLookupCandidates
  Status LookupResources(const Asker& asker, Protocol protocol,
                         const Lookup& lookup, Found* found) const;
  Status LookupActions(const Asker& asker, Protocol protocol,
                       const Lookup& lookup, Found* found) const;
  // Which principals of the directory may do it: users, and roles, each asked
  // about as its session `search`: AuthZEN's subject search. A candidate is
  // taken as it is.
  Status LookupPrincipals(const Asker& asker, const Lookup& lookup,
                          Found* found) const;

  // A bundle is in force and has not expired: a question would be answered.
  bool Ready() const;

  // Counts a question that a door refused before it could ask.
  void CountRefused(Protocol protocol, const Status& status) const;

 private:
  class Prepared;

  Status TakeBundle(uint64_t at_least_revision, WallTime now,
                    std::shared_ptr<const Bundle>* bundle) const;
  Status Prepare(const Asker& asker, const Question& question,
                 LookedUp looked_up, WallTime now, Prepared* prepared) const;
  Status Decide(const Asker& asker, Protocol protocol, const Question& question,
                const std::shared_ptr<const Bundle>& bundle, WallTime now,
                Answer* answer) const;
  Status Record(const Asker& asker, Protocol protocol, const Prepared& prepared,
                WallTime now, Answer* answer) const;
  Status ExplainOnce(const Asker& asker, const Question& question,
                     bool find_flip, Answer* answer,
                     SnapshotExplanation* explanation) const;
  Status LookUp(const Asker& asker, Protocol protocol, const Lookup& lookup,
                LookedUp looked_up, Found* found) const;
  Status LookUpOnce(const Asker& asker, Protocol protocol, const Lookup& lookup,
                    LookedUp looked_up, Found* found) const;
  void Count(Protocol protocol, const Status& status,
             const Answer& answer) const;

  const Parts parts_;
  const std::unique_ptr<SessionPolicies> sessions_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_POINT_H_
