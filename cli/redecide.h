// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_REDECIDE_H_
#define WRIT_CLI_REDECIDE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/program/program.h"
#include "base/status.h"
#include "bundle/bundle.h"
#include "sidecar/decision_record.h"

// Decides again what a decision log recorded: what `writ replay` and `writ
// backtest` share.
namespace writ {

// The session policies that a log has told so far. Holds at most kMaxBytes; the
// ones that came first go first.
class ReplayPolicies {
 public:
  static constexpr size_t kMaxBytes = size_t{64} << 20;

  // Errors  as Program::Load; kInvalidArgument: not one session policy
  Status Add(const Sha256Digest& digest, const std::string& program);
  // Null when the log has not told it, or too long ago. Borrowed until Add.
  const Program* Find(const Sha256Digest& digest) const;

 private:
  std::map<Sha256Digest, std::unique_ptr<const Program>> programs_;
  std::deque<Sha256Digest> order_;
  size_t bytes_ = 0;
};

// Why a record is not decided again.
enum class NotDecided : uint8_t {
  kNone,       // it was
  kLookup,     // a lookup is many decisions, which the record does not tell
  kCut,        // the record had to leave parts of the request out
  kMasked,     // what is masked may have mattered
  kNoSession,  // the log does not hold the session policy
};

// A bundle that records are decided with. One thread.
class ReplayBundle {
 public:
  // Reads a bundle file. It may be past its notAfter.
  //
  // keys  PEM files of public keys; empty: the signature is not looked at
  // Errors  as Bundle::Open, and of the files, each with its path
  static Result<ReplayBundle> Open(const std::string& path,
                                   const std::vector<std::string>& keys);
  explicit ReplayBundle(std::shared_ptr<const Bundle> bundle)
      : bundle_(std::move(bundle)) {}

  const Bundle& bundle() const { return *bundle_; }

  // Decides the request of `record` again; decision() and statements() are then
  // what came out.
  NotDecided Decide(const RecordedDecision& record,
                    const ReplayPolicies& policies);

  const Decision& decision() const { return decision_; }
  // Views are into the bundle; valid until the next Decide.
  const std::vector<RecordedStatement>& statements() const {
    return statements_;
  }

 private:
  // Whether a decision can depend on what the record masks.
  bool MayMatter(const RecordedDecision& record, const Program* session);
  bool ReadsKey(std::string_view key, const Program* session);

  std::shared_ptr<const Bundle> bundle_;
  Decision decision_;
  std::vector<StatementRef> refs_;
  std::vector<RecordedStatement> statements_;
  // Masked keys that were asked about, and whether the bundle reads them.
  std::map<std::string, bool, std::less<>> known_keys_;
};

// The members of a decision in which two of them differ, such as "layer"; empty
// when they agree. Statements count as a set.
std::vector<std::string_view> DifferingMembers(const RecordedDecision& record,
                                               const ReplayBundle& again);

// A decision with the names of its statements; owns them.
struct NamedDecision {
  explicit NamedDecision(const RecordedDecision& record);
  explicit NamedDecision(const ReplayBundle& decided);

  // "ALLOW identity allowed, by identity 1001/readers#0 (Sid)".
  std::string Text() const;

  Verdict verdict;
  Layer layer;
  Reason reason;
  uint32_t resource;
  std::vector<std::string> statements;
};

// `text` for a terminal: as it is, or quoted when it has characters that are
// not printed.
std::string Shown(std::string_view text);

}  // namespace writ

#endif  // WRIT_CLI_REDECIDE_H_
