// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_REMOTE_QUESTION_H_
#define WRIT_CLI_REMOTE_QUESTION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/question.h"
#include "cli/sidecar_question.h"

// `writ eval --server`: the sidecar decides.
namespace writ {

// Declares the flags that fill in `address`, which is borrowed until Parse.
void DeclareServer(Flags* flags, SidecarAddress* address);

// Whether one of these flags was given.
bool IsRemote(const SidecarAddress& address);

// Asks the sidecar and prints its answer on standard output, what kept it from
// one on standard error.
//
// timeout_ms  how long to wait; nothing: 10 seconds
// Returns     kOk for an ALLOW, kDenied for a deny and for a verdict that is
//             none; kUnknown when it took too long, kUnreachable when the
//             sidecar cannot be reached, did not accept who we are or cannot
//             decide, kUsage when the request or a flag is wrong
ExitCode AskSidecar(const OneRequest& one, SidecarAddress address, bool pretty,
                    std::optional<int64_t> timeout_ms);

}  // namespace writ

#endif  // WRIT_CLI_REMOTE_QUESTION_H_
