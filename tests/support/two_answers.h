// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_TWO_ANSWERS_H_
#define WRIT_TESTS_SUPPORT_TWO_ANSWERS_H_

#include <optional>
#include <string>
#include <vector>

#include "cases/case_decision.h"
#include "cases/case_file.h"
#include "grammar/ast.h"
#include "tests/support/reference_evaluator.h"

namespace writ {

// A line of a case file, answered by the product (reader, judge, compiler,
// verifier, authorizer) and by the reference evaluator. Answers are compared as
// texts: "ALLOW identity allowed 0/1 2/0".
class TwoAnswers {
 public:
  explicit TwoAnswers(std::string line);
  TwoAnswers(const TwoAnswers&) = delete;
  TwoAnswers& operator=(const TwoAnswers&) = delete;

  const std::string& line() const { return line_; }
  const Case& read() const { return case_; }
  const std::vector<ast::Policy>& trees() const { return trees_; }
  // Why no one can answer: not a case, or a policy with errors; else empty.
  const std::string& refusal() const { return refusal_; }
  // The finding that makes a policy invalid, if one does.
  bool invalid() const { return invalid_; }

  // Both need an empty refusal().
  std::string Engine() const;
  std::string Reference(
      reference::Mutant mutant = reference::Mutant::kNone) const;
  // The reference's answer to another request.
  std::string Reference(const Request& request) const;

 private:
  std::string line_;
  Case case_;
  std::vector<ast::Policy> trees_;
  std::vector<reference::Attached> attached_;
  std::string refusal_;
  bool invalid_ = false;
};

std::string AnswerText(const reference::Answer& answer);
std::string AnswerText(const CaseOutcome& outcome);

// The lines of a file below the root of the source tree.
std::vector<std::string> ReadLines(const std::string& path);

// The value of an environment variable as a number, or `fallback`.
uint64_t NumberFromEnvironment(const char* name, uint64_t fallback);

}  // namespace writ

#endif  // WRIT_TESTS_SUPPORT_TWO_ANSWERS_H_
