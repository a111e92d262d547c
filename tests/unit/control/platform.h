// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_CONTROL_PLATFORM_H_
#define WRIT_TESTS_UNIT_CONTROL_PLATFORM_H_

#include <atomic>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "auth/acs3.h"
#include "auth/authenticator.h"
#include "auth/nonce_window.h"
#include "base/clock.h"
#include "control/accounts.h"
#include "control/api.h"
#include "store/keyring.h"
#include "store/kv.h"

namespace writ::testing {

using Json = nlohmann::json;

// A Kv that can be told to fail.
class FragileKv final : public Kv {
 public:
  explicit FragileKv(std::unique_ptr<Kv> inner) : inner_(std::move(inner)) {}

  // Every write from now on fails after `good` more; -1: none fails.
  void FailWritesAfter(int good) { good_writes_ = good; }
  void FailReads(bool fail) { fail_reads_ = fail; }
  uint64_t writes() const { return writes_; }

  Result<KvEntry> Get(std::string_view key) const override;
  Result<std::vector<KvEntry>> Scan(std::string_view prefix,
                                    std::string_view after, size_t limit,
                                    KvOrder order) const override;
  Result<uint64_t> Write(const KvBatch& batch) override;
  uint64_t revision() const override { return inner_->revision(); }

 private:
  const std::unique_ptr<Kv> inner_;
  std::atomic<int> good_writes_{-1};
  std::atomic<bool> fail_reads_{false};
  std::atomic<uint64_t> writes_{0};
};

// Who signs: a key id and its secret.
struct Signer {
  std::string id;
  std::string secret;
};

using Parameters = std::map<std::string, std::string>;

// A request before it is signed.
struct Draft {
  std::string method = "POST";
  std::string path = "/";
  std::string query;
  std::string action;
  std::string version;
  std::string body;
  std::string content_type;
  std::string source_ip = "127.0.0.1";
};

// A whole control plane over memory, with a clock that stands still.
class Platform {
 public:
  Platform();
  ~Platform();

  Draft Rpc(std::string_view action, const Parameters& parameters) const;
  Draft Fc(std::string_view action, std::string_view method,
           std::string_view path, const Json& body = nullptr) const;

  RequestHead Sign(const Draft& draft, const Signer& signer) const;
  HttpResponse Send(const Draft& draft, const Signer& signer);
  HttpResponse SendHead(const RequestHead& head, std::string_view body);
  // Send as root, parsed; fails the test unless the answer is `status`.
  Json Do(const Draft& draft, int status = 200);
  Json DoAs(const Signer& signer, const Draft& draft, int status);

  // A user with a key, without policies.
  Signer MakeUser(const std::string& name);
  // Creates a policy and attaches it.
  void Grant(const std::string& user, const std::string& policy,
             const Json& statement);
  void MakeFunction(const std::string& name);
  std::string FunctionArn(const std::string& name) const;

  // The newest audit records, newest first.
  std::vector<Json> Audit(size_t count) const;

  // Opens everything again on the same records.
  void Restart();

  FakeClock clock;
  std::unique_ptr<FragileKv> kv;
  std::unique_ptr<FileKeyProvider> provider;
  std::unique_ptr<Keyring> keyring;
  std::unique_ptr<MetadataStore> store;
  std::unique_ptr<ArtifactStore> artifacts;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<Gate> gate;
  std::unique_ptr<AuditTrail> audit;
  std::unique_ptr<NonceWindow> nonces;
  std::unique_ptr<Authenticator> authenticator;
  std::unique_ptr<TemporaryUrls> urls;
  std::unique_ptr<ControlApi> api;
  std::string account;
  Signer root;

 private:
  std::string scratch_;
  int next_request_ = 0;
};

// A ZIP archive as far as the control plane looks.
std::string ZipBytes(std::string_view content = "code");

// A CreateFunction body that is good.
Json FunctionBody(const std::string& name);

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_CONTROL_PLATFORM_H_
