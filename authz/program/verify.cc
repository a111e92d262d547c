// SPDX-License-Identifier: Apache-2.0
//
// Everything the engine takes for granted is established here and in the other
// verify_*.cc, so that a decision can index without looking. This file has what
// comes before the records: versions, checksum, sections.
#include "authz/program/verify.h"

#include <cstring>
#include <string>

#include "authz/program/semantics.h"
#include "authz/program/verify_parts.h"
#include "base/crc64.h"
#include "base/limits.h"

namespace writ {
namespace {

using verify::Refuse;

template <typename Record>
Record ReadAt(std::string_view image, size_t offset) {
  Record record;
  std::memcpy(&record, image.data() + offset, sizeof(Record));
  return record;
}

uint32_t RecordBytes(Section section) {
  switch (section) {
#define SECTION(number, Name, member, Record, ...) \
  case Section::k##Name:                           \
    return sizeof(Record);
#include "authz/program/sections.def"
#undef SECTION
  }
  return 0;
}

// Whether every image has the section: those of minor 0.
bool IsTable(Section section) {
  switch (section) {
#define SECTION(number, Name, member, Record, since, heat) \
  case Section::k##Name:                                   \
    return since == 0;
#include "authz/program/sections.def"
#undef SECTION
  }
  return false;
}

void Bind(Section section, std::string_view bytes, ProgramView *view) {
  switch (section) {
#define SECTION(number, Name, member, Record, ...) \
  case Section::k##Name:                           \
    view->member = ImageTable<Record>(bytes);      \
    return;
#include "authz/program/sections.def"
#undef SECTION
  }
}

Status CheckSections(std::string_view image, ProgramView *view) {
  const auto header = ReadAt<ImageHeader>(image, 0);
  if (header.reserved != 0) return Refuse("header", 0, "reserved is not zero");
  const uint64_t table_end =
      sizeof(ImageHeader) +
      uint64_t{header.section_count} * sizeof(SectionEntry);
  if (table_end > image.size()) {
    return Refuse("header", 0, "section table is outside the image");
  }
  uint64_t end = table_end;
  uint32_t last_kind = 0;
  size_t known = 0;
  for (uint32_t i = 0; i < header.section_count; ++i) {
    const auto entry = ReadAt<SectionEntry>(
        image, sizeof(ImageHeader) + size_t{i} * sizeof(SectionEntry));
    if (entry.kind <= last_kind) return Refuse("sections", i, "out of order");
    last_kind = entry.kind;
    if ((entry.flags & ~SectionEntry::kRequired) != 0) {
      return Refuse("sections", i, "unknown flag");
    }
    if (entry.offset % kSectionAlignment != 0 || entry.offset < end ||
        entry.offset - end >= kSectionAlignment ||
        uint64_t{entry.offset} + entry.size_bytes > image.size()) {
      return Refuse("sections", i, "wrong place");
    }
    if (image.substr(end, entry.offset - end).find_first_not_of('\0') !=
        std::string_view::npos) {
      return Refuse("sections", i, "gap before it is not zero");
    }
    end = uint64_t{entry.offset} + entry.size_bytes;
    const auto section = static_cast<Section>(entry.kind);
    const uint32_t record_bytes = RecordBytes(section);
    if (record_bytes == 0) {
      if ((entry.flags & SectionEntry::kRequired) != 0) {
        return Refuse("sections", i, "unknown and required");
      }
      continue;
    }
    if (entry.size_bytes % record_bytes != 0) {
      return Refuse("sections", i, "size is not a number of records");
    }
    Bind(section, image.substr(entry.offset, entry.size_bytes), view);
    if (IsTable(section)) ++known;
  }
  size_t needed = 0;
#define SECTION(number, Name, member, Record, since, heat) \
  if (since == 0) ++needed;
#include "authz/program/sections.def"
#undef SECTION
  if (known != needed) return Refuse("sections", 0, "a section is missing");
  if (end != image.size()) return Refuse("sections", 0, "bytes after the last");
  return OkStatus();
}

}  // namespace

Status verify::Refuse(std::string_view section, uint64_t index,
                      std::string_view what) {
  return InvalidArgument("program refused: " + std::string(section) + "[" +
                         std::to_string(index) + "]: " + std::string(what));
}

Status verify::OverBudget(std::string_view what, uint64_t index, uint64_t steps,
                          uint64_t allowed) {
  return ResourceExhausted(
      "program refused: the worst request takes " + std::to_string(steps) +
      " steps of " + std::string(what) + " " + std::to_string(index) +
      ", more than the " + std::to_string(allowed) + " allowed");
}

uint64_t ImageChecksum(std::string_view image) {
  constexpr size_t kField = offsetof(ImageHeader, checksum);
  constexpr std::string_view kZero("\0\0\0\0\0\0\0\0", sizeof(uint64_t));
  const uint64_t head = Crc64(image.substr(0, kField));
  return Crc64(image.substr(kField + kZero.size()), Crc64(kZero, head));
}

Status VerifyEnvelope(std::string_view image) {
  if (image.size() < sizeof(ImageHeader)) {
    return DataLoss("program image is truncated");
  }
  const auto header = ReadAt<ImageHeader>(image, 0);
  if (std::memcmp(header.magic, kImageMagic, sizeof(kImageMagic)) != 0) {
    return DataLoss("not a program image");
  }
  const auto version = [](std::string_view what, uint32_t found,
                          uint32_t known) {
    return Unimplemented(
        "program image has " + std::string(what) + " " + std::to_string(found) +
        ", this build knows " + std::to_string(known) +
        (found > known ? ": use the build that made it, or compile the "
                         "policies again with this one"
                       : ": compile the policies again"));
  };
  if (header.major != kImageMajor) {
    return version("format", header.major, kImageMajor);
  }
  if (FindSemantics(header.semantics) == nullptr) {
    return version("semantics", header.semantics, kSemanticsVersion);
  }
  if (header.image_bytes != image.size()) {
    return DataLoss("program image is truncated or has extra bytes");
  }
  if (header.checksum != ImageChecksum(image)) {
    return DataLoss("program image does not match its checksum");
  }
  return OkStatus();
}

Result<ProgramView> VerifyTables(std::string_view image,
                                 const VerifyOptions &options) {
  WRIT_CHECK(image.size() >= sizeof(ImageHeader));
  ProgramView view;
  verify::TableFacts facts;
  WRIT_RETURN_IF_ERROR(CheckSections(image, &view));
  WRIT_RETURN_IF_ERROR(verify::CheckTables(view, options, &facts));
  WRIT_RETURN_IF_ERROR(verify::CheckIntervals(view));
  WRIT_RETURN_IF_ERROR(verify::CheckRulings(view));
  WRIT_RETURN_IF_ERROR(verify::CheckActions(view));
  WRIT_RETURN_IF_ERROR(verify::CheckUnits(view, facts, options));
  return view;
}

}  // namespace writ
