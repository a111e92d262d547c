// SPDX-License-Identifier: Apache-2.0
#include "daemon/core_adapters.h"

#include <chrono>

#include "base/limits.h"
#include "control/router.h"
#include "crypto/hex.h"

namespace writ {
namespace {

FunctionRoute RouteOf(const FunctionEntry& entry) {
  FunctionRoute route;
  route.account = entry.account;
  route.name = entry.name;
  route.arn = entry.arn;
  route.revision = entry.revision;
  route.code_sha256 = entry.code_sha256;
  route.code_checksum = entry.code_checksum;
  route.runtime = entry.runtime;
  route.timeout_seconds = entry.timeout_seconds;
  route.memory_mb = entry.memory_mb;
  route.instance_concurrency = entry.instance_concurrency;
  return route;
}

AuditEntry EntryOf(const InvocationAudit& record) {
  AuditEntry entry;
  entry.request_id = record.request_id;
  entry.operation = "InvokeFunction";
  if (!record.caller.arn.empty()) {
    entry.principal = record.caller.arn;
    entry.access_key_id = record.caller.access_key_id;
  }
  entry.source_ip = record.source_ip;
  entry.resource = record.resource;
  if (record.snapshot != nullptr) {
    entry.SetDecision(record.decision, *record.snapshot);
  }
  entry.http_status = record.http_status;
  entry.code = record.code;
  entry.unsigned_headers = record.unsigned_headers;
  return entry;
}

}  // namespace

std::optional<FunctionRoute> DirectoryFunctions::FindRoute(
    std::string_view account, std::string_view name) const {
  const std::optional<FunctionEntry> entry =
      directory_->FindFunction(account, name);
  if (!entry) return std::nullopt;
  return RouteOf(*entry);
}

Result<InstanceConfiguration> DirectoryFunctions::GetInstanceConfiguration(
    std::string_view account, std::string_view name, uint64_t revision,
    std::string_view node_id) const {
  WRIT_ASSIGN_OR_RETURN(FunctionStart start, directory_->GetFunctionForStart(
                                                 account, name, revision));
  InstanceConfiguration configuration;
  WRIT_ASSIGN_OR_RETURN(
      configuration.code_url,
      urls_->Mint(account, HexEncode(start.entry.code_sha256), node_id,
                  std::chrono::seconds(kTemporaryUrlSeconds), clock_->Now()));
  configuration.route = RouteOf(start.entry);
  configuration.region = directory_->region();
  configuration.handler = std::move(start.handler);
  configuration.cpu = start.cpu;
  configuration.disk_mb = start.disk_mb;
  configuration.command = std::move(start.command);
  configuration.port = start.port;
  configuration.environment = std::move(start.environment);
  configuration.code_size = start.entry.code_size_bytes;
  configuration.initializer_handler = std::move(start.initializer_handler);
  configuration.initializer_timeout_seconds = start.initializer_timeout_seconds;
  return configuration;
}

Status GroupedAudit::Append(const InvocationAudit& record) {
  Waiter self;
  self.entry = EntryOf(record);
  mu_.Lock();
  waiting_.push_back(&self);
  while (!self.done && writing_) changed_.wait(mu_);
  if (self.done) {
    mu_.Unlock();
    return self.status;
  }
  // Nobody writes: this thread does, for all that wait by now.
  writing_ = true;
  const std::vector<Waiter*> group = std::exchange(waiting_, {});
  mu_.Unlock();
  std::vector<AuditEntry> entries;
  for (Waiter* waiter : group) entries.push_back(std::move(waiter->entry));
  const Status status = trail_->Append(std::move(entries));
  mu_.Lock();
  for (Waiter* waiter : group) {
    waiter->status = status;
    waiter->done = true;
  }
  writing_ = false;
  changed_.notify_all();
  mu_.Unlock();
  return status;
}

HttpResponse ControlAdapter::Handle(const RequestHead& head, BodyReader* body,
                                    std::string_view request_id) {
  return api_->Handle(head, body, request_id);
}

std::optional<InvocationTarget> ControlAdapter::ClassifyInvocation(
    const RequestHead& head) const {
  const RouteMatch match = Router::Match(head);
  if (!Router::IsInvocation(match)) return std::nullopt;
  return InvocationTarget{std::string(match.parameters.Get("functionName")),
                          std::string(match.parameters.Get("qualifier"))};
}

}  // namespace writ
