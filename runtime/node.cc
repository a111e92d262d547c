// SPDX-License-Identifier: Apache-2.0
#include "runtime/node.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "base/limits.h"
#include "base/log.h"
#include "crypto/random.h"
#include "crypto/x25519.h"

namespace writ {
namespace {

BootEpoch MakeBootEpoch() {
  BootEpoch epoch;
  RandomBytes(epoch);
  return epoch;
}

InvocationResult Refuse(uint32_t http_status, std::string_view code,
                        std::string_view message) {
  InvocationResult result;
  result.error = PlatformError{.http_status = http_status,
                               .code = std::string(code),
                               .message = std::string(message)};
  return result;
}

bool GrantFits(const Grant& grant, const FunctionRoute& route) {
  return grant.account == route.account && grant.function_arn == route.arn &&
         grant.function_name == route.name &&
         grant.function_revision == route.revision &&
         grant.code_digest == route.code_sha256;
}

}  // namespace

Node::Node(JailClient* jail, NodeBackend* backend, CodeFetcher* fetcher,
           const Clock* clock)
    : jail_(jail),
      backend_(backend),
      fetcher_(fetcher),
      clock_(clock),
      node_id_("node-" + RandomHex(8)),
      boot_epoch_(MakeBootEpoch()),
      verifier_(node_id_, boot_epoch_, clock) {}

Node::~Node() {
  std::map<std::string, std::shared_ptr<Instance>, std::less<>> instances;
  {
    const MutexLock lock(&mu_);
    stopping_ = true;
    changed_.notify_all();
    instances.swap(instances_);
  }
  if (reaper_.joinable()) reaper_.join();
  for (const auto& [id, instance] : instances) {
    instance->Stop(EndCause::kRetired);
  }
}

Result<Node::Registration> Node::Register(std::string_view authority_public_key,
                                          uint32_t key_id) {
  // A pair per registration: no key outlives the one that replaces it.
  const SecretBytes private_key = RandomSecret(32);
  WRIT_ASSIGN_OR_RETURN(const X25519KeyPair pair,
                        X25519KeyPair::FromPrivateKey(private_key));
  WRIT_ASSIGN_OR_RETURN(
      SecretBytes key,
      DeriveGrantKey(private_key, authority_public_key, boot_epoch_, key_id));
  verifier_.SetKey(key_id, std::move(key));
  Registration registration;
  registration.node_id = node_id_;
  registration.boot_epoch = boot_epoch_;
  registration.public_key.assign(
      reinterpret_cast<const char*>(pair.public_key().data()),
      pair.public_key().size());
  return registration;
}

Result<uint32_t> Node::FetchAndUnpack(
    const InstanceConfiguration& configuration) {
  WRIT_ASSIGN_OR_RETURN(
      const UniqueFd package,
      fetcher_->Fetch(configuration.code_url,
                      verifier_.ProveNode(PathAndQuery(configuration.code_url)),
                      configuration.code_size,
                      configuration.route.code_sha256));
  return jail_->UnpackCode(package.get());
}

Result<uint32_t> Node::TakeCode(const InstanceConfiguration& configuration) {
  const CodeKey key(configuration.route.account,
                    configuration.route.code_sha256);
  {
    const MutexLock lock(&mu_);
    if (const auto found = codes_.find(key); found != codes_.end()) {
      ++found->second.users;
      // Somebody else is fetching it; share the outcome.
      changed_.wait(mu_, [&found] {
        return found->second.ready || !found->second.status.ok();
      });
      if (found->second.ready) return found->second.slot;
      const Status status = found->second.status;
      if (--found->second.users == 0) codes_.erase(found);
      return status;
    }
    codes_[key].users = 1;
  }
  const Result<uint32_t> slot = FetchAndUnpack(configuration);
  const MutexLock lock(&mu_);
  const auto found = codes_.find(key);
  found->second.ready = slot.ok();
  found->second.status = slot.status();
  if (slot.ok()) found->second.slot = slot.value();
  changed_.notify_all();
  if (!slot.ok() && --found->second.users == 0) codes_.erase(found);
  return slot;
}

void Node::ReleaseCode(const CodeKey& key) {
  const MutexLock lock(&mu_);
  const auto found = codes_.find(key);
  if (found == codes_.end()) return;
  if (--found->second.users == 0) found->second.idle_since = clock_->Steady();
}

std::optional<std::string> Node::StartInstance(const StartRequest& request,
                                               PlatformError* error) {
  {
    const MutexLock lock(&mu_);
    const auto same = std::count_if(
        instances_.begin(), instances_.end(), [&request](const auto& entry) {
          return entry.second->route().account == request.account &&
                 entry.second->route().name == request.function_name;
        });
    if (static_cast<uint64_t>(same) >= kMaxInstancesPerFunction) {
      *error = {.http_status = 429,
                .code = "ResourceExhausted",
                .message = "the function has its most instances"};
      return std::nullopt;
    }
  }
  Result<InstanceConfiguration> configuration =
      backend_->GetInstanceSpec(request.start_ticket);
  if (!configuration.ok() || configuration->route.account != request.account ||
      configuration->route.name != request.function_name ||
      configuration->route.arn != request.function_arn ||
      configuration->route.revision != request.function_revision) {
    *error = {.http_status = 503,
              .code = "ResourceThrottled",
              .message = "the function has changed or is not available"};
    return std::nullopt;
  }
  const Result<uint32_t> code_slot = TakeCode(configuration.value());
  if (!code_slot.ok()) {
    const StatusCode code = code_slot.status().code();
    Log(LogLevel::kWarning, "code_not_ready",
        {{"error", code_slot.status().message()}});
    if (code == StatusCode::kInvalidArgument) {
      *error = {.http_status = 400,
                .code = "InvalidArgument",
                .message = "the code package is refused: " +
                           std::string(code_slot.status().message())};
    } else {
      *error = {.http_status = 503,
                .code = "ResourceThrottled",
                .message = "the code is not available"};
    }
    return std::nullopt;
  }
  const CodeKey key(configuration->route.account,
                    configuration->route.code_sha256);
  const std::string id = "c-" + RandomHex(12);
  std::shared_ptr<Instance> instance =
      Instance::Start(id, std::move(configuration).value(), code_slot.value(),
                      jail_, clock_, error);
  if (instance == nullptr) {
    ReleaseCode(key);
    return std::nullopt;
  }
  const MutexLock lock(&mu_);
  instances_.emplace(id, std::move(instance));
  return id;
}

std::shared_ptr<Instance> Node::FindInstance(std::string_view id) {
  const MutexLock lock(&mu_);
  const auto found = instances_.find(id);
  return found == instances_.end() ? nullptr : found->second;
}

InvocationResult Node::Invoke(std::string_view grant,
                              std::string_view instance_id,
                              std::string_view body) {
  if (body.size() > kMaxInvokeBodyBytes) {
    return Refuse(413, "EntityTooLarge", "the event is too large");
  }
  // The place first: a grant is good for one use, and an instance that is full
  // or gone must not cost it.
  const std::shared_ptr<Instance> instance = FindInstance(instance_id);
  if (instance == nullptr || !instance->TakePlace()) {
    const bool lost =
        instance == nullptr || instance->state() == InstanceState::kFailed;
    InvocationResult result =
        lost ? Refuse(503, "ResourceThrottled", "the instance is gone")
             : Refuse(429, "ResourceExhausted", "the instance is busy");
    result.instance_lost = lost;
    return result;
  }
  const Result<Grant> accepted = verifier_.Accept(grant, Sha256(body));
  if (!accepted.ok()) {
    instance->ReleasePlace();
    Log(LogLevel::kWarning, "grant_refused",
        {{"reason", StatusCodeName(accepted.status().code())}});
    if (accepted.status().code() == StatusCode::kResourceExhausted) {
      return Refuse(503, "ResourceThrottled", "the node is overloaded");
    }
    return Refuse(403, "AccessDenied", "the invocation grant is refused");
  }
  if (!GrantFits(accepted.value(), instance->route())) {
    instance->ReleasePlace();
    Log(LogLevel::kWarning, "grant_refused", {{"reason", "another function"}});
    return Refuse(403, "AccessDenied", "the invocation grant is refused");
  }
  Invocation invocation;
  invocation.request_id = accepted->request_id;
  invocation.qualifier = accepted->qualifier;
  invocation.body = body;
  InvocationResult result = instance->Invoke(invocation);
  if (!accepted->log_tail) result.log_tail.clear();
  if (result.instance_lost) {
    End(instance, instance->end_cause().value_or(EndCause::kExit));
  } else if (instance->state() == InstanceState::kDraining) {
    if (instance->Drain()) End(instance, EndCause::kRetired);
  }
  return result;
}

void Node::End(const std::shared_ptr<Instance>& instance, EndCause cause) {
  {
    const MutexLock lock(&mu_);
    if (instances_.erase(instance->id()) == 0) return;
  }
  instance->Stop(cause);
  ReleaseCode(
      CodeKey(instance->route().account, instance->route().code_sha256));
  backend_->ReportInstanceEnded(
      instance->id(), EndCauseName(instance->end_cause().value_or(cause)));
}

void Node::RetireInstances(std::string_view account,
                           std::string_view function_name,
                           uint64_t keep_revision) {
  std::vector<std::shared_ptr<Instance>> idle;
  {
    const MutexLock lock(&mu_);
    for (const auto& [id, instance] : instances_) {
      const FunctionRoute& route = instance->route();
      if (route.account != account || route.name != function_name ||
          (keep_revision != 0 && route.revision == keep_revision)) {
        continue;
      }
      if (instance->Drain()) idle.push_back(instance);
    }
  }
  for (const auto& instance : idle) End(instance, EndCause::kRetired);
}

uint32_t Node::InstanceCount() {
  const MutexLock lock(&mu_);
  return static_cast<uint32_t>(instances_.size());
}

uint32_t Node::FreeSlots() { return jail_->FreeInstanceSlots(); }

void Node::Reap() {
  const SteadyTime now = clock_->Steady();
  std::vector<std::pair<std::shared_ptr<Instance>, EndCause>> over;
  std::vector<uint32_t> unused;
  {
    const MutexLock lock(&mu_);
    for (const auto& [id, instance] : instances_) {
      if (instance->ended()) {
        // Between two invocations: nobody is waiting for it. With one running
        // that one ends it, and knows why.
        if (instance->Drain()) over.emplace_back(instance, EndCause::kExit);
      } else if (instance->state() == InstanceState::kReady &&
                 now - instance->idle_since() >
                     std::chrono::seconds(kInstanceIdleSeconds) &&
                 instance->Drain()) {
        over.emplace_back(instance, EndCause::kIdle);
      }
    }
    for (auto code = codes_.begin(); code != codes_.end();) {
      if (code->second.ready && code->second.users == 0 &&
          now - code->second.idle_since >
              std::chrono::seconds(kCodeIdleSeconds)) {
        unused.push_back(code->second.slot);
        code = codes_.erase(code);
      } else {
        ++code;
      }
    }
  }
  for (const auto& [instance, cause] : over) End(instance, cause);
  for (const uint32_t slot : unused) {
    if (const Status released = jail_->ReleaseCode(slot); !released.ok()) {
      Log(LogLevel::kWarning, "code_not_released",
          {{"error", released.message()}});
    }
  }
}

void Node::StartReaper() {
  reaper_ = std::thread([this] {
    while (true) {
      {
        const MutexLock lock(&mu_);
        if (changed_.wait_for(mu_, std::chrono::seconds(1),
                              [this] { return stopping_; })) {
          return;
        }
      }
      Reap();
    }
  });
}

}  // namespace writ
