// SPDX-License-Identifier: Apache-2.0
#include "prove/principal.h"

#include <algorithm>
#include <optional>

#include "prove/pattern.h"

namespace writ::prove {
namespace {

using Kind = PrincipalPatternKind;

// What follows `prefix`, unless nothing does or it is not there.
std::optional<std::string_view> Behind(std::string_view prefix,
                                       std::string_view text) {
  if (!text.starts_with(prefix) || text.size() == prefix.size()) {
    return std::nullopt;
  }
  return text.substr(prefix.size());
}

Caller Nobody() { return {}; }

// `acs:ram::ACCOUNT:` and root, user/NAME, role/NAME or role/NAME/SESSION.
Caller OfArn(std::string_view text) {
  const std::optional<std::string_view> own = Behind("acs:ram::", text);
  if (!own) return Nobody();
  const size_t colon = own->find(':');
  if (colon == std::string_view::npos || colon == 0) return Nobody();
  const std::string account(own->substr(0, colon));
  const std::string_view id = own->substr(colon + 1);
  if (id == "root") return {Kind::kMembers, account, "", ""};
  if (const auto user = Behind("user/", id)) {
    return {Kind::kUser, account, std::string(*user), ""};
  }
  const auto role = Behind("role/", id);
  if (!role || role->front() == '/') return Nobody();
  const size_t slash = role->find('/');
  if (slash == std::string_view::npos) {
    return {Kind::kRole, account, Folded(*role), ""};
  }
  const std::string_view session = role->substr(slash + 1);
  if (session.empty()) return Nobody();
  return {Kind::kSession, account, Folded(role->substr(0, slash)),
          std::string(session)};
}

// An entry of a list without types: `*`, an id, an id and a session, an ARN.
Caller OfBare(std::string_view text) {
  if (text == "*") return Caller::Everyone();
  const std::string_view id = text.substr(0, text.find(':'));
  const bool digits = !id.empty() && std::ranges::all_of(id, [](char c) {
    return c >= '0' && c <= '9';
  });
  if (digits) return {Kind::kId, std::string(text), "", ""};
  Caller caller = OfArn(text);
  return caller.kind == Kind::kMembers ? Nobody() : caller;
}

}  // namespace

Caller Caller::Everyone() { return {Kind::kEveryone, "", "", ""}; }

bool Caller::Covers(const Caller& other) const {
  if (kind == Kind::kEveryone || other.kind == Kind::kNobody) return true;
  if (*this == other) return true;
  const bool in_account =
      other.kind == Kind::kUser || other.kind == Kind::kRole ||
      other.kind == Kind::kSession || other.kind == Kind::kMembers;
  // An id may be that of an account.
  if (kind == Kind::kMembers || kind == Kind::kId) {
    return in_account && first == other.first;
  }
  return kind == Kind::kRole && other.kind == Kind::kSession &&
         first == other.first && second == other.second;
}

std::string Caller::ToString() const {
  std::string text = "`";
  if (const PrincipalKindInfo* info =
          FindPrincipalKind(static_cast<uint32_t>(kind))) {
    text += info->mnemonic;
  }
  for (const std::string* part : {&first, &second, &third}) {
    if (!part->empty()) text += " " + *part;
  }
  return text + "`";
}

std::vector<Caller> CallersOf(const ast::Principal& principal) {
  std::vector<Caller> callers;
  if (principal.form == ast::Principal::Form::kBare) {
    // An empty list is everyone (R18).
    if (principal.bare.items.empty()) callers.push_back(Caller::Everyone());
    for (const ast::Value& value : principal.bare.items) {
      callers.push_back(OfBare(value.text));
    }
  }
  for (const ast::Principal::Typed& typed : principal.typed) {
    for (const ast::Value& value : typed.values.items) {
      if (typed.type.text == "RAM") {
        callers.push_back(OfArn(value.text));
      } else {
        const Kind kind =
            typed.type.text == "Service" ? Kind::kService : Kind::kFederated;
        callers.push_back({kind, value.text, "", ""});
      }
    }
  }
  return callers;
}

Caller CallerOf(const ProgramView& view, const PrincipalPattern& pattern) {
  Caller caller;
  caller.kind = static_cast<Kind>(pattern.kind);
  if (caller.kind == Kind::kNobody) return Nobody();
  const auto text = [&](size_t i) {
    return std::string(view.Text(pattern.texts[i]));
  };
  caller.first = text(0);
  caller.second = text(1);
  caller.third = text(2);
  if (caller.kind == Kind::kRole || caller.kind == Kind::kSession) {
    caller.second = Folded(caller.second);
  }
  return caller;
}

}  // namespace writ::prove
