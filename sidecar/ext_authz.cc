// SPDX-License-Identifier: Apache-2.0
#include "sidecar/ext_authz.h"

#include <array>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "authz/text.h"
#include "base/limits.h"
#include "sidecar/http_names.h"

namespace writ {
namespace {

namespace auth = envoy::service::auth::v3;
namespace core = envoy::config::core::v3;
using HttpRequest = auth::AttributeContext::HttpRequest;

constexpr std::string_view kHttpKeys = "http:";
constexpr std::string_view kDecisionHeader = "x-writ-decision-id";
constexpr std::string_view kRevisionHeader = "x-writ-revision";
constexpr std::string_view kNobody = "*";

// The value of a header; nothing when it is not there.
//
// Errors  kInvalidArgument  it stands there several times, or is no UTF-8
Result<std::optional<std::string_view>> FindHeader(const HttpRequest& http,
                                                   const std::string& name) {
  std::optional<std::string_view> found;
  const auto entry = http.headers().find(name);
  if (entry != http.headers().end()) found = entry->second;
  for (const core::HeaderValue& header : http.header_map().headers()) {
    if (!EqualFolded(header.key(), name)) continue;
    if (found) {
      return InvalidArgument("the header `" + name + "` stands there twice");
    }
    found = header.raw_value().empty() ? header.value() : header.raw_value();
  }
  return found;
}

// `template_text` with its names in braces replaced.
std::string Filled(
    std::string_view template_text,
    std::span<const std::pair<std::string_view, std::string_view>> values) {
  std::string text;
  while (!template_text.empty()) {
    bool replaced = false;
    if (template_text.front() == '{') {
      for (const auto& [name, value] : values) {
        if (!template_text.starts_with(name)) continue;
        text += value;
        template_text.remove_prefix(name.size());
        replaced = true;
        break;
      }
    }
    if (replaced) continue;
    text += template_text.front();
    template_text.remove_prefix(1);
  }
  return text;
}

void AddHeader(
    std::string_view name, std::string_view value,
    google::protobuf::RepeatedPtrField<core::HeaderValueOption>* headers) {
  core::HeaderValueOption* const header = headers->Add();
  header->mutable_header()->set_key(std::string(name));
  header->mutable_header()->set_value(std::string(value));
  // What a client sent under our names must not reach the service.
  header->set_append_action(
      core::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD);
}

// How the status of a question that got no decision looks to the client.
std::pair<envoy::type::v3::StatusCode, std::string_view> ToHttp(
    StatusCode code) {
  return code == StatusCode::kInvalidArgument
             ? std::pair(envoy::type::v3::BadRequest,
                         std::string_view("BadRequest"))
             : std::pair(envoy::type::v3::ServiceUnavailable,
                         std::string_view("AuthorizationUnavailable"));
}

// `body_members` is JSON without its braces.
void Deny(StatusCode code, std::string_view message,
          envoy::type::v3::StatusCode http_status, std::string body_members,
          auth::CheckResponse* response) {
  response->mutable_status()->set_code(static_cast<int>(code));
  response->mutable_status()->set_message(std::string(message));
  auth::DeniedHttpResponse* const denied = response->mutable_denied_response();
  denied->mutable_status()->set_code(http_status);
  AddHeader("content-type", "application/json", denied->mutable_headers());
  denied->set_body("{" + body_members + "}\n");
}

}  // namespace

// A request of Envoy as a question. Stays where it is made: the question looks
// into it.
class ExtAuthz::Mapped {
 public:
  Status Read(const ExtAuthzMapping& mapping, const ListenerRules& listener,
              const auth::AttributeContext& attributes);
  const Question& question() const { return question_; }

 private:
  Status ReadPrincipal(const ExtAuthzMapping& mapping,
                       const auth::AttributeContext& attributes);
  Status ReadContext(const ExtAuthzMapping& mapping,
                     const ListenerRules& listener,
                     const auth::AttributeContext& attributes);
  void Add(std::string_view key, std::string_view value);

  Question question_;
  std::string_view path_;
  std::string host_;
  std::string action_;
  std::string resource_;
  std::array<std::string_view, 1> resources_;
  // Neither moves what it has when it grows.
  std::deque<std::string> keys_;
  std::deque<std::array<std::string_view, 1>> values_;
  std::vector<ContextEntry> context_;
};

Status ExtAuthz::Mapped::Read(const ExtAuthzMapping& mapping,
                              const ListenerRules& listener,
                              const auth::AttributeContext& attributes) {
  const HttpRequest& http = attributes.request().http();
  WRIT_RETURN_IF_ERROR(CheckMethod(http.method()));
  WRIT_ASSIGN_OR_RETURN(path_, CanonicalPath(http.path()));
  WRIT_ASSIGN_OR_RETURN(host_, CanonicalHost(http.host()));
  const std::pair<std::string_view, std::string_view> values[] = {
      {"{method}", http.method()},
      {"{host}", host_},
      {"{path}", path_},
      {"{account}", mapping.account}};
  action_ = Filled(mapping.action, values);
  resource_ = Filled(mapping.resource, values);
  resources_ = {resource_};
  question_.request.action = action_;
  question_.request.resources = resources_;
  WRIT_RETURN_IF_ERROR(ReadPrincipal(mapping, attributes));
  return ReadContext(mapping, listener, attributes);
}

Status ExtAuthz::Mapped::ReadPrincipal(
    const ExtAuthzMapping& mapping, const auth::AttributeContext& attributes) {
  std::string_view& name = question_.request.principal.name;
  if (mapping.principal_from_certificate) {
    name = attributes.source().principal();
  } else {
    WRIT_ASSIGN_OR_RETURN(
        const std::optional<std::string_view> header,
        FindHeader(attributes.request().http(), mapping.principal_header));
    if (header) name = *header;
  }
  if (name.empty()) name = kNobody;
  return OkStatus();
}

void ExtAuthz::Mapped::Add(std::string_view key, std::string_view value) {
  values_.push_back({value});
  context_.push_back({key, values_.back()});
}

Status ExtAuthz::Mapped::ReadContext(const ExtAuthzMapping& mapping,
                                     const ListenerRules& listener,
                                     const auth::AttributeContext& attributes) {
  const HttpRequest& http = attributes.request().http();
  // Askers of other listeners may not say keys that are not theirs.
  if (listener.trusted || EqualFolded(listener.context_prefix, kHttpKeys)) {
    Add("http:Method", http.method());
    Add("http:Host", host_);
    Add("http:Path", path_);
    for (const std::string& name : mapping.headers) {
      WRIT_ASSIGN_OR_RETURN(const std::optional<std::string_view> value,
                            FindHeader(http, name));
      if (!value) continue;
      keys_.push_back("http:Header/" + name);
      Add(keys_.back(), *value);
    }
  }
  const std::string& address =
      attributes.source().address().socket_address().address();
  if (listener.trusted && !address.empty()) Add("acs:SourceIp", address);
  question_.request.context = context_;
  return OkStatus();
}

Status ExtAuthz::Decide(const Asker& asker, const CheckRequest& request) {
  Mapped mapped;
  const Status status =
      mapped.Read(mapping_, *asker.listener, request.attributes());
  if (!status.ok()) {
    point_.CountRefused(Protocol::kExtAuthz, status);
    return status;
  }
  return point_.Check(asker, Protocol::kExtAuthz, mapped.question(), &answer_);
}

void ExtAuthz::Check(const Asker& asker, const CheckRequest& request,
                     CheckResponse* response) {
  const Status status = Decide(asker, request);
  if (!status.ok()) return Refuse(status, response);
  const std::string revision = std::to_string(answer_.bundle->revision());
  const std::string& id = answer_.decision_id;
  if (answer_.decision.allowed()) {
    response->mutable_status()->set_code(0);
    auth::OkHttpResponse* const ok = response->mutable_ok_response();
    AddHeader(kRevisionHeader, revision, ok->mutable_headers());
    if (id.empty()) {
      ok->add_headers_to_remove(std::string(kDecisionHeader));
    } else {
      AddHeader(kDecisionHeader, id, ok->mutable_headers());
    }
  } else {
    std::string body = R"("code":"AccessDenied","revision":)" + revision;
    if (!id.empty()) body += R"(,"decision":")" + id + "\"";
    Deny(StatusCode::kPermissionDenied, "denied", envoy::type::v3::Forbidden,
         std::move(body), response);
    if (!id.empty()) {
      AddHeader(kDecisionHeader, id,
                response->mutable_denied_response()->mutable_headers());
    }
  }
  // The bundle may go when another takes its place.
  answer_.Clear();
}

void ExtAuthz::Refuse(const Status& status, CheckResponse* response) {
  const auto [http_status, name] = ToHttp(status.code());
  Deny(status.code(), status.message(), http_status,
       R"("code":")" + std::string(name) + "\"", response);
}

}  // namespace writ
