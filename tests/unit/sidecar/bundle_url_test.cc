// SPDX-License-Identifier: Apache-2.0
//
// Bundles from a URL: the product's own HTTPS server answers as a test says.
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/server.h"
#include "sidecar/bundle_feed.h"
#include "tests/unit/http/scripted_server.h"
#include "tests/unit/sidecar/bundle_source_test.h"

namespace writ {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

// Serves one bundle under an ETag, and holds a request that knows it for as
// long as the request wishes, when `long_polls`.
class BundleServer {
 public:
  explicit BundleServer(const CertifiedKey& key, bool long_polls = true)
      : long_polls_(long_polls) {
    HttpServer::Options options;
    options.certificate_pem = key.certificate_pem;
    options.private_key_pem = key.private_key_pem.Clone();
    listener_ = BindLoopback(&port_);
    Result<std::unique_ptr<HttpServer>> server = HttpServer::Make(
        std::move(options), listener_.get(),
        [this](const RequestHead& head, BodyReader*) { return Answer(head); },
        &clock_);
    EXPECT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
    EXPECT_TRUE(server_->Start().ok());
  }
  ~BundleServer() {
    {
      MutexLock lock(&mu_);
      stopping_ = true;
    }
    changed_.notify_all();
    server_->Stop(milliseconds(0));
  }

  std::string Url(std::string_view host = "localhost") const {
    return "https://" + std::string(host) + ":" + std::to_string(port_) +
           "/b?key=hidden";
  }
  void Serve(std::string bytes, int status = 200) {
    MutexLock lock(&mu_);
    bytes_ = std::move(bytes);
    status_ = status;
    ++version_;
    changed_.notify_all();
  }
  std::vector<RequestHead> Requests() const {
    MutexLock lock(&mu_);
    return requests_;
  }
  bool Holds() const {
    MutexLock lock(&mu_);
    return held_ > 0;
  }

 private:
  HttpResponse Answer(const RequestHead& head) {
    MutexLock lock(&mu_);
    requests_.push_back(head);
    const std::string* known = head.Single("if-none-match");
    const std::string* prefer = head.Single("prefer");
    const auto is_known = [&] { return known != nullptr && *known == Etag(); };
    if (long_polls_ && prefer != nullptr && prefer->starts_with("wait=")) {
      ++held_;
      changed_.wait_for(mu_, std::chrono::seconds(std::stoi(prefer->substr(5))),
                        [&] { return stopping_ || !is_known(); });
      --held_;
    }
    if (is_known()) return {.status = 304, .headers = {}, .body = ""};
    return {.status = status_,
            .headers = {{"etag", Etag()}, {"location", "/elsewhere"}},
            .body = bytes_};
  }
  std::string Etag() const { return "\"v" + std::to_string(version_) + "\""; }

  const bool long_polls_;
  SystemClock clock_;
  uint16_t port_ = 0;
  UniqueFd listener_;
  mutable Mutex mu_;
  std::condition_variable_any changed_;
  std::string bytes_;
  int status_ = 200;
  int version_ = 0;
  int held_ = 0;
  bool stopping_ = false;
  std::vector<RequestHead> requests_;
  std::unique_ptr<HttpServer> server_;
};

class BundleUrlTest : public BundleSourceTest {
 protected:
  BundleUrlTest() {
    Write("ca.pem", certificates_.authority.certificate_pem);
    options_.ca_file = PathOf("ca.pem");
  }

  TestCertificates certificates_;
};

std::string Field(const RequestHead& head, std::string_view name) {
  const std::string* value = head.Single(name);
  return value != nullptr ? *value : "";
}

TEST_F(BundleUrlTest, WhatIsKnownIsNotFetchedAgain) {
  options_.long_poll = std::chrono::seconds(7);
  BundleServer server(certificates_.server, false);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 1u);
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  server.Serve(SignedBundle(2));
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 2u);
  const std::vector<RequestHead> requests = server.Requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].raw_path, "/b");
  EXPECT_EQ(requests[0].raw_query, "key=hidden");
  EXPECT_EQ(Field(requests[0], "if-none-match"), "");
  EXPECT_EQ(Field(requests[0], "prefer"), "");
  EXPECT_EQ(Field(requests[1], "if-none-match"), "\"v1\"");
  EXPECT_EQ(Field(requests[1], "prefer"), "wait=7");
  EXPECT_EQ(Field(requests[2], "if-none-match"), "\"v1\"");
  EXPECT_EQ(Loads("good"), 2);
  EXPECT_EQ(Loads("bad"), 0);
}

TEST_F(BundleUrlTest, ALongPollBringsWhatIsNewAtOnce) {
  options_.long_poll = std::chrono::seconds(600);
  BundleServer server(certificates_.server);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  source_->Start();
  for (uint64_t revision = 2; revision < 6; ++revision) {
    ASSERT_TRUE(Eventually([&] { return server.Holds(); })) << Error();
    server.Serve(SignedBundle(revision));
    ASSERT_TRUE(Eventually([&] { return Revision() == revision; })) << Error();
  }
}

TEST_F(BundleUrlTest, AServerThatHoldsNothingIsPolled) {
  options_.poll = milliseconds(5);
  BundleServer server(certificates_.server, false);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  source_->Start();
  ASSERT_TRUE(Eventually([&] { return server.Requests().size() > 5; }));
  server.Serve(SignedBundle(2));
  EXPECT_TRUE(Eventually([&] { return Revision() == 2; })) << Error();
}

TEST_F(BundleUrlTest, WhatIsBadLeavesTheGoodOneServing) {
  BundleServer server(certificates_.server, false);
  const std::string next = SignedBundle(2);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  const std::vector<std::pair<std::string, int>> bad = {
      {"", 200},
      {"garbage", 200},
      {next.substr(0, next.size() - 1), 200},
      {SignedBundle(2, {9}), 200},
      {"no", 401},
      {"no", 404},
      {next, 500},
      {next, 206},
      {next, 302},
  };
  for (const auto& [bytes, status] : bad) {
    server.Serve(bytes, status);
    // The second time under an ETag that was seen.
    EXPECT_FALSE(source_->LoadOnce().ok()) << status;
    EXPECT_FALSE(source_->LoadOnce().ok()) << status;
    EXPECT_EQ(Revision(), 1u) << status;
    EXPECT_THAT(Error(),
                AllOf(HasSubstr("localhost"), Not(HasSubstr("hidden"))));
  }
  EXPECT_EQ(Loads("bad"), static_cast<double>(2 * bad.size()));
  server.Serve(next);
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 2u);
}

TEST_F(BundleUrlTest, WhatWasRefusedIsFetchedAgain) {
  options_.key_files.push_back(PathOf("two.pem"));
  BundleServer server(certificates_.server);
  server.Serve(SignedBundle(1, {2}));
  Make(server.Url());
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  WriteKey("two.pem", 2);
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  EXPECT_EQ(Revision(), 1u);
  // Nor is what other keys vouched for taken for known.
  Remove("two.pem");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Revision(), 1u);
}

TEST_F(BundleUrlTest, AServerThatIsNotBelievedIsNotAsked) {
  BundleServer server(certificates_.server);
  server.Serve(SignedBundle(1));
  const TestCertificates others;
  Write("ca.pem", others.authority.certificate_pem);
  Make(server.Url());
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);

  Write("ca.pem", certificates_.authority.certificate_pem);
  // The name by which it is asked must be one of the certificate's.
  const TestCertificates named(
      {.ip_addresses = {}, .dns_names = {"localhost"}});
  BundleServer by_name(named.server);
  by_name.Serve(SignedBundle(1));
  Write("ca.pem", named.authority.certificate_pem);
  Make(by_name.Url("127.0.0.1"));
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_TRUE(by_name.Requests().empty());

  const TestCertificates expired(LoopbackNames(),
                                 ValidFor(hours(-5), hours(-1)));
  BundleServer late(expired.server);
  late.Serve(SignedBundle(1));
  Write("ca.pem", expired.authority.certificate_pem);
  Make(late.Url());
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(Error(), HasSubstr("expired"));
  EXPECT_TRUE(late.Requests().empty());

  // The authorities are read again at every look.
  Make(server.Url());
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kUnauthenticated);
  Write("ca.pem", certificates_.authority.certificate_pem);
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  Remove("ca.pem");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  EXPECT_EQ(Revision(), 1u);
}

TEST_F(BundleUrlTest, TheTokenIsReadAtEveryRequestAndNeverShown) {
  options_.token_file = PathOf("token");
  BundleServer server(certificates_.server, false);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kNotFound);
  Write("token", "\n");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kInvalidArgument);
  Write("token", "two tokens");
  EXPECT_EQ(source_->LoadOnce().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(Error(), Not(HasSubstr("two tokens")));
  EXPECT_TRUE(server.Requests().empty());
  Write("token", "first\n");
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  Write("token", "second\n");
  EXPECT_TRUE(source_->LoadOnce().ok()) << Error();
  const std::vector<RequestHead> requests = server.Requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(Field(requests[0], "authorization"), "Bearer first");
  EXPECT_EQ(Field(requests[1], "authorization"), "Bearer second");
}

TEST_F(BundleUrlTest, StopBreaksALongPollOff) {
  options_.long_poll = hours(1);
  BundleServer server(certificates_.server);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  source_->Start();
  ASSERT_TRUE(Eventually([&] { return server.Holds(); }));
  source_->Stop();
  EXPECT_EQ(Error(), "");
  EXPECT_EQ(Revision(), 1u);
}

TEST_F(BundleUrlTest, StopLeavesAServerThatSaysNothing) {
  // Takes connections, and never shakes hands.
  uint16_t port = 0;
  const UniqueFd listener = BindLoopback(&port);
  ASSERT_EQ(::listen(listener.get(), 16), 0);
  Make("https://127.0.0.1:" + std::to_string(port) + "/");
  source_->Start();
  ASSERT_TRUE(Eventually([&] {
    pollfd waiting = {.fd = listener.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, 0) == 1;
  }));
  const auto begin = std::chrono::steady_clock::now();
  source_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(5000));
}

TEST_F(BundleUrlTest, ReloadFetchesAnewInTheMiddleOfALongPoll) {
  options_.long_poll = hours(1);
  BundleServer server(certificates_.server);
  server.Serve(SignedBundle(1));
  Make(server.Url());
  ASSERT_TRUE(source_->LoadOnce().ok()) << Error();
  source_->Start();
  ASSERT_TRUE(Eventually([&] { return server.Holds(); }));
  const size_t before = server.Requests().size();
  source_->Reload();
  ASSERT_TRUE(Eventually([&] { return server.Requests().size() > before; }));
  EXPECT_EQ(Field(server.Requests()[before], "if-none-match"), "");
  EXPECT_TRUE(Eventually([&] { return source_->State().attempts >= 2; }));
  EXPECT_EQ(Error(), "");
  EXPECT_EQ(Loads("bad"), 0);
}

TEST_F(BundleUrlTest, ALookSaysWhenToLookAgain) {
  options_.poll = milliseconds(1000);
  BundleServer server(certificates_.server, false);
  options_.location = server.Url();
  const std::unique_ptr<BundleFeed> feed = MakeUrlFeed(options_);
  bool is_new = true;
  const auto look = [&](bool force = false) {
    return feed->Look(force, std::stop_token(),
                      [&](const std::string&, const std::string&) {
                        return Result<bool>(is_new);
                      });
  };
  // There may be more of what is new.
  EXPECT_EQ(look().wait, milliseconds(0));
  // Nothing new came without a pause.
  const BundleLook known = look();
  EXPECT_TRUE(known.good);
  EXPECT_THAT(known.wait, AllOf(Ge(milliseconds(100)), Le(milliseconds(1000))));
  // The same under another ETag.
  server.Serve("x");
  is_new = false;
  EXPECT_THAT(look().wait, Ge(milliseconds(100)));
  // Whoever was told to look does not miss what comes after.
  EXPECT_EQ(look(true).wait, milliseconds(0));
  // Failures: twice as long each time, up to a limit.
  server.Serve("", 500);
  milliseconds longest(1000);
  for (int i = 0; i < 10; ++i) {
    const BundleLook failed = look();
    EXPECT_FALSE(failed.good);
    EXPECT_THAT(failed.wait, AllOf(Ge(longest / 2), Le(longest)));
    if (i < 5) longest *= 2;
  }
  server.Serve("y");
  EXPECT_TRUE(look().good);
  server.Serve("", 500);
  EXPECT_THAT(look().wait, Le(milliseconds(1000)));
}

}  // namespace
}  // namespace writ
