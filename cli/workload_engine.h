// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_WORKLOAD_ENGINE_H_
#define WRIT_CLI_WORKLOAD_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/decision.h"
#include "authz/match_principal.h"
#include "authz/program/program.h"
#include "base/status.h"
#include "cli/workload.h"
#include "compiler/compile.h"

namespace writ {

// A workload as the engine has it: one program, and for each principal what it
// is decided under. Immutable; any number of threads may decide. The workload
// must outlive it.
class WorkloadEngine {
 public:
  // options  `units` is ignored: the workload says them
  // Errors   as CompileProgram and Program::Load
  static Result<std::unique_ptr<const WorkloadEngine>> Make(
      const Workload& workload, const CompileOptions& options);

  // Decides from the texts of the request alone: nothing is known of it before.
  //
  // decision  replaced
  // all       room for every determining statement
  void Decide(const WorkloadRequest& request, Decision* decision,
              std::span<StatementRef> all) const noexcept;

  const Program& program() const { return *program_; }
  // From the trees to the image.
  double compile_ms() const { return compile_ms_; }
  // From the image to a program that is verified.
  double load_ms() const { return load_ms_; }

 private:
  void DecideWith(const WorkloadRequest& request,
                  std::span<const ContextEntry> context, Decision* decision,
                  std::span<StatementRef> all) const noexcept;

  // A slot of the table of principals; free if nothing is attached. What a
  // directory knows of a principal is read once: who it is, and what is
  // attached.
  struct Principal final : AttachmentSource {
    AttachmentLists ListsFor(const RequestResource&) const noexcept override {
      return {&attachments, 1};
    }
    std::string_view name;
    Caller caller;
    std::span<const Attachment> attachments;
  };

  WorkloadEngine() = default;
  // The slot of `name`, or the free one where it would stand.
  size_t SlotOf(std::string_view name) const noexcept;

  std::unique_ptr<const Program> program_;
  std::vector<Principal> principals_;  // a power of two, half of it free
  std::vector<Attachment> attachments_;
  double compile_ms_ = 0;
  double load_ms_ = 0;
};

// Bytes of the sections of an image that a decision reads, and of all others
// with the headers.
struct ImageBytes {
  size_t hot = 0;
  size_t cold = 0;
};
ImageBytes MeasureImage(const Program& program);

}  // namespace writ

#endif  // WRIT_CLI_WORKLOAD_ENGINE_H_
