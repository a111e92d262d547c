// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DIRECTORY_DOCUMENT_H_
#define WRIT_DIRECTORY_DOCUMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "directory/findings.h"

// What directory.json says (docs/spec/directory.md), in its order. Names are
// not resolved yet.
namespace writ {

// A name and the byte of the text at which it, or what it names, stands.
struct DocumentName {
  std::string text;
  uint32_t at = 0;
};

// A policy that a user, group or role has.
struct DocumentAttachment {
  DocumentName policy;
  std::string resource_group;  // empty: in the whole account
};

struct DocumentUser {
  DocumentName name;
  std::string id;
  std::vector<DocumentAttachment> policies;
};

struct DocumentGroup {
  DocumentName name;
  std::vector<DocumentName> members;
  std::vector<DocumentAttachment> policies;
};

struct DocumentRole {
  DocumentName name;
  std::string id;
  std::optional<DocumentName> trust;
  bool service_linked = false;
  std::vector<DocumentAttachment> policies;
};

struct DocumentBucket {
  DocumentName name;
  DocumentName policy;
};

struct DocumentAccount {
  DocumentName id;
  bool management = false;
  std::optional<DocumentName> folder;
  std::vector<DocumentName> control_policies;
  std::vector<DocumentUser> users;
  std::vector<DocumentGroup> groups;
  std::vector<DocumentRole> roles;
  std::vector<DocumentBucket> buckets;
};

struct DocumentFolder {
  DocumentName name;
  std::optional<DocumentName> parent;
  std::vector<DocumentName> control_policies;
};

struct DocumentResource {
  DocumentName arn;
  std::string resource_group;
};

struct DirectoryDocument {
  std::vector<DocumentName> root_control_policies;
  std::vector<DocumentFolder> folders;
  std::vector<DocumentAccount> accounts;
  std::vector<DocumentResource> resources;
};

// Reads directory.json strictly: types, members, names given twice. Nothing,
// and one finding more, when the text is not JSON.
//
// Cost  linear in the text
std::optional<DirectoryDocument> ReadDirectoryDocument(
    const SourceText& source, DirectoryFindings* findings);

}  // namespace writ

#endif  // WRIT_DIRECTORY_DOCUMENT_H_
