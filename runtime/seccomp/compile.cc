// SPDX-License-Identifier: Apache-2.0
//
// Build tool: turns an allow-list (instance.json) into a header with the BPF
// program of a seccomp filter, so that the jail parses nothing at run time.
//
//   seccomp_compile instance.json out.h
//
// "allow" names calls that pass, "allow_if" calls that pass for some values of
// one argument, "refuse" what is answered with an errno of its own; every other
// call is answered with "default". A call of the list that this architecture
// does not have is left out.
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::json;

[[noreturn]] void Fail(const std::string& text) {
  std::fprintf(stderr, "seccomp_compile: %s\n", text.c_str());
  std::exit(1);
}

uint32_t ErrnoByName(const std::string& name) {
  static const std::map<std::string, uint32_t> kNames = {{"EPERM", EPERM},
                                                         {"ENOSYS", ENOSYS}};
  const auto found = kNames.find(name);
  if (found == kNames.end()) Fail("unknown errno " + name);
  return found->second;
}

uint64_t Number(const Json& value) {
  return std::stoull(value.get<std::string>(), nullptr, 0);
}

// Resolves a name; negative when it is not a call of this architecture.
int Resolve(const std::string& name) {
  return seccomp_syscall_resolve_name(name.c_str());
}

void Must(int result, const std::string& what) {
  if (result != 0) Fail(what + ": error " + std::to_string(-result));
}

void AddConditions(scmp_filter_ctx context, const Json& list) {
  for (const Json& rule : list) {
    const std::string name = rule.at("call");
    const int call = Resolve(name);
    if (call < 0) continue;
    const auto argument = rule.at("argument").get<unsigned>();
    // Always under a mask: the kernel drops the upper half of an int argument,
    // so a comparison of all 64 bits could be walked around.
    const uint64_t mask =
        rule.contains("mask") ? Number(rule.at("mask")) : 0xffffffffu;
    const scmp_arg_cmp compare = {argument, SCMP_CMP_MASKED_EQ, mask,
                                  Number(rule.at("equals"))};
    Must(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 1, &compare),
         name);
  }
}

// A refused call that also has an allow_if rule with a mask is refused when any
// bit of the mask is set.
void AddRefusals(scmp_filter_ctx context, const Json& document) {
  for (const Json& rule : document.at("refuse")) {
    const uint32_t action =
        SCMP_ACT_ERRNO(ErrnoByName(rule.at("errno").get<std::string>()));
    for (const Json& entry : rule.at("calls")) {
      const std::string name = entry;
      const int call = Resolve(name);
      if (call < 0) continue;
      bool conditional = false;
      for (const Json& condition : document.at("allow_if")) {
        if (condition.at("call") != name || !condition.contains("mask")) {
          continue;
        }
        conditional = true;
        const auto argument = condition.at("argument").get<unsigned>();
        const uint64_t mask = Number(condition.at("mask"));
        for (unsigned bit = 0; bit < 64; ++bit) {
          const uint64_t one = uint64_t{1} << bit;
          if ((mask & one) == 0) continue;
          const scmp_arg_cmp compare = {argument, SCMP_CMP_MASKED_EQ, one, one};
          Must(seccomp_rule_add_array(context, action, call, 1, &compare),
               name);
        }
      }
      if (!conditional) {
        Must(seccomp_rule_add_array(context, action, call, 0, nullptr), name);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Fail("usage: seccomp_compile RULES.json OUT.h");
  std::ifstream input(argv[1]);
  const Json document = Json::parse(input);
  scmp_filter_ctx context = seccomp_init(
      SCMP_ACT_ERRNO(ErrnoByName(document.at("default").get<std::string>())));
  if (context == nullptr) Fail("no filter");
  // A binary search over the numbers instead of one comparison per call.
  Must(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimise");
  for (const Json& rule : document.at("allow")) {
    for (const Json& entry : rule.at("calls")) {
      const std::string name = entry;
      const int call = Resolve(name);
      if (call < 0) continue;
      Must(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 0, nullptr),
           name);
    }
  }
  AddConditions(context, document.at("allow_if"));
  AddRefusals(context, document);

  const int memory = memfd_create("filter", 0);
  Must(seccomp_export_bpf(context, memory), "export");
  const off_t size = lseek(memory, 0, SEEK_CUR);
  std::vector<uint64_t> words(static_cast<size_t>(size) / 8);
  if (pread(memory, words.data(), static_cast<size_t>(size), 0) != size) {
    Fail("cannot read the filter back");
  }
  seccomp_release(context);
  std::ofstream output(argv[2]);
  output << "// Generated from instance.json.\n#include <cstdint>\n"
         << "inline constexpr uint64_t kInstanceFilter[] = {\n";
  for (const uint64_t word : words) output << "    " << word << "ull,\n";
  output << "};\n";
  output.close();
  if (!output) Fail("cannot write the header");
  return 0;
}
