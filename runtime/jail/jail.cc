// SPDX-License-Identifier: Apache-2.0
#include "runtime/jail/jail.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "runtime/jail/root_tree.h"
#include "runtime/jail/socket_packet.h"

namespace writ {
namespace {

// Sandboxes start with a whole CPU: 0.35 of one, FC's default, would stretch
// an interpreter's start over several periods.
constexpr uint32_t kStartCpuMilli = 1000;
constexpr uint32_t kMinCpuMilli = 50;
constexpr uint32_t kMinMemoryMb = 64;
constexpr uint64_t kMegabyte = 1u << 20;
constexpr int kBusyPollMs = 2;

int64_t NowMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

std::string InstanceGroup(uint32_t slot) { return "i" + std::to_string(slot); }
std::string CodeGroup(uint32_t slot) { return "u" + std::to_string(slot); }

void SendKill(const ChildProcess& child) {
  if (child.pidfd.valid()) {
    syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
  }
}

}  // namespace

Jail::Jail(CgroupRun groups, uint32_t uid_base, int node, int supervisor,
           int proc_fd, int null_fd)
    : groups_(std::move(groups)),
      uid_base_(uid_base),
      node_(node),
      supervisor_(supervisor),
      proc_fd_(proc_fd),
      null_fd_(null_fd) {}

void Jail::Answer(JailRequestKind kind, uint64_t tag, JailError error,
                  std::string_view detail, std::span<const int> descriptors) {
  JailReply reply;
  reply.kind = kind;
  reply.tag = tag;
  reply.error = error;
  reply.detail_bytes =
      static_cast<uint32_t>(std::min(detail.size(), sizeof(reply.detail)));
  std::memcpy(reply.detail, detail.data(), reply.detail_bytes);
  // A node that does not read is a node that is gone: the poll loop sees that.
  if (const Status sent = SendPacket(node_, &reply, sizeof(reply), descriptors);
      !sent.ok()) {
    Log(LogLevel::kWarning, "reply_not_sent", {{"error", sent.message()}});
  }
}

void Jail::Answer(const JailRequest& request, JailError error,
                  std::string_view detail) {
  Answer(request.kind, request.tag, error, detail, {});
}

bool Jail::ReceiveRequest() {
  JailRequest request;
  std::array<UniqueFd, kMaxJailDescriptors> descriptors;
  const Result<size_t> size =
      ReceivePacket(node_, &request, sizeof(request), descriptors);
  if (!size.ok()) {
    if (size.status().code() == StatusCode::kDataLoss) {
      Answer(JailRequest(), JailError::kBadRequest, "packet is cut off");
    }
    return true;
  }
  if (size.value() == 0) return false;
  if (size.value() != sizeof(request)) {
    Answer(JailRequest(), JailError::kBadRequest, "packet is too short");
    return true;
  }
  Handle(request, descriptors);
  return true;
}

void Jail::Handle(const JailRequest& request,
                  std::span<UniqueFd, kMaxJailDescriptors> descriptors) {
  const int expected = JailDescriptorCount(request.kind);
  const auto present = std::count_if(
      descriptors.begin(), descriptors.end(),
      [](const UniqueFd& descriptor) { return descriptor.valid(); });
  const bool reserved_clear =
      std::all_of(std::begin(request.reserved), std::end(request.reserved),
                  [](uint32_t word) { return word == 0; });
  if (request.magic != kJailMagic || expected < 0 || present != expected ||
      !reserved_clear || request.instance_slot >= kMaxInstancesPerNode ||
      request.code_slot >= kMaxCodeSlots) {
    Answer(request, JailError::kBadRequest, "malformed request");
    return;
  }
  switch (request.kind) {
    case JailRequestKind::kUnpackCode:
      return UnpackCode(request, descriptors[0].get());
    case JailRequestKind::kReleaseCode:
      return ReleaseCode(request);
    case JailRequestKind::kStartInstance:
      return StartInstance(request, descriptors);
    case JailRequestKind::kStopInstance:
      return StopInstance(request);
    case JailRequestKind::kSettleInstance:
      return SettleInstance(request);
  }
}

void Jail::UnpackCode(const JailRequest& request, int package) {
  CodeSlot& slot = codes_[request.code_slot];
  if (slot.used) {
    return Answer(request, JailError::kBadRequest, "code slot is in use");
  }
  const uint32_t user_id = uid_base_ +
                           static_cast<uint32_t>(2 * kMaxInstancesPerNode) +
                           request.code_slot;
  const std::string options =
      "mode=0755,size=" + std::to_string(kMaxUnpackedBytes) +
      ",nr_inodes=" + std::to_string(kMaxUnpackedFiles) +
      ",uid=" + std::to_string(user_id) + ",gid=" + std::to_string(user_id);
  const std::string tree = CodeTree(request.code_slot);
  if (mount("tmpfs", tree.c_str(), "tmpfs", MS_NOSUID | MS_NODEV,
            options.c_str()) != 0) {
    return Answer(request, JailError::kSystem, "mount a code tree");
  }
  slot.used = true;
  slot.ready = false;
  slot.tag = request.tag;
  slot.detail.clear();
  slot.deadline_ms = NowMs() + static_cast<int64_t>(kUnpackSeconds) * 1000;
  const std::string group = CodeGroup(request.code_slot);
  Status status = groups_.AddGroup(group);
  if (status.ok()) {
    status = groups_.SetLimits(
        group, {.memory_bytes = kMaxUnpackedBytes + 256 * kMegabyte,
                .cpu_milli = kStartCpuMilli,
                .max_processes = 4});
  }
  if (status.ok()) {
    Result<ChildProcess> child = ForkUnpacker(
        &groups_, group, request.code_slot, user_id, package, null_fd_);
    status = child.status();
    if (child.ok()) slot.unpacker = std::move(child).value();
  }
  if (!status.ok()) {
    DropCode(request.code_slot);
    Answer(request, JailError::kSystem, status.message());
  }
}

void Jail::DropCode(uint32_t slot) {
  CodeSlot& code = codes_[slot];
  code.unpacker.reset();
  // Detached: an instance that is still dying keeps its own view.
  umount2(CodeTree(slot).c_str(), MNT_DETACH);
  static_cast<void>(groups_.RemoveGroup(CodeGroup(slot)));
  code.used = false;
  code.ready = false;
}

void Jail::ReadUnpacker(uint32_t slot) {
  CodeSlot& code = codes_[slot];
  char text[200];
  const ssize_t size =
      recv(code.unpacker->socket.get(), text, sizeof(text), MSG_DONTWAIT);
  if (size <= 0) {
    if (size == 0) code.unpacker->socket.Reset();
    return;
  }
  if (static_cast<size_t>(size) == sizeof(SandboxFailure)) {
    SandboxFailure failure;
    std::memcpy(&failure, text, sizeof(failure));
    failure.step[sizeof(failure.step) - 1] = '\0';
    code.detail = ErrnoStatus(failure.step, failure.error_number).message();
  } else {
    code.detail.assign(text, static_cast<size_t>(size));
  }
}

void Jail::FinishUnpacking(uint32_t slot, int exit_code) {
  CodeSlot& code = codes_[slot];
  const uint64_t tag = code.tag;
  if (code.unpacker->socket.valid()) ReadUnpacker(slot);
  code.unpacker.reset();
  constexpr unsigned long kReadOnly =
      MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;
  if (exit_code == 0 && mount(nullptr, CodeTree(slot).c_str(), nullptr,
                              kReadOnly, nullptr) == 0) {
    code.ready = true;
    Answer(JailRequestKind::kUnpackCode, tag, JailError::kNone, "", {});
    return;
  }
  std::string detail = code.detail;
  if (detail.empty()) detail = "the package could not be unpacked";
  DropCode(slot);
  Answer(JailRequestKind::kUnpackCode, tag, JailError::kBadPackage, detail, {});
}

void Jail::ReleaseCode(const JailRequest& request) {
  CodeSlot& code = codes_[request.code_slot];
  const bool in_use =
      std::any_of(instances_.begin(), instances_.end(),
                  [&request](const InstanceSlot& instance) {
                    return instance.state > InstanceState::kParked &&
                           instance.code_slot == request.code_slot;
                  });
  if (!code.ready || in_use) {
    return Answer(request, JailError::kBadRequest, "code slot is not idle");
  }
  DropCode(request.code_slot);
  Answer(request, JailError::kNone, "");
}

Status Jail::Park(uint32_t slot) {
  InstanceSlot& instance = instances_[slot];
  const std::string group = InstanceGroup(slot);
  WRIT_RETURN_IF_ERROR(groups_.AddGroup(group));
  Result<ChildProcess> child = ForkInstance(&groups_, group, null_fd_);
  if (!child.ok()) {
    static_cast<void>(groups_.RemoveGroup(group));
    return child.status();
  }
  instance = InstanceSlot();
  instance.child = std::move(child).value();
  instance.state = InstanceState::kParked;
  return OkStatus();
}

// Keeps the lowest free slots parked: the node takes the lowest free slot too.
void Jail::ParkSome() {
  uint64_t ready = 0;
  for (uint32_t slot = 0; slot < instances_.size(); ++slot) {
    if (ready == kParkedInstances) return;
    if (instances_[slot].state == InstanceState::kParked) ++ready;
    if (instances_[slot].state != InstanceState::kFree) continue;
    if (const Status parked = Park(slot); !parked.ok()) {
      Log(LogLevel::kWarning, "not_parked", {{"error", parked.message()}});
      return;
    }
    ++ready;
  }
}

void Jail::StartInstance(const JailRequest& request,
                         std::span<UniqueFd, kMaxJailDescriptors> descriptors) {
  const uint32_t slot = request.instance_slot;
  InstanceSlot& instance = instances_[slot];
  if (!codes_[request.code_slot].ready ||
      instance.state > InstanceState::kParked) {
    return Answer(request, JailError::kBadRequest, "slot is not free");
  }
  if (instance.state == InstanceState::kFree) {
    if (const Status parked = Park(slot); !parked.ok()) {
      return Answer(request, JailError::kSystem, parked.message());
    }
  }
  const auto clamp = [](uint64_t wish, uint64_t least, uint64_t most) {
    return std::clamp(wish, least, most);
  };
  const uint64_t memory_mb =
      clamp(request.memory_mb, kMinMemoryMb, kMaxInstanceMemoryMb);
  instance.cpu_milli = static_cast<uint32_t>(
      clamp(request.cpu_milli, kMinCpuMilli, kMaxInstanceCpuMilli));
  instance.start_tag = request.tag;
  instance.code_slot = request.code_slot;
  instance.state = InstanceState::kStarting;
  const CgroupLimits limits = {
      .memory_bytes = memory_mb * kMegabyte,
      .cpu_milli = std::max(instance.cpu_milli, kStartCpuMilli),
      .max_processes = static_cast<uint32_t>(kMaxInstanceProcesses)};
  Status status = groups_.SetLimits(InstanceGroup(slot), limits);
  if (status.ok()) {
    SandboxOrder order;
    order.disk_mb =
        static_cast<uint32_t>(clamp(request.disk_mb, 1, kMaxInstanceDiskMb));
    const int passed[] = {descriptors[0].get(), descriptors[1].get(),
                          descriptors[2].get()};
    const UniqueFd tree(open_tree(AT_FDCWD, CodeTree(request.code_slot).c_str(),
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    const int code[] = {tree.get()};
    status = tree.valid() ? SendPacket(instance.child.socket.get(), &order,
                                       sizeof(order), code)
                          : ErrnoStatus("open the code", errno);
    if (status.ok()) {
      status = SendPacket(instance.child.socket.get(), &order, sizeof(order),
                          passed);
    }
  }
  if (!status.ok()) FailStart(slot, status.message());
}

Status Jail::WriteUserMap(uint32_t slot) {
  const std::string pid = std::to_string(instances_[slot].child.pid);
  const uint32_t first = uid_base_ + 2 * slot;
  const std::string map = "0 " + std::to_string(first) + " 2\n";
  for (const char* name : {"/uid_map", "/gid_map"}) {
    const UniqueFd file(
        openat(proc_fd_, (pid + name).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return ErrnoStatus("open a user map", errno);
    WRIT_RETURN_IF_ERROR(WriteAll(file.get(), map));
  }
  return OkStatus();
}

void Jail::ReadChild(uint32_t slot) {
  InstanceSlot& instance = instances_[slot];
  char packet[sizeof(SandboxFailure)];
  const ssize_t size =
      recv(instance.child.socket.get(), packet, sizeof(packet), MSG_DONTWAIT);
  if (size < 0) return;
  if (size == 0) {
    // A sandbox says why it fails before it ends, so this is a successful
    // exec, be init dead by now or not: its frames tell the rest.
    instance.child.socket.Reset();
    if (instance.state == InstanceState::kStarting) Started(slot);
    return;
  }
  if (size == 1 && packet[0] == kWantsUserMap &&
      instance.state == InstanceState::kStarting) {
    const Status mapped = WriteUserMap(slot);
    if (!mapped.ok()) return FailStart(slot, mapped.message());
    static_cast<void>(send(instance.child.socket.get(), &kUserMapStands, 1,
                           MSG_NOSIGNAL | MSG_DONTWAIT));
    return;
  }
  SandboxFailure failure;
  std::memcpy(&failure, packet, std::min(sizeof(failure), sizeof(packet)));
  failure.step[sizeof(failure.step) - 1] = '\0';
  const Status status = ErrnoStatus(failure.step, failure.error_number);
  Log(LogLevel::kWarning, "sandbox_failed", {{"error", status.message()}});
  FailStart(slot, status.message());
}

void Jail::FailStart(uint32_t slot, std::string_view detail) {
  InstanceSlot& instance = instances_[slot];
  const bool asked = instance.state == InstanceState::kStarting;
  Kill(slot);
  if (asked) {
    Answer(JailRequestKind::kStartInstance, instance.start_tag,
           JailError::kSystem, detail, {});
  }
}

void Jail::Started(uint32_t slot) {
  InstanceSlot& instance = instances_[slot];
  const std::string group = InstanceGroup(slot);
  Result<UniqueFd> peak = groups_.OpenMemoryPeak(group);
  Result<UniqueFd> events = groups_.OpenOomEvents(group);
  if (!peak.ok() || !events.ok()) {
    return FailStart(slot, "cannot open the instance's memory counters");
  }
  instance.state = InstanceState::kRunning;
  const int passed[] = {instance.child.pidfd.get(), peak->get(), events->get()};
  Answer(JailRequestKind::kStartInstance, instance.start_tag, JailError::kNone,
         "", passed);
}

void Jail::Kill(uint32_t slot) {
  // The child is the first process of its pid namespace: the kernel ends every
  // other one in it first, however fast they fork.
  SendKill(instances_[slot].child);
  instances_[slot].state = InstanceState::kStopping;
}

void Jail::StopInstance(const JailRequest& request) {
  InstanceSlot& instance = instances_[request.instance_slot];
  if (instance.state != InstanceState::kRunning &&
      instance.state != InstanceState::kStopping) {
    return Answer(request, JailError::kBadRequest, "no instance in this slot");
  }
  instance.stop_asked = true;
  instance.stop_tag = request.tag;
  Kill(request.instance_slot);
}

void Jail::SettleInstance(const JailRequest& request) {
  InstanceSlot& instance = instances_[request.instance_slot];
  if (instance.state != InstanceState::kRunning) {
    return Answer(request, JailError::kBadRequest, "no instance in this slot");
  }
  const Status status =
      groups_.SetCpu(InstanceGroup(request.instance_slot), instance.cpu_milli);
  Answer(request, status.ok() ? JailError::kNone : JailError::kSystem,
         status.message());
}

void Jail::Reap() {
  siginfo_t info = {};
  while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0) {
    const int exit_code = info.si_code == CLD_EXITED ? info.si_status : 255;
    for (uint32_t slot = 0; slot < instances_.size(); ++slot) {
      InstanceSlot& instance = instances_[slot];
      if (instance.state == InstanceState::kFree || instance.gone ||
          instance.child.pid != info.si_pid) {
        continue;
      }
      // Its last words may still be unread: at most a failure and the end.
      for (int i = 0; i < 2 && instance.child.socket.valid(); ++i) {
        ReadChild(slot);
      }
      // A sandbox that ends by itself keeps its slot until the node asks for
      // the stop, unless the node does not know of it yet.
      if (instance.state == InstanceState::kStarting) {
        FailStart(slot, "the sandbox ended");
      } else if (instance.state == InstanceState::kParked) {
        instance.state = InstanceState::kStopping;
      }
      instance.gone = true;
      instance.child.pidfd.Reset();
    }
    for (uint32_t slot = 0; slot < codes_.size(); ++slot) {
      if (codes_[slot].unpacker && codes_[slot].unpacker->pid == info.si_pid) {
        FinishUnpacking(slot, exit_code);
      }
    }
    info = {};
  }
}

bool Jail::SettleStopped() {
  bool waiting = false;
  for (uint32_t slot = 0; slot < instances_.size(); ++slot) {
    InstanceSlot& instance = instances_[slot];
    if (instance.state != InstanceState::kStopping) continue;
    if (!instance.gone || !groups_.RemoveGroup(InstanceGroup(slot)).ok()) {
      for (pid_t pid : groups_.Processes(InstanceGroup(slot))) {
        kill(pid, SIGKILL);
      }
      waiting = true;
      continue;
    }
    const bool asked = instance.stop_asked;
    const uint64_t tag = instance.stop_tag;
    instance = InstanceSlot();
    if (asked) {
      Answer(JailRequestKind::kStopInstance, tag, JailError::kNone, "", {});
    }
  }
  for (uint32_t slot = 0; slot < codes_.size(); ++slot) {
    if (codes_[slot].unpacker && NowMs() > codes_[slot].deadline_ms) {
      codes_[slot].detail = "unpacking took too long";
      SendKill(*codes_[slot].unpacker);
    }
  }
  return waiting;
}

void Jail::Shutdown() {
  for (uint32_t slot = 0; slot < instances_.size(); ++slot) {
    if (instances_[slot].state != InstanceState::kFree) {
      instances_[slot].stop_asked = false;
      Kill(slot);
    }
  }
  for (CodeSlot& code : codes_) {
    if (code.unpacker) SendKill(*code.unpacker);
  }
  const int64_t deadline = NowMs() + 4000;
  bool waiting = true;
  while (waiting && NowMs() < deadline) {
    Reap();
    waiting = SettleStopped();
    for (const CodeSlot& code : codes_) {
      waiting = waiting || code.unpacker.has_value();
    }
    if (waiting) poll(nullptr, 0, kBusyPollMs);
  }
  for (uint32_t slot = 0; slot < codes_.size(); ++slot) {
    if (codes_[slot].used) DropCode(slot);
  }
}

Status Jail::Run() {
  ParkSome();
  std::vector<pollfd> watched;
  while (true) {
    watched.clear();
    watched.push_back({node_, POLLIN, 0});
    watched.push_back({supervisor_, POLLIN, 0});
    for (const InstanceSlot& instance : instances_) {
      if (instance.child.socket.valid()) {
        watched.push_back({instance.child.socket.get(), POLLIN, 0});
      }
      if (instance.child.pidfd.valid() && !instance.gone) {
        watched.push_back({instance.child.pidfd.get(), POLLIN, 0});
      }
    }
    int timeout_ms = -1;
    for (const CodeSlot& code : codes_) {
      if (!code.unpacker) continue;
      timeout_ms = 1000;
      watched.push_back({code.unpacker->pidfd.get(), POLLIN, 0});
      if (code.unpacker->socket.valid()) {
        watched.push_back({code.unpacker->socket.get(), POLLIN, 0});
      }
    }
    const bool waiting = std::any_of(
        instances_.begin(), instances_.end(), [](const InstanceSlot& instance) {
          return instance.state == InstanceState::kStopping && instance.gone;
        });
    if (waiting) timeout_ms = kBusyPollMs;
    if (poll(watched.data(), watched.size(), timeout_ms) < 0 &&
        errno != EINTR) {
      return ErrnoStatus("wait", errno);
    }
    constexpr short kClosed = POLLHUP | POLLERR | POLLNVAL;
    if ((watched[1].revents & (kClosed | POLLIN)) != 0) {
      char byte = 0;
      if (recv(supervisor_, &byte, 1, MSG_DONTWAIT) <= 0) break;
    }
    if ((watched[0].revents & POLLIN) != 0) {
      if (!ReceiveRequest()) break;
    } else if ((watched[0].revents & kClosed) != 0) {
      break;
    }
    for (uint32_t slot = 0; slot < instances_.size(); ++slot) {
      if (instances_[slot].child.socket.valid()) ReadChild(slot);
    }
    for (uint32_t slot = 0; slot < codes_.size(); ++slot) {
      if (codes_[slot].unpacker && codes_[slot].unpacker->socket.valid()) {
        ReadUnpacker(slot);
      }
    }
    Reap();
    SettleStopped();
    ParkSome();
  }
  Shutdown();
  // Other roles may still be in the run's group: the supervisor removes it
  // then.
  static_cast<void>(groups_.RemoveRun());
  return OkStatus();
}

}  // namespace writ
