// SPDX-License-Identifier: Apache-2.0
#include "grammar/members.h"

#include <algorithm>
#include <array>
#include <utility>

#include "grammar/value.h"

namespace writ {
namespace {

constexpr std::string_view kPolicyMembers[] = {"Version", "Statement"};
constexpr std::string_view kStatementMembers[] = {
    "Sid",       "Effect",   "Principal",   "Action",
    "NotAction", "Resource", "NotResource", "Condition"};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string_view NearestMember(MemberPlace place, std::string_view name) {
  return place == MemberPlace::kPolicy ? NearestName(name, kPolicyMembers)
                                       : NearestName(name, kStatementMembers);
}

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  constexpr size_t kMost = 64;
  a = a.substr(0, kMost);
  b = b.substr(0, kMost);
  std::array<size_t, kMost + 1> row = {};
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

ForeignMemberFinding FindForeignMember(MemberPlace place, std::string_view name,
                                       Span span, std::string pointer) {
  if (name == "NotPrincipal" && place == MemberPlace::kStatement) {
    return {Diagnose(DiagnosticId::kNotInRam, span, std::move(pointer),
                     {name,
                      "name who is meant with `Principal`, or deny with a "
                      "condition"}),
            ""};
  }
  const std::string_view nearest = NearestMember(place, name);
  if (!nearest.empty() && EqualsIgnoreCase(nearest, name)) {
    return {Diagnose(DiagnosticId::kMemberCase, span, std::move(pointer),
                     {nearest, Excerpt(name)}),
            nearest};
  }
  const std::string help =
      nearest.empty()
          ? std::string(place == MemberPlace::kPolicy
                            ? "a policy has `Version` and `Statement`"
                            : "a statement has `Effect`, `Action`, `Resource`, "
                              "`Condition` and, by kind, `Principal`")
          : "did you mean `" + std::string(nearest) + "`?";
  return {Diagnose(DiagnosticId::kUnknownMember, span, std::move(pointer),
                   {Excerpt(name),
                    place == MemberPlace::kPolicy ? "a policy" : "a statement",
                    help}),
          nearest};
}

void ReportForeignMember(MemberPlace place, std::string_view name, Span span,
                         std::string pointer, Diagnostics* diagnostics) {
  diagnostics->Add(
      FindForeignMember(place, name, span, std::move(pointer)).finding);
}

}  // namespace writ
