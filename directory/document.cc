// SPDX-License-Identifier: Apache-2.0
#include "directory/document.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_scanner.h"
#include "grammar/diagnostic.h"

namespace writ {
namespace {

using Type = JsonScanner::Type;

constexpr std::string_view kVersion = "1";

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kObject:
      return "an object";
    case Type::kArray:
      return "a list";
    case Type::kString:
      return "text";
    case Type::kNumber:
      return "a number";
    case Type::kBool:
      return "a boolean";
    case Type::kNull:
      return "null";
    case Type::kNone:
      break;
  }
  return "nothing";
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= '0' && c <= '9';
  });
}

// Reads the text from front to back. Functions that read a value return false
// only when the text is no JSON and nothing more can be read.
class DocumentReader {
 public:
  DocumentReader(const SourceText& source, DirectoryFindings* findings)
      : scanner_(source.text()), findings_(*findings) {}

  std::optional<DirectoryDocument> Read() {
    DirectoryDocument document;
    if (ReadRoot(&document) && scanner_.AtEnd()) return document;
    findings_.Say(At(), "", "not JSON: " + scanner_.error());
    return std::nullopt;
  }

 private:
  // Goes one step down in the pointer for its life.
  class Step {
   public:
    Step(DocumentReader* reader, std::string_view member)
        : reader_(*reader), size_(reader_.pointer_.size()) {
      reader_.pointer_ = PointerTo(reader_.pointer_, member);
    }
    Step(DocumentReader* reader, size_t index)
        : reader_(*reader), size_(reader_.pointer_.size()) {
      reader_.pointer_ = PointerTo(reader_.pointer_, index);
    }
    ~Step() { reader_.pointer_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    DocumentReader& reader_;
    const size_t size_;
  };

  uint32_t At() const { return static_cast<uint32_t>(scanner_.position()); }
  void Say(std::string_view what) { findings_.Say(At(), pointer_, what); }

  // Skips a value of another type than `wanted` and says so. Returns whether it
  // was one of that type, which is not read yet.
  bool Is(Type wanted, std::string_view name, bool* json) {
    const Type type = scanner_.Peek();
    *json = true;
    if (type == wanted) return true;
    if (type != Type::kNone) {
      Say(std::string(name) + " is wanted here, not " +
          std::string(TypeName(type)));
    }
    *json = scanner_.SkipValue();
    return false;
  }

  // Calls read(name) with the scanner before each member's value; it returns
  // what this class's functions return. A name that stands there twice is a
  // finding, and its second value is skipped.
  template <typename ReadMember>
  bool Members(ReadMember read) {
    bool json = true;
    if (!Is(Type::kObject, "an object", &json)) return json;
    if (!scanner_.Open('{')) return false;
    std::set<std::string, std::less<>> seen;
    std::string name;
    bool more = false;
    while (true) {
      if (!scanner_.NextMember(&more, &name)) return false;
      if (!more) return true;
      const Step step(this, name);
      scanner_.Peek();  // to where the value begins
      if (!seen.insert(name).second) {
        Say("stands here twice; names and members stand once in an object");
        if (!scanner_.SkipValue()) return false;
      } else if (!read(name)) {
        return false;
      }
    }
  }

  template <typename ReadElement>
  bool Elements(ReadElement read) {
    bool json = true;
    if (!Is(Type::kArray, "a list", &json)) return json;
    if (!scanner_.Open('[')) return false;
    bool more = false;
    for (size_t i = 0;; ++i) {
      if (!scanner_.NextElement(&more)) return false;
      if (!more) return true;
      const Step step(this, i);
      scanner_.Peek();
      if (!read()) return false;
    }
  }

  // A member that the object does not have.
  bool Unknown(std::string_view name,
               std::initializer_list<std::string_view> known) {
    std::string text = "no member of that name here";
    const std::string nearest = DidYouMean(name, std::vector(known));
    if (nearest.empty()) {
      text += "; there are";
      for (const std::string_view member : known) {
        text += (member == *known.begin() ? " `" : ", `") +
                std::string(member) + "`";
      }
    }
    Say(text + nearest);
    return scanner_.SkipValue();
  }

  bool Text(std::string* text) {
    bool json = true;
    if (!Is(Type::kString, "text in quotes", &json)) return json;
    return scanner_.ReadString(text);
  }
  // A text that is not empty.
  bool Name(DocumentName* name) {
    name->at = At();
    bool json = true;
    if (!Is(Type::kString, "a name in quotes", &json)) return json;
    if (!scanner_.ReadString(&name->text)) return false;
    if (name->text.empty()) {
      findings_.Say(name->at, pointer_, "the name is empty");
    }
    return true;
  }
  bool Name(std::optional<DocumentName>* name) {
    DocumentName read;
    if (!Name(&read)) return false;
    if (!read.text.empty()) *name = std::move(read);
    return true;
  }
  bool Names(std::vector<DocumentName>* names) {
    return Elements([&] {
      DocumentName name;
      if (!Name(&name)) return false;
      if (!name.text.empty()) names->push_back(std::move(name));
      return true;
    });
  }
  bool Truth(bool* value) {
    bool json = true;
    if (!Is(Type::kBool, "`true` or `false`", &json)) return json;
    return scanner_.ReadBool(value);
  }
  bool Id(std::string* id) {
    const uint32_t at = At();
    bool json = true;
    if (!Is(Type::kString, "a number in quotes", &json)) return json;
    if (!scanner_.ReadString(id)) return false;
    if (!IsNumber(*id)) {
      findings_.Say(at, pointer_,
                    "an id is a number in quotes, not `" + Excerpt(*id) + "`");
    }
    return true;
  }

  bool ReadRoot(DirectoryDocument* document);
  bool ReadVersion();
  bool ReadFolder(DocumentFolder* folder);
  bool ReadAccount(DocumentAccount* account);
  bool ReadUser(DocumentUser* user);
  bool ReadGroup(DocumentGroup* group);
  bool ReadRole(DocumentRole* role);
  bool ReadBucket(DocumentBucket* bucket);
  bool ReadResource(DocumentResource* resource);
  bool ReadAttachment(DocumentAttachment* attachment);
  bool ReadAttachments(std::vector<DocumentAttachment>* attachments);

  // Objects by their names; `read` reads one, whose name is set.
  template <typename T>
  bool Named(std::vector<T>* all, DocumentName T::*name,
             bool (DocumentReader::*read)(T*)) {
    return Members([&](const std::string& text) {
      T one;
      one.*name = {text, At()};
      if (text.empty()) {
        Say("the name is empty");
        return scanner_.SkipValue();
      }
      if (!(this->*read)(&one)) return false;
      all->push_back(std::move(one));
      return true;
    });
  }

  JsonScanner scanner_;
  DirectoryFindings& findings_;
  std::string pointer_;
};

bool DocumentReader::ReadRoot(DirectoryDocument* document) {
  bool has_version = false;
  bool has_accounts = false;
  const bool json = Members([&](const std::string& name) {
    if (name == "version") {
      has_version = true;
      return ReadVersion();
    }
    if (name == "root") {
      return Members([&](const std::string& member) {
        if (member == "controlPolicies") {
          return Names(&document->root_control_policies);
        }
        return Unknown(member, {"controlPolicies"});
      });
    }
    if (name == "folders") {
      return Named(&document->folders, &DocumentFolder::name,
                   &DocumentReader::ReadFolder);
    }
    if (name == "accounts") {
      has_accounts = true;
      return Named(&document->accounts, &DocumentAccount::id,
                   &DocumentReader::ReadAccount);
    }
    if (name == "resources") {
      return Named(&document->resources, &DocumentResource::arn,
                   &DocumentReader::ReadResource);
    }
    return Unknown(name,
                   {"version", "root", "folders", "accounts", "resources"});
  });
  if (json && !has_version) {
    findings_.Say(0, "", "`version` is missing; write \"version\": 1");
  }
  if (json && !has_accounts) findings_.Say(0, "", "`accounts` is missing");
  return json;
}

bool DocumentReader::ReadVersion() {
  const uint32_t at = At();
  bool json = true;
  if (!Is(Type::kNumber, "the number 1", &json)) return json;
  std::string_view number;
  if (!scanner_.ReadNumber(&number)) return false;
  if (number != kVersion) {
    findings_.Say(at, pointer_,
                  "version " + Excerpt(number) +
                      " of the format; this program reads version 1");
  }
  return true;
}

bool DocumentReader::ReadFolder(DocumentFolder* folder) {
  return Members([&](const std::string& name) {
    if (name == "parent") return Name(&folder->parent);
    if (name == "controlPolicies") return Names(&folder->control_policies);
    return Unknown(name, {"parent", "controlPolicies"});
  });
}

bool DocumentReader::ReadAccount(DocumentAccount* account) {
  if (!IsNumber(account->id.text)) {
    Say("an account is named by its id, a number in quotes");
  }
  return Members([&](const std::string& name) {
    if (name == "management") return Truth(&account->management);
    if (name == "folder") return Name(&account->folder);
    if (name == "controlPolicies") return Names(&account->control_policies);
    if (name == "users") {
      return Named(&account->users, &DocumentUser::name,
                   &DocumentReader::ReadUser);
    }
    if (name == "groups") {
      return Named(&account->groups, &DocumentGroup::name,
                   &DocumentReader::ReadGroup);
    }
    if (name == "roles") {
      return Named(&account->roles, &DocumentRole::name,
                   &DocumentReader::ReadRole);
    }
    if (name == "buckets") {
      return Named(&account->buckets, &DocumentBucket::name,
                   &DocumentReader::ReadBucket);
    }
    return Unknown(name, {"management", "folder", "controlPolicies", "users",
                          "groups", "roles", "buckets"});
  });
}

bool DocumentReader::ReadUser(DocumentUser* user) {
  return Members([&](const std::string& name) {
    if (name == "id") return Id(&user->id);
    if (name == "policies") return ReadAttachments(&user->policies);
    return Unknown(name, {"id", "policies"});
  });
}

bool DocumentReader::ReadGroup(DocumentGroup* group) {
  return Members([&](const std::string& name) {
    if (name == "members") return Names(&group->members);
    if (name == "policies") return ReadAttachments(&group->policies);
    return Unknown(name, {"members", "policies"});
  });
}

bool DocumentReader::ReadRole(DocumentRole* role) {
  return Members([&](const std::string& name) {
    if (name == "id") return Id(&role->id);
    if (name == "trust") return Name(&role->trust);
    if (name == "serviceLinked") return Truth(&role->service_linked);
    if (name == "policies") return ReadAttachments(&role->policies);
    return Unknown(name, {"id", "trust", "serviceLinked", "policies"});
  });
}

bool DocumentReader::ReadBucket(DocumentBucket* bucket) {
  const uint32_t at = At();
  bool has_policy = false;
  const bool json = Members([&](const std::string& name) {
    if (name != "policy") return Unknown(name, {"policy"});
    has_policy = true;
    return Name(&bucket->policy);
  });
  if (json && !has_policy) {
    findings_.Say(at, pointer_,
                  "`policy` is missing: the policy of the bucket");
  }
  return json;
}

bool DocumentReader::ReadResource(DocumentResource* resource) {
  const uint32_t at = At();
  const bool json = Members([&](const std::string& name) {
    if (name != "resourceGroup") return Unknown(name, {"resourceGroup"});
    return Text(&resource->resource_group);
  });
  if (json && resource->resource_group.empty()) {
    findings_.Say(at, pointer_,
                  "`resourceGroup` is missing: the group that the resource "
                  "lies in");
  }
  return json;
}

bool DocumentReader::ReadAttachment(DocumentAttachment* attachment) {
  if (scanner_.Peek() != Type::kObject) return Name(&attachment->policy);
  const uint32_t at = At();
  const bool json = Members([&](const std::string& name) {
    if (name == "policy") return Name(&attachment->policy);
    if (name == "resourceGroup") return Text(&attachment->resource_group);
    return Unknown(name, {"policy", "resourceGroup"});
  });
  if (json && attachment->policy.text.empty()) {
    findings_.Say(at, pointer_, "`policy` is missing: the name of a policy");
  }
  return json;
}

bool DocumentReader::ReadAttachments(
    std::vector<DocumentAttachment>* attachments) {
  return Elements([&] {
    DocumentAttachment attachment;
    if (!ReadAttachment(&attachment)) return false;
    attachments->push_back(std::move(attachment));
    return true;
  });
}

}  // namespace

std::optional<DirectoryDocument> ReadDirectoryDocument(
    const SourceText& source, DirectoryFindings* findings) {
  return DocumentReader(source, findings).Read();
}

}  // namespace writ
