// SPDX-License-Identifier: Apache-2.0
//
// `writ explain`: `writ eval` for people who want to know why.
#include <string>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/question.h"

namespace writ {

ExitCode RunExplain(Args args) {
  Flags flags("explain", "",
              "Decides one request and says why: every layer that was asked, "
              "statement by statement and clause by clause; for a deny, what "
              "came nearest and what would make it an allow. Exits 0 on a "
              "deny too.");
  OneRequest one;
  one.command = "explain";
  DeclareQuestion(&flags, &one);
  bool why_not = false;
  flags.Bool("--why-not",
             "only the nearest statement and the smallest change that was "
             "found to make a deny an allow",
             &why_not);
  std::string format;
  flags.Format({"pretty", "json"}, &format);
  if (const auto exit = flags.Parse(args)) return *exit;
  const ExitCode exit = AnswerQuestion(
      one, format == "pretty", why_not ? Detail::kWhyNot : Detail::kFull);
  return exit == ExitCode::kDenied ? ExitCode::kOk : exit;
}

}  // namespace writ
