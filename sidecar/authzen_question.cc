// SPDX-License-Identifier: Apache-2.0
#include "sidecar/authzen_question.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace writ {
namespace {

using Kind = JsonValue::Kind;

// Before names without a colon where the listener has no prefix of its own.
constexpr std::string_view kOwnKeys = "authzen:";
constexpr std::string_view kResourceName = "acs:";
constexpr std::string_view kPrincipalName = "acs:ram::";
// What a session of a role is called where the asker names none; the same as
// in a search for subjects, so that both give one answer.
constexpr std::string_view kAnySession = "/search";

constexpr std::string_view kSubjectMembers[] = {"account", "principal_id",
                                                "service_linked"};
constexpr std::string_view kResourceMembers[] = {"account", "region",
                                                 "resource_group"};

struct SubjectRow {
  std::string_view type;
  SubjectType subject;
  std::string_view kind;
};
constexpr SubjectRow kSubjects[] = {
#define SUBJECT(type, Name, kind, what) {type, SubjectType::k##Name, kind},
#include "sidecar/authzen_subjects.def"
#undef SUBJECT
};

Status Wrong(std::string_view at, std::string_view what) {
  // Names of members are the asker's, and as long as it likes.
  constexpr size_t kPlaceBytes = 200;
  return InvalidArgument(std::string(at.substr(0, kPlaceBytes)) + ": " +
                         std::string(what));
}

Status WrongKind(std::string_view at, std::string_view wanted, Kind kind) {
  return Wrong(at, "must be " + std::string(wanted) + ", not " +
                       std::string(JsonKindName(kind)));
}

Status CheckObject(const LocatedJson& located) {
  if (located.value == nullptr) return Wrong(located.at, "is missing");
  if (located.value->kind != Kind::kObject) {
    return WrongKind(located.at, "an object", located.value->kind);
  }
  return OkStatus();
}

// The text of a member; empty and ok when it may be missing and is.
Status ReadText(const LocatedJson& owner, std::string_view member,
                bool required, std::string_view* text) {
  *text = {};
  const JsonValue* const value = owner.value->Find(member);
  const std::string at = owner.at + "." + std::string(member);
  if (value == nullptr) {
    return required ? Wrong(at, "is missing") : OkStatus();
  }
  if (value->kind != Kind::kString) {
    return WrongKind(at, "a string", value->kind);
  }
  if (value->text.empty()) return Wrong(at, "must not be empty");
  *text = value->text;
  return OkStatus();
}

// The object `properties` of subject, action or resource; without a value when
// there is none.
Status FindProperties(const LocatedJson& owner, LocatedJson* properties) {
  properties->value = owner.value->Find("properties");
  properties->at = owner.at + ".properties";
  if (properties->value == nullptr) return OkStatus();
  return CheckObject(*properties);
}

// A piece of a name: nothing that could end it or stand for anything.
bool IsPiece(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
}

Status ReadPiece(const LocatedJson& owner, std::string_view member,
                 std::string_view* text) {
  WRIT_RETURN_IF_ERROR(ReadText(owner, member, false, text));
  if (!text->empty() && !IsPiece(*text)) {
    return Wrong(owner.at + "." + std::string(member),
                 "may hold letters, digits, `-`, `_` and `.` only");
  }
  return OkStatus();
}

// The pieces of acs:<service>:<region>:<account>:<rest>.
struct NamePieces {
  std::string_view account;
  std::string_view rest;
};
std::optional<NamePieces> SplitName(std::string_view name) {
  constexpr int kColons = 4;
  std::string_view pieces[kColons];
  for (std::string_view& piece : pieces) {
    const size_t colon = name.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    piece = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  return NamePieces{pieces[3], name};
}

}  // namespace

bool AuthZenFilter::Fits(std::string_view name) const {
  if (!name.starts_with(prefix)) return false;
  const std::optional<NamePieces> pieces = SplitName(name);
  return pieces.has_value() &&
         (account.empty() || pieces->account == account) &&
         pieces->rest.starts_with(kind);
}

Status AuthZenQuestion::Read(const ListenerRules& listener,
                             const AuthZenTuple& tuple, LookedUp looked_up) {
  prefix_ =
      listener.context_prefix.empty() ? kOwnKeys : listener.context_prefix;
  WRIT_RETURN_IF_ERROR(
      ReadSubject(tuple.subject, looked_up == LookedUp::kPrincipals));
  WRIT_RETURN_IF_ERROR(
      ReadAction(tuple.action, looked_up == LookedUp::kActions));
  WRIT_RETURN_IF_ERROR(
      ReadResource(tuple.resource, looked_up == LookedUp::kResources));
  if (tuple.context.value != nullptr) {
    WRIT_RETURN_IF_ERROR(CheckObject(tuple.context));
    WRIT_RETURN_IF_ERROR(
        AddMembers(*tuple.context.value, tuple.context.at, "", "", {}));
  }
  question_.request.context = context_;
  return OkStatus();
}

Status AuthZenQuestion::ReadSubject(const LocatedJson& subject,
                                    bool looked_up) {
  WRIT_RETURN_IF_ERROR(CheckObject(subject));
  std::string_view type;
  WRIT_RETURN_IF_ERROR(ReadText(subject, "type", true, &type));
  const auto row = std::ranges::find(kSubjects, type, &SubjectRow::type);
  if (row == std::end(kSubjects)) {
    std::string known;
    for (const SubjectRow& one : kSubjects) {
      known += (known.empty() ? "`" : ", `") + std::string(one.type) + "`";
    }
    return Wrong(subject.at + ".type", "must be one of " + known);
  }
  LocatedJson properties;
  WRIT_RETURN_IF_ERROR(FindProperties(subject, &properties));
  std::string_view account;
  if (properties.value != nullptr) {
    WRIT_RETURN_IF_ERROR(ReadPiece(properties, "account", &account));
  }
  if (looked_up) {
    type_ = type;
    filter_.kind = row->kind;
    filter_.account = account;
    const bool in_directory = row->subject == SubjectType::kUser ||
                              row->subject == SubjectType::kRole;
    // Of the other types the directory knows nobody: no name begins so.
    filter_.prefix = in_directory ? kPrincipalName : row->type;
    if (in_directory && !account.empty()) {
      filter_.prefix += std::string(account) + ":" + filter_.kind;
    }
  } else {
    std::string_view id;
    WRIT_RETURN_IF_ERROR(ReadText(subject, "id", true, &id));
    WRIT_RETURN_IF_ERROR(NameSubject(subject, row->subject, id, account));
    if (properties.value != nullptr) {
      WRIT_RETURN_IF_ERROR(ReadText(properties, "principal_id", false,
                                    &question_.request.principal.id));
      const JsonValue* const linked = properties.value->Find("service_linked");
      if (linked != nullptr && linked->kind != Kind::kBool) {
        return WrongKind(properties.at + ".service_linked", "a boolean",
                         linked->kind);
      }
      if (linked != nullptr && linked->truth) {
        question_.request.principal.declared =
            RequestPrincipal::Declared::kServiceLinkedRole;
      }
    }
  }
  return AddProperties(properties, "subject/", kSubjectMembers);
}

Status AuthZenQuestion::NameSubject(const LocatedJson& subject,
                                    SubjectType type, std::string_view id,
                                    std::string_view account) {
  RequestPrincipal& principal = question_.request.principal;
  const SubjectRow& row = kSubjects[static_cast<size_t>(type)];
  const std::string id_at = subject.at + ".id";
  if (type == SubjectType::kAnonymous) {
    if (id != "*") return Wrong(id_at, "must be `*` for this type");
    principal.name = id;
    return OkStatus();
  }
  if (type == SubjectType::kService) {
    principal.name = id;
    principal.declared = RequestPrincipal::Declared::kService;
    principal.account = account;
    return OkStatus();
  }
  if (id.starts_with(kResourceName)) {
    const std::optional<NamePieces> pieces = SplitName(id);
    const bool fits =
        id.starts_with(kPrincipalName) && pieces.has_value() &&
        (type == SubjectType::kRoot ? pieces->rest == row.kind
                                    : pieces->rest.starts_with(row.kind));
    if (!fits) {
      return Wrong(id_at, "is not the name of a `" + std::string(row.type) +
                              "`: acs:ram::<account>:" + std::string(row.kind) +
                              (type == SubjectType::kRoot ? "" : "<name>"));
    }
    if (!account.empty()) {
      return Wrong(subject.at + ".properties.account",
                   "the id says the account already");
    }
    principal_ = id;
  } else if (type == SubjectType::kRoot) {
    if (!IsPiece(id)) return Wrong(id_at, "must be the account's number");
    principal_ = std::string(kPrincipalName) + std::string(id) + ":root";
  } else {
    if (account.empty()) {
      return Wrong(
          id_at,
          "must be a whole name, acs:ram::<account>:" + std::string(row.kind) +
              "<name>, where properties.account does not say the "
              "account");
    }
    principal_ = std::string(kPrincipalName) + std::string(account) + ":" +
                 std::string(row.kind) + std::string(id);
  }
  if (type == SubjectType::kRole &&
      std::ranges::count(SplitName(principal_)->rest, '/') == 1) {
    principal_ += kAnySession;
  }
  principal.name = principal_;
  return OkStatus();
}

Status AuthZenQuestion::ReadAction(const LocatedJson& action, bool looked_up) {
  if (looked_up) return OkStatus();
  WRIT_RETURN_IF_ERROR(CheckObject(action));
  WRIT_RETURN_IF_ERROR(
      ReadText(action, "name", true, &question_.request.action));
  LocatedJson properties;
  WRIT_RETURN_IF_ERROR(FindProperties(action, &properties));
  return AddProperties(properties, "action/", {});
}

Status AuthZenQuestion::ReadResource(const LocatedJson& resource,
                                     bool looked_up) {
  WRIT_RETURN_IF_ERROR(CheckObject(resource));
  std::string_view type;
  WRIT_RETURN_IF_ERROR(ReadText(resource, "type", true, &type));
  std::string_view id;
  if (!looked_up) WRIT_RETURN_IF_ERROR(ReadText(resource, "id", true, &id));
  LocatedJson properties;
  WRIT_RETURN_IF_ERROR(FindProperties(resource, &properties));
  std::string_view account;
  std::string_view region;
  if (properties.value != nullptr) {
    WRIT_RETURN_IF_ERROR(ReadPiece(properties, "account", &account));
    WRIT_RETURN_IF_ERROR(ReadPiece(properties, "region", &region));
    WRIT_RETURN_IF_ERROR(ReadText(properties, "resource_group", false,
                                  &question_.request.resource_group));
  }
  const bool whole = id == "*" || id.starts_with(kResourceName);
  if (whole) {
    if (!account.empty() || !region.empty()) {
      return Wrong(resource.at + ".properties",
                   "`account` and `region` are said by the id already");
    }
    resources_ = {id};
  } else {
    // `oss`, or `fc:functions` where the names of a service have kinds.
    const size_t colon = type.find(':');
    const std::string_view service = type.substr(0, colon);
    const std::string_view kind =
        colon == std::string_view::npos ? "" : type.substr(colon + 1);
    if (!IsPiece(service) ||
        (colon != std::string_view::npos && !IsPiece(kind))) {
      return Wrong(resource.at + ".type",
                   "must be `<service>` or `<service>:<kind>` where the id is "
                   "no whole name, acs:<service>:<region>:<account>:<name>");
    }
    const std::string folder = kind.empty() ? "" : std::string(kind) + "/";
    const std::string begin =
        std::string(kResourceName) + std::string(service) + ":";
    if (looked_up) {
      type_ = type;
      filter_.account = account;
      filter_.kind = folder;
      filter_.prefix = begin;
      if (!region.empty()) {
        filter_.prefix += std::string(region) + ":";
        if (!account.empty()) {
          filter_.prefix += std::string(account) + ":" + folder;
        }
      }
    } else {
      if (account.empty()) {
        return Wrong(resource.at + ".id",
                     "must be a whole name, "
                     "acs:<service>:<region>:<account>:<name>, where "
                     "properties.account does not say the account");
      }
      resource_ = begin + std::string(region.empty() ? "*" : region) + ":" +
                  std::string(account) + ":" + folder + std::string(id);
      resources_ = {resource_};
    }
  }
  if (!looked_up) question_.request.resources = resources_;
  return AddProperties(properties, "resource/", kResourceMembers);
}

Status AuthZenQuestion::AddProperties(
    const LocatedJson& owner, std::string_view family,
    std::span<const std::string_view> reserved) {
  if (owner.value == nullptr) return OkStatus();
  return AddMembers(*owner.value, owner.at, "", family, reserved);
}

Status AuthZenQuestion::AddMembers(const JsonValue& object,
                                   const std::string& at,
                                   const std::string& name_prefix,
                                   std::string_view family,
                                   std::span<const std::string_view> reserved) {
  for (const JsonValue& member : object.items) {
    if (std::ranges::find(reserved, member.name) != reserved.end()) continue;
    if (member.name.empty()) return Wrong(at, "a member has no name");
    const std::string name = name_prefix + member.name;
    const std::string member_at = at + "." + member.name;
    if (member.kind == Kind::kObject) {
      WRIT_RETURN_IF_ERROR(
          AddMembers(member, member_at, name + ".", family, {}));
    } else {
      WRIT_RETURN_IF_ERROR(AddEntry(member, member_at, name, family));
    }
  }
  return OkStatus();
}

Status AuthZenQuestion::AddEntry(const JsonValue& value, const std::string& at,
                                 const std::string& name,
                                 std::string_view family) {
  std::vector<std::string_view>& values = values_.emplace_back();
  const auto add = [&values](const JsonValue& one) {
    switch (one.kind) {
      case Kind::kString:
      case Kind::kNumber:
        values.push_back(one.text);
        return true;
      case Kind::kBool:
        values.push_back(one.truth ? "true" : "false");
        return true;
      default:
        return false;
    }
  };
  if (value.kind == Kind::kArray) {
    for (size_t i = 0; i < value.items.size(); ++i) {
      if (!add(value.items[i])) {
        return WrongKind(at + "[" + std::to_string(i) + "]",
                         "a string, a number or a boolean",
                         value.items[i].kind);
      }
    }
  } else {
    // Null: the key is absent.
    add(value);
  }
  keys_.push_back(name.find(':') != std::string::npos
                      ? name
                      : prefix_ + std::string(family) + name);
  context_.push_back({keys_.back(), values});
  return OkStatus();
}

}  // namespace writ
