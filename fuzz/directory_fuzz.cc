// SPDX-License-Identifier: Apache-2.0
// Any bytes as a directory image beside a sound program, with the checksums
// that belong to them: loading ends, and what the verifier passes is decided
// and explained without misbehaving.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/directory_image.h"
#include "authz/snapshot_image.h"
#include "base/source.h"
#include "compiler/snapshot_compiler.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_json.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace writ {
namespace {

constexpr std::string_view kAccount = "1000000000000001";
constexpr std::string_view kOther = "2000000000000002";

std::shared_ptr<const ast::Policy> Parsed(std::string_view members) {
  const SourceText source("policy",
                          R"({"Version":"1","Statement":[{"Effect":"Allow",)" +
                              std::string(members) + "}]}");
  Diagnostics diagnostics;
  auto tree = ParseJsonPolicy(source, &diagnostics);
  if (!tree || diagnostics.has_errors()) std::abort();
  return std::make_shared<const ast::Policy>(*std::move(tree));
}

// One of everything, two of what has an order.
PackedSnapshot Pack() {
  const auto all = Parsed(R"("Action":"*","Resource":"*")");
  const auto some = Parsed(R"("Action":"fc:*","Resource":"acs:fc:*:*:a*")");
  const auto everyone =
      Parsed(R"("Action":"*","Principal":["*"],"Resource":"*")");
  const auto trust =
      Parsed(R"("Action":"sts:AssumeRole","Principal":{"RAM":"*"})");
  SnapshotCompiler compiler;
  bool good = true;
  const auto must = [&good](const Status& status) { good &= status.ok(); };
  must(compiler.PutFolder("outer"));
  must(compiler.PutFolder("inner", "outer"));
  must(compiler.PutAccount(kAccount, false, "inner"));
  must(compiler.PutAccount(kOther, true));
  must(compiler.PutPolicy(kAccount, "all", all));
  must(compiler.PutPolicy(kAccount, "some", some));
  must(compiler.PutUser(kAccount, "alice", "27"));
  must(compiler.PutUser(kOther, "bob"));
  must(compiler.PutRole(kAccount, "Worker", "30", trust));
  must(compiler.PutRole(kAccount, "maker", "", nullptr, true));
  for (const std::string_view group : {"", "blue", "red"}) {
    must(compiler.Attach(kAccount, HolderKind::kUser, "alice", "all", group));
  }
  must(compiler.Attach(kAccount, HolderKind::kUser, "alice", "some"));
  must(compiler.Attach(kAccount, HolderKind::kRole, "maker", "some"));
  must(compiler.PutControlPolicy("all", all));
  must(compiler.PutControlPolicy("some", some));
  must(compiler.AttachControl(ControlTarget::kRoot, "", "all"));
  must(compiler.AttachControl(ControlTarget::kFolder, "inner", "all"));
  must(compiler.AttachControl(ControlTarget::kFolder, "outer", "some"));
  must(compiler.AttachControl(ControlTarget::kAccount, kAccount, "all"));
  must(compiler.PutBucketPolicy(kAccount, "b1", everyone));
  must(compiler.PutBucketPolicy(kOther, "b2", everyone));
  must(compiler.PutResource("acs:fc:r:1000000000000001:a1", "blue"));
  must(compiler.PutResource("acs:fc:r:1000000000000001:a2", "red"));
  Result<PackedSnapshot> packed = compiler.Pack();
  if (!good || !packed.ok()) std::abort();
  return std::move(packed).value();
}

const PackedSnapshot& Sound() {
  static const auto* const packed = new PackedSnapshot(Pack());
  return *packed;
}

// Makes everything in the header right, so that the rest is looked at.
void Mend(char* image, size_t size) {
  if (size < sizeof(DirectoryHeader)) return;
  DirectoryHeader header;
  std::memcpy(&header, image, sizeof(header));
  DirectoryHeader sound;
  std::memcpy(&sound, Sound().directory.data(), sizeof(sound));
  sound.section_count = header.section_count;
  sound.image_bytes = size;
  std::memcpy(image, &sound, sizeof(sound));
  sound.checksum = DirectoryChecksum({image, size});
  std::memcpy(image, &sound, sizeof(sound));
}

void Ask(const SnapshotImage& image) {
  std::vector<std::string> principals = {"acs:ram::1000000000000001:root"};
  for (const std::string_view name : image.principals()) {
    const bool role = name.find(":role/") != std::string_view::npos;
    principals.push_back(std::string(name) + (role ? "/s" : ""));
  }
  std::vector<std::string_view> resources = {
      "*", "acs:oss:*:1000000000000001:b1/o",
      "acs:ram:*:1000000000000001:role/worker"};
  resources.insert(resources.end(), image.resources().begin(),
                   image.resources().end());
  const Snapshot& snapshot = *image.snapshot();
  for (const std::string& principal : principals) {
    for (const std::string_view action : {"fc:A", "sts:AssumeRole"}) {
      const Request request = {.principal = {.name = principal},
                               .action = action,
                               .resources = resources};
      const Decision decision = snapshot.Decide(request);
      const auto why = snapshot.Explain(request, {.find_flip = false});
      if (why.ok() && why->explanation.decision.verdict != decision.verdict) {
        __builtin_trap();
      }
      for (uint32_t i = 0;
           i < decision.statement_count && i < decision.statements.size();
           ++i) {
        if (snapshot.FindPolicy(decision.statements[i].policy) == nullptr) {
          __builtin_trap();
        }
      }
    }
  }
}

}  // namespace
}  // namespace writ

// Changes words of the tables to what such words usually are: small numbers,
// other words of the image, their neighbours.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size,
                                          size_t max_size, unsigned int seed) {
  using namespace writ;
  uint64_t state = seed;
  const auto below = [&state](uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state >> 33) % bound);
  };
  if (size < sizeof(DirectoryHeader)) {
    size = Sound().directory.size();
    if (size > max_size) return 0;
    std::memcpy(data, Sound().directory.data(), size);
  }
  if (below(8) == 0) size = LLVMFuzzerMutate(data, size, max_size);
  const auto words = static_cast<uint32_t>(size / sizeof(uint32_t));
  for (uint32_t edits = 1 + below(3); edits > 0 && words > 0; --edits) {
    uint8_t* const at = data + size_t{below(words)} * sizeof(uint32_t);
    uint32_t word = 0;
    std::memcpy(&word, at, sizeof(word));
    switch (below(4)) {
      case 0:
        word = below(12);
        break;
      case 1:
        std::memcpy(&word, data + size_t{below(words)} * sizeof(word),
                    sizeof(word));
        break;
      case 2:
        word += below(5) - 2;
        break;
      default:
        word ^= uint32_t{1} << below(32);
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
  const auto loaded = SnapshotImage::Load(1, image, Sound().program);
  if (loaded.ok()) Ask(**loaded);
  return 0;
}
