// SPDX-License-Identifier: Apache-2.0
//
// Records in files and on standard output.
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "sidecar/decision_log_sink.h"

namespace writ {
namespace {

constexpr mode_t kMode = 0600;

// One write, continued when a signal interrupts it; -1 and errno on failure.
ssize_t WriteOnce(int fd, std::string_view bytes) {
  while (true) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0 || errno != EINTR) return written;
  }
}

// How many lines end within the first `bytes` of the batch.
size_t LinesWithin(const LineBatch& batch, size_t bytes) {
  const auto& lines = batch.lines();
  const auto end =
      std::ranges::upper_bound(lines, bytes, {}, &LineBatch::Line::end);
  return static_cast<size_t>(end - lines.begin());
}

size_t EndOf(const LineBatch& batch, size_t lines) {
  return lines == 0 ? 0 : batch.lines()[lines - 1].end;
}

// ---- a file -----------------------------------------------------------------

class FileSink final : public DecisionLogSink {
 public:
  explicit FileSink(const DecisionLogOptions& options)
      : path_(options.path),
        rotate_bytes_(options.rotate_bytes),
        keep_files_(options.keep_files) {}

  Status Open();
  LinesWritten Write(const LineBatch& batch) override;
  bool BeginsAnew() override;
  Status Reopen() override;
  void Sync() override {
    if (file_.valid()) fdatasync(file_.get());
  }

 private:
  std::string Rotated(uint32_t number) const {
    return path_ + "." + std::to_string(number);
  }
  Status TakeBackCutLine();
  void Rotate();

  const std::string path_;
  const uint64_t rotate_bytes_;
  const uint32_t keep_files_;
  UniqueFd file_;
  bool anew_ = true;
  // Bytes at the file's end that belong to a line which is not whole.
  uint64_t cut_bytes_ = 0;
  // A rotation that failed is tried again when the file has grown so far.
  uint64_t rotate_at_ = 0;
};

Status FileSink::Open() {
  // O_NONBLOCK: a pipe without a reader must not hold up the start.
  UniqueFd file(open(path_.c_str(),
                     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
                     kMode));
  if (!file.valid()) {
    return ErrnoStatus("open the decision log `" + path_ + "`", errno);
  }
  struct stat info = {};
  if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return InvalidArgument("the decision log `" + path_ +
                           "` is not a regular file");
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return FailedPrecondition("another process writes to the decision log `" +
                              path_ + "`");
  }
  file_ = std::move(file);
  anew_ = true;
  rotate_at_ = rotate_bytes_;
  cut_bytes_ = 0;
  return TakeBackCutLine();
}

// What a process that died, or a full disk, left behind the last line break.
Status FileSink::TakeBackCutLine() {
  struct stat info = {};
  if (fstat(file_.get(), &info) != 0) return ErrnoStatus("look at it", errno);
  auto size = static_cast<uint64_t>(info.st_size);
  uint64_t cut = 0;
  char block[4096];
  for (bool found = false; !found && size > 0;) {
    const size_t want = std::min<uint64_t>(sizeof(block), size);
    const ssize_t got =
        pread(file_.get(), block, want, static_cast<off_t>(size - want));
    if (got != static_cast<ssize_t>(want)) {
      return ErrnoStatus("read the end of the decision log `" + path_ + "`",
                         got < 0 ? errno : EIO);
    }
    const size_t at = std::string_view(block, want).rfind('\n');
    found = at != std::string_view::npos;
    const size_t behind = found ? want - at - 1 : want;
    cut += behind;
    size -= behind;
    if (cut > kMaxLogRecordBytes) {
      return InvalidArgument("`" + path_ + "` is not a decision log");
    }
  }
  if (cut == 0) return OkStatus();
  if (ftruncate(file_.get(), static_cast<off_t>(size)) != 0) {
    return ErrnoStatus("cut the decision log `" + path_ + "`", errno);
  }
  Log(LogLevel::kWarning, "decision_log_repaired",
      {{"path", path_}, {"cut_bytes", cut}});
  return OkStatus();
}

LinesWritten FileSink::Write(const LineBatch& batch) {
  LinesWritten outcome;
  const auto fail = [&](std::string_view what) {
    outcome.status = ErrnoStatus(std::string(what) + " `" + path_ + "`", errno);
    return outcome;
  };
  if (!file_.valid()) {
    outcome.status = Open();
    if (!outcome.status.ok()) return outcome;
  }
  if (cut_bytes_ > 0) {
    struct stat info = {};
    if (fstat(file_.get(), &info) != 0) return fail("look at");
    // Somebody else may have cut the file in the meantime.
    const auto size = static_cast<uint64_t>(info.st_size);
    const uint64_t whole = size - std::min(size, cut_bytes_);
    if (ftruncate(file_.get(), static_cast<off_t>(whole)) != 0) {
      return fail("cut");
    }
    cut_bytes_ = 0;
  }
  const std::string_view text = batch.text();
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = WriteOnce(file_.get(), text.substr(done));
    if (written < 0) break;
    done += static_cast<size_t>(written);
  }
  outcome.lines = LinesWithin(batch, done);
  if (done == text.size()) return outcome;
  fail("write to");
  cut_bytes_ = done - EndOf(batch, outcome.lines);
  // At once, so that whoever reads the file now finds whole lines.
  struct stat info = {};
  if (cut_bytes_ > 0 && fstat(file_.get(), &info) == 0 &&
      static_cast<uint64_t>(info.st_size) >= cut_bytes_ &&
      ftruncate(file_.get(), info.st_size - static_cast<off_t>(cut_bytes_)) ==
          0) {
    cut_bytes_ = 0;
  }
  return outcome;
}

// FILE becomes FILE.1, that FILE.2 and so on; the oldest goes.
void FileSink::Rotate() {
  const auto fail = [&](const std::string& what) {
    Log(LogLevel::kError, "decision_log_rotation_failed",
        {{"error", ErrnoStatus(what, errno).message()}});
  };
  if (keep_files_ == 0) {
    if (unlink(path_.c_str()) != 0 && errno != ENOENT) {
      return fail("remove `" + path_ + "`");
    }
  } else {
    for (uint32_t number = keep_files_; number > 0; --number) {
      const std::string from = number == 1 ? path_ : Rotated(number - 1);
      if (rename(from.c_str(), Rotated(number).c_str()) != 0 &&
          errno != ENOENT) {
        return fail("rename `" + from + "`");
      }
    }
  }
  Sync();
  file_.Reset();
  const Status status = Open();
  if (!status.ok()) {
    Log(LogLevel::kError, "decision_log_rotation_failed",
        {{"error", status.message()}});
  }
}

bool FileSink::BeginsAnew() {
  struct stat info = {};
  if (file_.valid() && cut_bytes_ == 0 && fstat(file_.get(), &info) == 0 &&
      static_cast<uint64_t>(info.st_size) > rotate_at_) {
    rotate_at_ = static_cast<uint64_t>(info.st_size) + rotate_bytes_;
    Rotate();
  }
  return std::exchange(anew_, false);
}

Status FileSink::Reopen() {
  if (file_.valid()) Sync();
  file_.Reset();
  return Open();
}

// ---- standard output --------------------------------------------------------

class StreamSink final : public DecisionLogSink {
 public:
  explicit StreamSink(int fd) : fd_(fd) {}

  LinesWritten Write(const LineBatch& batch) override;
  bool BeginsAnew() override;
  void Cancel() override { cancelled_ = true; }

 private:
  // A pipe that is ready takes so many bytes without waiting.
  static constexpr size_t kPieceBytes = 4096;
  static constexpr int kPollMilliseconds = 100;
  // Whoever begins to read the stream later finds what lines refer to again.
  static constexpr uint64_t kAnewBytes = uint64_t{16} << 20;

  // Writes all of it; on failure says how much was written.
  Status WriteText(std::string_view text, size_t* done);

  const int fd_;
  std::atomic<bool> cancelled_{false};
  std::string rest_;  // of a line that is out in part
  uint64_t written_ = kAnewBytes;
};

Status StreamSink::WriteText(std::string_view text, size_t* done) {
  *done = 0;
  while (*done < text.size()) {
    pollfd ready = {.fd = fd_, .events = POLLOUT, .revents = 0};
    const int count = poll(&ready, 1, kPollMilliseconds);
    if (count == 0 || (count < 0 && errno == EINTR)) {
      if (cancelled_) return DeadlineExceeded("standard output takes no more");
      continue;
    }
    const ssize_t written = WriteOnce(fd_, text.substr(*done, kPieceBytes));
    if (written < 0 && errno == EAGAIN) continue;
    if (written < 0) return ErrnoStatus("write to standard output", errno);
    *done += static_cast<size_t>(written);
    written_ += static_cast<uint64_t>(written);
  }
  return OkStatus();
}

LinesWritten StreamSink::Write(const LineBatch& batch) {
  LinesWritten outcome;
  size_t done = 0;
  outcome.status = WriteText(rest_, &done);
  rest_.erase(0, done);
  if (!outcome.status.ok()) return outcome;
  outcome.status = WriteText(batch.text(), &done);
  outcome.lines = LinesWithin(batch, done);
  if (done > EndOf(batch, outcome.lines)) {
    // What is out cannot be taken back: the line counts as written, and the
    // rest of it goes before everything else.
    ++outcome.lines;
    rest_ = batch.text().substr(done, EndOf(batch, outcome.lines) - done);
  }
  return outcome;
}

bool StreamSink::BeginsAnew() {
  if (written_ < kAnewBytes) return false;
  written_ = 0;
  return true;
}

}  // namespace

Result<std::unique_ptr<DecisionLogSink>> OpenFileSink(
    const DecisionLogOptions& options) {
  auto sink = std::make_unique<FileSink>(options);
  WRIT_RETURN_IF_ERROR(sink->Open());
  return std::unique_ptr<DecisionLogSink>(std::move(sink));
}

std::unique_ptr<DecisionLogSink> MakeStreamSink(int fd) {
  return std::make_unique<StreamSink>(fd);
}

}  // namespace writ
