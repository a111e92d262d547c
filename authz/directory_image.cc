// SPDX-License-Identifier: Apache-2.0
#include "authz/directory_image.h"

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/utf8.h"
#include "base/crc64.h"
#include "base/limits.h"

namespace writ {
namespace {

template <typename Record>
Record ReadAt(std::string_view image, size_t offset) {
  Record record;
  std::memcpy(&record, image.data() + offset, sizeof(Record));
  return record;
}

Status CheckEnvelope(std::string_view image) {
  if (image.size() > kMaxDirectoryBytes) {
    return InvalidArgument("directory image is larger than allowed");
  }
  if (image.size() < sizeof(DirectoryHeader)) {
    return DataLoss("directory image is truncated");
  }
  const auto header = ReadAt<DirectoryHeader>(image, 0);
  if (std::memcmp(header.magic, kDirectoryMagic, sizeof(kDirectoryMagic)) !=
      0) {
    return DataLoss("not a directory image");
  }
  if (header.major != kDirectoryMajor) {
    return Unimplemented("directory image has format " +
                         std::to_string(header.major) + ", this build knows " +
                         std::to_string(kDirectoryMajor) +
                         ": use the build that made it, or build the bundle "
                         "again with this one");
  }
  if (header.image_bytes != image.size()) {
    return DataLoss("directory image is truncated or has extra bytes");
  }
  if (header.checksum != DirectoryChecksum(image)) {
    return DataLoss("directory image does not match its checksum");
  }
  return OkStatus();
}

uint32_t RecordBytes(uint32_t kind) {
  switch (static_cast<DirectorySection>(kind)) {
#define DIRECTORY_SECTION(number, Name, member, Record) \
  case DirectorySection::k##Name:                       \
    return sizeof(Record);
#include "authz/directory_sections.def"
#undef DIRECTORY_SECTION
  }
  return 0;
}

void Bind(uint32_t kind, std::string_view bytes, DirectoryView* view) {
  switch (static_cast<DirectorySection>(kind)) {
#define DIRECTORY_SECTION(number, Name, member, Record) \
  case DirectorySection::k##Name:                       \
    view->member = ImageTable<Record>(bytes);           \
    return;
#include "authz/directory_sections.def"
#undef DIRECTORY_SECTION
  }
}

constexpr uint32_t kSections = 0
#define DIRECTORY_SECTION(...) +1
#include "authz/directory_sections.def"
#undef DIRECTORY_SECTION
    ;

Status CheckSections(std::string_view image, DirectoryView* view) {
  const auto header = ReadAt<DirectoryHeader>(image, 0);
  const uint64_t table_end =
      sizeof(DirectoryHeader) +
      uint64_t{header.section_count} * sizeof(SectionEntry);
  if (table_end > image.size()) {
    return RefuseDirectory("header", 0, "section table is outside the image");
  }
  uint64_t end = table_end;
  uint32_t last_kind = 0;
  uint32_t known = 0;
  for (uint32_t i = 0; i < header.section_count; ++i) {
    const auto entry = ReadAt<SectionEntry>(
        image, sizeof(DirectoryHeader) + size_t{i} * sizeof(SectionEntry));
    if (entry.kind <= last_kind) {
      return RefuseDirectory("sections", i, "out of order");
    }
    last_kind = entry.kind;
    if ((entry.flags & ~SectionEntry::kRequired) != 0) {
      return RefuseDirectory("sections", i, "unknown flag");
    }
    if (entry.offset % kSectionAlignment != 0 || entry.offset < end ||
        entry.offset - end >= kSectionAlignment ||
        uint64_t{entry.offset} + entry.size_bytes > image.size()) {
      return RefuseDirectory("sections", i, "wrong place");
    }
    if (image.substr(end, entry.offset - end).find_first_not_of('\0') !=
        std::string_view::npos) {
      return RefuseDirectory("sections", i, "gap before it is not zero");
    }
    end = uint64_t{entry.offset} + entry.size_bytes;
    const uint32_t record_bytes = RecordBytes(entry.kind);
    if (record_bytes == 0) {
      if ((entry.flags & SectionEntry::kRequired) != 0) {
        return RefuseDirectory("sections", i, "unknown and required");
      }
      continue;
    }
    if (entry.size_bytes % record_bytes != 0) {
      return RefuseDirectory("sections", i, "size is not a number of records");
    }
    Bind(entry.kind, image.substr(entry.offset, entry.size_bytes), view);
    ++known;
  }
  if (known != kSections) {
    return RefuseDirectory("sections", 0, "a section is missing");
  }
  if (end != image.size()) {
    return RefuseDirectory("sections", 0, "bytes after the last");
  }
  return OkStatus();
}

// What is said of the tables by number alone: runs, texts, units. The texts of
// all tables, one after the other, fill the pool, and the runs of a table fill
// the next one, so no byte is looked at twice however hostile the image.
class DirectoryChecker {
 public:
  DirectoryChecker(const DirectoryView& view, const Program& program)
      : view_(view),
        program_(program),
        unit_used_(program.unit_count()),
        list_used_(view.lists.size()) {}

  Status CheckAll() {
    WRIT_RETURN_IF_ERROR(CheckPool());
    WRIT_RETURN_IF_ERROR(CheckAccounts());
    WRIT_RETURN_IF_ERROR(CheckPolicies());
    WRIT_RETURN_IF_ERROR(CheckLists());
    WRIT_RETURN_IF_ERROR(CheckPrincipals());
    WRIT_RETURN_IF_ERROR(CheckBuckets());
    WRIT_RETURN_IF_ERROR(CheckResources());
    return CheckAllUsed();
  }

 private:
  Status CheckPool() const;
  Status CheckAccounts();
  Status CheckControls(const Run& run);
  Status CheckPolicies();
  Status CheckLists();
  Status CheckPrincipals();
  Status CheckBuckets();
  Status CheckResources();
  Status CheckAllUsed() const;

  // Whether the text begins where the last one ended and is whole.
  bool Follows(TextRef text) {
    if (text.offset != next_text_ ||
        !view_.strings.Holds({text.offset, text.size_bytes})) {
      return false;
    }
    next_text_ += text.size_bytes;
    return next_text_ == view_.strings.size() ||
           !IsUtf8Tail(view_.strings.bytes()[next_text_]);
  }
  // Whether the list is one of that kind, with a scope or without.
  bool UseList(uint32_t list, AttachmentKind kind, bool scoped) {
    if (list >= view_.lists.size()) return false;
    const ListRecord record = view_.lists[list];
    list_used_[list] = true;
    return record.kind == static_cast<uint32_t>(kind) &&
           (record.group.size_bytes > 0) == scoped;
  }
  bool UseUnit(uint32_t unit, uint32_t kind) {
    if (unit >= program_.unit_count() ||
        static_cast<uint32_t>(program_.UnitKind(unit)) != kind) {
      return false;
    }
    unit_used_[unit] = true;
    return true;
  }

  const DirectoryView& view_;
  const Program& program_;
  uint32_t next_text_ = 0;
  std::vector<bool> unit_used_;
  std::vector<bool> list_used_;
};

Status DirectoryChecker::CheckPool() const {
  const size_t bad = FindInvalidUtf8(view_.strings.bytes());
  if (bad != std::string_view::npos) {
    return RefuseDirectory("strings", bad, "not UTF-8");
  }
  const size_t nul = view_.strings.bytes().find('\0');
  if (nul != std::string_view::npos) {
    return RefuseDirectory("strings", nul, "holds NUL");
  }
  return OkStatus();
}

// Orders control records from the account outwards.
uint64_t PlaceOf(const ControlRecord& control) {
  return uint64_t{control.level} << 32 | (UINT32_MAX - control.depth);
}

Status DirectoryChecker::CheckControls(const Run& run) {
  for (uint32_t i = run.first; i < run.first + run.count; ++i) {
    const ControlRecord control = view_.controls[i];
    const bool folder =
        control.level == static_cast<uint32_t>(ControlLevel::kFolder);
    if (control.level > static_cast<uint32_t>(ControlLevel::kRoot) ||
        folder != (control.depth > 0) || control.depth > kMaxFolderDepth) {
      return RefuseDirectory("controls", i, "bad level");
    }
    if (i > run.first) {
      const ControlRecord last = view_.controls[i - 1];
      if (PlaceOf(control) < PlaceOf(last) ||
          (PlaceOf(control) == PlaceOf(last) && control.unit <= last.unit)) {
        return RefuseDirectory("controls", i, "out of order");
      }
    }
    if (!UseUnit(control.unit,
                 static_cast<uint32_t>(ProgramPolicyKind::kControl))) {
      return RefuseDirectory("controls", i, "not a unit of control policies");
    }
  }
  return OkStatus();
}

Status DirectoryChecker::CheckAccounts() {
  uint32_t next = 0;
  for (uint32_t i = 0; i < view_.accounts.size(); ++i) {
    const AccountRecord account = view_.accounts[i];
    if (!Follows(account.id)) return RefuseDirectory("accounts", i, "bad text");
    if ((account.flags & ~AccountRecord::kManagement) != 0) {
      return RefuseDirectory("accounts", i, "unknown flag");
    }
    if (account.controls.first != next ||
        !view_.controls.Holds(account.controls)) {
      return RefuseDirectory("accounts", i, "controls out of order");
    }
    next += account.controls.count;
    WRIT_RETURN_IF_ERROR(CheckControls(account.controls));
  }
  if (next != view_.controls.size()) {
    return RefuseDirectory("controls", next, "belongs to no account");
  }
  return OkStatus();
}

Status DirectoryChecker::CheckPolicies() {
  if (view_.policies.size() != program_.policy_count()) {
    return RefuseDirectory("policies", 0, "not as many as in the program");
  }
  for (uint32_t i = 0; i < view_.policies.size(); ++i) {
    const LabelRecord label = view_.policies[i];
    const auto kind =
        static_cast<ProgramPolicyKind>(program_.view().policies[i].kind);
    const bool control = kind == ProgramPolicyKind::kControl;
    if (kind == ProgramPolicyKind::kSession) {
      return RefuseDirectory("policies", i, "a session policy");
    }
    if (control ? label.account != kNoIndex
                : label.account >= view_.accounts.size()) {
      return RefuseDirectory("policies", i, "bad account");
    }
    if (!Follows(label.name) || label.name.size_bytes == 0) {
      return RefuseDirectory("policies", i, "bad text");
    }
  }
  return OkStatus();
}

Status DirectoryChecker::CheckLists() {
  uint32_t next = 0;
  for (uint32_t i = 0; i < view_.lists.size(); ++i) {
    const ListRecord list = view_.lists[i];
    const auto kind = static_cast<AttachmentKind>(list.kind);
    if (list.kind >= kProgramPolicyKinds || kind == AttachmentKind::kControl ||
        kind == AttachmentKind::kSession) {
      return RefuseDirectory("lists", i, "bad kind");
    }
    if (!Follows(list.group) ||
        (list.group.size_bytes > 0 && kind != AttachmentKind::kIdentity)) {
      return RefuseDirectory("lists", i, "bad group");
    }
    if (list.units.first != next || list.units.count == 0 ||
        !view_.list_units.Holds(list.units)) {
      return RefuseDirectory("lists", i, "units out of order");
    }
    for (uint32_t k = 0; k < list.units.count; ++k, ++next) {
      const uint32_t unit = view_.list_units[next];
      if (!UseUnit(unit, list.kind)) {
        return RefuseDirectory("list units", next, "of another kind");
      }
      if (k > 0 && unit <= view_.list_units[next - 1]) {
        return RefuseDirectory("list units", next, "out of order");
      }
    }
  }
  if (next != view_.list_units.size()) {
    return RefuseDirectory("list units", next, "belongs to no list");
  }
  return OkStatus();
}

Status DirectoryChecker::CheckPrincipals() {
  uint32_t next = 0;
  for (uint32_t i = 0; i < view_.principals.size(); ++i) {
    const PrincipalRecord record = view_.principals[i];
    if (!Follows(record.arn) || !Follows(record.id)) {
      return RefuseDirectory("principals", i, "bad text");
    }
    const bool role = (record.flags & PrincipalRecord::kRole) != 0;
    if ((record.flags &
         ~(PrincipalRecord::kRole | PrincipalRecord::kServiceLinked)) != 0 ||
        (!role && record.flags != 0)) {
      return RefuseDirectory("principals", i, "bad flags");
    }
    if (record.policies != kNoIndex &&
        !UseList(record.policies, AttachmentKind::kIdentity, false)) {
      return RefuseDirectory("principals", i, "bad list of policies");
    }
    if (record.scopes.first != next || !view_.scopes.Holds(record.scopes)) {
      return RefuseDirectory("principals", i, "scopes out of order");
    }
    for (uint32_t k = 0; k < record.scopes.count; ++k, ++next) {
      if (!UseList(view_.scopes[next], AttachmentKind::kIdentity, true)) {
        return RefuseDirectory("scopes", next, "not a list with a scope");
      }
    }
    if (record.trust != kNoIndex &&
        (!role || !UseList(record.trust, AttachmentKind::kTrust, false))) {
      return RefuseDirectory("principals", i, "bad trust policy");
    }
  }
  if (next != view_.scopes.size()) {
    return RefuseDirectory("scopes", next, "belongs to no principal");
  }
  return OkStatus();
}

Status DirectoryChecker::CheckBuckets() {
  for (uint32_t i = 0; i < view_.buckets.size(); ++i) {
    const BucketRecord bucket = view_.buckets[i];
    if (!Follows(bucket.name)) return RefuseDirectory("buckets", i, "bad text");
    if (!UseList(bucket.policy, AttachmentKind::kResource, false)) {
      return RefuseDirectory("buckets", i, "bad list of policies");
    }
  }
  return OkStatus();
}

Status DirectoryChecker::CheckResources() {
  for (uint32_t i = 0; i < view_.resources.size(); ++i) {
    const ResourceRecord resource = view_.resources[i];
    if (!Follows(resource.arn) || !Follows(resource.group)) {
      return RefuseDirectory("resources", i, "bad text");
    }
  }
  return OkStatus();
}

Status DirectoryChecker::CheckAllUsed() const {
  if (next_text_ != view_.strings.size()) {
    return RefuseDirectory("strings", next_text_, "belongs to no entry");
  }
  for (uint32_t i = 0; i < list_used_.size(); ++i) {
    if (!list_used_[i]) return RefuseDirectory("lists", i, "nobody's");
  }
  for (uint32_t i = 0; i < unit_used_.size(); ++i) {
    if (!unit_used_[i]) return RefuseDirectory("units", i, "nobody's");
  }
  return OkStatus();
}

}  // namespace

Status RefuseDirectory(std::string_view table, uint64_t index,
                       std::string_view what) {
  return InvalidArgument("directory refused: " + std::string(table) + "[" +
                         std::to_string(index) + "]: " + std::string(what));
}

uint64_t DirectoryChecksum(std::string_view image) {
  constexpr size_t kField = offsetof(DirectoryHeader, checksum);
  constexpr std::string_view kZero("\0\0\0\0\0\0\0\0", sizeof(uint64_t));
  const uint64_t head = Crc64(image.substr(0, kField));
  return Crc64(image.substr(kField + kZero.size()), Crc64(kZero, head));
}

Result<DirectoryView> VerifyDirectory(std::string_view image,
                                      const Program& program) {
  WRIT_RETURN_IF_ERROR(CheckEnvelope(image));
  const auto header = ReadAt<DirectoryHeader>(image, 0);
  const auto made_of = ReadAt<ImageHeader>(program.image(), 0);
  if (header.program_checksum != made_of.checksum) {
    return DataLoss("the directory image was made with another program");
  }
  DirectoryView view;
  WRIT_RETURN_IF_ERROR(CheckSections(image, &view));
  WRIT_RETURN_IF_ERROR(DirectoryChecker(view, program).CheckAll());
  return view;
}

}  // namespace writ
