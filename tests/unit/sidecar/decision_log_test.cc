// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "sidecar/decision_log_queue.h"
#include "sidecar/decision_log_sampling.h"
#include "sidecar/decision_log_sink.h"
#include "sidecar/decision_record_reader.h"
#include "tests/unit/sidecar/decision_world.h"
#include "tests/unit/sidecar/metrics_page.h"

namespace writ {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{30000};

// Keeps lines; fails or waits when told.
class FakeSink final : public DecisionLogSink {
 public:
  struct Kept {
    Mutex mu;
    std::condition_variable_any changed;
    std::vector<std::string> lines WRIT_GUARDED_BY(mu);
    uint64_t writes WRIT_GUARDED_BY(mu) = 0;
    bool fails WRIT_GUARDED_BY(mu) = false;
    uint64_t fails_each WRIT_GUARDED_BY(mu) = 0;  // one write of so many
    bool hopeless WRIT_GUARDED_BY(mu) = false;
    bool anew WRIT_GUARDED_BY(mu) = false;
    int reopened WRIT_GUARDED_BY(mu) = 0;

    void SetFails(bool value) {
      MutexLock lock(&mu);
      fails = value;
    }
    void WaitForWrites(uint64_t count) {
      MutexLock lock(&mu);
      while (writes < count) changed.wait(mu);
    }
    std::vector<std::string> Lines() {
      MutexLock lock(&mu);
      return lines;
    }
  };
  explicit FakeSink(Kept* kept) : kept_(*kept) {}

  LinesWritten Write(const LineBatch& batch) override {
    LinesWritten outcome;
    {
      MutexLock lock(&kept_.mu);
      ++kept_.writes;
      if (kept_.fails ||
          (kept_.fails_each > 0 && kept_.writes % kept_.fails_each == 0)) {
        outcome.status = Unavailable("it fails");
        outcome.hopeless = kept_.hopeless;
      } else {
        for (size_t i = 0; i < batch.lines().size(); ++i) {
          kept_.lines.emplace_back(batch.LineAt(i));
        }
        outcome.lines = batch.lines().size();
      }
    }
    kept_.changed.notify_all();
    return outcome;
  }
  bool BeginsAnew() override {
    MutexLock lock(&kept_.mu);
    return kept_.anew;
  }
  Status Reopen() override {
    MutexLock lock(&kept_.mu);
    ++kept_.reopened;
    return OkStatus();
  }

 private:
  Kept& kept_;
};

// What a test writes: one question of alice's, decided by a real bundle.
class DecisionLogTest : public ::testing::Test {
 protected:
  DecisionLogTest()
      : bundle_(testing::MakeWorldBundle(7)),
        listener_(testing::TrustedListener()),
        rule_(testing::RuleWith({Right::kCheck})) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "writ-log-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    options_.sink = LogSink::kFile;
    options_.path = folder_ + "/decisions.log";
  }
  ~DecisionLogTest() override { std::filesystem::remove_all(folder_); }

  void Open() {
    auto log = DecisionLog::Open(options_, &metrics_, &clock_);
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    log_ = std::move(log).value();
  }
  void OpenFake() {
    auto log = StartDecisionLog(options_, std::make_unique<FakeSink>(&kept_),
                                &metrics_, &clock_);
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    log_ = std::move(log).value();
  }

  Status AddOne(std::string_view object = "a", std::string_view session = {}) {
    const std::string resource = testing::LogsObject(object);
    const std::string_view resources[] = {resource};
    Request request;
    request.principal.name = "acs:ram::1000000000000001:user/alice";
    request.action = "oss:GetObject";
    request.resources = resources;
    std::vector<StatementRef> all(16);
    const Decision decision = bundle_->snapshot().Decide(request, all);
    const Asker asker{&listener_, &rule_};
    DecisionRecord record;
    const std::string id = log_->NextId();
    record.decision_id = id;
    record.time = clock_.Now();
    record.asker = &asker;
    record.request = &request;
    record.session_policy = session;
    record.decision = &decision;
    record.statements = std::span(all).first(decision.statement_count);
    record.bundle = bundle_.get();
    return log_->Add(record);
  }
  void AddMany(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(AddOne("n" + std::to_string(i)).ok());
    }
  }

  static std::vector<std::string> LinesOf(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  static std::string ReadText(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  // Records that can be read; the others fail the test.
  static size_t CountRecords(const std::vector<std::string>& lines) {
    DecisionRecordReader reader;
    size_t records = 0;
    for (const std::string& line : lines) {
      const auto kind = reader.Read(line);
      EXPECT_TRUE(kind.ok()) << kind.status().ToString() << "\n" << line;
      if (kind.ok() && *kind == DecisionRecordReader::Line::kDecision) {
        ++records;
      }
    }
    return records;
  }
  double Metric(const std::string& outcome) {
    return MetricsPage(metrics_.Text())
        .Value("writ_decision_log_records_total{outcome=\"" + outcome + "\"}")
        .value_or(-1);
  }

  const std::shared_ptr<const Bundle> bundle_;
  const ListenerRules listener_;
  const AskerRule rule_;
  std::string folder_;
  FakeClock clock_;
  Metrics metrics_;
  DecisionLogOptions options_;
  FakeSink::Kept kept_;
  std::unique_ptr<DecisionLog> log_;
};

TEST_F(DecisionLogTest, WritesALineForEachDecision) {
  Open();
  ASSERT_TRUE(AddOne("a").ok());
  ASSERT_TRUE(AddOne("secret/a").ok());
  ASSERT_TRUE(AddOne("a").ok());
  log_->Close(kLong);
  const std::vector<std::string> lines = LinesOf(options_.path);
  ASSERT_EQ(lines.size(), 3u);
  DecisionRecordReader reader;
  ASSERT_TRUE(reader.Read(lines[1]).ok());
  const RecordedDecision& read = reader.decision();
  EXPECT_EQ(read.protocol, "check");
  EXPECT_EQ(read.listener, "inner");
  EXPECT_EQ(read.asker, "gateway");
  EXPECT_EQ(read.time, "2026-12-01T00:00:00.000000000Z");
  EXPECT_EQ(read.verdict, Verdict::kExplicitDeny);
  EXPECT_EQ(read.layer, Layer::kIdentity);
  EXPECT_EQ(read.reason, Reason::kDenied);
  EXPECT_EQ(read.revision, 7u);
  EXPECT_EQ(read.bundle_digest, bundle_->digest());
  ASSERT_EQ(read.statements.size(), 1u);
  const RecordedStatement denied = {"identity", "1000000000000001", "read", 1,
                                    "NoSecret"};
  EXPECT_EQ(read.statements[0], denied);
  EXPECT_EQ(Metric("written"), 3);
  struct stat info = {};
  ASSERT_EQ(stat(options_.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(DecisionLogTest, NamesEveryDecisionOnce) {
  Open();
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(log_->NextId());
  log_.reset();
  Open();
  for (int i = 0; i < 1000; ++i) names.insert(log_->NextId());
  EXPECT_EQ(names.size(), 2000u);
}

TEST_F(DecisionLogTest, AppendsToWhatIsThere) {
  for (int start = 0; start < 2; ++start) {
    Open();
    AddMany(10);
    log_.reset();
  }
  EXPECT_EQ(CountRecords(LinesOf(options_.path)), 20u);
}

TEST_F(DecisionLogTest, TakesBackALineThatAnEarlierProcessLeftCut) {
  Open();
  AddMany(2);
  log_.reset();
  std::ofstream(options_.path, std::ios::app) << R"({"v":1,"id":"ff)";
  Open();
  AddMany(1);
  log_.reset();
  EXPECT_EQ(CountRecords(LinesOf(options_.path)), 3u);
}

TEST_F(DecisionLogTest, RefusesAFileThatIsNotItsOwn) {
  Open();
  EXPECT_EQ(DecisionLog::Open(options_, &metrics_, &clock_).status().code(),
            StatusCode::kFailedPrecondition);
  options_.path = "/dev/null";
  EXPECT_EQ(DecisionLog::Open(options_, &metrics_, &clock_).status().code(),
            StatusCode::kInvalidArgument);
  options_.path = folder_ + "/none/decisions.log";
  EXPECT_EQ(DecisionLog::Open(options_, &metrics_, &clock_).status().code(),
            StatusCode::kNotFound);
}

TEST_F(DecisionLogTest, RotatesAndKeepsSoManyFiles) {
  options_.rotate_bytes = 4000;
  options_.keep_files = 2;
  // Each batch on its own, so that the file is looked at between them.
  for (int start = 0; start < 12; ++start) {
    Open();
    AddMany(5);
    log_.reset();
  }
  const auto path = [&](int number) {
    return options_.path + "." + std::to_string(number);
  };
  EXPECT_GT(CountRecords(LinesOf(options_.path)), 0u);
  EXPECT_GT(CountRecords(LinesOf(path(1))), 0u);
  EXPECT_GT(CountRecords(LinesOf(path(2))), 0u);
  EXPECT_GT(std::filesystem::file_size(path(1)), 4000u);
  EXPECT_FALSE(std::filesystem::exists(path(3)));
}

TEST_F(DecisionLogTest, WritesToANewFileWhenTheOldOneWasMoved) {
  Open();
  AddMany(3);
  // Whatever is written before the log reopens goes to the old file.
  std::filesystem::rename(options_.path, folder_ + "/moved.log");
  log_->Reopen();
  AddMany(3);
  log_->Close(kLong);
  ASSERT_TRUE(std::filesystem::exists(options_.path));
  EXPECT_EQ(CountRecords(LinesOf(options_.path)) +
                CountRecords(LinesOf(folder_ + "/moved.log")),
            6u);
}

// ---- the queue when it is full ----------------------------------------------

TEST_F(DecisionLogTest, DropsAndCountsWhenItShallNotWait) {
  options_.when_full = LogFull::kDropAndCount;
  options_.queue_records = 10;
  kept_.SetFails(true);
  OpenFake();
  for (int i = 0; i < 25; ++i) EXPECT_TRUE(AddOne().ok());
  EXPECT_EQ(Metric("dropped"), 15);
  kept_.WaitForWrites(1);
  kept_.SetFails(false);
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(kept_.Lines()), 10u);
  EXPECT_EQ(Metric("written"), 10);
  EXPECT_GE(Metric("failed"), 1);
}

TEST_F(DecisionLogTest, RefusesQuestionsThatItCannotRecord) {
  options_.when_full = LogFull::kDeny;
  options_.queue_records = 10;
  kept_.SetFails(true);
  OpenFake();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(AddOne().ok());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(AddOne().code(), StatusCode::kUnavailable);
  }
  EXPECT_EQ(Metric("dropped"), 0);
  kept_.WaitForWrites(1);
  kept_.SetFails(false);
  // It recovers by itself.
  while (!AddOne().ok()) std::this_thread::yield();
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(kept_.Lines()), 11u);
}

TEST_F(DecisionLogTest, MakesQuestionsWaitUntilTheyCanBeRecorded) {
  options_.when_full = LogFull::kBlock;
  options_.queue_records = 10;
  kept_.SetFails(true);
  OpenFake();
  AddMany(10);
  std::atomic<bool> answered{false};
  std::thread asker([&] {
    EXPECT_TRUE(AddOne().ok());
    answered = true;
  });
  kept_.WaitForWrites(2);
  EXPECT_FALSE(answered);
  kept_.SetFails(false);
  asker.join();
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(kept_.Lines()), 11u);
}

TEST_F(DecisionLogTest, IsBoundedInBytesToo) {
  options_.when_full = LogFull::kDeny;
  options_.queue_bytes = 10000;
  kept_.SetFails(true);
  OpenFake();
  const std::string large(3000, 'x');
  int taken = 0;
  while (AddOne(large).ok()) ++taken;
  EXPECT_EQ(taken, 3);
}

TEST_F(DecisionLogTest, TakesARecordLargerThanItsQueueWhenItIsEmpty) {
  options_.when_full = LogFull::kBlock;
  options_.queue_bytes = 100;
  OpenFake();
  AddMany(3);
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(kept_.Lines()), 3u);
}

TEST_F(DecisionLogTest, LetsWaitingQuestionsGoWhenItCloses) {
  options_.when_full = LogFull::kBlock;
  options_.queue_records = 1;
  kept_.SetFails(true);
  OpenFake();
  AddMany(1);
  std::thread asker(
      [&] { EXPECT_EQ(AddOne().code(), StatusCode::kUnavailable); });
  kept_.WaitForWrites(1);
  log_->Close(milliseconds(50));
  asker.join();
  EXPECT_EQ(AddOne().code(), StatusCode::kUnavailable);
  // What could not be written within the grace is counted as lost.
  EXPECT_EQ(Metric("dropped"), 1);
}

TEST_F(DecisionLogTest, GivesUpWhatIsHopelessOnlyWhenItMayDrop) {
  options_.when_full = LogFull::kDropAndCount;
  {
    MutexLock lock(&kept_.mu);
    kept_.fails = true;
    kept_.hopeless = true;
  }
  OpenFake();
  ASSERT_TRUE(AddOne().ok());
  kept_.WaitForWrites(1);
  kept_.SetFails(false);
  log_->Close(kLong);
  EXPECT_EQ(Metric("dropped"), 1);
  EXPECT_TRUE(kept_.Lines().empty());
}

TEST_F(DecisionLogTest, ReopensAlsoWhileWritesFail) {
  kept_.SetFails(true);
  OpenFake();
  ASSERT_TRUE(AddOne().ok());
  kept_.WaitForWrites(1);
  log_->Reopen();
  kept_.SetFails(false);
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(kept_.Lines()), 1u);
  MutexLock lock(&kept_.mu);
  EXPECT_EQ(kept_.reopened, 1);
}

// ---- session policies -------------------------------------------------------

TEST_F(DecisionLogTest, TellsASessionPolicyBeforeTheFirstRecordThatNamesIt) {
  OpenFake();
  ASSERT_TRUE(AddOne("a", "one program").ok());
  ASSERT_TRUE(AddOne("b", "another program").ok());
  ASSERT_TRUE(AddOne("c", "one program").ok());
  log_->Close(kLong);
  const std::vector<std::string> lines = kept_.Lines();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(CountRecords(lines), 3u);
  EXPECT_TRUE(lines[0].find("\"program\"") != std::string::npos);
  EXPECT_TRUE(lines[2].find("\"program\"") != std::string::npos);
}

TEST_F(DecisionLogTest, TellsSessionPoliciesAgainWhereANewFileBegins) {
  for (int start = 0; start < 2; ++start) {
    Open();
    ASSERT_TRUE(AddOne("a", "one program").ok());
    ASSERT_TRUE(AddOne("b", "one program").ok());
    log_.reset();
    std::filesystem::rename(options_.path,
                            options_.path + std::to_string(start));
  }
  for (const char* const number : {"0", "1"}) {
    const std::vector<std::string> lines = LinesOf(options_.path + number);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_NE(lines[0].find("\"program\""), std::string::npos);
  }
  // The same log, opened again while it runs.
  Open();
  ASSERT_TRUE(AddOne("a", "one program").ok());
  while (Metric("written") < 5) std::this_thread::yield();
  std::filesystem::rename(options_.path, options_.path + "2");
  log_->Reopen();
  while (!std::filesystem::exists(options_.path)) std::this_thread::yield();
  ASSERT_TRUE(AddOne("b", "one program").ok());
  log_.reset();
  const std::vector<std::string> lines = LinesOf(options_.path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"program\""), std::string::npos);
}

TEST_F(DecisionLogTest, LosesNothingThatComesWhileItsFileIsOpenedAgain) {
  for (int round = 0; round < 200; ++round) {
    Open();
    log_->Reopen();
    ASSERT_TRUE(AddOne("a").ok());
    log_.reset();
    ASSERT_EQ(LinesOf(options_.path).size(), static_cast<size_t>(round) + 1);
  }
}

TEST_F(DecisionLogTest, NeverTellsASessionPolicyThatIsMasked) {
  options_.mask = {"session-policy"};
  OpenFake();
  ASSERT_TRUE(AddOne("a", "one program").ok());
  log_->Close(kLong);
  ASSERT_EQ(kept_.Lines().size(), 1u);
  EXPECT_NE(kept_.Lines()[0].find(R"("sessionPolicy":"<masked>")"),
            std::string::npos);
}

// ---- a disk that is full ----------------------------------------------------

// Files of this process may not grow beyond `bytes`, as on a full disk.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    // The limit's signal would end the process; the error is what counts.
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit now = {.rlim_cur = bytes, .rlim_max = old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit old_ = {};
  void (*old_handler_)(int) = nullptr;
};

TEST_F(DecisionLogTest, WritesWholeLinesOnlyAndGoesOnWhenTheDiskHasRoom) {
  Open();
  {
    const FileLimit limit(1500);
    AddMany(20);
    while (Metric("failed") < 1) std::this_thread::yield();
    // Two records fit, and nothing of a third is left.
    const std::string text = ReadText(options_.path);
    EXPECT_LE(text.size(), 1500u);
    EXPECT_TRUE(text.empty() || text.ends_with('\n'));
    EXPECT_EQ(CountRecords(LinesOf(options_.path)), 2u);
  }
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(LinesOf(options_.path)), 20u);
  EXPECT_EQ(Metric("written"), 20);
  EXPECT_EQ(Metric("dropped"), 0);
}

// ---- standard output --------------------------------------------------------

TEST(StreamSink, FinishesALineThatWentOutInPart) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const int capacity = fcntl(ends[1], F_GETPIPE_SZ);
  ASSERT_GT(capacity, 0);
  LineBatch batch;
  *batch.text() = std::string(static_cast<size_t>(capacity) + 10, 'a') + "\n";
  batch.EndLine({}, true);
  const std::unique_ptr<DecisionLogSink> sink = MakeStreamSink(ends[1]);
  sink->Cancel();  // do not wait for the reader
  const LinesWritten first = sink->Write(batch);
  EXPECT_FALSE(first.status.ok());
  EXPECT_EQ(first.lines, 1u);
  std::string read_back(static_cast<size_t>(capacity), '\0');
  ASSERT_EQ(read(ends[0], read_back.data(), read_back.size()), capacity);
  LineBatch next;
  *next.text() = "b\n";
  next.EndLine({}, true);
  EXPECT_TRUE(sink->Write(next).status.ok());
  std::string rest(100, '\0');
  const ssize_t got = read(ends[0], rest.data(), rest.size());
  ASSERT_GT(got, 0);
  EXPECT_EQ(rest.substr(0, static_cast<size_t>(got)),
            std::string(10, 'a') + "\nb\n");
  close(ends[0]);
  close(ends[1]);
}

// ---- sampling ---------------------------------------------------------------

TEST(LogSampler, TakesTheFirstRuleThatFits) {
  LogSampler sampler = LogSampler::Make({{"oss:Get*", "ALLOW", 0},
                                         {"OSS:*", "", 1000000},
                                         {"", "IMPLICIT_DENY", 0}},
                                        1)
                           .value();
  EXPECT_FALSE(sampler.Keeps("oss:GetObject", Verdict::kAllow));
  EXPECT_TRUE(sampler.Keeps("oss:GetObject", Verdict::kExplicitDeny));
  EXPECT_TRUE(sampler.Keeps("oss:GetObject", Verdict::kImplicitDeny));
  EXPECT_FALSE(sampler.Keeps("ecs:Start", Verdict::kImplicitDeny));
  EXPECT_TRUE(sampler.Keeps("ecs:Start", Verdict::kAllow));
  EXPECT_TRUE(sampler.Keeps("ecs:Start", std::nullopt));
}

TEST(LogSampler, KeepsItsShareAndTheSameOnesForTheSameSeed) {
  const auto kept = [](uint64_t seed) {
    LogSampler sampler = LogSampler::Make({{"", "", 100000}}, seed).value();
    std::vector<bool> all;
    for (int i = 0; i < 100000; ++i) {
      all.push_back(sampler.Keeps("a:b", Verdict::kAllow));
    }
    return all;
  };
  const std::vector<bool> one = kept(1);
  EXPECT_EQ(kept(1), one);
  EXPECT_NE(kept(2), one);
  // A tenth; the deviation of the count is 95.
  EXPECT_NEAR(static_cast<double>(std::ranges::count(one, true)), 10000, 500);
}

TEST(LogSampler, RefusesRulesThatMeanNothing) {
  EXPECT_FALSE(LogSampler::Make({{"", "DENY", 0}}, 1).ok());
  EXPECT_FALSE(LogSampler::Make({{"", "", 1000001}}, 1).ok());
}

TEST_F(DecisionLogTest, CountsWhatItWasToldToLeaveOut) {
  options_.sampling = {{"oss:*", "ALLOW", 0}};
  OpenFake();
  ASSERT_TRUE(AddOne("a").ok());
  ASSERT_TRUE(AddOne("secret/a").ok());
  log_->Close(kLong);
  EXPECT_EQ(CountRecords(kept_.Lines()), 1u);
  EXPECT_EQ(Metric("sampled-out"), 1);
}

// ---- many threads -----------------------------------------------------------

class DecisionLogThreads : public DecisionLogTest,
                           public ::testing::WithParamInterface<LogFull> {};

// Run under ThreadSanitizer too.
TEST_P(DecisionLogThreads, WritesEachAcceptedRecordExactlyOnce) {
  constexpr int kThreads = 8;
  constexpr int kEach = 400;
  options_.when_full = GetParam();
  options_.queue_records = 50;
  {
    MutexLock lock(&kept_.mu);
    kept_.fails_each = 5;
  }
  OpenFake();
  std::atomic<uint64_t> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        if (!AddOne("t" + std::to_string(t)).ok()) ++refused;
        if (i % 100 == 60) log_->Reopen();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  log_->Close(kLong);
  std::map<std::string, int> ids;
  DecisionRecordReader reader;
  for (const std::string& line : kept_.Lines()) {
    ASSERT_TRUE(reader.Read(line).ok());
    ++ids[std::string(reader.decision().id)];
  }
  for (const auto& [id, count] : ids) EXPECT_EQ(count, 1) << id;
  const double dropped = Metric("dropped");
  EXPECT_EQ(static_cast<double>(ids.size() + refused) + dropped,
            kThreads * kEach);
  if (GetParam() == LogFull::kBlock) {
    EXPECT_EQ(ids.size(), static_cast<size_t>(kThreads * kEach));
  }
}

INSTANTIATE_TEST_SUITE_P(EachPolicy, DecisionLogThreads,
                         ::testing::Values(LogFull::kBlock,
                                           LogFull::kDropAndCount,
                                           LogFull::kDeny));

}  // namespace
}  // namespace writ
