// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_PROVED_PROGRAM_H_
#define WRIT_CLI_PROVED_PROGRAM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/status.h"
#include "cli/command.h"
#include "compiler/compile.h"
#include "prove/prove.h"

namespace writ {

// A program image, and whether it was shown to agree with its policies.
struct ProvedProgram {
  std::string image;
  Status proof;  // as ProveProgram
  Certificate certificate;
  double compile_ms = 0;
  double load_ms = 0;  // checksum and verifier
  double prove_ms = 0;
};

// Compiles, loads and proves.
//
// together   policies of one kind become one unit
// max_steps  that the worst request may take of one unit
// Errors     as CompileProgram and Program::Load
Result<ProvedProgram> CompileAndProve(const std::vector<PolicyInput>& policies,
                                      PassSet passes, bool together,
                                      uint64_t max_steps = kMaxDecideSteps);

// What was shown of the file, for people or as JSON; ends with a newline.
std::string CertificateText(std::string_view file,
                            const ProvedProgram& program);
std::string CertificateJson(std::string_view file,
                            const ProvedProgram& program);

// How a proof ends: kInternal when image and policies differ, kUnknown when the
// proof gave up.
ExitCode ExitCodeOfProof(const Status& proof);

}  // namespace writ

#endif  // WRIT_CLI_PROVED_PROGRAM_H_
