// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_AUTHZEN_QUESTION_H_
#define WRIT_SIDECAR_AUTHZEN_QUESTION_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sidecar/asker.h"
#include "sidecar/question.h"
#include "sidecar/strict_json.h"

// How subject, action, resource and context of AuthZEN become a question
// (docs/authzen.md).
namespace writ {

enum class SubjectType : uint8_t {
#define SUBJECT(type, Name, kind, what) k##Name,
#include "sidecar/authzen_subjects.def"
#undef SUBJECT
};

// A value of a request and where it stands: `evaluations[3].subject`.
struct LocatedJson {
  const JsonValue* value = nullptr;  // null: it is missing
  std::string at;
};

struct AuthZenTuple {
  LocatedJson subject;
  LocatedJson action;
  LocatedJson resource;
  LocatedJson context;
};

// Which of the bundle's names a search wants, beside those that are allowed.
struct AuthZenFilter {
  std::string prefix;   // of the names, as far as it is known
  std::string account;  // empty: any
  std::string kind;     // what stands behind the account: `user/`
  // Does a name of the form acs:<service>:<region>:<account>:<rest> fit?
  bool Fits(std::string_view name) const;
};

// A question with what it borrows. Stays where it is made.
class AuthZenQuestion {
 public:
  AuthZenQuestion() = default;
  AuthZenQuestion(const AuthZenQuestion&) = delete;
  AuthZenQuestion& operator=(const AuthZenQuestion&) = delete;

  // Reads the four; of what is looked up no id is read. Context keys are not
  // judged here but by the decision point.
  //
  // listener  whose prefix a name without a colon gets
  // tuple     outlives the question
  // Errors    kInvalidArgument  something is missing or of the wrong form:
  //                             where, what, and what it may be
  Status Read(const ListenerRules& listener, const AuthZenTuple& tuple,
              LookedUp looked_up);

  const Question& question() const { return question_; }
  // Of a search for subjects or resources.
  const AuthZenFilter& filter() const { return filter_; }
  // `subject.type` or `resource.type`: of what is looked up.
  std::string_view type() const { return type_; }

 private:
  Status ReadSubject(const LocatedJson& subject, bool looked_up);
  Status NameSubject(const LocatedJson& subject, SubjectType type,
                     std::string_view id, std::string_view account);
  Status ReadAction(const LocatedJson& action, bool looked_up);
  Status ReadResource(const LocatedJson& resource, bool looked_up);
  Status AddProperties(const LocatedJson& owner, std::string_view family,
                       std::span<const std::string_view> reserved);
  Status AddMembers(const JsonValue& object, const std::string& at,
                    const std::string& name_prefix, std::string_view family,
                    std::span<const std::string_view> reserved);
  Status AddEntry(const JsonValue& value, const std::string& at,
                  const std::string& name, std::string_view family);

  Question question_;
  AuthZenFilter filter_;
  std::string_view type_;
  std::string prefix_;
  std::string principal_;
  std::array<std::string_view, 1> resources_;
  std::string resource_;
  // Their elements do not move when more are added.
  std::deque<std::string> keys_;
  std::deque<std::vector<std::string_view>> values_;
  std::vector<ContextEntry> context_;
};

}  // namespace writ

#endif  // WRIT_SIDECAR_AUTHZEN_QUESTION_H_
