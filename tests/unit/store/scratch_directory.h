// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_STORE_SCRATCH_DIRECTORY_H_
#define WRIT_TESTS_UNIT_STORE_SCRATCH_DIRECTORY_H_

#include <fcntl.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "base/check.h"
#include "base/file.h"

namespace writ {

// A directory of this test alone, gone when it ends.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string path =
        (std::filesystem::temp_directory_path() / "writ-store-XXXXXX").string();
    WRIT_CHECK(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string Below(const std::string& name) const {
    return path_ + "/" + name;
  }
  // Makes a directory below and opens it.
  UniqueFd OpenBelow(const std::string& name) const {
    std::filesystem::create_directories(Below(name));
    return UniqueFd(
        ::open(Below(name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  // Every file below, by its path from here.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path_)) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      files[entry.path().lexically_relative(path_).string()] = text.str();
    }
    return files;
  }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(Below(name), std::ios::binary | std::ios::trunc) << bytes;
  }

 private:
  std::string path_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_STORE_SCRATCH_DIRECTORY_H_
