// SPDX-License-Identifier: Apache-2.0
#include "runtime/jail_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/jail/socket_packet.h"

namespace writ {

JailClient::JailClient(UniqueFd socket)
    : socket_(std::move(socket)),
      instance_slots_(kMaxInstancesPerNode, false),
      code_slots_(kMaxCodeSlots, false),
      reader_([this] { ReadAnswers(); }) {}

JailClient::~JailClient() {
  shutdown(socket_.get(), SHUT_RDWR);
  reader_.join();
}

void JailClient::ReadAnswers() {
  while (true) {
    JailReply reply;
    std::array<UniqueFd, kMaxJailDescriptors> descriptors;
    const Result<size_t> size =
        ReceivePacket(socket_.get(), &reply, sizeof(reply), descriptors);
    const MutexLock lock(&mu_);
    if (!size.ok() || size.value() != sizeof(reply) ||
        reply.magic != kJailMagic) {
      closed_ = true;
      answered_.notify_all();
      return;
    }
    const auto waiting = answers_.find(reply.tag);
    if (waiting == answers_.end()) continue;
    waiting->second.done = true;
    waiting->second.reply = reply;
    waiting->second.descriptors = std::move(descriptors);
    answered_.notify_all();
  }
}

Result<JailClient::Answer> JailClient::Call(JailRequest request,
                                            std::vector<int> descriptors) {
  {
    const MutexLock lock(&mu_);
    if (closed_) return Unavailable("the jail is gone");
    request.tag = next_tag_++;
    answers_.emplace(request.tag, Answer());
  }
  const Status sent =
      SendPacket(socket_.get(), &request, sizeof(request), descriptors);
  Answer answer;
  {
    const MutexLock lock(&mu_);
    if (sent.ok()) {
      answered_.wait(mu_, [this, &request] {
        return closed_ || answers_.at(request.tag).done;
      });
    }
    answer = std::move(answers_.at(request.tag));
    answers_.erase(request.tag);
  }
  if (!answer.done) return Unavailable("the jail is gone");
  const std::string_view detail(
      answer.reply.detail,
      std::min<size_t>(answer.reply.detail_bytes, sizeof(answer.reply.detail)));
  switch (answer.reply.error) {
    case JailError::kNone:
      return answer;
    case JailError::kBadPackage:
      return InvalidArgument(detail);
    case JailError::kBadRequest:
    case JailError::kSystem:
      break;
  }
  return Unavailable("the jail: " + std::string(detail));
}

Result<uint32_t> JailClient::TakeSlot(std::vector<bool>* slots) {
  const MutexLock lock(&mu_);
  const auto free = std::find(slots->begin(), slots->end(), false);
  if (free == slots->end()) return ResourceExhausted("no free slot");
  *free = true;
  return static_cast<uint32_t>(free - slots->begin());
}

Result<uint32_t> JailClient::UnpackCode(int package) {
  WRIT_ASSIGN_OR_RETURN(const uint32_t slot, TakeSlot(&code_slots_));
  JailRequest request;
  request.kind = JailRequestKind::kUnpackCode;
  request.code_slot = slot;
  const Result<Answer> answer = Call(request, {package});
  if (!answer.ok()) {
    const MutexLock lock(&mu_);
    code_slots_[slot] = false;
    return answer.status();
  }
  return slot;
}

Status JailClient::ReleaseCode(uint32_t code_slot) {
  JailRequest request;
  request.kind = JailRequestKind::kReleaseCode;
  request.code_slot = code_slot;
  const Status status = Call(request, {}).status();
  if (status.ok()) {
    const MutexLock lock(&mu_);
    code_slots_[code_slot] = false;
  }
  return status;
}

Result<JailClient::JailedInstance> JailClient::StartInstance(
    const InstanceWish& wish, int frames, int spec, int output) {
  WRIT_ASSIGN_OR_RETURN(const uint32_t slot, TakeSlot(&instance_slots_));
  JailRequest request;
  request.kind = JailRequestKind::kStartInstance;
  request.instance_slot = slot;
  request.code_slot = wish.code_slot;
  request.memory_mb = wish.memory_mb;
  request.cpu_milli = wish.cpu_milli;
  request.disk_mb = wish.disk_mb;
  Result<Answer> answer = Call(request, {frames, spec, output});
  if (!answer.ok()) {
    // A failed start leaves a sandbox that is still dying; the stop frees the
    // slot, or the slot was never taken.
    static_cast<void>(StopInstance(slot));
    const MutexLock lock(&mu_);
    instance_slots_[slot] = false;
    return answer.status();
  }
  JailedInstance instance;
  instance.slot = slot;
  instance.pidfd = std::move(answer->descriptors[0]);
  instance.memory_peak = std::move(answer->descriptors[1]);
  instance.oom_events = std::move(answer->descriptors[2]);
  return instance;
}

Status JailClient::StopInstance(uint32_t slot) {
  JailRequest request;
  request.kind = JailRequestKind::kStopInstance;
  request.instance_slot = slot;
  const Status status = Call(request, {}).status();
  if (status.ok()) {
    const MutexLock lock(&mu_);
    instance_slots_[slot] = false;
  }
  return status;
}

Status JailClient::SettleInstance(uint32_t slot) {
  JailRequest request;
  request.kind = JailRequestKind::kSettleInstance;
  request.instance_slot = slot;
  return Call(request, {}).status();
}

uint32_t JailClient::FreeInstanceSlots() {
  const MutexLock lock(&mu_);
  return static_cast<uint32_t>(
      std::count(instance_slots_.begin(), instance_slots_.end(), false));
}

}  // namespace writ
