// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_AUTHZ_POLICY_SET_H_
#define WRIT_TESTS_UNIT_AUTHZ_POLICY_SET_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authz/authorizer.h"
#include "authz/program/program.h"
#include "grammar/ast.h"

namespace writ::testing {

inline constexpr std::string_view kAlice =
    "acs:ram::1000000000000001:user/alice";
inline constexpr std::string_view kBob = "acs:ram::2000000000000002:user/bob";
inline constexpr std::string_view kWorker =
    "acs:ram::1000000000000001:role/Worker/s1";
inline constexpr std::string_view kRoot = "acs:ram::1000000000000001:root";
inline constexpr std::string_view kWeb =
    "acs:fc:cn-hangzhou:1000000000000001:functions/web";
inline constexpr std::string_view kObject =
    "acs:oss:oss-cn-hangzhou:1000000000000001:bkt/o";

// Compiles one document whose Statement list is `statements` (JSON without the
// brackets); aborts the test program when it does not parse or compile.
std::string CompileStatements(AttachmentKind kind, std::string_view statements);
std::shared_ptr<const ast::Policy> ParseStatements(std::string_view statements);
std::shared_ptr<const Program> LoadStatements(AttachmentKind kind,
                                              std::string_view statements);

// A question that is easy to write down.
struct Ask {
  std::string_view principal = kAlice;
  std::string_view action = "fc:InvokeFunction";
  // Not {kWeb}: g++ 12 takes the list for uninitialized at -O2.
  std::vector<std::string_view> resources = std::vector(1, kWeb);
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>>
      context = {};
  std::string_view principal_id = {};
  RequestPrincipal::Declared declared = RequestPrincipal::Declared::kByName;
  std::string_view account = {};
  bool in_management_account = false;
  std::string_view resource_group = {};
};

// Owns what a Request borrows.
class AskedRequest {
 public:
  explicit AskedRequest(const Ask& ask);
  const Request& request() const { return request_; }

 private:
  Ask ask_;
  std::vector<ContextEntry> context_;
  Request request_;
};

// The policies that concern a question. Add returns the attachment, to be
// completed in place.
class PolicySet {
 public:
  Attachment& Add(AttachmentKind kind, std::string_view statements);
  Attachment& Identity(std::string_view statements) {
    return Add(AttachmentKind::kIdentity, statements);
  }

  Decision Decide(const Ask& ask) const;
  Status TryDecide(const Ask& ask, Decision* decision) const;
  const std::vector<Attachment>& attachments() const { return attachments_; }

 private:
  std::deque<std::shared_ptr<const Program>> programs_;
  std::vector<Attachment> attachments_;
};

// "ALLOW identity allowed 0.0 1.2": verdict, layer, reason, statements.
std::string Show(const Decision& decision);

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_AUTHZ_POLICY_SET_H_
