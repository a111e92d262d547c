// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_IMAGE_H_
#define WRIT_COMPILER_IMAGE_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "authz/program/format.h"

namespace writ {

// A program image while it is being made: the bytes of each section. Not
// thread-safe.
class Image {
 public:
  std::string& operator[](Section section) {
    return bytes_[static_cast<uint32_t>(section)];
  }
  const std::string& operator[](Section section) const {
    return bytes_[static_cast<uint32_t>(section)];
  }

  template <typename Record>
  void Append(Section section, const Record& record) {
    (*this)[section].append(reinterpret_cast<const char*>(&record),
                            sizeof(record));
  }

  // The sections as tables, borrowed: any later change of a section ends the
  // validity of its table.
  ProgramView View() const;

  // All sections together, without the headers and gaps.
  uint64_t size_bytes() const;

  // Header, section table and sections, with the checksum. Empty sections of
  // the index are left out.
  std::string Seal() const;

 private:
  static constexpr size_t kSections = 0
#define SECTION(...) +1
#include "authz/program/sections.def"
#undef SECTION
      ;
  std::array<std::string, kSections + 1> bytes_;  // by section number
};

}  // namespace writ

#endif  // WRIT_COMPILER_IMAGE_H_
