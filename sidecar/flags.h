// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_FLAGS_H_
#define WRIT_SIDECAR_FLAGS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sidecar/config.h"

// The command line of `writ-sidecar`: a configuration file, or flags that stand
// for the common case without one.
namespace writ {

// What the command line says; a member for each row of flags.def. Flags that
// are not given are empty.
struct SidecarFlags {
  using Text = std::string;
  using Texts = std::vector<std::string>;
  using Switch = bool;
#define FLAG(Kind, field, ...) Kind field = {};
#include "sidecar/flags.def"
#undef FLAG
};

// Reads `--flag value` and `--flag=value`.
//
// Errors  kInvalidArgument  an unknown flag (with the nearest known one), a
//                           missing value, one given twice, a stray word
Result<SidecarFlags> ParseSidecarFlags(std::span<const char* const> words);

// The configuration that they mean: that of the file, in which flags about the
// bundle, the log, draining and threads replace members; or with listeners from
// flags. Checked (CheckSidecarConfig).
//
// Errors  kInvalidArgument  one line for each thing that is wrong
//         as ReadRegularFile
Result<SidecarConfig> ConfigOf(const SidecarFlags& flags);

// The text of --help.
std::string SidecarHelp();

// One row of flags.def.
struct FlagRow {
  std::string_view name;
  std::string_view value;
  std::string_view meaning;
};
std::span<const FlagRow> SidecarFlagRows();

}  // namespace writ

#endif  // WRIT_SIDECAR_FLAGS_H_
