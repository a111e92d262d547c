// SPDX-License-Identifier: Apache-2.0
//
// A C caller's texts and lists become the engine's views. Their places are on
// the stack for every request of ordinary size, so that a decision through this
// interface takes no memory either.
#include "libwrit/writ.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "libwrit/error.h"

struct writ_program {
  std::unique_ptr<const writ::Program> program;
};

namespace writ {
namespace {

static_assert(WRIT_MAX_STATEMENTS == kMaxDeterminingStatements);
static_assert(sizeof(writ_statement_ref) == sizeof(StatementRef));
static_assert(WRIT_ALLOW == static_cast<int>(Verdict::kAllow) &&
              WRIT_EXPLICIT_DENY == static_cast<int>(Verdict::kExplicitDeny));
static_assert(WRIT_CONTROL == static_cast<int>(AttachmentKind::kControl) &&
              WRIT_SESSION == static_cast<int>(AttachmentKind::kSession));
static_assert(WRIT_LEVEL_ROOT == static_cast<int>(ControlLevel::kRoot));

std::string_view View(writ_text text) {
  return text.data == nullptr ? std::string_view()
                              : std::string_view(text.data, text.size);
}

// Room for `Size` items on the stack; for more, memory that may be refused.
template <typename Item, size_t Size>
class Room {
 public:
  explicit Room(size_t count) : count_(count) {
    if (count > Size) more_.reset(new (std::nothrow) Item[count]);
  }
  bool ok() const { return count_ <= Size || more_ != nullptr; }
  Item* data() { return count_ <= Size ? few_.data() : more_.get(); }
  std::span<Item> items() { return {data(), count_}; }

 private:
  const size_t count_;
  std::array<Item, Size> few_ = {};
  std::unique_ptr<Item[]> more_;
};

struct Rooms {
  Room<Attachment, 16> attachments;
  Room<std::string_view, 16> resources;
  Room<ContextEntry, 32> context;
  Room<std::string_view, 128> values;

  bool ok() const {
    return attachments.ok() && resources.ok() && context.ok() && values.ok();
  }
};

size_t ValueCount(const writ_request& request) {
  size_t count = 0;
  for (size_t i = 0; i < request.context_count; ++i) {
    count += request.context[i].value_count;
  }
  return count;
}

// False for an attachment without a program or with an unknown level.
bool TakeAttachments(const writ_attachment* attachments, Rooms* rooms) {
  const std::span<Attachment> to = rooms->attachments.items();
  for (size_t i = 0; i < to.size(); ++i) {
    const writ_attachment& from = attachments[i];
    if (from.program == nullptr || from.level > WRIT_LEVEL_ROOT ||
        from.unit >= from.program->program->unit_count()) {
      return false;
    }
    const Program& program = *from.program->program;
    to[i].program = &program;
    to[i].unit = from.unit;
    to[i].kind = static_cast<AttachmentKind>(program.UnitKind(from.unit));
    to[i].resource_group_scope = from.resource_group_scope != 0;
    to[i].group = View(from.group);
    to[i].level = static_cast<ControlLevel>(from.level);
    to[i].depth = from.depth;
    to[i].account = View(from.account);
  }
  return true;
}

Request TakeRequest(const writ_request& from, Rooms* rooms) {
  const std::span<std::string_view> resources = rooms->resources.items();
  for (size_t i = 0; i < resources.size(); ++i) {
    resources[i] = View(from.resources[i]);
  }
  const std::span<ContextEntry> context = rooms->context.items();
  std::string_view* value = rooms->values.data();
  for (size_t i = 0; i < context.size(); ++i) {
    const writ_context& entry = from.context[i];
    std::string_view* const first = value;
    for (size_t k = 0; k < entry.value_count; ++k) {
      *value++ = View(entry.values[k]);
    }
    context[i] = {View(entry.key), {first, entry.value_count}};
  }
  Request request;
  request.principal.name = View(from.principal);
  request.principal.id = View(from.principal_id);
  request.principal.account = View(from.account);
  request.principal.declared =
      static_cast<RequestPrincipal::Declared>(from.principal_type);
  request.principal.in_management_account = from.in_management_account != 0;
  request.action = View(from.action);
  request.resources = resources;
  request.resource_group = View(from.resource_group);
  request.context = context;
  return request;
}

// Names are string literals, so their texts end with NUL.
template <typename Value, typename Name>
const char* NameOf(uint32_t number, uint32_t last, Name name) {
  return number > last ? "" : name(static_cast<Value>(number)).data();
}

void Answer(const Decision& from, writ_decision* to) {
  to->verdict = static_cast<uint32_t>(from.verdict);
  to->layer = static_cast<uint32_t>(from.layer);
  to->reason = static_cast<uint32_t>(from.reason);
  to->resource = from.resource;
  to->statement_count = from.statement_count;
  for (size_t i = 0; i < from.statements.size(); ++i) {
    to->statements[i] = {from.statements[i].policy,
                         from.statements[i].statement};
  }
}

Status DecideInC(const writ_request& request,
                 const writ_attachment* attachments, size_t attachment_count,
                 std::span<StatementRef> all, Decision* decision) {
  if (request.principal_type > WRIT_PRINCIPAL_SERVICE_LINKED_ROLE) {
    return InvalidArgument(
        "`principal_type` is not a number of "
        "writ_principal_type");
  }
  Rooms rooms = {Room<Attachment, 16>(attachment_count),
                 Room<std::string_view, 16>(request.resource_count),
                 Room<ContextEntry, 32>(request.context_count),
                 Room<std::string_view, 128>(ValueCount(request))};
  if (!rooms.ok()) return ResourceExhausted("no memory for the request");
  if (!TakeAttachments(attachments, &rooms)) {
    return InvalidArgument(
        "an attachment has no program, or a unit or level that does not exist");
  }
  return Decide(TakeRequest(request, &rooms), rooms.attachments.items(),
                decision, all);
}

}  // namespace

void SetError(const Status& status, writ_error* error) {
  if (error == nullptr) return;
  *error = {};
  if (status.ok()) return;
  error->status = static_cast<uint32_t>(status.code());
  std::string_view message = status.message();
  size_t size = std::min(message.size(), sizeof(error->message) - 1);
  // Cut between characters.
  while (size < message.size() && size > 0 &&
         (static_cast<unsigned char>(message[size]) & 0xc0) == 0x80) {
    --size;
  }
  std::memcpy(error->message, message.data(), size);
}

}  // namespace writ

extern "C" {

uint32_t writ_abi(void) { return WRIT_ABI; }

const char* writ_version(void) { return WRIT_VERSION; }

writ_program* writ_program_load(const void* image, size_t size_bytes,
                                writ_error* error) {
  const auto* bytes = static_cast<const char*>(image);
  auto program = writ::Program::Load(
      bytes == nullptr ? std::string() : std::string(bytes, size_bytes));
  writ::SetError(program.status(), error);
  if (!program.ok()) return nullptr;
  return new writ_program{std::move(program).value()};
}

void writ_program_free(writ_program* program) { delete program; }

uint32_t writ_program_unit_count(const writ_program* program) {
  return program->program->unit_count();
}

writ_kind writ_program_unit_kind(const writ_program* program, uint32_t unit) {
  return static_cast<writ_kind>(program->program->UnitKind(unit));
}

int writ_decide(const writ_request* request, const writ_attachment* attachments,
                size_t attachment_count, writ_decision* decision,
                writ_statement_ref* all, size_t all_size, writ_error* error) {
  writ::Decision answer;
  answer.reason = writ::Reason::kMalformedRequest;
  // SAFETY: both are two uint32_t in the same order (asserted above).
  auto* const room = reinterpret_cast<writ::StatementRef*>(all);
  const writ::Status status =
      writ::DecideInC(*request, attachments, attachment_count,
                      {room, all == nullptr ? 0 : all_size}, &answer);
  writ::SetError(status, error);
  writ::Answer(answer, decision);
  return status.ok() && answer.allowed() ? 1 : 0;
}

const char* writ_verdict_name(uint32_t verdict) {
  return writ::NameOf<writ::Verdict>(
      verdict, WRIT_ALLOW, [](auto value) { return writ::VerdictName(value); });
}

const char* writ_layer_name(uint32_t layer) {
  return writ::NameOf<writ::Layer>(
      layer, static_cast<uint32_t>(writ::Layer::kTrust),
      [](auto value) { return writ::LayerName(value); });
}

const char* writ_reason_name(uint32_t reason) {
  return writ::NameOf<writ::Reason>(
      reason, static_cast<uint32_t>(writ::Reason::kStepLimit),
      [](auto value) { return writ::ReasonName(value); });
}

}  // extern "C"
