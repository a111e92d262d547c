// SPDX-License-Identifier: Apache-2.0
#include "cli/workload_engine.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <map>
#include <utility>

#include "authz/authorizer.h"
#include "authz/text.h"
#include "base/hash.h"

namespace writ {
namespace {

double MillisecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - begin)
      .count();
}

}  // namespace

Result<std::unique_ptr<const WorkloadEngine>> WorkloadEngine::Make(
    const Workload& workload, const CompileOptions& options) {
  std::vector<PolicyInput> inputs;
  inputs.reserve(workload.policies.size());
  for (const WorkloadPolicy& policy : workload.policies) {
    inputs.push_back({&policy.policy, policy.kind});
  }
  // Documents that several principals are bound by are one unit.
  std::map<std::vector<uint32_t>, uint32_t> numbers;
  std::vector<std::vector<uint32_t>> units;
  for (const WorkloadPrincipal& principal : workload.principals) {
    for (const WorkloadUnit& unit : principal.units) {
      const auto number = static_cast<uint32_t>(units.size());
      if (numbers.try_emplace(unit.policies, number).second) {
        units.push_back(unit.policies);
      }
    }
  }
  CompileOptions all = options;
  all.units = units;

  std::unique_ptr<WorkloadEngine> engine(new WorkloadEngine);
  auto begin = std::chrono::steady_clock::now();
  WRIT_ASSIGN_OR_RETURN(std::string image, CompileProgram(inputs, all));
  engine->compile_ms_ = MillisecondsSince(begin);
  begin = std::chrono::steady_clock::now();
  WRIT_ASSIGN_OR_RETURN(engine->program_, Program::Load(std::move(image)));
  engine->load_ms_ = MillisecondsSince(begin);

  engine->principals_ =
      std::vector<Principal>(std::bit_ceil(2 * workload.principals.size()));
  size_t attached = 0;
  for (const WorkloadPrincipal& principal : workload.principals) {
    attached += principal.units.size();
  }
  engine->attachments_.reserve(attached);
  for (const WorkloadPrincipal& principal : workload.principals) {
    if (principal.units.empty()) continue;
    const size_t first = engine->attachments_.size();
    for (const WorkloadUnit& unit : principal.units) {
      engine->attachments_.push_back({.program = engine->program_.get(),
                                      .unit = numbers[unit.policies],
                                      .kind = unit.kind,
                                      .level = unit.level,
                                      .depth = unit.depth});
    }
    Principal& slot = engine->principals_[engine->SlotOf(principal.name)];
    slot.name = principal.name;
    RequestPrincipal who;
    who.name = principal.arn;
    WRIT_CHECK(ReadPrincipal(who, &slot.caller));
    slot.attachments = std::span(engine->attachments_).subspan(first);
  }
  return std::unique_ptr<const WorkloadEngine>(std::move(engine));
}

size_t WorkloadEngine::SlotOf(std::string_view name) const noexcept {
  const size_t mask = principals_.size() - 1;
  size_t slot = HashBytes(name) & mask;
  while (!principals_[slot].attachments.empty() &&
         !EqualBytes(principals_[slot].name, name)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void WorkloadEngine::Decide(const WorkloadRequest& request, Decision* decision,
                            std::span<StatementRef> all) const noexcept {
  if (request.more.empty()) {
    const ContextEntry context[] = {
        {"acs:SourceIp", {&request.address, 1}},
        {"acs:SecureTransport", {&request.secure, 1}}};
    return DecideWith(request, context, decision, all);
  }
  std::array<ContextEntry, 2 + kMaxWorkloadKeys> context;
  context[0] = {"acs:SourceIp", {&request.address, 1}};
  context[1] = {"acs:SecureTransport", {&request.secure, 1}};
  const size_t more = std::min(request.more.size(), kMaxWorkloadKeys);
  std::copy_n(request.more.begin(), more, context.begin() + 2);
  DecideWith(request, std::span(context).first(2 + more), decision, all);
}

void WorkloadEngine::DecideWith(const WorkloadRequest& request,
                                std::span<const ContextEntry> context,
                                Decision* decision,
                                std::span<StatementRef> all) const noexcept {
  Request question;
  question.action = request.action;
  question.resources = {&request.resource, 1};
  question.context = context;
  const Principal& principal = principals_[SlotOf(request.name)];
  const Status status =
      DecideFor(principal.caller, question, principal, decision, all);
  if (!status.ok()) *decision = Decision();
}

ImageBytes MeasureImage(const Program& program) {
  enum Heat { Cold, Hot };
  ImageBytes bytes;
  size_t hot = 0;
#define SECTION(number, Name, member, Record, since, heat) \
  hot += heat == Hot ? program.view().member.bytes().size() : 0;
#include "authz/program/sections.def"
#undef SECTION
  bytes.hot = hot;
  bytes.cold = program.image().size() - hot;
  return bytes;
}

}  // namespace writ
