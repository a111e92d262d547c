// SPDX-License-Identifier: Apache-2.0
// What happens when the store fails (503, and nothing has changed), and when
// the world changes while a call is on its way.
#include <functional>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/unit/control/platform.h"

namespace writ::testing {
namespace {

TEST(Faults, AnAuditTrailThatCannotBeWrittenStopsChangesAndReads) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  const auto state = platform.directory->state();
  platform.kv->FailWritesAfter(0);
  EXPECT_EQ(platform.Do(platform.Rpc("CreateUser", {{"UserName", "bob"}}),
                        503)["Code"],
            "ServiceUnavailable");
  platform.Do(platform.Rpc("ListUsers", {}), 503);
  platform.Do(platform.Rpc("GetCallerIdentity", {}), 503);
  // A refusal stays one.
  platform.DoAs(alice, platform.Rpc("ListUsers", {}), 403);
  EXPECT_EQ(platform.directory->state(), state);
  platform.kv->FailWritesAfter(-1);
  platform.Do(platform.Rpc("GetUser", {{"UserName", "bob"}}), 404);
}

TEST(Faults, EveryFailingWriteLeavesTheOldStateOrTheWholeNewOne) {
  for (int good = 0;; ++good) {
    Platform platform;
    platform.MakeFunction("f0");
    platform.kv->FailWritesAfter(good);
    const HttpResponse response = platform.Send(
        platform.Fc("CreateFunction", "POST", "/functions", FunctionBody("f1")),
        platform.root);
    platform.kv->FailWritesAfter(-1);
    const bool exists =
        platform.directory->FindFunction(platform.account, "f1").has_value();
    if (response.status == 200) {
      EXPECT_TRUE(exists);
      EXPECT_GE(good, 2);
      break;
    }
    EXPECT_EQ(response.status, 503) << good;
    // The package of f0, which is the same one, is still there.
    platform.Do(platform.Fc("GetFunctionCode", "GET", "/functions/f0/code"));
    // What a restart reads is what was in force.
    platform.Restart();
    EXPECT_EQ(
        platform.directory->FindFunction(platform.account, "f1").has_value(),
        exists)
        << good;
    ASSERT_LT(good, 10);
  }
}

TEST(Faults, AStoreThatCannotBeReadDenies) {
  Platform platform;
  platform.MakeFunction("f1");
  platform.clock.Advance(std::chrono::seconds(601));
  platform.store->WipeExpired();
  platform.keyring->WipeExpired();
  platform.directory->WipeExpired();
  platform.kv->FailReads(true);
  const HttpResponse response = platform.Send(
      platform.Fc("GetFunction", "GET", "/functions/f1"), platform.root);
  EXPECT_GE(response.status, 400);
  platform.kv->FailReads(false);
  platform.Do(platform.Fc("GetFunction", "GET", "/functions/f1"));
}

// A body during whose transfer something else happens.
class EventfulBody final : public BodyReader {
 public:
  EventfulBody(std::string text, std::function<void()> event)
      : text_(std::move(text)), event_(std::move(event)) {}
  bool Read(std::string* piece) override {
    piece->clear();
    if (event_) {
      event_();
      event_ = nullptr;
      *piece = text_;
    }
    return true;
  }

 private:
  const std::string text_;
  std::function<void()> event_;
};

// P14: a change commits only while its permit's revision is current; else it
// is decided once more.
TEST(Gate, AChangeIsDecidedAgainWhenTheStateMovedOn) {
  Platform platform;
  platform.MakeFunction("f1");
  const Signer alice = platform.MakeUser("alice");
  platform.Grant("alice", "all",
                 {{"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"}});
  const Draft draft =
      platform.Fc("UpdateFunction", "PUT", "/functions/f1", {{"timeout", 9}});

  // Something that does not concern the call lets it pass.
  EventfulBody harmless(draft.body, [&] {
    platform.Do(platform.Rpc("CreateUser", {{"UserName", "bob"}}));
  });
  EXPECT_EQ(
      platform.api->Handle(platform.Sign(draft, alice), &harmless, "r").status,
      200);

  // A deny that comes into force while the body is read refuses it.
  EventfulBody denied(draft.body, [&] {
    platform.Grant("alice", "none",
                   {{"Effect", "Deny"}, {"Action", "fc:*"}, {"Resource", "*"}});
  });
  const auto before = platform.directory->FindFunction(platform.account, "f1");
  const HttpResponse response =
      platform.api->Handle(platform.Sign(draft, alice), &denied, "r");
  EXPECT_EQ(response.status, 403) << response.body;
  EXPECT_EQ(platform.directory->FindFunction(platform.account, "f1")->revision,
            before->revision);
  EXPECT_EQ(platform.Audit(1)[0]["Verdict"], "EXPLICIT_DENY");
}

// P22: nothing of a body is read before the caller is known and admitted.
TEST(Gate, TheBodyOfARefusedCallIsNotRead) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  const Draft draft =
      platform.Fc("UpdateFunction", "PUT", "/functions/f1", {{"timeout", 9}});
  bool read = false;
  EventfulBody body(draft.body, [&] { read = true; });
  EXPECT_EQ(
      platform.api->Handle(platform.Sign(draft, alice), &body, "r").status,
      403);
  EXPECT_FALSE(read);
  const Signer stranger = {"LTAI0", "secret"};
  EXPECT_EQ(
      platform.api->Handle(platform.Sign(draft, stranger), &body, "r").status,
      403);
  EXPECT_FALSE(read);
}

// P13: what a header says of the source is not read.
TEST(Gate, TheSourceIsThePeerWhateverHeadersSay) {
  Platform platform;
  const Signer alice = platform.MakeUser("alice");
  platform.Grant("alice", "here",
                 {{"Effect", "Allow"},
                  {"Action", "*"},
                  {"Resource", "*"},
                  {"Condition",
                   {{"IpAddress", {{"acs:SourceIp", "127.0.0.1"}}},
                    {"Bool", {{"acs:SecureTransport", "true"}}}}}});
  const Draft draft = platform.Rpc("ListUsers", {});
  platform.DoAs(alice, draft, 200);
  Draft elsewhere = draft;
  elsewhere.source_ip = "192.0.2.7";
  RequestHead head = platform.Sign(elsewhere, alice);
  head.headers.push_back({"x-forwarded-for", "127.0.0.1"});
  EXPECT_EQ(platform.SendHead(head, "").status, 403);
  RequestHead plain = platform.Sign(draft, alice);
  plain.secure_transport = false;
  EXPECT_EQ(platform.SendHead(plain, "").status, 403);
}

}  // namespace
}  // namespace writ::testing
