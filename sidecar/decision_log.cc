// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_log.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <set>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "crypto/random.h"
#include "sidecar/decision_log_pack.h"
#include "sidecar/decision_log_queue.h"
#include "sidecar/decision_log_sampling.h"
#include "sidecar/decision_log_sink.h"

namespace writ {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{2000};
// Complaints about one thing that goes on.
constexpr std::chrono::seconds kBetweenComplaints{30};
constexpr milliseconds kGraceAtTheEnd{1000};
// Names of decisions: 64 random bits of this start, and a number.
constexpr size_t kInstanceBytes = 8;

// Is true at most once in kBetweenComplaints.
class Seldom {
 public:
  bool Now(SteadyTime now) {
    if (last_ && now - *last_ < kBetweenComplaints) return false;
    last_ = now;
    return true;
  }
  void Forget() { last_.reset(); }

 private:
  std::optional<SteadyTime> last_;
};

class QueuedDecisionLog final : public DecisionLog {
 public:
  QueuedDecisionLog(DecisionLogOptions options, LogSampler sampler,
                    std::unique_ptr<DecisionLogSink> sink, Metrics* metrics,
                    const Clock* clock)
      : options_(std::move(options)),
        sampler_(std::move(sampler)),
        sink_(std::move(sink)),
        metrics_(*metrics),
        clock_(*clock),
        queue_(options_.queue_records, options_.queue_bytes),
        writer_(options_.mask),
        instance_(RandomHex(kInstanceBytes)) {
    thread_ = std::thread([this] { Run(); });
  }
  ~QueuedDecisionLog() override { Close(kGraceAtTheEnd); }

  std::string NextId() override;
  Status Add(const DecisionRecord& record) override;
  void Reopen() override;
  void Close(milliseconds grace) override;

 private:
  void Run();
  // Writes the records of a chunk, however often it takes.
  void WriteChunk(const RecordChunk& chunk);
  // Makes lines of the records from the given offset on.
  void Format(std::string_view bytes);
  void AddSessionPolicy(RecordedDecision* decision, std::string_view program);
  // After a failed write: waits, and says whether to try again.
  bool WaitToTryAgain(const LinesWritten& outcome, milliseconds* pause);
  void ReopenIfAsked();
  void Complain(const Status& status);
  void TellDropped();
  bool PastGrace() const {
    const auto deadline = deadline_.load();
    return deadline != 0 && SteadyNow() >= deadline;
  }
  static int64_t SteadyNow() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
  }

  const DecisionLogOptions options_;
  LogSampler sampler_;
  const std::unique_ptr<DecisionLogSink> sink_;
  Metrics& metrics_;
  const Clock& clock_;
  RecordQueue queue_;

  // Of the writing thread.
  DecisionRecordWriter writer_;
  DecisionUnpacker unpacker_;
  LineBatch batch_;
  std::vector<size_t> offsets_;  // in the chunk, by line of batch_
  std::set<Sha256Digest> told_policies_;
  Seldom failure_complaint_;
  Seldom drop_complaint_;
  bool failing_ = false;
  uint64_t told_dropped_ = 0;

  const std::string instance_;
  std::atomic<uint64_t> next_{0};
  std::atomic<uint64_t> dropped_{0};
  std::atomic<bool> reopen_{false};
  std::atomic<int64_t> deadline_{0};  // 0: none
  Mutex closing_;
  std::thread thread_;
};

std::string QueuedDecisionLog::NextId() {
  char digits[16];
  const uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
  const auto end = std::to_chars(digits, digits + sizeof(digits), number, 16);
  std::string id;
  id.reserve(instance_.size() + 1 + sizeof(digits));
  id += instance_;
  id += '-';
  id.append(digits, end.ptr);
  return id;
}

Status QueuedDecisionLog::Add(const DecisionRecord& record) {
  std::optional<Verdict> verdict;
  if (record.decision != nullptr) verdict = record.decision->verdict;
  if (!sampler_.Keeps(record.request->action, verdict)) {
    metrics_.CountLogSampledOut(1);
    return OkStatus();
  }
  const NamedStatements statements(record);
  const size_t bytes = PackedDecisionBytes(record, statements);
  const RecordQueue::Outcome outcome =
      queue_.Push(bytes, options_.when_full == LogFull::kBlock,
                  [&](char* to) { PackDecision(record, statements, to); });
  if (outcome == RecordQueue::Outcome::kQueued) return OkStatus();
  if (options_.when_full == LogFull::kDropAndCount) {
    metrics_.CountLogDropped(1);
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return OkStatus();
  }
  return Unavailable(outcome == RecordQueue::Outcome::kClosed
                         ? "the decision log is closed"
                         : "the decision log is full");
}

void QueuedDecisionLog::Reopen() {
  reopen_ = true;
  queue_.Interrupt();
}

void QueuedDecisionLog::Close(milliseconds grace) {
  MutexLock lock(&closing_);
  if (!thread_.joinable()) return;
  const auto end = std::chrono::steady_clock::now() + grace;
  deadline_ = end.time_since_epoch().count();
  queue_.Close();
  // A write that waits for a collector or a reader ends with the grace.
  {
    std::thread watch([&] {
      if (!queue_.WaitUntilFinished(end)) sink_->Cancel();
    });
    thread_.join();
    watch.join();
  }
}

void QueuedDecisionLog::Run() {
  // A file beyond the process's limit, or a pipe without a reader, is an error
  // of the write; and signals are for the threads that expect them.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (true) {
    std::vector<RecordChunk> chunks = queue_.Take();
    ReopenIfAsked();
    for (RecordChunk& chunk : chunks) {
      WriteChunk(chunk);
      queue_.Recycle(std::move(chunk));
      metrics_.SetLogQueue(queue_.records());
    }
    TellDropped();
    // An interruption gives nothing too, and records may have come since.
    if (queue_.exhausted()) break;
  }
  sink_->Sync();
  queue_.Finish();
}

void QueuedDecisionLog::AddSessionPolicy(RecordedDecision* decision,
                                         std::string_view program) {
  decision->session = RecordedSession::kDigest;
  if (writer_.masks_session_policies()) return;
  decision->session_digest = Sha256(program);
  if (told_policies_.contains(decision->session_digest)) return;
  if (told_policies_.size() >= kMaxSessionPolicies) told_policies_.clear();
  told_policies_.insert(decision->session_digest);
  AppendSessionPolicyLine(decision->session_digest, program, batch_.text());
  batch_.EndLine(unpacker_.time(), false);
}

void QueuedDecisionLog::Format(std::string_view bytes) {
  batch_.Clear();
  offsets_.clear();
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t begin = at;
    at += unpacker_.Read(bytes.substr(at));
    RecordedDecision decision = unpacker_.decision();
    if (!unpacker_.session_policy().empty()) {
      AddSessionPolicy(&decision, unpacker_.session_policy());
      // A policy without its record is written again with it.
      offsets_.resize(batch_.lines().size(), begin);
    }
    writer_.Append(decision, unpacker_.time(), batch_.text());
    batch_.EndLine(unpacker_.time(), true);
    offsets_.push_back(begin);
  }
}

void QueuedDecisionLog::WriteChunk(const RecordChunk& chunk) {
  size_t done_bytes = 0;
  uint32_t left = chunk.records();
  milliseconds pause = kFirstPause;
  bool first_try = true;
  while (left > 0) {
    // What the lines refer to stands before them, also where they begin anew.
    if (sink_->BeginsAnew()) told_policies_.clear();
    Format(chunk.bytes().substr(done_bytes));
    const LinesWritten outcome = sink_->Write(batch_);
    const auto& lines = batch_.lines();
    const auto written = static_cast<uint32_t>(std::count_if(
        lines.begin(), lines.begin() + static_cast<ptrdiff_t>(outcome.lines),
        [](const LineBatch::Line& line) { return line.is_record; }));
    const size_t end = outcome.lines == lines.size()
                           ? chunk.bytes().size()
                           : done_bytes + offsets_[outcome.lines];
    const auto rejected =
        static_cast<uint32_t>(std::min<size_t>(outcome.rejected, written));
    metrics_.CountLogWritten(written - rejected);
    if (rejected > 0) {
      metrics_.CountLogDropped(rejected);
      dropped_ += rejected;
    }
    queue_.Done(written, end - done_bytes);
    done_bytes = end;
    left -= written;
    if (outcome.status.ok()) continue;
    if (first_try) metrics_.CountLogFailed(left);
    first_try = false;
    // The next try tells all of them again: some may not have gone out.
    told_policies_.clear();
    Complain(outcome.status);
    if (WaitToTryAgain(outcome, &pause)) continue;
    metrics_.CountLogDropped(left);
    dropped_ += left;
    queue_.Done(left, chunk.bytes().size() - done_bytes);
    return;
  }
  if (!failing_) return;
  failing_ = false;
  failure_complaint_.Forget();
  Log(LogLevel::kInfo, "decision_log_recovered",
      {{"queued", queue_.records()}});
}

bool QueuedDecisionLog::WaitToTryAgain(const LinesWritten& outcome,
                                       milliseconds* pause) {
  if (PastGrace()) return false;
  // Whoever would rather not answer than answer without a record waits until
  // somebody has mended what is wrong.
  if (outcome.hopeless && options_.when_full == LogFull::kDropAndCount) {
    return false;
  }
  metrics_.SetLogQueue(queue_.records());
  queue_.Sleep(*pause);
  *pause = std::min(2 * *pause, kLongestPause);
  TellDropped();
  ReopenIfAsked();
  return !PastGrace();
}

void QueuedDecisionLog::ReopenIfAsked() {
  if (!reopen_.exchange(false)) return;
  const Status status = sink_->Reopen();
  if (!status.ok()) Complain(status);
}

void QueuedDecisionLog::Complain(const Status& status) {
  failing_ = true;
  if (!failure_complaint_.Now(clock_.Steady())) return;
  Log(LogLevel::kError, "decision_log_failed",
      {{"error", status.message()}, {"queued", queue_.records()}});
}

void QueuedDecisionLog::TellDropped() {
  const uint64_t dropped = dropped_.load(std::memory_order_relaxed);
  if (dropped == told_dropped_ || !drop_complaint_.Now(clock_.Steady())) return;
  Log(LogLevel::kWarning, "decision_log_dropped",
      {{"records", dropped - told_dropped_}});
  told_dropped_ = dropped;
}

}  // namespace

Result<std::unique_ptr<DecisionLog>> StartDecisionLog(
    DecisionLogOptions options, std::unique_ptr<DecisionLogSink> sink,
    Metrics* metrics, const Clock* clock) {
  if (options.queue_records == 0 || options.queue_bytes == 0) {
    return InvalidArgument("the decision log's queue holds nothing");
  }
  const uint64_t seed = options.sampling_seed.value_or(RandomU64());
  WRIT_ASSIGN_OR_RETURN(LogSampler sampler,
                        LogSampler::Make(options.sampling, seed));
  return std::unique_ptr<DecisionLog>(std::make_unique<QueuedDecisionLog>(
      std::move(options), std::move(sampler), std::move(sink), metrics, clock));
}

Result<std::unique_ptr<DecisionLog>> DecisionLog::Open(
    DecisionLogOptions options, Metrics* metrics, const Clock* clock) {
  std::unique_ptr<DecisionLogSink> sink;
  switch (options.sink) {
    case LogSink::kNone:
      return std::unique_ptr<DecisionLog>();
    case LogSink::kFile: {
      WRIT_ASSIGN_OR_RETURN(sink, OpenFileSink(options));
      break;
    }
    case LogSink::kStandardOutput:
      sink = MakeStreamSink(STDOUT_FILENO);
      break;
    case LogSink::kOtlp: {
      WRIT_ASSIGN_OR_RETURN(sink, OpenOtlpSink(options));
      break;
    }
  }
  return StartDecisionLog(std::move(options), std::move(sink), metrics, clock);
}

}  // namespace writ
