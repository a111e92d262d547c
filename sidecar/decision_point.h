// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_POINT_H_
#define WRIT_SIDECAR_DECISION_POINT_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/decision.h"
#include "authz/request.h"
#include "authz/snapshot.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "sidecar/asker.h"
#include "sidecar/bundle_holder.h"
#include "sidecar/decision_log.h"
#include "sidecar/metrics.h"

namespace writ {

// One question, whatever door it came through. Borrowed for the call.
struct Question {
  Request request;
  std::string_view session_policy = {};  // a program image; empty: none
  uint64_t at_least_revision = 0;
};

struct Answer {
  Decision decision;
  // All determining statements, also those beyond Decision::statements.
  std::vector<StatementRef> statements;
  std::shared_ptr<const Bundle> bundle;  // that decided
  std::string decision_id;               // empty: there is no decision log
};

// What is asked about many names at once.
struct Lookup {
  Question question;  // without what is looked up
  std::span<const std::string_view> candidates = {};  // none: the bundle's
  std::string_view prefix = {};                       // of the bundle's
  uint32_t page_size = 0;
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

  // Which candidates Check would allow. Recorded as one decision a lookup: how
  // many were asked and allowed.
  //
  // Errors  kAborted  page_token is of another revision
  Status LookupResources(const Asker& asker, Protocol protocol,
                         const Lookup& lookup, Found* found) const;
  Status LookupActions(const Asker& asker, Protocol protocol,
                       const Lookup& lookup, Found* found) const;
  // Which principals of the directory (users and roles, these as a session
  // named `search`) may do it: AuthZEN's subject search.
  Status LookupPrincipals(const Asker& asker, const Lookup& lookup,
                          Found* found) const;

 private:
  struct Sessions;
  const Parts parts_;
  // Session policies that were verified, by digest.
  const std::unique_ptr<Sessions> sessions_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_POINT_H_
