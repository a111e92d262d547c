// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_WORKLOAD_H_
#define WRIT_CLI_WORKLOAD_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authorizer.h"
#include "authz/request.h"
#include "base/status.h"
#include "grammar/ast.h"

namespace writ {

// Policies, who has them, and what is asked: what `writ bench` measures with.

// Policies of one kind that a principal is decided under together.
struct WorkloadUnit {
  std::vector<uint32_t> policies;  // of Workload::policies
  AttachmentKind kind = AttachmentKind::kIdentity;
  ControlLevel level = ControlLevel::kMember;  // kControl only
  uint32_t depth = 0;                          // kControl, kFolder only
};

struct WorkloadPolicy {
  ast::Policy policy;
  ast::PolicyKind kind = ast::PolicyKind::kIdentity;
};

struct WorkloadPrincipal {
  std::string name;  // as requests have it
  std::string arn;   // of kWorkloadAccount
  std::vector<WorkloadUnit> units;
};

// One question; the texts and `more` are borrowed from the workload.
struct WorkloadRequest {
  uint32_t principal = 0;  // of Workload::principals
  std::string_view name;   // of the principal
  std::string_view action;
  std::string_view resource;
  std::string_view address;              // acs:SourceIp
  std::string_view secure;               // acs:SecureTransport
  std::span<const ContextEntry> more{};  // further keys of the context
  // Whether it is to be allowed; nothing for a request that is only timed.
  std::optional<bool> allowed;
};

// The account of every user, and of every resource that names one.
inline constexpr std::string_view kWorkloadAccount = "123456789012";
// Keys of `more` that a request may have.
inline constexpr size_t kMaxWorkloadKeys = 6;

// A workload. Movable; the views in `requests` stay valid.
struct Workload {
  std::string name;
  size_t statements = 0;
  std::vector<WorkloadPolicy> policies;
  std::vector<WorkloadPrincipal> principals;
  std::vector<WorkloadRequest> requests;

  // What the views point into.
  std::deque<std::string> texts;
  std::deque<std::vector<std::string_view>> values;
  std::deque<std::vector<ContextEntry>> contexts;
};

// Reads the text form: lines of fields parted by tabs,
//
//   S id principal Allow|Deny action[,action...] resource cidr|- true|false|-
//   R principal action resource address true|false 1|0|-
//
// in any order. A principal has the statements that name it, in one policy, in
// the order of the lines. The last two fields of a statement become IpAddress
// acs:SourceIp and Bool acs:SecureTransport; the last of a request says whether
// it is to be allowed.
//
// Errors   kInvalidArgument  a line that is not of that form, with its number;
//                            or no statement or no request at all
Result<Workload> ReadWorkload(std::string name, std::string text);

// Puts the requests into an order that `seed` decides, and the texts of each
// request beside each other.
void ShuffleRequests(uint64_t seed, Workload* workload);

// Keeps `count` requests, those with an expectation first.
void KeepRequests(size_t count, Workload* workload);

// A statement; pairs of key and values under one operator. No more than what
// workloads are made of.
struct WorkloadTest {
  Operator op;
  std::string key;
  std::vector<std::string> values;
};
ast::Statement MakeStatement(ast::Effect effect,
                             std::vector<std::string> actions,
                             std::string resource,
                             std::vector<WorkloadTest> tests);

}  // namespace writ

#endif  // WRIT_CLI_WORKLOAD_H_
