// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DIRECTORY_DIRECTORY_DOCUMENT_H_
#define WRIT_DIRECTORY_DIRECTORY_DOCUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "compiler/compile.h"
#include "compiler/snapshot_compiler.h"

// Makes the content of a bundle from a folder of files: `directory.json`, which
// says who there is and what is attached to whom (docs/spec/directory.md), and
// the policies that it names, `policies/NAME.writ` or `policies/NAME.ram.json`.
namespace writ {

// One complaint, ready to be printed: `FILE:LINE:COLUMN: error[...]: text` or
// `directory.json: /users/0/name: text`, and the lines of a policy's excerpt.
struct DirectoryFinding {
  std::string text;
};

struct DirectoryBuild {
  PackedSnapshot packed;  // good only when there are no findings
  std::vector<DirectoryFinding> findings;
  std::vector<std::string> warnings;  // a policy that nobody has
};

struct DirectoryBuildOptions {
  PassSet passes = PassSet::All();
  CompileBudget budget = {};
};

// Reads the folder and compiles it. Everything in directory.json must be known:
// an unknown member, a name that is not declared, a policy without a file or a
// file that directory.json does not name is a finding, not a warning.
//
// Errors  what keeps the folder from being read; kResourceExhausted: a limit of
//         limits.def
Result<DirectoryBuild> BuildDirectory(const std::string& folder,
                                      const DirectoryBuildOptions& options);

}  // namespace writ

#endif  // WRIT_DIRECTORY_DIRECTORY_DOCUMENT_H_
