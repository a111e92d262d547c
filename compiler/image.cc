// SPDX-License-Identifier: Apache-2.0
#include "compiler/image.h"

#include <cstring>

#include "authz/program/verify.h"

namespace writ {
namespace {

struct SectionRow {
  Section section;
  bool required;
};
constexpr SectionRow kRows[] = {
#define SECTION(number, Name, member, Record, since, heat) \
  {Section::k##Name, since == 0},
#include "authz/program/sections.def"
#undef SECTION
};

}  // namespace

ProgramView Image::View() const {
  ProgramView view;
#define SECTION(number, Name, member, Record, ...) \
  view.member = ImageTable<Record>((*this)[Section::k##Name]);
#include "authz/program/sections.def"
#undef SECTION
  return view;
}

uint64_t Image::size_bytes() const {
  uint64_t size = 0;
  for (const std::string& bytes : bytes_) size += bytes.size();
  return size;
}

std::string Image::Seal() const {
  uint32_t count = 0;
  for (const SectionRow& row : kRows) {
    if (row.required || !(*this)[row.section].empty()) ++count;
  }
  size_t place = sizeof(ImageHeader) + count * sizeof(SectionEntry);
  std::string image;
  image.reserve(place + size_bytes() + count * kSectionAlignment);
  image.append(place, '\0');
  size_t entry_place = sizeof(ImageHeader);
  for (const SectionRow& row : kRows) {
    const std::string& bytes = (*this)[row.section];
    if (!row.required && bytes.empty()) continue;
    const size_t gap =
        (kSectionAlignment - place % kSectionAlignment) % kSectionAlignment;
    image.append(gap, '\0');
    place += gap;
    const SectionEntry entry = {static_cast<uint32_t>(row.section),
                                row.required ? SectionEntry::kRequired : 0,
                                static_cast<uint32_t>(place),
                                static_cast<uint32_t>(bytes.size())};
    std::memcpy(image.data() + entry_place, &entry, sizeof(entry));
    entry_place += sizeof(entry);
    image += bytes;
    place += bytes.size();
  }
  ImageHeader header = {};
  std::memcpy(header.magic, kImageMagic, sizeof(kImageMagic));
  header.major = kImageMajor;
  header.minor = kImageMinor;
  header.semantics = kSemanticsVersion;
  header.image_bytes = place;
  header.section_count = count;
  std::memcpy(image.data(), &header, sizeof(header));
  header.checksum = ImageChecksum(image);
  std::memcpy(image.data(), &header, sizeof(header));
  return image;
}

}  // namespace writ
