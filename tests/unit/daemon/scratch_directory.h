// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_DAEMON_SCRATCH_DIRECTORY_H_
#define WRIT_TESTS_UNIT_DAEMON_SCRATCH_DIRECTORY_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace writ {

// A directory of this test's own, gone with it.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    char name[] = "/tmp/writ-daemon-test-XXXXXX";
    const char* made = ::mkdtemp(name);
    path_ = made == nullptr ? "" : made;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_DAEMON_SCRATCH_DIRECTORY_H_
