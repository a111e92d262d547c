// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sidecar/listener_address.h"

namespace writ {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kWhole = R"(
threads = 4
drain = "2m"

[bundle]
location = "https://bundles.example/authz"
keys = ["old.pem", "/etc/writ/new.pem"]
min-revision = 7
revision = 9
poll = "250ms"
long-poll = "1m"
ca-file = "ca.pem"
token-file = "token"

[[listener]]
name = "local"
address = "unix:authz.sock"
socket-mode = 0o660
trusted = true
add-current-time = true
ext-authz = true
reflection = false
asker = [{ name = "proxy", anybody = true, rights = ["check", "lookup"] }]

[[listener]]
name = "net"
kind = "http"
address = "0.0.0.0:8443"
context-prefix = "shop:"
[listener.tls]
certificate = "cert.pem"
key = "key.pem"
client-ca = "clients.pem"
[[listener.asker]]
name = "web"
certificates = ["URI:spiffe://shop/web"]
[[listener.asker]]
name = "job"
token-sha256 = [
  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
]

[decision-log]
sink = "file"
path = "decisions.log"
rotate = "1GiB"
keep-files = 3
when-full = "deny"
queue-records = 100
queue-size = "64KiB"
mask = ["acs:SourceIp", "principal-id"]
[[decision-log.sampling]]
action = "oss:Get*"
verdict = "ALLOW"
keep = 0.25

[ext-authz]
principal-header = "x-user"
principal-from-certificate = true
action = "web:{method}"
resource = "acs:web:*:{account}:{path}"
account = "17"
headers = ["user-agent"]
)";

Status StatusOf(std::string_view text) {
  return ReadSidecarConfig("sidecar.toml", text).status();
}

TEST(SidecarConfigTest, EveryMemberArrives) {
  const Result<SidecarConfig> read =
      ReadSidecarConfig("/etc/writ/sidecar.toml", kWhole);
  ASSERT_TRUE(read.ok()) << read.status().message();
  const SidecarConfig& config = read.value();
  EXPECT_EQ(config.threads, 4u);
  EXPECT_EQ(config.drain, std::chrono::minutes(2));
  EXPECT_EQ(config.bundle.location, "https://bundles.example/authz");
  EXPECT_EQ(
      config.bundle.key_files,
      (std::vector<std::string>{"/etc/writ/old.pem", "/etc/writ/new.pem"}));
  EXPECT_EQ(config.bundle.min_revision, 7u);
  EXPECT_EQ(config.bundle.revision, 9u);
  EXPECT_EQ(config.bundle.poll, std::chrono::milliseconds(250));
  EXPECT_EQ(config.bundle.long_poll, std::chrono::minutes(1));
  EXPECT_EQ(config.bundle.ca_file, "/etc/writ/ca.pem");
  EXPECT_EQ(config.bundle.token_file, "/etc/writ/token");

  ASSERT_EQ(config.listeners.size(), 2u);
  const ListenerConfig& local = config.listeners[0];
  EXPECT_EQ(local.rules.name, "local");
  EXPECT_EQ(local.kind, ListenerKind::kGrpc);
  EXPECT_EQ(local.address, "unix:/etc/writ/authz.sock");
  EXPECT_EQ(local.socket_mode, 0660u);
  EXPECT_TRUE(local.rules.trusted);
  EXPECT_TRUE(local.rules.add_current_time);
  EXPECT_TRUE(local.ext_authz);
  EXPECT_FALSE(local.reflection);
  EXPECT_FALSE(local.tls.enabled());
  ASSERT_EQ(local.rules.askers.size(), 1u);
  EXPECT_TRUE(local.rules.askers[0].anybody());
  EXPECT_TRUE(local.rules.askers[0].rights.Has(Right::kLookup));
  EXPECT_FALSE(local.rules.askers[0].rights.Has(Right::kExplain));

  const ListenerConfig& net = config.listeners[1];
  EXPECT_EQ(net.kind, ListenerKind::kHttp);
  EXPECT_FALSE(net.rules.trusted);
  EXPECT_EQ(net.rules.context_prefix, "shop:");
  EXPECT_TRUE(net.reflection);
  EXPECT_EQ(net.tls.certificate_file, "/etc/writ/cert.pem");
  EXPECT_EQ(net.tls.key_file, "/etc/writ/key.pem");
  EXPECT_EQ(net.tls.client_ca_file, "/etc/writ/clients.pem");
  ASSERT_EQ(net.rules.askers.size(), 2u);
  EXPECT_EQ(net.rules.askers[0].certificates,
            std::vector<std::string>{"URI:spiffe://shop/web"});
  EXPECT_TRUE(net.rules.askers[0].rights.Has(Right::kCheck));
  EXPECT_FALSE(net.rules.askers[0].rights.Has(Right::kLookup));
  EXPECT_EQ(net.rules.askers[1].tokens,
            std::vector<Sha256Digest>{Sha256("test")});

  const DecisionLogOptions& log = config.decision_log;
  EXPECT_EQ(log.sink, LogSink::kFile);
  EXPECT_EQ(log.path, "/etc/writ/decisions.log");
  EXPECT_EQ(log.rotate_bytes, uint64_t{1} << 30);
  EXPECT_EQ(log.keep_files, 3u);
  EXPECT_EQ(log.when_full, LogFull::kDeny);
  EXPECT_EQ(log.queue_records, 100u);
  EXPECT_EQ(log.queue_bytes, 65536u);
  EXPECT_EQ(log.mask,
            (std::vector<std::string>{"acs:SourceIp", "principal-id"}));
  ASSERT_EQ(log.sampling.size(), 1u);
  EXPECT_EQ(log.sampling[0].action, "oss:Get*");
  EXPECT_EQ(log.sampling[0].verdict, "ALLOW");
  EXPECT_EQ(log.sampling[0].keep_per_million, 250000u);

  EXPECT_EQ(config.ext_authz.principal_header, "x-user");
  EXPECT_TRUE(config.ext_authz.principal_from_certificate);
  EXPECT_EQ(config.ext_authz.action, "web:{method}");
  EXPECT_EQ(config.ext_authz.resource, "acs:web:*:{account}:{path}");
  EXPECT_EQ(config.ext_authz.account, "17");
  EXPECT_EQ(config.ext_authz.headers, std::vector<std::string>{"user-agent"});
  EXPECT_TRUE(CheckSidecarConfig(config).ok())
      << CheckSidecarConfig(config).message();
}

// Every member of the file makes a difference when it is left out or changed.
TEST(SidecarConfigTest, EveryChangeOfTheFileIsSeen) {
  const SidecarConfig whole = ReadSidecarConfig("sidecar.toml", kWhole).value();
  EXPECT_THAT(ChangedMembers(whole, whole), ::testing::IsEmpty());
  EXPECT_THAT(ChangedMembers(whole, SidecarConfig()),
              ::testing::ElementsAre("threads", "drain", "bundle", "listener",
                                     "decision-log", "ext-authz"));
  std::string text(kWhole);
  size_t changes = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    // Members with a value of their own in a line, but for those whose absence
    // is an error.
    if (line.find(" = ") == std::string::npos || line.starts_with("name") ||
        line.starts_with("address") || line.starts_with("certificate") ||
        line.starts_with("key ") || line.starts_with("asker") ||
        line.starts_with("token-sha256") || line.starts_with("sink")) {
      continue;
    }
    std::string without = text;
    without.erase(at, end - at);
    const Result<SidecarConfig> read =
        ReadSidecarConfig("sidecar.toml", without);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_THAT(ChangedMembers(whole, read.value()), ::testing::SizeIs(1))
        << line;
    ++changes;
  }
  EXPECT_GT(changes, 25u);
}

TEST(SidecarConfigTest, AllComplaintsComeAtOnceWithTheirPlaces) {
  const Status status = StatusOf(
      "thread = 4\n"
      "drain = 10\n"
      "[bundle]\n"
      "poll = \"5 s\"\n"
      "[[listener]]\n"
      "name = \"a\"\n"
      "address = \"example.com:80\"\n"
      "socket-mode = 660\n"
      "[[listener.asker]]\n"
      "name = \"x\"\n"
      "rights = [\"cheque\"]\n");
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  std::string text(status.message());
  for (const std::string_view part :
       {"sidecar.toml:1:1: `thread`: there is no `thread` here; did you mean "
        "`threads`?",
        "sidecar.toml:2:9: `drain`: this is no text; it is a time up to 10 "
        "minutes",
        "sidecar.toml:4:8: `bundle.poll`: `5 s` is no time",
        "sidecar.toml:7:11: `listener[0].address`: a host is an IP address",
        "sidecar.toml:8:15: `listener[0].socket-mode`: 660 is out of its range",
        "`listener[0].asker[0].rights`: there is no right `cheque`",
        "`listener[0].asker[0]`: an asker needs `token-sha256`"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 6) << text;
}

TEST(SidecarConfigTest, TextThatIsNoTomlIsRefusedWithItsPlace) {
  EXPECT_THAT(std::string(StatusOf("drain = \n").message()),
              StartsWith("sidecar.toml:1:"));
  EXPECT_FALSE(StatusOf("[bundle]\n[bundle]\n").ok());
  EXPECT_FALSE(StatusOf("threads = 1\nthreads = 2\n").ok());
  EXPECT_FALSE(StatusOf("\xff\xfe = 1").ok());
}

// A value of a type that no member is read from.
TEST(SidecarConfigTest, NoMemberTakesAnotherType) {
  for (const ConfigMember& member : ConfigMembers()) {
    const std::string line = std::string(member.name) + " = 1979-05-27\n";
    std::string text;
    if (member.table.empty()) {
      text = line;
    } else if (member.table == "listener") {
      text = "[[listener]]\n" + line;
    } else if (member.table == "listener.asker") {
      text = "[[listener]]\n[[listener.asker]]\n" + line;
    } else if (member.table == "decision-log.sampling") {
      text = "[[decision-log.sampling]]\n" + line;
    } else if (member.table == "listener.tls") {
      text = "[[listener]]\n[listener.tls]\n" + line;
    } else {
      text = "[" + std::string(member.table) + "]\n" + line;
    }
    const Status status = StatusOf(text);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("; it is " + std::string(member.may_be)))
        << text;
  }
}

TEST(SidecarConfigTest, ATokenFileLeavesOnlyItsDigest) {
  const std::string path = ::testing::TempDir() + "config_test_token";
  std::ofstream(path) << "0123456789abcdef\n";
  const Result<SidecarConfig> read = ReadSidecarConfig(
      ::testing::TempDir() + "sidecar.toml",
      "[[listener]]\nname=\"a\"\naddress=\"127.0.0.1:0\"\n"
      "[[listener.asker]]\nname=\"x\"\ntoken-files=[\"config_test_token\"]\n");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read.value().listeners[0].rules.askers[0].tokens,
            std::vector<Sha256Digest>{Sha256("0123456789abcdef")});
  for (const char* bad : {"short", "", "two words are no token",
                          "0123456789abcdef\n0123456789abcdef\n"}) {
    std::ofstream(path) << bad;
    EXPECT_FALSE(ReadTokenDigest(path).ok()) << bad;
  }
  std::remove(path.c_str());
  EXPECT_EQ(ReadTokenDigest(path).status().code(), StatusCode::kNotFound);
}

TEST(SidecarConfigTest, ATokenInPlaceOfItsDigestIsNotShown) {
  const Status status = StatusOf(
      "[[listener]]\nname=\"a\"\naddress=\"127.0.0.1:0\"\n"
      "[[listener.asker]]\nname=\"x\"\ntoken-sha256=[\"my-own-token\"]\n");
  EXPECT_THAT(std::string(status.message()), HasSubstr("token-sha256"));
  EXPECT_THAT(std::string(status.message()),
              ::testing::Not(HasSubstr("my-own-token")));
}

TEST(SidecarConfigTest, APrefixThatReachesAcsKeysIsRefused) {
  for (const char* bad : {"acs:", "ACS:", "Acs:Source:", "acs", ":", "shop"}) {
    EXPECT_FALSE(StatusOf("[[listener]]\nname=\"a\"\naddress=\"127.0.0.1:0\"\n"
                          "context-prefix=\"" +
                          std::string(bad) +
                          "\"\nasker=[{name=\"x\",anybody=true}]\n")
                     .ok())
        << bad;
  }
}

TEST(SidecarConfigTest, FilesAreSeenFromTheFolderOfTheConfiguration) {
  const auto location = [](std::string_view path, const char* text) {
    return ReadSidecarConfig(
               path, "[bundle]\nlocation=\"" + std::string(text) + "\"\n")
        .value()
        .bundle.location;
  };
  EXPECT_EQ(location("/etc/writ/sidecar.toml", "b"), "/etc/writ/b");
  EXPECT_EQ(location("sidecar.toml", "b"), "b");
  EXPECT_EQ(location("../sidecar.toml", "c/b"), "../c/b");
  EXPECT_EQ(location("/etc/writ/sidecar.toml", "/b"), "/b");
}

TEST(SidecarConfigTest, UrlsWithoutTlsAreNoSourceOfBundles) {
  EXPECT_FALSE(StatusOf("[bundle]\nlocation=\"http://a/b\"\n").ok());
  EXPECT_FALSE(StatusOf("[bundle]\nlocation=\"ftp://a/b\"\n").ok());
  EXPECT_TRUE(StatusOf("[bundle]\nlocation=\"https://a/b\"\n").ok());
  EXPECT_TRUE(StatusOf("[bundle]\nlocation=\"http://127.0.0.1:1/b\"\n").ok());
}

// Else its owner believes that decisions are recorded.
TEST(SidecarConfigTest, ALogThatGoesNowhereIsRefused) {
  EXPECT_THAT(std::string(StatusOf("[decision-log]\npath=\"a\"\n").message()),
              HasSubstr("`path` needs `sink`"));
  EXPECT_TRUE(StatusOf("[decision-log]\nsink=\"none\"\npath=\"a\"\n").ok());
  EXPECT_TRUE(StatusOf("[decision-log]\nmask=[\"a\"]\n").ok());
}

// What nothing replaces would be a part of every name, and what no header is
// called a key that no request has.
TEST(SidecarConfigTest, AMappingHoldsWhatRequestsHave) {
  const auto complaint = [](std::string_view line) {
    return std::string(
        StatusOf("[ext-authz]\n" + std::string(line) + "\n").message());
  };
  EXPECT_THAT(
      complaint("action=\"http:{methd}\""),
      HasSubstr("nothing replaces `{methd}`; it is a text; `{method}`"));
  EXPECT_THAT(complaint("resource=\"acs:http:*:1:{path\""),
              HasSubstr("nothing replaces `{path`;"));
  EXPECT_THAT(complaint("resource=\"acs:http:*:1:path}\""),
              HasSubstr("nothing replaces `}`"));
  EXPECT_THAT(complaint("headers=[\"x-plan\", \"X-Plan\"]"),
              HasSubstr("`X-Plan` is not in lower case"));
  EXPECT_THAT(complaint("headers=[\"x plan\"]"),
              HasSubstr("`x plan` is no header"));
  EXPECT_THAT(complaint("principal-header=\"X-User\""),
              HasSubstr("`X-User` is not in lower case"));
  EXPECT_EQ(complaint("action=\"{method}{host}{path}{account}\""), "");
}

TEST(SidecarConfigTest, DurationsAndSizesAreReadExactly) {
  EXPECT_EQ(ParseDuration("0ms").value().count(), 0);
  EXPECT_EQ(ParseDuration("720h").value(), std::chrono::hours(720));
  for (const char* bad :
       {"", "s", "10", "1.5s", "-1s", "10S", "10 s", "721h", "1d",
        "99999999999999999999s", "18446744073709551615h"}) {
    EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
  }
  EXPECT_EQ(ParseSize("12").value(), 12u);
  EXPECT_EQ(ParseSize("3KiB").value(), 3072u);
  for (const char* bad : {"", "KiB", "1MB", "1kib", "-1", "8388609GiB"}) {
    EXPECT_FALSE(ParseSize(bad).ok()) << bad;
  }
}

// --- what no single member shows ---------------------------------------------

AskerRule Anybody(std::string name) {
  AskerRule rule;
  rule.name = std::move(name);
  return rule;
}

SidecarConfig Good() {
  SidecarConfig config;
  config.bundle.location = "/b";
  config.bundle.key_files = {"/k"};
  ListenerConfig& listener = config.listeners.emplace_back();
  listener.rules.name = "local";
  listener.address = "127.0.0.1:50051";
  listener.rules.askers = {Anybody("x")};
  return config;
}

std::string Complaint(const SidecarConfig& config) {
  return std::string(CheckSidecarConfig(config).message());
}

TEST(CheckSidecarConfigTest, NothingAtAllNamesAllThatIsMissing) {
  EXPECT_EQ(Complaint(Good()), "");
  const std::string text = Complaint(SidecarConfig());
  EXPECT_THAT(text, HasSubstr("no bundle"));
  EXPECT_THAT(text, HasSubstr("no key"));
  EXPECT_THAT(text, HasSubstr("no listener"));
}

TEST(CheckSidecarConfigTest, BeyondLoopbackNeedsTlsAndKnownAskers) {
  for (const char* address : {"0.0.0.0:1", "10.1.2.3:1", "[::]:1",
                              "[fe80::1]:1", "[::ffff:127.0.0.1]:1"}) {
    SidecarConfig config = Good();
    config.listeners[0].address = address;
    EXPECT_THAT(Complaint(config), HasSubstr("needs TLS")) << address;
    EXPECT_THAT(Complaint(config), HasSubstr("anybody may ask")) << address;
    config.listeners[0].tls = {"/c", "/k", ""};
    EXPECT_THAT(Complaint(config), HasSubstr("anybody may ask")) << address;
    config.listeners[0].rules.askers[0].tokens = {Sha256("t")};
    EXPECT_EQ(Complaint(config), "") << address;
  }
  for (const char* address :
       {"127.9.9.9:1", "[::1]:1", "[0:0::1]:1", "localhost:1", "unix:/a"}) {
    SidecarConfig config = Good();
    config.listeners[0].address = address;
    EXPECT_EQ(Complaint(config), "") << address;
  }
}

TEST(CheckSidecarConfigTest, NamesAndAddressesAreTakenOnce) {
  SidecarConfig config = Good();
  config.listeners.push_back(config.listeners[0]);
  config.listeners[0].rules.askers.push_back(Anybody("x"));
  EXPECT_THAT(Complaint(config), HasSubstr("have the name `local`"));
  EXPECT_THAT(Complaint(config), HasSubstr("have the address"));
  EXPECT_THAT(Complaint(config), HasSubstr("two askers have the name `x`"));
  config = Good();
  config.listeners.push_back(config.listeners[0]);
  config.listeners[1].rules.name = "other";
  config.listeners[0].address = config.listeners[1].address = "127.0.0.1:0";
  EXPECT_EQ(Complaint(config), "");
}

TEST(CheckSidecarConfigTest, PartsThatNeedEachOtherAreNamed) {
  SidecarConfig config = Good();
  config.listeners[0].rules.askers.clear();
  EXPECT_THAT(Complaint(config), HasSubstr("nobody may ask"));

  config = Good();
  config.listeners[0].rules.askers[0].certificates = {"DNS:a"};
  EXPECT_THAT(Complaint(config), HasSubstr("needs `tls.client-ca`"));

  config = Good();
  config.listeners[0].tls.client_ca_file = "/ca";
  EXPECT_THAT(Complaint(config), HasSubstr("TLS needs a certificate"));

  config = Good();
  config.listeners[0].kind = ListenerKind::kHttp;
  config.listeners[0].ext_authz = true;
  EXPECT_THAT(Complaint(config), HasSubstr("gRPC"));

  config = Good();
  config.decision_log.sink = LogSink::kFile;
  EXPECT_THAT(Complaint(config), HasSubstr("decision-log.path"));
  config.decision_log.sink = LogSink::kOtlp;
  config.decision_log.otlp_url = "http://collector/v1/logs";
  EXPECT_THAT(Complaint(config), HasSubstr("otlp-url"));

  config = Good();
  config.bundle.revision = 3;
  config.bundle.min_revision = 4;
  EXPECT_THAT(Complaint(config), HasSubstr("older than"));

  config = Good();
  config.bundle.token_file = "/t";
  EXPECT_THAT(Complaint(config), HasSubstr("https://"));

  config = Good();
  config.listeners.resize(17, config.listeners[0]);
  EXPECT_THAT(Complaint(config), HasSubstr("more than 16 listeners"));
}

// --- addresses ---------------------------------------------------------------

TEST(ListenerAddressTest, OnlyWhatCanBeBoundIsAnAddress) {
  EXPECT_EQ(ParseListenerAddress("localhost:1").value().ToString(),
            "127.0.0.1:1");
  EXPECT_EQ(ParseListenerAddress("[0::1]:65535").value().ToString(),
            "[::1]:65535");
  EXPECT_EQ(ParseListenerAddress("unix:/a/b").value().ToString(), "unix:/a/b");
  for (const char* bad :
       {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:65536",
        "127.1:80", "::1:80", "[::1]", "unix:", "host:1", "127.0.0.1:1x"}) {
    EXPECT_FALSE(ParseListenerAddress(bad).ok()) << bad;
  }
  EXPECT_FALSE(ParseListenerAddress("unix:/" + std::string(107, 'a')).ok());
  EXPECT_TRUE(ParseListenerAddress("unix:/" + std::string(106, 'a')).ok());
}

TEST(ListenerAddressTest, AFreePortBecomesKnownAndIsTakenOnce) {
  ListenerAddress address = ParseListenerAddress("127.0.0.1:0").value();
  const Result<UniqueFd> bound = BindListener(&address, 0600);
  ASSERT_TRUE(bound.ok()) << bound.status().message();
  EXPECT_NE(address.port, 0);
  // Only a listening socket makes the port taken for SO_REUSEADDR.
  ASSERT_EQ(::listen(bound.value().get(), 1), 0);
  EXPECT_EQ(BindListener(&address, 0600).status().code(),
            StatusCode::kUnavailable);
}

TEST(ListenerAddressTest, AUnixSocketReplacesADeadOneAndNothingElse) {
  const std::string path =
      ::testing::TempDir() + "listener_" + std::to_string(::getpid());
  ListenerAddress address = ParseListenerAddress("unix:" + path).value();
  {
    const Result<UniqueFd> first = BindListener(&address, 0660);
    ASSERT_TRUE(first.ok()) << first.status().message();
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms(0660));
    ASSERT_EQ(::listen(first.value().get(), 1), 0);
    EXPECT_EQ(BindListener(&address, 0660).status().code(),
              StatusCode::kUnavailable);
  }
  EXPECT_TRUE(BindListener(&address, 0600).ok());
  std::filesystem::remove(path);
  std::ofstream(path) << "precious";
  EXPECT_EQ(BindListener(&address, 0600).status().code(),
            StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadFile(path, 100).value(), "precious");
  std::filesystem::remove(path);
}

// --- documents ---------------------------------------------------------------

// The tables of docs/sidecar.md as config_members.def has them.
std::string TableOf(std::string_view table) {
  std::string text =
      "| Member | What it may be | Otherwise | Meaning |\n|---|---|---|---|\n";
  for (const ConfigMember& member : ConfigMembers()) {
    if (member.table != table) continue;
    text += "| `" + std::string(member.name) + "` | " +
            std::string(member.may_be) + " | " + std::string(member.otherwise) +
            " | " + std::string(member.meaning) + " |\n";
  }
  return text;
}

TEST(SidecarConfigTest, TheDocumentHasTheTableOfEveryTable) {
  const Result<std::string> document = ReadFile("docs/sidecar.md", 1 << 20);
  ASSERT_TRUE(document.ok()) << document.status().message();
  std::string_view previous = "none";
  for (const ConfigMember& member : ConfigMembers()) {
    if (member.table == std::exchange(previous, member.table)) continue;
    EXPECT_THAT(document.value(), HasSubstr("\n" + TableOf(member.table)))
        << TableOf(member.table);
  }
}

}  // namespace
}  // namespace writ
