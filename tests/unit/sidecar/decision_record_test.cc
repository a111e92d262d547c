// SPDX-License-Identifier: Apache-2.0
#include "sidecar/decision_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "crypto/hex.h"
#include "sidecar/decision_record_reader.h"

namespace writ {
namespace {

using Line = DecisionRecordReader::Line;

// A record with something in every member, and what it borrows.
struct FullRecord {
  std::vector<std::string_view> resources = {"acs:oss:*:1001:photos/a",
                                             "acs:oss:*:1001:photos/\"b\"\n"};
  std::vector<std::string_view> addresses = {"192.0.2.1", "192.0.2.2"};
  std::vector<std::string_view> tags = {"r\xc3\xb6t"};
  std::vector<ContextEntry> context = {
      {"acs:SourceIp", addresses}, {"Oss:Tag/Color", tags}, {"app:None", {}}};
  std::vector<RecordedStatement> statements = {
      {"identity", "1001", "readers", 3, "Read"}, {"session", "", "", 0, ""}};
  RecordedDecision record;

  FullRecord() {
    record.id = "00ff-1";
    record.protocol = "check";
    record.listener = "inner";
    record.asker = "gateway";
    record.request.principal.name = "acs:ram::1001:role/r/s";
    record.request.principal.id = "3001:s";
    record.request.principal.declared =
        RequestPrincipal::Declared::kServiceLinkedRole;
    record.request.principal.account = "1001";
    record.request.principal.in_management_account = true;
    record.request.action = "oss:GetObject";
    record.request.resources = resources;
    record.request.resource_group = "rg-1";
    record.request.context = context;
    record.session = RecordedSession::kDigest;
    record.session_digest = Sha256("program");
    record.verdict = Verdict::kAllow;
    record.layer = Layer::kIdentity;
    record.reason = Reason::kAllowed;
    record.resource = 1;
    record.statements = statements;
    record.bundle_digest = Sha256("bundle");
    record.revision = 12;
  }
};

std::string Written(const RecordedDecision& record,
                    std::vector<std::string> mask = {}) {
  DecisionRecordWriter writer(std::move(mask));
  std::string line;
  writer.Append(record, WallTime(std::chrono::nanoseconds(1'500'000'000)),
                &line);
  EXPECT_TRUE(line.ends_with('\n'));
  line.pop_back();
  EXPECT_EQ(line.find('\n'), std::string::npos);
  return line;
}

StatusCode CodeOf(std::string_view line) {
  DecisionRecordReader reader;
  return reader.Read(line).status().code();
}

TEST(DecisionRecord, LooksAsTheFormatSays) {
  RecordedDecision record;
  record.id = "00ff-1";
  record.protocol = "check";
  record.listener = "l";
  record.asker = "a";
  record.request.principal.name = "acs:ram::1001:user/alice";
  record.request.action = "oss:GetObject";
  const std::vector<std::string_view> resources = {"acs:oss:*:1001:b/k"};
  record.request.resources = resources;
  EXPECT_EQ(
      Written(record),
      R"({"v":1,"id":"00ff-1","time":"1970-01-01T00:00:01.500000000Z",)"
      R"("protocol":"check","listener":"l","asker":"a","bundle":{"digest":")" +
          std::string(64, '0') +
          R"(","revision":0},"requestDigest":"1b864edb01b1074c8ee53253cf542483)"
          R"(43d267bd4763fc4e9dd762088215d532","request":{"principal":)"
          R"({"name":"acs:ram::1001:user/alice"},"action":"oss:GetObject",)"
          R"("resources":["acs:oss:*:1001:b/k"]},"decision":{"verdict":)"
          R"("IMPLICIT_DENY","layer":"default","reason":"no-match",)"
          R"("resource":0,"statements":[]}})");
}

TEST(DecisionRecord, ComesBackAsItWasWritten) {
  const FullRecord full;
  DecisionRecordReader reader;
  const std::string line = Written(full.record);
  const Result<Line> kind = reader.Read(line);
  ASSERT_TRUE(kind.ok()) << kind.status().ToString() << line;
  EXPECT_EQ(*kind, Line::kDecision);
  const RecordedDecision& read = reader.decision();
  EXPECT_EQ(read.request.principal.id, "3001:s");
  EXPECT_EQ(read.request.resources[1], full.resources[1]);
  ASSERT_EQ(read.request.context.size(), 3u);
  EXPECT_EQ(read.request.context[1].key, "Oss:Tag/Color");
  EXPECT_TRUE(read.request.context[2].values.empty());
  EXPECT_EQ(read.session_digest, full.record.session_digest);
  EXPECT_TRUE(std::ranges::equal(read.statements, full.statements));
  EXPECT_EQ(read.statement_count, 2u);
  EXPECT_EQ(read.revision, 12u);
  // Everything: written again it is the same line.
  std::string again;
  DecisionRecordWriter({}).Append(read, WallTime(), &again);
  EXPECT_EQ(again, line + "\n");
}

TEST(DecisionRecord, KeepsBytesThatAreNoText) {
  FullRecord full;
  full.resources[0] = "acs:oss:*:1001:b/\xff\xfe";
  full.tags[0] = std::string_view("a\0b", 3);
  DecisionRecordReader reader;
  const std::string line = Written(full.record);
  ASSERT_TRUE(reader.Read(line).ok()) << line;
  EXPECT_EQ(reader.decision().request.resources[0], full.resources[0]);
  EXPECT_EQ(reader.decision().request.context[1].values[0], full.tags[0]);
}

TEST(DecisionRecord, OfALookupTellsItsTally) {
  FullRecord full;
  full.record.lookup = LookupTally{10000, 17};
  DecisionRecordReader reader;
  const std::string line = Written(full.record);
  EXPECT_EQ(line.find("decision"), std::string::npos);
  ASSERT_TRUE(reader.Read(line).ok());
  ASSERT_TRUE(reader.decision().lookup.has_value());
  EXPECT_EQ(reader.decision().lookup->asked, 10000u);
  EXPECT_EQ(reader.decision().lookup->allowed, 17u);
}

TEST(DecisionRecord, HidesWhatIsMaskedHoweverItIsSpelt) {
  const FullRecord full;
  const std::string line = Written(
      full.record,
      {"ACS:sourceip", "oss:tag/color", "principal-id", "session-policy"});
  EXPECT_EQ(line.find("192.0.2."), std::string::npos);
  EXPECT_EQ(line.find("3001:s"), std::string::npos);
  // Behind a slash case counts: this is another key.
  EXPECT_NE(line.find("r\xc3\xb6t"), std::string::npos);
  DecisionRecordReader reader;
  ASSERT_TRUE(reader.Read(line).ok()) << line;
  const RecordedDecision& read = reader.decision();
  EXPECT_EQ(read.session, RecordedSession::kMasked);
  const std::vector<std::string_view> masked = {
      "principal-id", "session-policy", "acs:SourceIp"};
  EXPECT_TRUE(std::ranges::equal(read.masked, masked));
  ASSERT_EQ(read.request.context[0].values.size(), 2u);
  EXPECT_EQ(read.request.context[0].values[0], kMaskedText);
}

// Or else whoever sees the log could try out addresses until one fits.
TEST(DecisionRecord, HasADigestThatSaysNothingOfMaskedValues) {
  FullRecord one;
  FullRecord other;
  other.addresses[0] = "203.0.113.9";
  EXPECT_EQ(Written(one.record, {"acs:SourceIp"}),
            Written(other.record, {"acs:SourceIp"}));
  EXPECT_NE(Written(one.record), Written(other.record));
}

TEST(RequestDigest, IsOfTheBytesThatTheSpecificationDefines) {
  FullRecord full;
  full.context.resize(2);
  full.record.request.context = full.context;
  const auto text = [](std::string_view bytes) {
    const auto size = static_cast<uint32_t>(bytes.size());
    return std::string(reinterpret_cast<const char*>(&size), sizeof(size)) +
           std::string(bytes);
  };
  const auto count = [](uint32_t number) {
    return std::string(reinterpret_cast<const char*>(&number), sizeof(number));
  };
  std::string bytes = "writ-request-v1\n";
  bytes += text("acs:ram::1001:role/r/s") + text("3001:s") + '\2' +
           text("1001") + '\1' + text("oss:GetObject") + count(2) +
           text(full.resources[0]) + text(full.resources[1]) + text("rg-1") +
           count(2) + text("acs:SourceIp") + count(2) + text("192.0.2.1") +
           text("192.0.2.2") + text("Oss:Tag/Color") + count(1) +
           text("r\xc3\xb6t") + '\1';
  const Sha256Digest session = full.record.session_digest;
  bytes.append(reinterpret_cast<const char*>(session.data()), session.size());
  EXPECT_EQ(
      RequestDigest(full.record.request, RecordedSession::kDigest, session),
      Sha256(bytes));
}

TEST(RequestDigest, DoesNotDependOnTheOrderOfTheContext) {
  FullRecord full;
  const auto digest = [&] {
    return RequestDigest(full.record.request, RecordedSession::kNone, {});
  };
  const Sha256Digest before = digest();
  std::swap(full.context[0], full.context[2]);
  EXPECT_EQ(digest(), before);
  std::swap(full.addresses[0], full.addresses[1]);
  EXPECT_NE(digest(), before);
}

TEST(DecisionRecord, ThatIsTooLongLosesPartsAndSaysSo) {
  FullRecord full;
  const std::string huge(kMaxLogRecordBytes, 'x');
  full.tags[0] = huge;
  const std::string line = Written(full.record);
  EXPECT_LT(line.size(), kMaxLogRecordBytes);
  DecisionRecordReader reader;
  ASSERT_TRUE(reader.Read(line).ok());
  EXPECT_TRUE(reader.decision().cut);
  EXPECT_TRUE(reader.decision().request.context.empty());
  EXPECT_EQ(reader.decision().request_digest,
            RequestDigest(full.record.request, full.record.session,
                          full.record.session_digest));
}

TEST(DecisionRecord, FitsALineWhateverIsInIt) {
  FullRecord full;
  const std::string control(kMaxLogRecordBytes, '\x01');
  const std::vector<std::string_view> many(40, control);
  full.record.request.resources = many;
  full.record.request.principal.name = control;
  full.record.request.action = control;
  const std::vector<RecordedStatement> statements(100000, full.statements[0]);
  full.record.statements = statements;
  const std::string line = Written(full.record);
  EXPECT_LT(line.size(), kMaxLogRecordBytes);
  DecisionRecordReader reader;
  ASSERT_TRUE(reader.Read(line).ok());
  EXPECT_EQ(reader.decision().statement_count, 100000u);
}

TEST(SessionPolicyLine, ComesBack) {
  std::string line;
  AppendSessionPolicyLine(Sha256("program"), "program", &line);
  line.pop_back();
  DecisionRecordReader reader;
  const Result<Line> kind = reader.Read(line);
  ASSERT_TRUE(kind.ok());
  EXPECT_EQ(*kind, Line::kSessionPolicy);
  EXPECT_EQ(reader.policy_program(), "program");
  EXPECT_EQ(reader.policy_digest(), Sha256("program"));
  AppendSessionPolicyLine(Sha256("another"), "program", &(line = ""));
  line.pop_back();
  EXPECT_EQ(CodeOf(line), StatusCode::kDataLoss);
}

std::string Replaced(std::string line, std::string_view from,
                     std::string_view to) {
  const size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? line : line.replace(at, from.size(), to);
}

TEST(DecisionRecordReader, RefusesARequestThatIsNotTheOneOfTheDigest) {
  const std::string line = Written(FullRecord().record);
  EXPECT_EQ(CodeOf(Replaced(line, "photos/a", "photos/b")),
            StatusCode::kDataLoss);
}

TEST(DecisionRecordReader, TakesMarksOfThoseWhoCarryLogs) {
  const std::string line = Written(FullRecord().record);
  EXPECT_EQ(CodeOf(Replaced(line, "{", R"({"host":{"a":[1]}, )")),
            StatusCode::kOk);
}

TEST(DecisionRecordReader, RefusesWhatIsNoRecord) {
  const std::string line = Written(FullRecord().record);
  const auto bad = StatusCode::kInvalidArgument;
  EXPECT_EQ(CodeOf(""), bad);
  EXPECT_EQ(CodeOf("{}"), bad);
  EXPECT_EQ(CodeOf("[]"), bad);
  EXPECT_EQ(CodeOf(line + "x"), bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("v":1)", R"("v":2)")),
            StatusCode::kUnimplemented);
  EXPECT_EQ(CodeOf(Replaced(line, R"("v":1,)", "")), bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("v":1)", R"("v":1,"v":1)")), bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("action")", R"("sidecar")")), bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("action":"oss:GetObject")",
                            R"("action":"a","action":"b")")),
            bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("resources":[)", R"("resources":{)")),
            bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("ALLOW")", R"("MAYBE")")), bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("identity")", R"("idle")")), bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("resource":1)", R"("resource":-1)")), bad);
  EXPECT_EQ(
      CodeOf(Replaced(line, R"("resource":1)", R"("resource":4294967296)")),
      bad);
  EXPECT_EQ(CodeOf(Replaced(line, R"("revision":12)", R"("revision":1.5)")),
            bad);
  EXPECT_EQ(CodeOf(std::string(kMaxLogRecordBytes + 1, ' ')),
            StatusCode::kResourceExhausted);
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_NE(CodeOf(line.substr(0, size)), StatusCode::kOk) << size;
  }
}

TEST(DecisionRecordReader, SurvivesEveryChangedByte) {
  const std::string line = Written(FullRecord().record);
  DecisionRecordReader reader;
  for (size_t at = 0; at < line.size(); ++at) {
    for (const char byte : {'"', '\\', '{', ']', '9', '\0', '\xff'}) {
      std::string other = line;
      other[at] = byte;
      static_cast<void>(reader.Read(other));
    }
  }
  EXPECT_TRUE(reader.Read(line).ok());
}

}  // namespace
}  // namespace writ
