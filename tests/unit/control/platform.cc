// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/platform.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "auth/canonical.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "gtest/gtest.h"
#include "store/memory_kv.h"

namespace writ::testing {
namespace {

constexpr std::string_view kRegion = "cn-local-1";
constexpr std::string_view kEndpoint = "https://127.0.0.1:9443";

// A body in pieces of seven bytes, so that nothing depends on how it is cut.
class TextBody final : public BodyReader {
 public:
  explicit TextBody(std::string_view text) : rest_(text) {}
  bool Read(std::string* piece) override {
    const size_t size = rest_.size() > 1000 ? 4096 : 7;
    *piece = rest_.substr(0, size);
    rest_.remove_prefix(piece->size());
    return true;
  }

 private:
  std::string_view rest_;
};

template <typename T>
T Must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).value();
}

UniqueFd OpenDirectory(const std::string& path) {
  std::filesystem::create_directories(path);
  ::chmod(path.c_str(), 0700);
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

Result<KvEntry> FragileKv::Get(std::string_view key) const {
  if (fail_reads_) return InternalError("the disk cannot be read");
  return inner_->Get(key);
}

Result<std::vector<KvEntry>> FragileKv::Scan(std::string_view prefix,
                                             std::string_view after,
                                             size_t limit,
                                             KvOrder order) const {
  if (fail_reads_) return InternalError("the disk cannot be read");
  return inner_->Scan(prefix, after, limit, order);
}

Result<uint64_t> FragileKv::Write(const KvBatch& batch) {
  if (good_writes_ == 0) return ResourceExhausted("the disk is full");
  if (good_writes_ > 0) --good_writes_;
  ++writes_;
  return inner_->Write(batch);
}

std::string ZipBytes(std::string_view content) {
  return std::string("PK\x03\x04", 4) + std::string(content);
}

Json FunctionBody(const std::string& name) {
  return {{"functionName", name},
          {"runtime", "python3.10"},
          {"handler", "index.handler"},
          {"code", {{"zipFile", Base64Encode(ZipBytes())}}}};
}

Platform::Platform() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "writ-control-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  scratch_ = pattern;
  kv = std::make_unique<FragileKv>(MakeMemoryKv());
  Restart();
}

Platform::~Platform() { std::filesystem::remove_all(scratch_); }

void Platform::Restart() {
  api.reset();
  const UniqueFd keys = OpenDirectory(scratch_ + "/keys");
  provider = Must(FileKeyProvider::Open(keys.get(), /*create=*/true));
  keyring = Must(Keyring::Open(kv.get(), provider.get(), &clock));
  store = Must(MetadataStore::Open(kv.get(), keyring.get(), &clock));
  artifacts = Must(ArtifactStore::Open(OpenDirectory(scratch_ + "/artifacts"),
                                       keyring.get()));
  directory = Must(Directory::Open(store.get(), &clock, std::string(kRegion)));
  gate = std::make_unique<Gate>(directory.get(), &clock);
  audit = std::make_unique<AuditTrail>(store.get(), &clock);
  nonces = std::make_unique<NonceWindow>(clock.Now());
  authenticator =
      std::make_unique<Authenticator>(directory.get(), nonces.get(), &clock);
  urls = Must(TemporaryUrls::Make(keyring.get(), kEndpoint));
  const RootCredentials credentials =
      Must(Bootstrap(store.get(), directory.get(), *gate, *audit, clock));
  account = credentials.account;
  root = {credentials.access_key_id,
          std::string(credentials.access_key_secret.text())};
  ControlParts parts;
  parts.store = store.get();
  parts.artifacts = artifacts.get();
  parts.directory = directory.get();
  parts.gate = gate.get();
  parts.authenticator = authenticator.get();
  parts.urls = urls.get();
  parts.audit = audit.get();
  parts.clock = &clock;
  parts.account = account;
  parts.roles = [] { return std::vector<RoleStatus>{{"core", 17, "ready"}}; };
  api = std::make_unique<ControlApi>(parts);
}

Draft Platform::Rpc(std::string_view action,
                    const Parameters& parameters) const {
  Draft draft;
  draft.action = action;
  draft.version = action == "GetCallerIdentity" ? "2015-04-01" : "2015-05-01";
  for (const auto& [name, value] : parameters) {
    if (!draft.query.empty()) draft.query += '&';
    draft.query += PercentEncode(name) + "=" + PercentEncode(value);
  }
  return draft;
}

Draft Platform::Fc(std::string_view action, std::string_view method,
                   std::string_view path, const Json& body) const {
  Draft draft;
  draft.action = action;
  draft.version = "2023-03-30";
  draft.method = method;
  draft.path = "/2023-03-30" + std::string(path);
  const size_t question = draft.path.find('?');
  if (question != std::string::npos) {
    draft.query = draft.path.substr(question + 1);
    draft.path.resize(question);
  }
  if (!body.is_null()) {
    draft.body = body.dump();
    draft.content_type = "application/json; charset=utf-8";
  }
  return draft;
}

RequestHead Platform::Sign(const Draft& draft, const Signer& signer) const {
  RequestHead head;
  head.method = draft.method;
  head.raw_path = draft.path;
  head.raw_query = draft.query;
  head.headers = {{"host", "127.0.0.1:9443"},
                  {"x-acs-action", draft.action},
                  {"x-acs-version", draft.version}};
  if (!draft.content_type.empty()) {
    head.headers.push_back({"content-type", draft.content_type});
  }
  head.peer_address = draft.source_ip;
  head.secure_transport = true;
  const Acs3Credentials credentials = {
      signer.id, SecretBytes::CopyOf(std::string_view(signer.secret))};
  const Status status =
      SignAcs3(credentials, Sha256Hex(draft.body), clock.Now(), &head);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return head;
}

HttpResponse Platform::SendHead(const RequestHead& head,
                                std::string_view body) {
  TextBody reader(body);
  return api->Handle(head, &reader,
                     "request-" + std::to_string(++next_request_));
}

HttpResponse Platform::Send(const Draft& draft, const Signer& signer) {
  return SendHead(Sign(draft, signer), draft.body);
}

Json Platform::DoAs(const Signer& signer, const Draft& draft, int status) {
  const HttpResponse response = Send(draft, signer);
  EXPECT_EQ(response.status, status) << draft.action << ": " << response.body;
  if (response.body.empty()) return Json::object();
  return Json::parse(response.body, nullptr, false);
}

Json Platform::Do(const Draft& draft, int status) {
  return DoAs(root, draft, status);
}

Signer Platform::MakeUser(const std::string& name) {
  Do(Rpc("CreateUser", {{"UserName", name}}));
  const Json key = Do(Rpc("CreateAccessKey", {{"UserName", name}}));
  return {key["AccessKey"]["AccessKeyId"].get<std::string>(),
          key["AccessKey"]["AccessKeySecret"].get<std::string>()};
}

void Platform::Grant(const std::string& user, const std::string& policy,
                     const Json& statement) {
  const Json document = {{"Version", "1"},
                         {"Statement", Json::array({statement})}};
  Do(Rpc("CreatePolicy",
         {{"PolicyName", policy}, {"PolicyDocument", document.dump()}}));
  Do(Rpc(
      "AttachPolicyToUser",
      {{"PolicyType", "Custom"}, {"PolicyName", policy}, {"UserName", user}}));
}

void Platform::MakeFunction(const std::string& name) {
  Do(Fc("CreateFunction", "POST", "/functions", FunctionBody(name)));
}

std::string Platform::FunctionArn(const std::string& name) const {
  return "acs:fc:" + std::string(kRegion) + ":" + account + ":functions/" +
         name;
}

std::vector<Json> Platform::Audit(size_t count) const {
  std::vector<Json> records;
  for (const AuditTrail::Line& line : Must(audit->Read(count, 0))) {
    records.push_back(Json::parse(line.json, nullptr, false));
  }
  return records;
}

}  // namespace writ::testing
