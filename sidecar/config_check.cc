// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>

#include "base/limits.h"
#include "sidecar/config.h"
#include "sidecar/listener_address.h"

namespace writ {
namespace {

// Collects what is wrong, one line for each.
class Complaints {
 public:
  void Add(std::string_view what) {
    if (!text_.empty()) text_ += "\n";
    text_ += what;
  }
  Status status() const {
    return text_.empty() ? OkStatus() : InvalidArgument(text_);
  }

 private:
  std::string text_;
};

void CheckBundle(const BundleSourceOptions& bundle, Complaints* complaints) {
  if (bundle.location.empty()) {
    complaints->Add("no bundle: set `bundle.location` or --bundle");
  }
  if (bundle.key_files.empty()) {
    complaints->Add(
        "no key to verify bundles with: set `bundle.keys` or --pub");
  }
  if (bundle.revision && *bundle.revision < bundle.min_revision) {
    complaints->Add("`bundle.revision` is older than `bundle.min-revision`");
  }
  if (!bundle.location.starts_with("https://") &&
      (!bundle.ca_file.empty() || !bundle.token_file.empty())) {
    complaints->Add(
        "`bundle.ca-file` and `bundle.token-file` are for an https:// URL");
  }
}

void CheckAskers(const ListenerConfig& listener, bool local,
                 const std::string& where, Complaints* complaints) {
  if (listener.rules.askers.empty()) {
    complaints->Add(where + ": nobody may ask it: it has no asker");
  }
  std::set<std::string> names;
  for (const AskerRule& asker : listener.rules.askers) {
    if (!names.insert(asker.name).second) {
      complaints->Add(where + ": two askers have the name `" + asker.name +
                      "`");
    }
    if (asker.anybody() && !local) {
      complaints->Add(where + ": anybody may ask it as `" + asker.name +
                      "`; that is for Unix sockets and loopback addresses");
    }
    if (!asker.certificates.empty() && listener.tls.client_ca_file.empty()) {
      complaints->Add(where + ": the asker `" + asker.name +
                      "` is known by certificates; the listener needs "
                      "`tls.client-ca`");
    }
  }
}

void CheckListener(const ListenerConfig& listener, Complaints* complaints) {
  const std::string where = "listener `" + listener.rules.name + "`";
  const Result<ListenerAddress> address =
      ParseListenerAddress(listener.address);
  if (!address.ok()) {
    complaints->Add(where + ": " + std::string(address.status().message()));
    return;
  }
  const bool local = address.value().local();
  if (!local && !listener.tls.enabled()) {
    complaints->Add(where + ": `" + listener.address +
                    "` is beyond loopback and needs TLS");
  }
  if (listener.tls.certificate_file.empty() != listener.tls.key_file.empty() ||
      (!listener.tls.enabled() && !listener.tls.client_ca_file.empty())) {
    complaints->Add(where + ": TLS needs a certificate and its key");
  }
  if (listener.kind == ListenerKind::kHttp && listener.ext_authz) {
    complaints->Add(where + ": ext_authz is spoken over gRPC");
  }
  CheckAskers(listener, local, where, complaints);
}

void CheckDecisionLog(const DecisionLogOptions& log, Complaints* complaints) {
  if (log.sink == LogSink::kFile && log.path.empty()) {
    complaints->Add("the decision log needs `decision-log.path`");
  }
  if (log.sink == LogSink::kOtlp && !log.otlp_url.starts_with("https://") &&
      !log.otlp_url.starts_with("http://127.0.0.1:")) {
    complaints->Add(
        "the decision log needs `decision-log.otlp-url`: an https:// URL, or "
        "http://127.0.0.1:PORT/…");
  }
}

}  // namespace

Status CheckSidecarConfig(const SidecarConfig& config) {
  Complaints complaints;
  CheckBundle(config.bundle, &complaints);
  if (config.listeners.empty()) {
    complaints.Add(
        "no listener: set `[[listener]]`, or --listen or --http ADDRESS");
  }
  if (config.listeners.size() > kMaxListeners) {
    complaints.Add("more than " + std::to_string(kMaxListeners) + " listeners");
  }
  std::set<std::string> names;
  std::set<std::string> addresses;
  for (const ListenerConfig& listener : config.listeners) {
    CheckListener(listener, &complaints);
    if (!names.insert(listener.rules.name).second) {
      complaints.Add("two listeners have the name `" + listener.rules.name +
                     "`");
    }
    // Port 0 is another one for each.
    if (!listener.address.ends_with(":0") &&
        !addresses.insert(listener.address).second) {
      complaints.Add("two listeners have the address `" + listener.address +
                     "`");
    }
  }
  CheckDecisionLog(config.decision_log, &complaints);
  return complaints.status();
}

}  // namespace writ
