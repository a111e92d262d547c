// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_RUNTIME_UNPACK_ARCHIVE_H_
#define WRIT_RUNTIME_UNPACK_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/status.h"

namespace writ {

struct UnpackLimits {
  uint64_t max_bytes = kMaxUnpackedBytes;  // contents of all files
  uint64_t max_files = kMaxUnpackedFiles;  // files, links and directories
};

// Unpacks a ZIP package below a directory. Files become 0644, or 0755 when the
// package marks them executable; directories 0755: instances read them under
// another user id.
//
// package    a seekable descriptor
// directory  empty; nothing is ever made outside of it, also through links
// Errors  kInvalidArgument    not a ZIP; a name that is absolute, climbs out,
//                             is empty or too long; a link out of the
//                             package; a device, pipe or hard link; a name
//                             that comes twice. The message has the reason,
//                             not the name.
//         kResourceExhausted  more than `limits`
Status UnpackZip(int package, int directory, const UnpackLimits& limits);

// The rule for names: "a/b", no "..", no leading "/", no backslash, no control
// characters, at most 1024 bytes and 64 parts. "./" and a final "/" are
// dropped. Returns the name to use; empty for the top directory itself.
Result<std::string> SafeEntryName(std::string_view name);

// True when a link at `name` to `target` stays inside, read as text.
bool LinkStaysInside(std::string_view name, std::string_view target);

}  // namespace writ

#endif  // WRIT_RUNTIME_UNPACK_ARCHIVE_H_
