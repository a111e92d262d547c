// SPDX-License-Identifier: Apache-2.0
//
// Nothing readable at rest: what was put into a store is found in no file and
// no file name of its directory.
#include <string>
#include <vector>

#include "crypto/base64.h"
#include "crypto/hex.h"
#include "gtest/gtest.h"
#include "store/leveldb_kv.h"
#include "tests/unit/store/open_store.h"

namespace writ {
namespace {

// Long enough that none of them turns up by chance.
const std::vector<std::string> kTexts = {"function-named-zanzibar",
                                         "user-named-ouagadougou",
                                         "policy-named-tegucigalpa",
                                         "ENVIRONMENT_VALUE_REYKJAVIK",
                                         "code-bytes-antananarivo",
                                         "audit-text-thimphu",
                                         "AKnouakchott",
                                         kAlice};

void Fill(OpenStore* store) {
  const Permit permit = PermitForTest::Make(kAlice);
  for (int i = 0; i < 300; ++i) {
    const std::string tail = "-" + std::to_string(i);
    Mutation mutation;
    mutation
        .Put(Table::kFunction, kAlice, kTexts[0] + tail, kTexts[3] + tail,
             Mutation::kAbsent)
        .Put(Table::kUser, kAlice, kTexts[1] + tail, kTexts[1],
             Mutation::kAbsent)
        .Put(Table::kPolicy, kAlice, kTexts[2] + tail, kTexts[2],
             Mutation::kAbsent)
        .Put(Table::kAccessKey, kPlatformAccount, kTexts[6] + tail, kTexts[3],
             Mutation::kAbsent);
    ASSERT_TRUE(store->metadata->Commit(permit, mutation).ok());
  }
  ASSERT_TRUE(store->metadata->AppendAudit(kTexts[5]).ok());
  ASSERT_TRUE(store->artifacts->Put(permit, kTexts[4]).ok());
}

TEST(AtRest, NoTextIsFoundInAnyFileOrName) {
  const ScratchDirectory scratch;
  const FakeClock clock;
  {
    auto kv = OpenLevelDbKv(scratch.Below("db"));
    ASSERT_TRUE(kv.ok());
    OpenStore store(std::move(kv).value(), scratch, &clock);
    Fill(&store);
  }
  // Opening again turns the log into a table: both forms are looked at.
  for (int opened = 0; opened < 2; ++opened) {
    size_t total_bytes = 0;
    for (const auto& [name, bytes] : scratch.Files()) {
      total_bytes += bytes.size();
      for (const std::string& text : kTexts) {
        for (const std::string& form :
             {text, HexEncode(text), Base64Encode(text),
              HexEncode(Sha256Hex(text)), Sha256Hex(text)}) {
          EXPECT_EQ(bytes.find(form), std::string::npos) << name << " " << form;
          EXPECT_EQ(name.find(form), std::string::npos) << name << " " << form;
        }
      }
    }
    EXPECT_GT(total_bytes, 100000u);
    EXPECT_TRUE(OpenLevelDbKv(scratch.Below("db")).ok());
  }
}

}  // namespace
}  // namespace writ
