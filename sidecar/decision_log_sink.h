// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_DECISION_LOG_SINK_H_
#define WRIT_SIDECAR_DECISION_LOG_SINK_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "sidecar/decision_log.h"

namespace writ {

// Lines that are written together.
class LineBatch {
 public:
  struct Line {
    size_t end = 0;  // offset behind its line break
    WallTime time;
    // A decision; else what decisions refer to.
    bool is_record = true;
  };

  // What lines are appended to; EndLine says that one is complete.
  std::string* text() { return &text_; }
  void EndLine(WallTime time, bool is_record) {
    lines_.push_back({text_.size(), time, is_record});
  }
  void Clear() {
    text_.clear();
    lines_.clear();
  }

  const std::string& text() const { return text_; }
  const std::vector<Line>& lines() const { return lines_; }
  // One line without its line break.
  std::string_view LineAt(size_t i) const {
    const size_t begin = i == 0 ? 0 : lines_[i - 1].end;
    return std::string_view(text_).substr(begin, lines_[i].end - begin - 1);
  }

 private:
  std::string text_;
  std::vector<Line> lines_;
};

// What became of a batch.
struct LinesWritten {
  size_t lines = 0;  // from the front: these must not be written again
  // Of those, such as the receiver said that it would not keep.
  size_t rejected = 0;
  Status status;  // why not all
  // The receiver will never take the next lines, however often they are sent.
  bool hopeless = false;
};

// Where lines go. One thread, but for Cancel.
class DecisionLogSink {
 public:
  virtual ~DecisionLogSink() = default;
  DecisionLogSink(const DecisionLogSink&) = delete;
  DecisionLogSink& operator=(const DecisionLogSink&) = delete;

  // Writes as many lines as it can, each whole: a line that is cut short is
  // completed or taken back before the next one is written.
  virtual LinesWritten Write(const LineBatch& batch) = 0;

  // True once whenever what was written before is not where the next lines
  // will be: then what lines refer to must be written again. Asked before each
  // batch; closes a file that is too large.
  virtual bool BeginsAnew() = 0;

  // Opens a file again that may have been moved away.
  virtual Status Reopen() { return OkStatus(); }
  // What is written survives a crash of the machine.
  virtual void Sync() {}
  // Ends a Write that waits for somebody else, and all that follow.
  virtual void Cancel() {}

 protected:
  DecisionLogSink() = default;
};

// Errors  what keeps the file from being opened; kFailedPrecondition: another
//         process writes to it
Result<std::unique_ptr<DecisionLogSink>> OpenFileSink(
    const DecisionLogOptions& options);
// fd  borrowed; may be a pipe whose reader is slow or gone
std::unique_ptr<DecisionLogSink> MakeStreamSink(int fd);
// Errors  kInvalidArgument  the URL or the authorities are malformed
Result<std::unique_ptr<DecisionLogSink>> OpenOtlpSink(
    const DecisionLogOptions& options);

// The log that writes to `sink`; what DecisionLog::Open ends with.
Result<std::unique_ptr<DecisionLog>> StartDecisionLog(
    DecisionLogOptions options, std::unique_ptr<DecisionLogSink> sink,
    Metrics* metrics, const Clock* clock);

}  // namespace writ

#endif  // WRIT_SIDECAR_DECISION_LOG_SINK_H_
