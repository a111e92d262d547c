// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_QUESTION_H_
#define WRIT_CLI_QUESTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "cases/case_file.h"
#include "cli/command.h"
#include "cli/flags.h"

namespace writ {

// One request and its policies as the command line says them: `writ eval` and
// `writ explain`.
struct OneRequest {
  std::string_view command;  // for complaints
  std::vector<std::string> policies;
  std::string file;
  std::string principal;
  std::string principal_id;
  std::string principal_type;
  std::string account;
  std::string resource_group;
  std::string action;
  std::vector<std::string> resources;
  std::vector<std::string> context;
  std::string now;
  std::vector<std::string> only;         // names of the policies in force
  uint64_t max_steps = kMaxDecideSteps;  // of the worst request of a policy
};

// How much of the explanation is asked for.
enum class Detail : uint8_t { kNone, kWhyNot, kShort, kFull };

// Declares the flags that fill in `one`, which is borrowed until Parse.
void DeclareQuestion(Flags* flags, OneRequest* one);

// Whether one of these flags was given.
bool IsAsked(const OneRequest& one);

// The request alone; nothing, after a complaint, when it is wrong or there is
// none.
std::optional<CaseRequest> ReadRequest(const OneRequest& one);

// Decides the request and prints the answer, with its explanation, on standard
// output; what keeps it from an answer goes to standard error.
//
// Returns  kOk for an ALLOW, kDenied for a deny
ExitCode AnswerQuestion(const OneRequest& one, bool pretty, Detail detail);

}  // namespace writ

#endif  // WRIT_CLI_QUESTION_H_
