// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_REPLAY_LINES_H_
#define WRIT_CLI_REPLAY_LINES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/status.h"

namespace writ {

// The lines of several files, one after the other, in bounded memory.
class ReplayLines {
 public:
  // paths    `-` is the standard input
  // rotated  a path stands for PATH.N … PATH.2, PATH.1, PATH as far as they
  //          exist: what a decision log that rotates leaves behind
  ReplayLines(const std::vector<std::string>& paths, bool rotated);

  // The next line without its line break, borrowed until the next call;
  // nothing at the end of the last file. Empty lines are left out.
  //
  // Errors  as the system says; kResourceExhausted: a line is longer than
  //         kMaxLogRecordBytes
  Result<std::optional<std::string_view>> Next();

  // Of the line that Next last returned: its file, its number from 1, and
  // whether it ended with the file instead of a line break.
  const std::string& path() const { return path_; }
  uint64_t number() const { return number_; }
  bool is_cut() const { return is_cut_; }
  // "FILE:LINE"; "FILE" before its first line.
  std::string Place() const {
    return number_ == 0 ? path_ : path_ + ":" + std::to_string(number_);
  }

 private:
  Status OpenNext();
  // Reads more behind what is left; false at the end of the file.
  Result<bool> Fill();

  std::vector<std::string> paths_;
  size_t next_path_ = 0;
  std::string path_;
  UniqueFd file_;
  int fd_ = -1;
  uint64_t number_ = 0;
  bool is_cut_ = false;
  std::string buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace writ

#endif  // WRIT_CLI_REPLAY_LINES_H_
