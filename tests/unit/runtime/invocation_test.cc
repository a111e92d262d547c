// SPDX-License-Identifier: Apache-2.0
//
// The way of an invocation through authority and access, with a fake node and
// everything else real.
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/acs3.h"
#include "base/coding.h"
#include "base/limits.h"
#include "compiler/snapshot_compiler.h"
#include "control/policy_text.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/x25519.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/access.h"
#include "runtime/authority.h"
#include "runtime/scheduler.h"
#include "tests/unit/runtime/fake_node.h"

namespace writ {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kAccount = "1234567890123456";
constexpr std::string_view kSecret = "not much of a secret";

class OneKey final : public AccessKeySource {
 public:
  std::shared_ptr<const AccessKey> FindAccessKey(
      std::string_view id) const override {
    if (id != "AKalice" && id != "AKbob") return nullptr;
    auto key = std::make_shared<AccessKey>();
    key->caller.kind = CallerKind::kUser;
    key->caller.account = kAccount;
    key->caller.user_name = id == "AKalice" ? "alice" : "bob";
    key->caller.user_id = id == "AKalice" ? "200001" : "200002";
    key->caller.arn =
        "acs:ram::" + std::string(kAccount) + ":user/" + key->caller.user_name;
    key->caller.access_key_id = id;
    key->active = true;
    key->key = HmacKey(kSecret);
    return key;
  }
};

class FakeFunctions final : public FunctionSource {
 public:
  std::optional<FunctionRoute> FindRoute(std::string_view account,
                                         std::string_view name) const override {
    ++lookups;
    if (account != kAccount || name != "f") return std::nullopt;
    FunctionRoute route;
    route.account = account;
    route.name = name;
    route.arn = "acs:fc:cn-local-1:" + std::string(kAccount) + ":functions/f";
    route.revision = 3;
    route.code_checksum = "42";
    return route;
  }
  Result<InstanceConfiguration> GetInstanceConfiguration(
      std::string_view, std::string_view, uint64_t,
      std::string_view) const override {
    return NotFound("not asked for");
  }
  mutable int lookups = 0;
};

class HeldSnapshot final : public SnapshotSource {
 public:
  std::shared_ptr<const Snapshot> snapshot() const override { return held; }
  std::shared_ptr<const Snapshot> held;
};

class RecordedAudit final : public AuditSink {
 public:
  Status Append(const InvocationAudit& record) override {
    if (broken) return Unavailable("the disk is full");
    records.push_back(record);
    return OkStatus();
  }
  bool broken = false;
  std::vector<InvocationAudit> records;
};

class OnlyInvocations final : public ControlService {
 public:
  HttpResponse Handle(const RequestHead&, BodyReader*,
                      std::string_view) override {
    return {.status = 404, .headers = {}, .body = "{}"};
  }
  std::optional<InvocationTarget> ClassifyInvocation(
      const RequestHead& head) const override {
    constexpr std::string_view kPrefix = "/2023-03-30/functions/";
    if (!head.raw_path.starts_with(kPrefix)) return std::nullopt;
    const std::string rest = head.raw_path.substr(kPrefix.size());
    InvocationTarget target;
    target.function_name = rest.substr(0, rest.find('/'));
    if (head.raw_query.starts_with("qualifier=")) {
      target.qualifier = head.raw_query.substr(10);
    }
    return target;
  }
};

class TextBody final : public BodyReader {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  bool Read(std::string* piece) override {
    ++reads;
    *piece = std::exchange(text_, "");
    return true;
  }
  int reads = 0;

 private:
  std::string text_;
};

// Alice has what `statements` say; Bob has nothing.
std::shared_ptr<const Snapshot> MakeSnapshot(uint64_t revision,
                                             const std::string& statements) {
  Result<std::shared_ptr<const ast::Policy>> policy = ReadIdentityPolicy(
      "p", R"({"Version":"1","Statement":[)" + statements + "]}");
  EXPECT_TRUE(policy.ok()) << policy.status().ToString();
  SnapshotCompiler compiler;
  EXPECT_TRUE(compiler.PutAccount(kAccount).ok());
  EXPECT_TRUE(compiler.PutUser(kAccount, "alice", "200001").ok());
  EXPECT_TRUE(compiler.PutUser(kAccount, "bob", "200002").ok());
  EXPECT_TRUE(
      compiler.PutPolicy(kAccount, "p", std::move(policy).value()).ok());
  EXPECT_TRUE(compiler.Attach(kAccount, HolderKind::kUser, "alice", "p").ok());
  return compiler.Publish(revision).value();
}

constexpr const char* kAllowAll =
    R"({"Effect":"Allow","Action":"fc:InvokeFunction","Resource":"*"})";

class InvocationTest : public ::testing::Test {
 protected:
  InvocationTest()
      : nonces_(clock_.Now()),
        authenticator_(&keys_, &nonces_, &clock_),
        authority_(
            {&authenticator_, &snapshots_, &functions_, &clock_, "cn-local-1"}),
        access_({&control_, &authority_, &scheduler_, &audit_, &clock_}) {
    snapshots_.held = MakeSnapshot(7, kAllowAll);
    authority_.RenewLease();
    scheduler_.AddNode(&node_, 4);
    const Authority::KeyOffer offer = authority_.OfferKey();
    const SecretBytes node_key = RandomSecret(32);
    const Result<X25519KeyPair> pair = X25519KeyPair::FromPrivateKey(node_key);
    EXPECT_TRUE(authority_
                    .AcceptNode(offer, "node", epoch_,
                                AsText(pair.value().public_key()))
                    .ok());
    grants_ = std::make_unique<GrantVerifier>("node", epoch_, &clock_);
    Result<SecretBytes> key =
        DeriveGrantKey(node_key, offer.public_key, epoch_, offer.key_id);
    grants_->SetKey(offer.key_id, std::move(key).value());
  }

  RequestHead Head(std::string_view key_id, std::string_view event,
                   std::string name = "f", std::string query = "") {
    RequestHead head;
    head.method = "POST";
    head.raw_path = "/2023-03-30/functions/" + name + "/invocations";
    head.raw_query = std::move(query);
    head.headers = {{"host", "127.0.0.1:9443"},
                    {"x-acs-action", "InvokeFunction"},
                    {"x-acs-version", "2023-03-30"},
                    {"content-type", "application/octet-stream"}};
    head.peer_address = "127.0.0.1";
    head.secure_transport = true;
    Acs3Credentials credentials;
    credentials.access_key_id = key_id;
    credentials.access_key_secret = SecretBytes::CopyOf(kSecret);
    EXPECT_TRUE(
        SignAcs3(credentials, Sha256Hex(event), clock_.Now(), &head).ok());
    return head;
  }

  HttpResponse Ask(const RequestHead& head, const std::string& event) {
    TextBody body(event);
    HttpResponse response = access_.Handle(head, &body);
    body_reads_ = body.reads;
    return response;
  }

  static std::string Field(const HttpResponse& response,
                           std::string_view name) {
    for (const HeaderField& field : response.headers) {
      if (field.name == name) return field.value;
    }
    return "";
  }

  // The body with everything removed that may differ between two requests.
  static std::string Sameness(const HttpResponse& response,
                              const std::string& name) {
    std::string body = response.body;
    for (const std::string& part :
         {Field(response, "x-fc-request-id"), "functions/" + name}) {
      const size_t at = body.find(part);
      if (at != std::string::npos) body.erase(at, part.size());
    }
    return body;
  }

  FakeClock clock_;
  OneKey keys_;
  NonceWindow nonces_;
  Authenticator authenticator_;
  HeldSnapshot snapshots_;
  FakeFunctions functions_;
  RecordedAudit audit_;
  OnlyInvocations control_;
  Authority authority_;
  FakeNode node_{"node"};
  Scheduler scheduler_;
  Access access_;
  BootEpoch epoch_ = {std::byte{9}};
  std::unique_ptr<GrantVerifier> grants_;
  int body_reads_ = 0;
};

TEST_F(InvocationTest, ANodeProvesItselfForOneUrlOnly) {
  RequestHead head;
  head.raw_path = "/.artifact/00ff";
  head.raw_query = "Expires=1&Node=node&Signature=aa";
  const std::string url = head.raw_path + "?" + head.raw_query;
  EXPECT_EQ(authority_.ProvenNode(head), "");
  head.headers = {{std::string(kNodeProofHeader), grants_->ProveNode(url)}};
  EXPECT_EQ(authority_.ProvenNode(head), "node");
  head.raw_query.back() = 'b';
  EXPECT_EQ(authority_.ProvenNode(head), "");
  head.raw_query.back() = 'a';
  head.headers.push_back(head.headers.front());
  EXPECT_EQ(authority_.ProvenNode(head), "") << "sent twice";
  head.headers = {{std::string(kNodeProofHeader),
                   MakeNodeProof("node", 1, RandomSecret(32), url)}};
  EXPECT_EQ(authority_.ProvenNode(head), "") << "another key";
  head.headers[0].value = "other" + grants_->ProveNode(url).substr(4);
  EXPECT_EQ(authority_.ProvenNode(head), "") << "another node";
}

TEST_F(InvocationTest, AnAllowedCallRunsUnderAGrantThatTheNodeAccepts) {
  const HttpResponse response = Ask(Head("AKalice", "hello"), "hello");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(Field(response, "x-fc-code-checksum"), "42");
  EXPECT_EQ(Field(response, "x-fc-instance-id"), "node-1");
  EXPECT_EQ(Field(response, "x-fc-error-type"), "");
  EXPECT_EQ(Field(response, "x-fc-log-result"), "");
  ASSERT_EQ(node_.grants().size(), 1u);
  const Result<Grant> grant =
      grants_->Accept(node_.grants()[0], Sha256("hello"));
  ASSERT_TRUE(grant.ok()) << grant.status().ToString();
  EXPECT_EQ(grant.value().request_id, Field(response, "x-fc-request-id"));
  EXPECT_EQ(grant.value().principal_arn,
            "acs:ram::1234567890123456:user/alice");
  EXPECT_EQ(grant.value().function_revision, 3u);
  EXPECT_EQ(grant.value().snapshot_revision, 7u);
  EXPECT_FALSE(grant.value().async);
}

TEST_F(InvocationTest, TheLogTailComesWhenAskedFor) {
  node_.next_result.log_tail = "a line\n";
  RequestHead head = Head("AKalice", "");
  head.headers.push_back({"x-fc-log-type", "Tail"});
  EXPECT_EQ(Field(Ask(head, ""), "x-fc-log-result"), "YSBsaW5lCg==");
  ASSERT_EQ(audit_.records.size(), 1u);
  EXPECT_TRUE(audit_.records[0].unsigned_headers);
}

TEST_F(InvocationTest, AFunctionErrorIsA200WithItsType) {
  node_.next_result.function_error = "UnhandledInvocationError";
  const HttpResponse response = Ask(Head("AKalice", ""), "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Field(response, "x-fc-error-type"), "UnhandledInvocationError");
}

TEST_F(InvocationTest, ADenialNamesActionPrincipalAndKind) {
  const HttpResponse response = Ask(Head("AKbob", "x"), "x");
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr(R"("Code":"AccessDenied")"));
  EXPECT_THAT(response.body, HasSubstr(R"("AuthAction":"fc:InvokeFunction")"));
  EXPECT_THAT(response.body, HasSubstr(R"("AuthPrincipalType":"SubUser")"));
  EXPECT_THAT(response.body,
              HasSubstr(R"("AuthPrincipalDisplayName":"200002")"));
  EXPECT_THAT(response.body, HasSubstr(R"("NoPermissionType":"ImplicitDeny")"));
  EXPECT_TRUE(node_.grants().empty());
  EXPECT_EQ(body_reads_, 0);
}

TEST_F(InvocationTest, ADeniedCallerCannotTellWhatExists) {
  const HttpResponse there = Ask(Head("AKbob", "", "f"), "");
  const HttpResponse missing = Ask(Head("AKbob", "", "g"), "");
  EXPECT_EQ(there.status, missing.status);
  EXPECT_EQ(Sameness(there, "f"), Sameness(missing, "g"));
  EXPECT_EQ(functions_.lookups, 0);
}

TEST_F(InvocationTest, AnAllowedCallerLearnsThatAFunctionIsMissing) {
  const HttpResponse response = Ask(Head("AKalice", "", "g"), "");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("FunctionNotFound"));
}

TEST_F(InvocationTest, AQualifierIsDecidedOnItsOwnArn) {
  snapshots_.held =
      MakeSnapshot(8,
                   R"({"Effect":"Allow","Action":"fc:InvokeFunction",
          "Resource":"acs:fc:*:*:functions/f"})");
  EXPECT_EQ(Ask(Head("AKalice", "", "f", "qualifier=LATEST"), "").status, 200);
  EXPECT_EQ(Ask(Head("AKalice", "", "f", "qualifier=prod"), "").status, 403);
  snapshots_.held = MakeSnapshot(9, kAllowAll);
  const HttpResponse alias =
      Ask(Head("AKalice", "", "f", "qualifier=prod"), "");
  EXPECT_EQ(alias.status, 404);
  EXPECT_THAT(alias.body, HasSubstr("AliasNotFound"));
  const HttpResponse version = Ask(Head("AKalice", "", "f", "qualifier=3"), "");
  EXPECT_EQ(version.status, 404);
  EXPECT_THAT(version.body, HasSubstr("VersionNotFound"));
}

TEST_F(InvocationTest, AnExplicitDenyOnTheSourceAddressHoldsUntilRemoved) {
  snapshots_.held =
      MakeSnapshot(8, std::string(kAllowAll) +
                          R"(,{"Effect":"Deny","Action":"*","Resource":"*",
                 "Condition":{"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}})");
  const HttpResponse denied = Ask(Head("AKalice", ""), "");
  EXPECT_EQ(denied.status, 403);
  EXPECT_THAT(denied.body, HasSubstr(R"("NoPermissionType":"ExplicitDeny")"));
  snapshots_.held = MakeSnapshot(9, kAllowAll);
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 200);
}

TEST_F(InvocationTest, ABodyThatWasNotSignedIsNotRun) {
  const HttpResponse response = Ask(Head("AKalice", "hello"), "Hello");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("ContentDigestMismatch"));
  EXPECT_TRUE(node_.grants().empty());
}

TEST_F(InvocationTest, AnEventBeyondTheLimitIsNotRun) {
  const std::string event(kMaxInvokeBodyBytes + 1, 'e');
  const HttpResponse response = Ask(Head("AKalice", event), event);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("EntityTooLarge"));
  EXPECT_TRUE(node_.grants().empty());
}

TEST_F(InvocationTest, AReplayIsRefused) {
  const RequestHead head = Head("AKalice", "");
  EXPECT_EQ(Ask(head, "").status, 200);
  const HttpResponse again = Ask(head, "");
  EXPECT_EQ(again.status, 400);
  EXPECT_THAT(again.body, HasSubstr("SignatureNonceUsed"));
  EXPECT_EQ(node_.grants().size(), 1u);
}

TEST_F(InvocationTest, AnUnknownKeyReadsNoBody) {
  const HttpResponse response = Ask(Head("AKmallory", "x"), "x");
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(body_reads_, 0);
}

TEST_F(InvocationTest, WithoutALeaseNothingIsAllowed) {
  clock_.Advance(seconds(kLeaseSeconds) + std::chrono::nanoseconds(1));
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 503);
  EXPECT_EQ(Ask(Head("AKbob", ""), "").status, 503);
  EXPECT_TRUE(node_.grants().empty());
  authority_.RenewLease();
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 200);
}

TEST_F(InvocationTest, AnOlderSnapshotThanBeforeDecidesNothing) {
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 200);
  snapshots_.held = MakeSnapshot(6, kAllowAll);
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 503);
}

TEST_F(InvocationTest, WithoutAnAuditRecordThereIsNoAnswer) {
  audit_.broken = true;
  const HttpResponse response = Ask(Head("AKalice", "x"), "x");
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, Not(HasSubstr("x\n")));
  EXPECT_EQ(Field(response, "x-fc-instance-id"), "");
}

TEST_F(InvocationTest, EveryOutcomeIsRecorded) {
  Ask(Head("AKalice", ""), "");
  Ask(Head("AKbob", ""), "");
  Ask(Head("AKmallory", ""), "");
  ASSERT_EQ(audit_.records.size(), 3u);
  EXPECT_EQ(audit_.records[0].http_status, 200);
  EXPECT_TRUE(audit_.records[0].decision.allowed());
  EXPECT_EQ(audit_.records[0].resource,
            "acs:fc:cn-local-1:1234567890123456:functions/f");
  EXPECT_EQ(audit_.records[1].http_status, 403);
  EXPECT_EQ(audit_.records[1].code, "AccessDenied");
  EXPECT_EQ(audit_.records[2].http_status, 403);
  EXPECT_EQ(audit_.records[2].caller.arn, "");
}

TEST_F(InvocationTest, UnsignedHeadersHaveClosedValues) {
  const std::vector<std::vector<HeaderField>> bad = {
      {{"x-fc-invocation-type", "Async"}},
      {{"x-fc-invocation-type", "sync"}},
      {{"x-fc-invocation-type", "Sync"}, {"x-fc-invocation-type", "Sync"}},
      {{"x-fc-log-type", "All"}},
      {{"x-fc-async-task-id", "t"}}};
  for (const std::vector<HeaderField>& fields : bad) {
    RequestHead head = Head("AKalice", "");
    for (const HeaderField& field : fields) head.headers.push_back(field);
    const HttpResponse response = Ask(head, "");
    EXPECT_EQ(response.status, 400) << fields[0].name;
    EXPECT_THAT(response.body, HasSubstr("InvalidArgument"));
  }
  EXPECT_TRUE(node_.grants().empty());
}

TEST_F(InvocationTest, AnInstanceThatEndedBetweenTwoCallsIsReplaced) {
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 200);
  node_.Lose("node-1");
  const HttpResponse response = Ask(Head("AKalice", ""), "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(Field(response, "x-fc-instance-id"), "node-2");
}

TEST_F(InvocationTest, AnEventThatMayHaveArrivedIsNotSentAgain) {
  node_.invoke_errors = {PlatformError{.http_status = 502,
                                       .code = "BadResponse",
                                       .message = "no answer",
                                       .delivered = true}};
  const HttpResponse response = Ask(Head("AKalice", ""), "");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(node_.grants().size(), 1u);
}

TEST_F(InvocationTest, ARefusedGrantIsNoJudgementOfTheCaller) {
  const PlatformError refusal{.http_status = 403,
                              .code = "AccessDenied",
                              .message = "the invocation grant is refused"};
  node_.invoke_errors = {refusal};
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 200);
  node_.invoke_errors = {refusal, refusal, refusal};
  EXPECT_EQ(Ask(Head("AKalice", ""), "").status, 503);
}

TEST_F(InvocationTest, EveryAnswerNamesItsRequest) {
  RequestHead head;
  head.method = "GET";
  head.raw_path = "/elsewhere";
  const HttpResponse response = Ask(head, "");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(
      Field(response, "x-fc-request-id"),
      ::testing::MatchesRegex("1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}"));
  head.raw_path = "/";
  EXPECT_THAT(Field(Ask(head, ""), "x-acs-request-id"),
              ::testing::MatchesRegex("[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-"
                                      "[89AB][0-9A-F]{3}-[0-9A-F]{12}"));
}

}  // namespace
}  // namespace writ
