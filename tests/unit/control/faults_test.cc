// SPDX-License-Identifier: Apache-2.0
// What happens when the store fails: 503, and nothing has changed.
#include <string>

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

// P14: what was decided at an older revision is decided again before it
// commits.
TEST(Faults, APermitOfAnOlderRevisionIsNotCurrent) {
  Platform platform;
  const Permit permit =
      platform.gate->AdmitSystem(SystemPurpose::kBootstrap, platform.account);
  EXPECT_TRUE(Gate::IsCurrent(permit, *platform.directory->state()));
  platform.Do(platform.Rpc("CreateUser", {{"UserName", "bob"}}));
  EXPECT_FALSE(Gate::IsCurrent(permit, *platform.directory->state()));
}

}  // namespace
}  // namespace writ::testing
