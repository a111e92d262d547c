// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_PREPARED_QUESTION_H_
#define WRIT_SIDECAR_PREPARED_QUESTION_H_

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "sidecar/decision_point.h"

namespace writ {

// A question as it is decided and recorded: checked, its session policy
// verified, the time added where the listener says so. Stays where it is made:
// the request looks into it.
class DecisionPoint::Prepared {
 public:
  Prepared() = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  const Attachment* session() const {
    return session_program == nullptr ? nullptr : &attachment;
  }
  // Adds acs:CurrentTime unless the asker said it.
  void AddCurrentTime(WallTime now);
  // What was added; empty if nothing was.
  const std::string& current_time() const { return time_; }

  Request request;
  std::string_view session_policy;
  std::shared_ptr<const Program> session_program;
  Attachment attachment = {};

 private:
  std::string time_;
  std::array<std::string_view, 1> times_;
  std::vector<ContextEntry> context_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_PREPARED_QUESTION_H_
