// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_LINT_CONFIG_H_
#define WRIT_LINT_CONFIG_H_

#include <optional>
#include <string>
#include <string_view>

#include "base/source.h"
#include "base/status.h"
#include "lint/lint.h"

// .writ.toml: how the policies of a folder are judged (docs/lint.md).
namespace writ {

// The configuration that holds for the text at `path`: `.writ.toml` in its
// folder, or the nearest above. Nothing when there is none.
std::optional<std::string> FindLintConfig(const std::string& path);

// Reads the configuration file at `path`, and the rows of escalation that it
// names.
//
// Errors   of the system; kInvalidArgument when it says something that has no
//          meaning here: one line for each, `file:line:column: what is wrong`
Result<LintConfig> ReadLintConfig(const std::string& path);
// The same for a text that is already here.
Result<LintConfig> ParseLintConfig(const std::string& path, std::string text);

// Sets one member of [lint] by its name in the file, from text: a list is
// separated by commas.
//
// Errors   kInvalidArgument   no such setting, or no such value
Status SetLintOption(std::string_view name, std::string_view value,
                     LintOptions* options);

// Switches a rule (by code or slug) or a group ("PER", "W-PER") on or off.
//
// Errors   kInvalidArgument   no such rule, or one that cannot be switched: an
//                             error, one that waits or is retired
Status SwitchRules(std::string_view name, bool on, LintConfig* config);

std::optional<Level> LevelNamed(std::string_view name);

}  // namespace writ

#endif  // WRIT_LINT_CONFIG_H_
