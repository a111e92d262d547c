// SPDX-License-Identifier: Apache-2.0
#include "catalogue/read.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "grammar/diagnostic.h"
#include "grammar/json_tree.h"
#include "grammar/value.h"

namespace writ {
namespace {

using Index = JsonTree::Index;

constexpr std::string_view kFormatVersion = "1";

char Fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool IsName(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), IsNameCharacter);
}

// `service:Name`, or `service:Name/*` for a family of tag keys.
bool IsKeyName(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !IsName(text.substr(0, colon))) {
    return false;
  }
  std::string_view name = text.substr(colon + 1);
  if (name.ends_with("/*")) name.remove_suffix(2);
  return IsName(name);
}

struct Word {
  std::string_view text;
  uint16_t value;
};

constexpr Word kAccessWords[] = {
    {"read", static_cast<uint16_t>(AccessLevel::kRead)},
    {"list", static_cast<uint16_t>(AccessLevel::kList)},
    {"write", static_cast<uint16_t>(AccessLevel::kWrite)},
    {"permissions", static_cast<uint16_t>(AccessLevel::kPermissions)},
    {"tag", static_cast<uint16_t>(AccessLevel::kTag)},
};
constexpr Word kTraitWords[] = {
    {"reads-data", static_cast<uint16_t>(ActionTrait::kReadsData)},
    {"gives-credentials",
     static_cast<uint16_t>(ActionTrait::kGivesCredentials)},
    {"exposes-resource", static_cast<uint16_t>(ActionTrait::kExposesResource)},
    {"changes-logging", static_cast<uint16_t>(ActionTrait::kChangesLogging)},
    {"sensitive", static_cast<uint16_t>(ActionTrait::kSensitive)},
};
constexpr Word kTypeWords[] = {
    {"string", static_cast<uint16_t>(OperandFamily::kString)},
    {"number", static_cast<uint16_t>(OperandFamily::kNumeric)},
    {"date", static_cast<uint16_t>(OperandFamily::kDate)},
    {"bool", static_cast<uint16_t>(OperandFamily::kBool)},
    {"ip", static_cast<uint16_t>(OperandFamily::kIp)},
};

std::string Join(std::span<const Word> words) {
  std::string all;
  for (const Word& word : words) {
    if (!all.empty()) all += ", ";
    all += word.text;
  }
  return all;
}

// One data file as a tree, and what is wrong with it.
class DataFile {
 public:
  explicit DataFile(const SourceText& source) : source_(source) {
    Diagnostics diagnostics;
    tree_ = ReadJson(source, &diagnostics);
    for (const Diagnostic& d : diagnostics.all()) {
      if (d.level == Level::kError) Say(d.span, d.message);
    }
  }

  bool readable() const { return tree_.has_value() && findings_.empty(); }
  const JsonTree& tree() const { return *tree_; }

  void Say(Span span, std::string_view what) {
    if (findings_.size() >= kMaxFindings) return;
    const LineColumn at = source_.Locate(span.begin);
    findings_.push_back(source_.name() + ":" + std::to_string(at.line) + ":" +
                        std::to_string(at.column) + ": " + std::string(what));
  }
  void Say(Index at, std::string_view what) { Say(tree_->SpanOf(at), what); }

  Status status() const {
    if (findings_.empty()) return OkStatus();
    std::string all;
    for (const std::string& finding : findings_) {
      if (!all.empty()) all += '\n';
      all += finding;
    }
    return InvalidArgument(all);
  }

  // A member of an object: its name and where both stand.
  struct Member {
    std::string name;
    Index name_at;
    Index at;
  };
  // The members of the object at `at`; says so when it is none.
  std::vector<Member> Members(Index at, std::string_view what) {
    std::vector<Member> members;
    if (!Is(at, JsonType::kObject, what, "an object")) return members;
    for (Index i = tree_->First(at); i != tree_->at(at).next;) {
      const Index value = tree_->at(i).next;
      members.push_back({tree_->String(i), i, value});
      i = tree_->at(value).next;
    }
    return members;
  }

  bool Is(Index at, JsonType type, std::string_view what,
          std::string_view wanted) {
    if (tree_->at(at).type == type) return true;
    Say(at, "`" + std::string(what) + "` holds " + std::string(wanted));
    return false;
  }

  std::string Text(Index at, std::string_view what) {
    if (!Is(at, JsonType::kString, what, "a string")) return {};
    return tree_->String(at);
  }

  bool Flag(Index at, std::string_view what) {
    const JsonType type = tree_->at(at).type;
    if (type != JsonType::kTrue && type != JsonType::kFalse) {
      Say(at, "`" + std::string(what) + "` is true or false");
    }
    return type == JsonType::kTrue;
  }

  // One of `words`; the first one when it is none of them.
  uint16_t OneOf(Index at, std::string_view what, std::span<const Word> words) {
    const std::string text = Text(at, what);
    for (const Word& word : words) {
      if (word.text == text) return word.value;
    }
    if (tree_->at(at).type == JsonType::kString) {
      Say(at, "`" + std::string(what) + "` is one of " + Join(words));
    }
    return words.front().value;
  }

  // The strings of a list, each once; `each` judges them one by one.
  std::vector<std::string> Texts(
      Index at, std::string_view what,
      const std::function<void(Index, const std::string&)>& each) {
    std::vector<std::string> texts;
    if (!Is(at, JsonType::kArray, what, "a list")) return texts;
    for (Index i = tree_->First(at); i != tree_->at(at).next;
         i = tree_->at(i).next) {
      std::string text = Text(i, what);
      if (tree_->at(i).type != JsonType::kString) continue;
      if (std::find(texts.begin(), texts.end(), text) != texts.end()) {
        Say(i, "`" + Excerpt(text) + "` stands twice");
        continue;
      }
      each(i, text);
      texts.push_back(std::move(text));
    }
    return texts;
  }

  void Unknown(const Member& member, std::string_view known) {
    Say(member.name_at, "`" + Excerpt(member.name) +
                            "` is not known here; known are " +
                            std::string(known));
  }

  void Version(Index at) {
    if (tree_->Raw(at) == kFormatVersion) return;
    Say(at, "`version` is 1");
  }

 private:
  static constexpr size_t kMaxFindings = 20;

  const SourceText& source_;
  std::optional<JsonTree> tree_;
  std::vector<std::string> findings_;
};

// Puts items in order by name and reports two whose names differ in case only.
template <typename T>
void SortByName(std::vector<T>* items, std::string_view what, DataFile* file) {
  std::sort(items->begin(), items->end(), [](const T& a, const T& b) {
    return LessIgnoreCase(a.name, b.name);
  });
  for (size_t i = 1; i < items->size(); ++i) {
    if (EqualsIgnoreCase((*items)[i - 1].name, (*items)[i].name)) {
      file->Say(Span{}, "two " + std::string(what) + " are called `" +
                            Excerpt((*items)[i].name) + "`");
    }
  }
}

CatalogueKey ReadKey(const DataFile::Member& member, DataFile* file) {
  CatalogueKey key;
  key.name = member.name;
  if (!IsKeyName(key.name)) {
    file->Say(member.name_at,
              "a condition key looks like `oss:Prefix`, a family of keys like "
              "`acs:RequestTag/*`");
  }
  bool has_type = false;
  for (const DataFile::Member& m : file->Members(member.at, member.name)) {
    if (m.name == "type") {
      key.type =
          static_cast<OperandFamily>(file->OneOf(m.at, m.name, kTypeWords));
      has_type = true;
    } else if (m.name == "several") {
      key.several = file->Flag(m.at, m.name);
    } else if (m.name == "always_there") {
      key.always_there = file->Flag(m.at, m.name);
    } else if (m.name == "use_instead") {
      key.use_instead = file->Text(m.at, m.name);
    } else if (m.name == "values") {
      key.values = file->Texts(m.at, m.name, [](Index, const std::string&) {});
    } else if (m.name == "actions") {
      key.actions =
          file->Texts(m.at, m.name, [file](Index at, const std::string& text) {
            if (!IsActionPattern(text)) {
              file->Say(at, "an action looks like `oss:ListObjects`");
            }
          });
    } else {
      file->Unknown(m,
                    "type, several, always_there, use_instead, values, "
                    "actions");
    }
  }
  if (!has_type && file->tree().at(member.at).type == JsonType::kObject) {
    file->Say(member.at, "`type` is missing");
  }
  return key;
}

std::vector<CatalogueKey> ReadKeys(Index at, DataFile* file) {
  std::vector<CatalogueKey> keys;
  for (const DataFile::Member& member : file->Members(at, "keys")) {
    keys.push_back(ReadKey(member, file));
  }
  SortByName(&keys, "keys", file);
  return keys;
}

bool HasResource(const CatalogueService& service, std::string_view name) {
  return std::any_of(
      service.resources.begin(), service.resources.end(),
      [name](const CatalogueResource& r) { return r.name == name; });
}

// Reads the members of one service in the order in which they rest on each
// other, whatever their order in the text.
class ServiceReader {
 public:
  explicit ServiceReader(DataFile* file) : file_(file) {}

  CatalogueService Read() {
    for (const DataFile::Member& m :
         file_->Members(JsonTree::kRoot, "the file")) {
      if (m.name == "version") {
        file_->Version(m.at);
        has_version_ = true;
      } else if (m.name == "service") {
        ReadCode(m.at);
      } else if (m.name == "title") {
        service_.title = file_->Text(m.at, m.name);
      } else if (m.name == "actions_are_complete") {
        service_.actions_are_complete = file_->Flag(m.at, m.name);
      } else if (m.name == "keys_are_complete") {
        service_.keys_are_complete = file_->Flag(m.at, m.name);
      } else if (m.name == "resources") {
        resources_at_ = m.at;
      } else if (m.name == "keys") {
        keys_at_ = m.at;
      } else if (m.name == "actions") {
        actions_at_ = m.at;
      } else {
        file_->Unknown(m,
                       "version, service, title, actions_are_complete, "
                       "keys_are_complete, resources, keys, actions");
      }
    }
    Require(has_version_, "version");
    Require(!service_.code.empty(), "service");
    Require(!service_.title.empty(), "title");
    Require(actions_at_.has_value(), "actions");
    if (resources_at_) ReadResources();
    if (actions_at_) ReadActions();
    if (keys_at_) ReadServiceKeys();
    return std::move(service_);
  }

 private:
  void Require(bool there, std::string_view what) {
    if (!there && file_->tree().at(JsonTree::kRoot).type == JsonType::kObject) {
      file_->Say(JsonTree::kRoot, "`" + std::string(what) + "` is missing");
    }
  }

  void ReadCode(Index at) {
    service_.code = file_->Text(at, "service");
    const bool lower =
        std::none_of(service_.code.begin(), service_.code.end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!IsName(service_.code) || !lower) {
      file_->Say(at, "a service code looks like `oss`, in lower case");
    }
  }

  void ReadResources() {
    for (const DataFile::Member& m :
         file_->Members(*resources_at_, "resources")) {
      CatalogueResource resource{m.name, file_->Text(m.at, m.name)};
      if (!IsName(m.name)) file_->Say(m.name_at, "not a name of a resource");
      if (!resource.shape.starts_with("acs:") ||
          !IsResourcePattern(resource.shape)) {
        file_->Say(m.at, "a shape looks like `acs:oss:*:*:*/**`");
      }
      service_.resources.push_back(std::move(resource));
    }
  }

  void ReadActions() {
    for (const DataFile::Member& m : file_->Members(*actions_at_, "actions")) {
      if (!IsName(m.name)) file_->Say(m.name_at, "not a name of an action");
      service_.actions.push_back(ReadAction(m));
    }
    SortByName(&service_.actions, "actions", file_);
  }

  CatalogueAction ReadAction(const DataFile::Member& member) {
    CatalogueAction action;
    action.service = service_.code;
    action.name = member.name;
    bool has_access = false;
    bool has_resources = false;
    for (const DataFile::Member& m : file_->Members(member.at, member.name)) {
      if (m.name == "access") {
        action.access =
            static_cast<AccessLevel>(file_->OneOf(m.at, m.name, kAccessWords));
        has_access = true;
      } else if (m.name == "traits") {
        action.traits = ReadTraits(m.at);
      } else if (m.name == "resources") {
        has_resources = true;
        ReadActionResources(m.at, &action);
      } else {
        file_->Unknown(m, "access, resources, traits");
      }
    }
    if (file_->tree().at(member.at).type == JsonType::kObject) {
      if (!has_access) file_->Say(member.at, "`access` is missing");
      if (!has_resources) file_->Say(member.at, "`resources` is missing");
    }
    return action;
  }

  uint16_t ReadTraits(Index at) {
    uint16_t traits = 0;
    file_->Texts(at, "traits", [&](Index item, const std::string&) {
      traits = static_cast<uint16_t>(traits |
                                     file_->OneOf(item, "traits", kTraitWords));
    });
    return traits;
  }

  void ReadActionResources(Index at, CatalogueAction* action) {
    if (file_->tree().at(at).type == JsonType::kString) {
      action->resources_unknown = true;
      if (file_->tree().String(at) != "unknown") {
        file_->Say(at, "`resources` is a list, or \"unknown\"");
      }
      return;
    }
    action->resources = file_->Texts(
        at, "resources", [this](Index item, const std::string& name) {
          if (!HasResource(service_, name)) {
            file_->Say(item, "no resource is called `" + Excerpt(name) + "`");
          }
        });
  }

  void ReadServiceKeys() {
    service_.keys = ReadKeys(*keys_at_, file_);
    for (const CatalogueKey& key : service_.keys) {
      if (!std::string_view(key.name).starts_with(service_.code + ":")) {
        file_->Say(*keys_at_,
                   "`" + Excerpt(key.name) + "` is not a key of this service");
      }
      for (const std::string& pattern : key.actions) Join(key.name, pattern);
    }
  }

  // Notes the key at the action that `name` is.
  void Join(const std::string& key, const std::string& name) {
    for (CatalogueAction& action : service_.actions) {
      if (name != service_.code + ":" + action.name) continue;
      action.keys.push_back(key);
      return;
    }
    file_->Say(*keys_at_, "`" + Excerpt(key) + "` names the action `" +
                              Excerpt(name) + "`, which is not listed");
  }

  DataFile* file_;
  CatalogueService service_;
  bool has_version_ = false;
  std::optional<Index> resources_at_;
  std::optional<Index> keys_at_;
  std::optional<Index> actions_at_;
};

}  // namespace

bool LessIgnoreCase(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](char x, char y) { return Fold(x) < Fold(y); });
}

Result<CatalogueService> ReadCatalogueService(const SourceText& source) {
  DataFile file(source);
  if (!file.readable()) {
    const Status status = file.status();
    return status.ok() ? InvalidArgument(source.name() + ": no JSON") : status;
  }
  CatalogueService service = ServiceReader(&file).Read();
  WRIT_RETURN_IF_ERROR(file.status());
  return service;
}

Result<CatalogueGlobals> ReadCatalogueGlobals(const SourceText& source) {
  DataFile file(source);
  if (!file.readable()) {
    const Status status = file.status();
    return status.ok() ? InvalidArgument(source.name() + ": no JSON") : status;
  }
  CatalogueGlobals globals;
  const auto check_name = [&file](Index at, const std::string& name) {
    if (!IsName(name)) file.Say(at, "not a name");
  };
  for (const DataFile::Member& m : file.Members(JsonTree::kRoot, "the file")) {
    if (m.name == "version") {
      file.Version(m.at);
    } else if (m.name == "regions") {
      globals.regions = file.Texts(m.at, m.name, check_name);
    } else if (m.name == "other_services") {
      globals.other_services = file.Texts(m.at, m.name, check_name);
    } else if (m.name == "also_called") {
      for (const DataFile::Member& name : file.Members(m.at, m.name)) {
        globals.also_called[name.name] = file.Text(name.at, name.name);
      }
    } else if (m.name == "keys") {
      globals.keys = ReadKeys(m.at, &file);
    } else {
      file.Unknown(m, "version, regions, other_services, also_called, keys");
    }
  }
  WRIT_RETURN_IF_ERROR(file.status());
  std::sort(globals.regions.begin(), globals.regions.end());
  std::sort(globals.other_services.begin(), globals.other_services.end());
  return globals;
}

}  // namespace writ
