// SPDX-License-Identifier: Apache-2.0
#include "sidecar/grpc_credentials.h"

#include <fcntl.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace writ {
namespace {

constexpr unsigned int kLookAtFilesSeconds = 1;

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

// gRPC finds out at the first handshake only; the one who starts the sidecar
// wants to know now.
Status CheckFiles(const TlsFiles& files) {
  for (const std::string* path :
       {&files.certificate_file, &files.key_file, &files.client_ca_file}) {
    if (path->empty()) continue;
    const UniqueFd file(::open(path->c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return ErrnoStatus("open `" + *path + "`", errno);
  }
  const std::unique_ptr<SSL_CTX, FreeSslContext> context(
      SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return InternalError("no memory for TLS");
  if (SSL_CTX_use_certificate_chain_file(context.get(),
                                         files.certificate_file.c_str()) != 1) {
    return InvalidArgument("`" + files.certificate_file +
                           "` is no certificate in PEM that can be read");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return InvalidArgument("`" + files.key_file +
                           "` is not the private key, in PEM, of `" +
                           files.certificate_file + "`");
  }
  if (!files.client_ca_file.empty() &&
      SSL_CTX_load_verify_locations(context.get(), files.client_ca_file.c_str(),
                                    nullptr) != 1) {
    return InvalidArgument("`" + files.client_ca_file +
                           "` has no certificate in PEM that can be read");
  }
  return OkStatus();
}

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

// The names in a client's certificate, as askers are configured with.
class CertificateNames {
 public:
  explicit CertificateNames(const grpc::ServerContext& context)
      : peer_(context.auth_context()) {
    if (peer_ == nullptr || !peer_->IsPeerAuthenticated()) return;
    Add("URI:", GRPC_PEER_URI_PROPERTY_NAME);
    Add("DNS:", GRPC_PEER_DNS_PROPERTY_NAME);
    for (const grpc::string_ref& name :
         peer_->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)) {
      const std::string_view text = View(name);
      // A common name cannot pass for a name of another kind.
      if (text.starts_with("URI:") || text.starts_with("DNS:")) continue;
      names_.emplace_back(text);
    }
    views_.assign(names_.begin(), names_.end());
  }
  std::span<const std::string_view> views() const { return views_; }

 private:
  void Add(std::string_view kind, const char* property) {
    for (const grpc::string_ref& name : peer_->FindPropertyValues(property)) {
      names_.push_back(std::string(kind).append(View(name)));
    }
  }

  const std::shared_ptr<const grpc::AuthContext> peer_;
  std::vector<std::string> names_;
  std::vector<std::string_view> views_;
};

}  // namespace

Result<std::shared_ptr<grpc::ServerCredentials>> ListenerCredentials(
    const TlsFiles& files) {
  if (!files.enabled()) return grpc::InsecureServerCredentials();
  WRIT_RETURN_IF_ERROR(CheckFiles(files));
  using grpc::experimental::FileWatcherCertificateProvider;
  const bool asks_clients = !files.client_ca_file.empty();
  const auto provider =
      asks_clients
          ? std::make_shared<FileWatcherCertificateProvider>(
                files.key_file, files.certificate_file, files.client_ca_file,
                kLookAtFilesSeconds)
          : std::make_shared<FileWatcherCertificateProvider>(
                files.key_file, files.certificate_file, kLookAtFilesSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (asks_clients) {
    options.watch_root_certs();
    options.set_cert_request_type(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

Result<Asker> IdentifyCaller(const ListenerConfig& listener,
                             const grpc::ServerContext& context) {
  Credentials credentials;
  const auto [first, last] =
      context.client_metadata().equal_range("authorization");
  if (first != last) {
    if (std::next(first) != last) {
      return Unauthenticated("there are several `authorization` headers");
    }
    credentials.authorization = View(first->second);
  }
  if (listener.tls.client_ca_file.empty()) {
    return Identify(listener.rules, credentials);
  }
  const CertificateNames names(context);
  credentials.certificate_names = names.views();
  return Identify(listener.rules, credentials);
}

}  // namespace writ
