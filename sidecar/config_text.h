// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_CONFIG_TEXT_H_
#define WRIT_SIDECAR_CONFIG_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// Texts as the configuration reads and shows them.
namespace writ {

// `text` fit for a message: at most 80 bytes, control characters and quotes of
// names as `?`.
std::string Shown(std::string_view text);

// "listener[0]" and "tls" make "listener[0].tls".
std::string MemberPath(std::string_view table, std::string_view name);

// The folder of the file at `path`, with a `/` at its end, or empty.
std::string FolderOf(std::string_view path);

// `path` when it is absolute, else as seen from the folder.
std::string PathFrom(const std::string& folder, const std::string& path);

// The name nearest to `word` by edit distance, when near enough to be what was
// meant; else empty. Both are short.
std::string_view NearestOf(std::string_view word,
                           const std::vector<std::string_view>& names);

// Errors  kInvalidArgument  empty, does not end in `:`, or would cover a key
//                           of `acs:` in whatever case
Status CheckContextPrefix(std::string_view prefix);

// Where bundles come from: a path, an https:// URL, or plain http:// of this
// machine.
//
// Errors  kInvalidArgument  another URL
Status CheckBundleLocation(std::string_view location);

// A text of the [ext-authz] table in which names in braces are replaced.
//
// Errors  kInvalidArgument  a brace that belongs to none of the four names
Status CheckMappingText(std::string_view text);

// The name of an HTTP header as Envoy has it and as it becomes part of a
// context key.
//
// Errors  kInvalidArgument  no such name, or with capitals
Status CheckHeaderName(std::string_view name);

}  // namespace writ

#endif  // WRIT_SIDECAR_CONFIG_TEXT_H_
