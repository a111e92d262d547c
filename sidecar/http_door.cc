// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http_door.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"
#include "crypto/digest.h"
#include "http/server.h"
#include "sidecar/authzen.h"
#include "sidecar/http_answer.h"
#include "sidecar/listener_address.h"

namespace writ {
namespace {

using std::chrono::milliseconds;
using Json = nlohmann::ordered_json;

constexpr milliseconds kPieceTimeout{10000};
// How often certificate files are looked at.
constexpr milliseconds kLookAgain{2000};
constexpr uint64_t kMaxCertificateBytes = 1u << 20;
constexpr size_t kMaxHostBytes = 255;

std::string_view Field(const RequestHead& head, std::string_view name) {
  const std::string* const value = head.Single(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

bool IsJson(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  std::ranges::transform(type, type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return type == kJson;
}

bool IsHost(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostBytes &&
         std::ranges::all_of(host, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                  (c >= 'A' && c <= 'Z') ||
                  std::string_view("-._:[]").find(c) != std::string_view::npos;
         });
}

HttpResponse WrongMethod(std::string_view allowed) {
  HttpResponse response =
      ErrorAnswer(405, "this path takes " + std::string(allowed));
  response.headers.push_back({"allow", std::string(allowed)});
  return response;
}

// What the files of a listener's TLS hold.
struct TlsTexts {
  std::string certificate;
  SecretBytes key;
  std::string client_ca;

  Sha256Digest Digest() const {
    std::string all = certificate + '\0' + client_ca + '\0';
    all += key.text();
    const Sha256Digest digest = Sha256(all);
    WipeMemory(all.data(), all.size());
    return digest;
  }
};

Result<std::string> ReadPem(const std::string& path) {
  Result<std::string> text = ReadRegularFile(path, kMaxCertificateBytes);
  if (!text.ok()) return InvalidArgument(text.status().message());
  return text;
}

Result<TlsTexts> ReadTlsFiles(const TlsFiles& files) {
  TlsTexts texts;
  WRIT_ASSIGN_OR_RETURN(texts.certificate, ReadPem(files.certificate_file));
  WRIT_ASSIGN_OR_RETURN(std::string key, ReadPem(files.key_file));
  texts.key = SecretBytes::CopyOf(std::string_view(key));
  WipeMemory(key.data(), key.size());
  if (!files.client_ca_file.empty()) {
    WRIT_ASSIGN_OR_RETURN(texts.client_ca, ReadPem(files.client_ca_file));
  }
  return texts;
}

// What is wrong with texts, with the files that they are from.
Status WithFiles(const Status& status, const TlsFiles& files) {
  if (status.ok() || !files.enabled()) return status;
  std::string what(status.message());
  what += " (certificate `" + files.certificate_file + "`, key `" +
          files.key_file + "`";
  if (!files.client_ca_file.empty()) {
    what += ", client-ca `" + files.client_ca_file + "`";
  }
  return Status(status.code(), what + ")");
}

// One listener and its server.
class Listener {
 public:
  Listener(const ListenerConfig& config, const HttpDoor::Parts& parts)
      : config_(config), parts_(parts), authzen_(parts.point) {}

  Status Open() {
    WRIT_ASSIGN_OR_RETURN(address_, ParseListenerAddress(config_.address));
    HttpServer::Options options;
    options.transport = HttpTransport::kPlain;
    options.max_connections = kMaxSidecarHttpConnections;
    options.max_body_bytes = kMaxBatchBytes;
    options.io_timeout = kPieceTimeout;
    options.error_form = [](int status, std::string_view,
                            std::string_view message) {
      return ErrorAnswer(status, message);
    };
    if (config_.tls.enabled()) {
      WRIT_ASSIGN_OR_RETURN(TlsTexts texts, ReadTlsFiles(config_.tls));
      served_ = texts.Digest();
      options.transport = HttpTransport::kTls;
      options.certificate_pem = std::move(texts.certificate);
      options.private_key_pem = std::move(texts.key);
      options.client_ca_pem = std::move(texts.client_ca);
    }
    WRIT_ASSIGN_OR_RETURN(fd_, BindListener(&address_, config_.socket_mode));
    Result<std::unique_ptr<HttpServer>> server = HttpServer::Make(
        std::move(options), fd_.get(),
        [this](const RequestHead& head, BodyReader* body) {
          return Handle(head, body);
        },
        parts_.clock);
    if (!server.ok()) return WithFiles(server.status(), config_.tls);
    server_ = std::move(server).value();
    return server_->Start();
  }

  std::string Address() const { return address_.ToString(); }

  // Takes the certificate files as they are now, if they are others.
  void LookAtCertificates() {
    if (!config_.tls.enabled()) return;
    Result<TlsTexts> texts = ReadTlsFiles(config_.tls);
    if (!texts.ok()) {
      // Told once, until the files can be read again.
      if (!std::exchange(unreadable_, true)) TellWhyNot(texts.status());
      return;
    }
    unreadable_ = false;
    const Sha256Digest digest = texts->Digest();
    if (digest == served_ || digest == refused_) return;
    const Status status =
        WithFiles(server_->ReplaceCertificate(texts->certificate, texts->key,
                                              texts->client_ca),
                  config_.tls);
    (status.ok() ? served_ : refused_) = digest;
    if (!status.ok()) return TellWhyNot(status);
    Log(LogLevel::kInfo, "certificate_replaced",
        {{"listener", config_.rules.name}});
  }

  void Stop(milliseconds grace) {
    if (server_ == nullptr || !fd_.valid()) return;
    server_->Stop(grace);
    fd_.Reset();
    if (address_.is_unix()) {
      // What stays is replaced by the next server at this path.
      [[maybe_unused]] const Status removed =
          RemoveStaleSocket(address_.socket_path);
    }
  }

 private:
  void TellWhyNot(const Status& status) const {
    Log(LogLevel::kWarning, "certificate_not_replaced",
        {{"listener", config_.rules.name}, {"why", status.message()}});
  }

  HttpResponse Handle(const RequestHead& head, BodyReader* body) {
    HttpResponse response = Route(head, body);
    if (const std::string* id = head.Single("x-request-id")) {
      response.headers.push_back({"x-request-id", *id});
    }
    return response;
  }

  HttpResponse Route(const RequestHead& head, BodyReader* body) {
    const std::string& path = head.raw_path;
    if (const auto endpoint = AuthZenEndpointAt(path)) {
      return Ask(head, *endpoint, body);
    }
    using Page = HttpResponse (Listener::*)(const RequestHead&) const;
    constexpr std::pair<std::string_view, Page> kPages[] = {
        {"/healthz", &Listener::Health},
        {"/readyz", &Listener::Readiness},
        {"/metrics", &Listener::MetricsPage},
        {"/.well-known/authzen-configuration", &Listener::Configuration}};
    for (const auto& [known, page] : kPages) {
      if (path != known) continue;
      if (head.method != "GET" && head.method != "HEAD") {
        return WrongMethod("GET, HEAD");
      }
      return (this->*page)(head);
    }
    return ErrorAnswer(404, "there is nothing at this path");
  }

  Result<Asker> WhoAsks(const RequestHead& head) const {
    const auto times =
        std::ranges::count(head.headers, "authorization", &HeaderField::name);
    if (times > 1) {
      return Unauthenticated("`authorization` stands more than once");
    }
    const std::vector<std::string_view> names(head.peer_names.begin(),
                                              head.peer_names.end());
    return Identify(config_.rules,
                    {.authorization = Field(head, "authorization"),
                     .certificate_names = names});
  }

  HttpResponse Ask(const RequestHead& head, AuthZenEndpoint endpoint,
                   BodyReader* body) const {
    if (head.method != "POST") return WrongMethod("POST");
    const Result<Asker> asker = WhoAsks(head);
    if (!asker.ok()) {
      parts_.point->CountRefused(AuthZenProtocol(endpoint), asker.status());
      return RefusalAnswer(asker.status());
    }
    if (!IsJson(Field(head, "content-type"))) {
      return ErrorAnswer(415, "the content-type must be application/json");
    }
    const uint64_t limit = AuthZenBodyLimit(endpoint);
    std::string text;
    std::string piece;
    do {
      // The connection is broken or malformed; the server knows.
      if (!body->Read(&piece)) return ErrorAnswer(400, "the body is cut short");
      if (text.size() + piece.size() > limit) {
        return ErrorAnswer(
            413, "the body has more than " + std::to_string(limit) + " bytes");
      }
      text += piece;
    } while (!piece.empty());
    return authzen_.Answer(*asker, endpoint, text);
  }

  HttpResponse Health(const RequestHead&) const {
    return TextAnswer(200, "ok\n");
  }

  HttpResponse Readiness(const RequestHead& head) const {
    const bool ready = parts_.point->Ready();
    const int status = ready ? 200 : 503;
    const Result<Asker> asker = WhoAsks(head);
    if (!asker.ok() || !asker->May(Right::kMetrics)) {
      return TextAnswer(status, ready ? "ready\n" : "not ready\n");
    }
    const BundleSourceState state = parts_.state();
    Json json;
    json["ready"] = ready;
    if (state.serving) {
      json["revision"] = state.revision;
      json["digest"] = state.digest;
    }
    json["last_attempt"] = state.last_attempt;
    json["last_success"] = state.last_success;
    json["last_error"] = state.last_error;
    return JsonAnswer(
        status, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  HttpResponse MetricsPage(const RequestHead& head) const {
    const Result<Asker> asker = WhoAsks(head);
    if (!asker.ok()) return RefusalAnswer(asker.status());
    if (!asker->May(Right::kMetrics)) {
      return ErrorAnswer(403, "the caller lacks the right `metrics`");
    }
    HttpResponse response = TextAnswer(200, parts_.metrics->Text());
    response.headers.front().value = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }

  HttpResponse Configuration(const RequestHead& head) const {
    const std::string_view host = Field(head, "host");
    if (!IsHost(host)) return ErrorAnswer(400, "the `host` is no host");
    return AuthZen::Configuration(
        (head.secure_transport ? "https://" : "http://") + std::string(host));
  }

  const ListenerConfig& config_;
  const HttpDoor::Parts& parts_;
  const AuthZen authzen_;
  ListenerAddress address_;
  UniqueFd fd_;
  std::unique_ptr<HttpServer> server_;
  // Looked at and changed by LookAtCertificates only, one call at a time.
  Sha256Digest served_ = {};
  Sha256Digest refused_ = {};
  bool unreadable_ = false;
};

class Doors final : public HttpDoor {
 public:
  explicit Doors(const Parts& parts) : parts_(parts) {}
  ~Doors() override { Shutdown(milliseconds(0)); }

  Status Open(std::span<const ListenerConfig> listeners) {
    bool any_tls = false;
    for (const ListenerConfig& config : listeners) {
      if (config.kind != ListenerKind::kHttp) continue;
      auto listener = std::make_unique<Listener>(config, parts_);
      const Status opened = listener->Open();
      if (!opened.ok()) {
        return Status(opened.code(), "listener `" + config.rules.name +
                                         "`: " + std::string(opened.message()));
      }
      any_tls |= config.tls.enabled();
      listeners_.push_back(std::move(listener));
    }
    if (any_tls) watcher_ = std::thread([this] { Watch(); });
    return OkStatus();
  }

  std::vector<std::string> Addresses() const override {
    std::vector<std::string> addresses;
    for (const auto& listener : listeners_) {
      addresses.push_back(listener->Address());
    }
    return addresses;
  }

  void ReloadCertificates() override {
    const std::lock_guard lock(looking_);
    for (const auto& listener : listeners_) listener->LookAtCertificates();
  }

  void Shutdown(milliseconds grace) override {
    {
      const std::lock_guard lock(mu_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (watcher_.joinable()) watcher_.join();
    const SteadyTime deadline = parts_.clock->Steady() + grace;
    for (const auto& listener : listeners_) {
      const auto left =
          std::chrono::ceil<milliseconds>(deadline - parts_.clock->Steady());
      listener->Stop(std::max(left, milliseconds(0)));
    }
  }

 private:
  void Watch() {
    std::unique_lock lock(mu_);
    while (!wake_.wait_for(lock, kLookAgain, [this] { return stopping_; })) {
      lock.unlock();
      ReloadCertificates();
      lock.lock();
    }
  }

  const Parts parts_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::mutex looking_;
  std::mutex mu_;
  std::condition_variable wake_;
  bool stopping_ = false;  // behind mu_
  std::thread watcher_;
};

}  // namespace

Result<std::unique_ptr<HttpDoor>> HttpDoor::Start(
    std::span<const ListenerConfig> listeners, const Parts& parts) {
  auto doors = std::make_unique<Doors>(parts);
  WRIT_RETURN_IF_ERROR(doors->Open(listeners));
  return std::unique_ptr<HttpDoor>(std::move(doors));
}

}  // namespace writ
