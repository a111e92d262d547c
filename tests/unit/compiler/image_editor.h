// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_COMPILER_IMAGE_EDITOR_H_
#define WRIT_TESTS_UNIT_COMPILER_IMAGE_EDITOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "authz/program/format.h"
#include "authz/program/verify.h"
#include "base/source.h"
#include "compiler/compile.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"

namespace writ::testing {

// An image of one identity document whose Statement list is `statements`, made
// by those passes. Aborts the test program when it does not compile.
inline std::string CompileWith(PassSet passes, ast::PolicyKind kind,
                               std::string_view statements) {
  const SourceText source("test", R"({"Version":"1","Statement":[)" +
                                      std::string(statements) + "]}");
  Diagnostics diagnostics;
  const auto tree = ParseJsonPolicy(source, &diagnostics);
  WRIT_CHECK(tree && !diagnostics.has_errors());
  const PolicyInput inputs[] = {{&*tree, kind}};
  Result<std::string> image = CompileProgram(inputs, {.passes = passes});
  WRIT_CHECK(image.ok());
  return std::move(image).value();
}

// The same without an index.
inline std::string CompileTables(std::string_view statements) {
  return CompileWith(
      PassSet::All().Without(Pass::kIndex).Without(Pass::kIntervals),
      ast::PolicyKind::kIdentity, statements);
}

// Makes the checksum of a changed image right again.
inline void FixChecksum(std::string* image) {
  const uint64_t checksum = ImageChecksum(*image);
  std::memcpy(image->data() + offsetof(ImageHeader, checksum), &checksum,
              sizeof(checksum));
}

// The table entry of a section; its place in the image is returned too.
inline SectionEntry EntryOf(const std::string& image, Section section,
                            size_t* place = nullptr) {
  ImageHeader header;
  std::memcpy(&header, image.data(), sizeof(header));
  SectionEntry entry = {};
  for (uint32_t i = 0; i < header.section_count; ++i) {
    const size_t at = sizeof(header) + size_t{i} * sizeof(entry);
    std::memcpy(&entry, image.data() + at, sizeof(entry));
    if (entry.kind == static_cast<uint32_t>(section)) {
      if (place != nullptr) *place = at;
      return entry;
    }
  }
  WRIT_CHECK(false);
  return entry;
}

template <typename Record>
Record Get(const std::string& image, Section section, uint32_t index) {
  Record record;
  const SectionEntry entry = EntryOf(image, section);
  WRIT_CHECK((index + 1) * sizeof(Record) <= entry.size_bytes);
  std::memcpy(&record, image.data() + entry.offset + index * sizeof(Record),
              sizeof(Record));
  return record;
}

template <typename Record>
void Put(std::string* image, Section section, uint32_t index,
         const Record& record) {
  const SectionEntry entry = EntryOf(*image, section);
  WRIT_CHECK((index + 1) * sizeof(Record) <= entry.size_bytes);
  std::memcpy(image->data() + entry.offset + index * sizeof(Record), &record,
              sizeof(Record));
}

// A change to an image that breaks one rule of the verifier.
struct Edit {
  std::string_view name;
  std::function<void(std::string*)> apply;
};

// Changes row `index` of a section.
template <typename Record, typename Change>
Edit Row(std::string_view name, Section section, Change change,
         uint32_t index = 0) {
  return {name, [=](std::string* image) {
            auto record = Get<Record>(*image, section, index);
            change(&record);
            Put(image, section, index, record);
          }};
}

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_COMPILER_IMAGE_EDITOR_H_
