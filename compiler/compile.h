// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_COMPILER_COMPILE_H_
#define WRIT_COMPILER_COMPILE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

enum class Pass : uint8_t {
#define PASS(Name, ...) k##Name,
#include "compiler/passes.def"
#undef PASS
};

struct PassInfo {
  Pass pass;
  std::string_view name;
  std::string_view what;
};

// Every pass, in the order in which they run.
inline constexpr PassInfo kPasses[] = {
#define PASS(Name, name, what) {Pass::k##Name, name, what},
#include "compiler/passes.def"
#undef PASS
};

// The pass of that name, or nothing.
std::optional<Pass> PassNamed(std::string_view name);

// Which passes run. A value.
class PassSet {
 public:
  static constexpr PassSet All() {
    return PassSet((uint32_t{1} << std::size(kPasses)) - 1);
  }
  static constexpr PassSet None() { return PassSet(0); }
  // bits  bit i: kPasses[i]
  static constexpr PassSet OfBits(uint32_t bits) { return PassSet(bits); }

  constexpr bool Has(Pass pass) const { return (bits_ & BitOf(pass)) != 0; }
  constexpr PassSet With(Pass pass) const {
    return PassSet(bits_ | BitOf(pass));
  }
  constexpr PassSet Without(Pass pass) const {
    return PassSet(bits_ & ~BitOf(pass));
  }

 private:
  static constexpr uint32_t BitOf(Pass pass) {
    return uint32_t{1} << static_cast<uint32_t>(pass);
  }
  constexpr explicit PassSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_;
};

// What one compilation may cost. Beyond it nothing is made.
struct CompileBudget {
  uint64_t steps = kMaxCompileSteps;            // work of the passes
  uint64_t image_bytes = kMaxProgramBytes;      // the image
  uint32_t matcher_states = kMaxMatcherStates;  // nodes of tries, states
  uint64_t decide_steps = kMaxDecideSteps;      // the worst request of a unit
};

struct CompileOptions {
  PassSet passes = PassSet::All();
  // The units of the image, each a list of policies of one kind, in the order
  // in which decisions number them; none is empty. No list: unit i is policy i
  // alone.
  std::span<const std::vector<uint32_t>> units = {};
  // Actions that requests are likely to ask for (of a catalogue). They make
  // decisions faster, never different.
  std::span<const std::string_view> known_actions = {};
  CompileBudget budget = {};
};

// One policy to put into a program. The tree must be free of errors
// (ParseJsonPolicy or ParseWrit, then CheckPolicy).
struct PolicyInput {
  const ast::Policy* policy;
  ast::PolicyKind kind;
};

// Compiles policies into one program image (docs/spec/program.md). Policy i of
// the image is inputs[i]; statement j of it is inputs[i].policy->statements[j].
// Deterministic: same input, same bytes. The result always passes the verifier.
//
// Errors   kInvalidArgument     a tree that CheckPolicy would refuse, or a unit
//                               of no policies or of several kinds
//          kResourceExhausted   the budget does not suffice; the message names
//                               the limit and what would have passed it
// Threads  any number at once
Result<std::string> CompileProgram(std::span<const PolicyInput> inputs,
                                   const CompileOptions& options = {});

}  // namespace writ

#endif  // WRIT_COMPILER_COMPILE_H_
