// SPDX-License-Identifier: Apache-2.0
#include "sidecar/flags.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace writ {
namespace {

using ::testing::HasSubstr;

Result<SidecarFlags> Parse(const std::vector<const char*>& words) {
  return ParseSidecarFlags(words);
}

Result<SidecarConfig> Config(const std::vector<const char*>& words) {
  const Result<SidecarFlags> flags = Parse(words);
  EXPECT_TRUE(flags.ok()) << flags.status().message();
  return ConfigOf(flags.value());
}

std::string Complaint(const std::vector<const char*>& words) {
  const Result<SidecarFlags> flags = Parse(words);
  if (!flags.ok()) return std::string(flags.status().message());
  return std::string(ConfigOf(flags.value()).status().message());
}

// Holds one file for the length of a test.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view text)
      : path_(::testing::TempDir() + name + std::to_string(::getpid())) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const char* path() const { return path_.c_str(); }

 private:
  const std::string path_;
};

TEST(SidecarFlagsTest, TheCommonCaseNeedsNoFile) {
  const Result<SidecarConfig> config = Config(
      {"--bundle", "b.bundle", "--pub=k.pem", "--pub", "l.pem", "--listen",
       "unix:/run/a.sock", "--listen", "127.0.0.1:0", "--http=127.0.0.1:0",
       "--anybody", "--trusted", "--ext-authz", "--log=-", "--min-revision=5",
       "--drain=3s", "--threads=2", "--socket-mode=0660"});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config.value().bundle.location, "b.bundle");
  EXPECT_EQ(config.value().bundle.key_files,
            (std::vector<std::string>{"k.pem", "l.pem"}));
  EXPECT_EQ(config.value().bundle.min_revision, 5u);
  EXPECT_EQ(config.value().drain, std::chrono::seconds(3));
  EXPECT_EQ(config.value().threads, 2u);
  EXPECT_EQ(config.value().decision_log.sink, LogSink::kStandardOutput);
  ASSERT_EQ(config.value().listeners.size(), 3u);
  const ListenerConfig& first = config.value().listeners[0];
  EXPECT_EQ(first.rules.name, "grpc-1");
  EXPECT_EQ(first.address, "unix:/run/a.sock");
  EXPECT_EQ(first.socket_mode, 0660u);
  EXPECT_TRUE(first.rules.trusted);
  EXPECT_TRUE(first.ext_authz);
  EXPECT_TRUE(first.rules.askers[0].anybody());
  EXPECT_FALSE(first.rules.askers[0].rights.Has(Right::kExplain));
  const ListenerConfig& last = config.value().listeners[2];
  EXPECT_EQ(last.rules.name, "http");
  EXPECT_EQ(last.kind, ListenerKind::kHttp);
  EXPECT_FALSE(last.ext_authz);
}

TEST(SidecarFlagsTest, WhoMayAskIsSaidExplicitly) {
  const std::vector<const char*> most = {"--bundle=b", "--pub=k",
                                         "--listen=127.0.0.1:0"};
  EXPECT_THAT(Complaint(most), HasSubstr("nobody may ask"));
  std::vector<const char*> words = most;
  words.insert(words.end(), {"--anybody", "--client=DNS:a"});
  EXPECT_THAT(Complaint(words), HasSubstr("exclude each other"));

  const TemporaryFile token("token", "0123456789abcdef\n");
  words = most;
  words.insert(words.end(), {"--token-file", token.path(), "--right=explain",
                             "--right=statements"});
  const Result<SidecarConfig> config = Config(words);
  ASSERT_TRUE(config.ok()) << config.status().message();
  const AskerRule& asker = config.value().listeners[0].rules.askers[0];
  EXPECT_EQ(asker.tokens,
            std::vector<Sha256Digest>{Sha256("0123456789abcdef")});
  EXPECT_TRUE(asker.rights.Has(Right::kExplain));
  EXPECT_FALSE(asker.rights.Has(Right::kCheck));
}

TEST(SidecarFlagsTest, FlagsReplaceMembersOfTheFileButNotItsListeners) {
  const TemporaryFile file("config",
                           "[bundle]\nlocation=\"/b\"\nkeys=[\"/k\"]\n"
                           "min-revision=3\n[[listener]]\nname=\"a\"\n"
                           "address=\"127.0.0.1:0\"\n"
                           "asker=[{name=\"x\",anybody=true}]\n");
  const Result<SidecarConfig> config =
      Config({"--config", file.path(), "--bundle=/c", "--min-revision=4"});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config.value().bundle.location, "/c");
  EXPECT_EQ(config.value().bundle.key_files, std::vector<std::string>{"/k"});
  EXPECT_EQ(config.value().bundle.min_revision, 4u);
  EXPECT_THAT(Complaint({"--config", file.path(), "--listen=127.0.0.1:0"}),
              HasSubstr("not from both"));
  EXPECT_THAT(Complaint({"--config", file.path(), "--trusted"}),
              HasSubstr("`--trusted` is about the listeners"));
}

TEST(SidecarFlagsTest, WhatIsWrongOnTheCommandLineIsNamed) {
  EXPECT_THAT(Complaint({"--bundel=b"}), HasSubstr("did you mean `--bundle`?"));
  EXPECT_THAT(Complaint({"--bundle"}), HasSubstr("needs a value"));
  EXPECT_THAT(Complaint({"--bundle="}), HasSubstr("needs a value"));
  EXPECT_THAT(Complaint({"--trusted=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(Complaint({"--bundle=a", "--bundle=b"}), HasSubstr("twice"));
  EXPECT_THAT(Complaint({"stray"}), HasSubstr("belongs to no flag"));
  EXPECT_THAT(Complaint({"--min-revision=-1"}), HasSubstr("is no number"));
  EXPECT_THAT(Complaint({"--threads=257"}), HasSubstr("is no number"));
  EXPECT_THAT(Complaint({"--drain=10"}),
              HasSubstr("`--drain`: `10` is no time"));
  EXPECT_THAT(Complaint({"--config=/nonexistent"}), HasSubstr("/nonexistent"));
  EXPECT_THAT(Complaint({"--listen=127.0.0.1:0", "--right=all"}),
              HasSubstr("there is no right `all`; there are check, lookup, "
                        "explain, statements, metrics"));
  EXPECT_THAT(Complaint({"--listen=127.0.0.1:0", "--socket-mode=999"}),
              HasSubstr("`999` is no mode like 0660"));
  EXPECT_THAT(Complaint({"--bundle=http://bundles.example/a"}),
              HasSubstr("`--bundle`: bundles are not fetched without TLS"));
  EXPECT_THAT(Complaint({"--listen=127.0.0.1:0", "--context-prefix=acs:"}),
              HasSubstr("`--context-prefix`: keys that begin with `acs:`"));
}

TEST(SidecarFlagsTest, EveryFlagIsInTheHelp) {
  const std::string help = SidecarHelp();
  for (const FlagRow& row : SidecarFlagRows()) {
    EXPECT_THAT(help, HasSubstr("  " + std::string(row.name) + " "));
  }
}

TEST(SidecarFlagsTest, TheDocumentHasEveryFlag) {
  std::string table = "| Flag | Meaning |\n|---|---|\n";
  for (const FlagRow& row : SidecarFlagRows()) {
    table += "| `" + std::string(row.name);
    if (!row.value.empty()) table += " " + std::string(row.value);
    table += "` | " + std::string(row.meaning) + " |\n";
  }
  EXPECT_THAT(ReadFile("docs/sidecar.md", 1 << 20).value(), HasSubstr(table))
      << table;
}

}  // namespace
}  // namespace writ
