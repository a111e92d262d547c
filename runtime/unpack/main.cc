// SPDX-License-Identifier: Apache-2.0
//
// The unpacker: runs once per package in a sandbox of the jail, without
// privilege or network. Descriptor 3: the package; 4: where to say, in one
// line, why it is refused. Unpacks into /code.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <string_view>

#include "base/file.h"
#include "runtime/unpack/archive.h"

int main() {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const writ::UniqueFd directory(
      open("/code", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const writ::Status status =
      writ::UnpackZip(3, directory.get(), writ::UnpackLimits());
  if (status.ok()) return 0;
  std::string_view text = status.message();
  // Shorter than the packet in which the sandbox itself would report.
  text = text.substr(0, 60);
  static_cast<void>(send(4, text.data(), text.size(), MSG_NOSIGNAL));
  return 1;
}
