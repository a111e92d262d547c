// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DIRECTORY_RESOLVE_H_
#define WRIT_DIRECTORY_RESOLVE_H_

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "directory/document.h"
#include "directory/findings.h"
#include "directory/policy_folder.h"
#include "grammar/ast.h"

namespace writ {

using PolicyTree = std::shared_ptr<const ast::Policy>;
using NamedPolicies = std::map<std::string, PolicyTree, std::less<>>;

// What the names of a document stand for.
struct ResolvedDirectory {
  NamedPolicies identity;
  NamedPolicies control;
  NamedPolicies trust;
  NamedPolicies bucket;
  // Folders so that each stands behind the one that it lies in.
  std::vector<const DocumentFolder*> folders;
};

// Looks up every name of the document: folders, members, policies. What is not
// there, or there twice, is a finding; then the result has gaps.
//
// document  borrowed for the life of the result
ResolvedDirectory ResolveDirectory(const DirectoryDocument& document,
                                   PolicyFolder* policies,
                                   DirectoryFindings* findings);

// "/a/b" and so on: members from the outside inwards.
std::string PointerOf(std::initializer_list<std::string_view> members);

// ASCII letters in lower case.
std::string AsciiLower(std::string_view text);

}  // namespace writ

#endif  // WRIT_DIRECTORY_RESOLVE_H_
