// SPDX-License-Identifier: Apache-2.0
// Any bytes as a program image whose checksum holds: loading ends, and what the
// verifier passes is decided, explained and listed without misbehaving. The
// questions are made of the image's own patterns and constants, so that they
// get past the first comparison.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/authorizer.h"
#include "authz/explain.h"
#include "authz/program/disasm.h"
#include "authz/program/program.h"
#include "authz/program/verify.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace writ {
namespace {

// Makes size and checksum of the header right, so that the rest is looked at.
void Mend(char* image, size_t size) {
  if (size < sizeof(ImageHeader)) return;
  ImageHeader header;
  std::memcpy(&header, image, sizeof(header));
  std::memcpy(header.magic, kImageMagic, sizeof(kImageMagic));
  header.major = kImageMajor;
  header.semantics = kSemanticsVersion;
  header.image_bytes = size;
  std::memcpy(image, &header, sizeof(header));
  header.checksum = ImageChecksum({image, size});
  std::memcpy(image, &header, sizeof(header));
}

// Numbers that an image may hold, from a seed: splitmix64.
class Numbers {
 public:
  explicit Numbers(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
  }
  // bound  not zero
  uint32_t Below(uint64_t bound) {
    return static_cast<uint32_t>(Next() % bound);
  }

 private:
  uint64_t state_;
};

// A pattern with something in the place of each wildcard.
std::string Filled(std::string_view pattern, Numbers* numbers) {
  constexpr std::string_view kFillers[] = {"",    "a", "ab",
                                           "a:b", "*", "A\xc3\xa9"};
  std::string text;
  for (const char byte : pattern) {
    if (byte == '*') {
      text += kFillers[numbers->Below(std::size(kFillers))];
    } else {
      text += byte == '?' ? 'q' : byte;
    }
  }
  return text;
}

// Any row of a table that has some.
template <typename Table>
auto RowOf(const Table& table, Numbers* numbers) {
  return table[numbers->Below(table.size())];
}

void Ask(const Program& program, Numbers* numbers) {
  const ProgramView& view = program.view();
  std::string action = "fc:InvokeFunction";
  if (view.action_patterns.size() > 0) {
    action =
        Filled(view.Text(RowOf(view.action_patterns, numbers).text), numbers);
  }
  std::vector<std::string> resources;
  for (uint32_t i = 0; i < 2 && view.resource_patterns.size() > 0; ++i) {
    resources.push_back(Filled(
        view.Text(RowOf(view.resource_patterns, numbers).text), numbers));
  }
  resources.push_back("*");
  constexpr std::string_view kPrincipals[] = {
      "acs:ram::1:user/u", "acs:ram::1:root", "acs:ram::1:role/r/s",
      "acs:ram::1:saml-provider/p", "*"};
  constexpr std::string_view kValues[] = {
      "",     "1",          "10.0.0.1", "::1", "2026-01-01T00:00:00Z",
      "true", "1e999999999"};
  std::vector<std::string_view> values(std::begin(kValues), std::end(kValues));
  for (uint32_t i = 0; i < 8 && view.texts.size() > 0; ++i) {
    values.push_back(view.Text(RowOf(view.texts, numbers)));
  }
  std::vector<std::string_view> chosen(32);
  for (std::string_view& value : chosen)
    value = values[numbers->Below(values.size())];
  std::vector<ContextEntry> context;
  for (uint32_t i = 0; i < view.keys.size() && i < 16; ++i) {
    context.push_back({view.Text(view.keys[i].text),
                       std::span(chosen).subspan(i, numbers->Below(4))});
  }
  std::vector<Attachment> attachments;
  for (uint32_t i = 0; i < program.unit_count() && i < 8; ++i) {
    attachments.push_back(
        {.program = &program,
         .unit = i,
         .kind = static_cast<AttachmentKind>(program.UnitKind(i))});
  }
  for (const std::string& resource : resources) {
    const std::string_view one[] = {resource};
    const Request request = {
        .principal = {.name =
                          kPrincipals[numbers->Below(std::size(kPrincipals))]},
        .action = action,
        .resources = one,
        .context = context};
    Decision decision;
    const Status decided = Decide(request, attachments, &decision);
    // A question that is refused allows nothing.
    if (!decided.ok() && decision.verdict == Verdict::kAllow) __builtin_trap();
    // The index of a hostile image may find other statements than its tables
    // have: what is asked here is that looking at them ends well.
    (void)Explain(request, attachments, {.find_flip = false}).ok();
  }
}

}  // namespace
}  // namespace writ

// Changes words of the sections to what such words usually are: small numbers,
// other words of the image, their neighbours.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned int seed) {
  using namespace writ;
  Numbers numbers(seed);
  if (size < sizeof(ImageHeader) || numbers.Below(8) == 0) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  const auto words = static_cast<uint32_t>(size / sizeof(uint32_t));
  for (uint32_t edits = 1 + numbers.Below(4); edits > 0; --edits) {
    uint8_t* const at = data + size_t{numbers.Below(words)} * sizeof(uint32_t);
    uint32_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    switch (numbers.Below(6)) {
      case 0:
        word = numbers.Below(32);
        break;
      case 1:
        std::memcpy(&word, data + size_t{numbers.Below(words)} * sizeof(word),
                    sizeof(word));
        break;
      case 2:
        word += numbers.Below(9) - 4;
        break;
      case 3:
        word ^= uint32_t{1} << numbers.Below(32);
        break;
      case 4:
        word = numbers.Below(2) == 0 ? UINT32_MAX : 0x80000000u;
        break;
      default:
        word = (word & ~uint32_t{0xff}) | numbers.Below(256);
        break;
    }
    std::memcpy(at, &word, sizeof(word));
  }
  Mend(reinterpret_cast<char*>(data), size);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace writ;
  std::string image(reinterpret_cast<const char*>(data), size);
  Mend(image.data(), image.size());
  const uint64_t seed = size < sizeof(ImageHeader) ? 0 : ImageChecksum(image);
  const auto program = Program::Load(std::move(image));
  if (!program.ok()) return 0;
  Numbers numbers(seed);
  for (int i = 0; i < 4; ++i) Ask(**program, &numbers);
  if (Disassemble(**program).find('\x1b') != std::string::npos)
    __builtin_trap();
  return 0;
}
