// SPDX-License-Identifier: Apache-2.0
#include "cli/replay_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/limits.h"

namespace writ {
namespace {

// Holds the longest line, and some more.
constexpr size_t kBufferBytes = size_t{2} * kMaxLogRecordBytes;

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

// PATH.N … PATH.1, PATH.
void AddRotated(const std::string& path, std::vector<std::string>* paths) {
  uint32_t count = 0;
  const auto numbered = [&](uint32_t number) {
    return path + "." + std::to_string(number);
  };
  while (Exists(numbered(count + 1))) ++count;
  for (; count > 0; --count) paths->push_back(numbered(count));
  // The newest may just have been moved away.
  if (Exists(path) || paths->empty()) paths->push_back(path);
}

}  // namespace

ReplayLines::ReplayLines(const std::vector<std::string>& paths, bool rotated) {
  for (const std::string& path : paths) {
    if (rotated && path != "-") {
      AddRotated(path, &paths_);
    } else {
      paths_.push_back(path);
    }
  }
  buffer_.resize(kBufferBytes);
}

Status ReplayLines::OpenNext() {
  path_ = paths_[next_path_++];
  number_ = 0;
  begin_ = 0;
  end_ = 0;
  if (path_ == "-") {
    fd_ = STDIN_FILENO;
    return OkStatus();
  }
  file_.Reset(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  fd_ = file_.get();
  return file_.valid() ? OkStatus() : ErrnoStatus("read", errno);
}

Result<bool> ReplayLines::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (true) {
    const ssize_t got = read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got >= 0) {
      end_ += static_cast<size_t>(got);
      return got > 0;
    }
    if (errno != EINTR) return ErrnoStatus("read", errno);
  }
}

Result<std::optional<std::string_view>> ReplayLines::Next() {
  size_t looked = 0;  // behind begin_
  while (true) {
    if (fd_ < 0) {
      if (next_path_ == paths_.size()) return std::optional<std::string_view>();
      WRIT_RETURN_IF_ERROR(OpenNext());
      looked = 0;
    }
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const size_t at = rest.find('\n', looked);
    if (at != std::string_view::npos) {
      ++number_;
      begin_ += at + 1;
      looked = 0;
      if (at == 0) continue;
      is_cut_ = false;
      return std::optional(rest.substr(0, at));
    }
    if (rest.size() > kMaxLogRecordBytes) {
      ++number_;
      return ResourceExhausted("a line of more than " +
                               std::to_string(kMaxLogRecordBytes) + " bytes");
    }
    looked = rest.size();
    WRIT_ASSIGN_OR_RETURN(const bool more, Fill());
    if (more) continue;
    fd_ = -1;
    const std::string_view last(buffer_.data() + begin_, end_ - begin_);
    begin_ = end_;
    if (last.empty()) continue;
    ++number_;
    is_cut_ = true;
    return std::optional(last);
  }
}

}  // namespace writ
