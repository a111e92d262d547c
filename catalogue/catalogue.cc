// SPDX-License-Identifier: Apache-2.0
#include "catalogue/catalogue.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "catalogue/built_in.h"
#include "catalogue/read.h"
#include "grammar/members.h"
#include "grammar/value.h"

namespace writ {
namespace {

char Fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Wildcard match with ASCII case folded; the texts of the catalogue are ASCII.
bool Matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      after_star = t;
    } else if (p < pattern.size() &&
               (pattern[p] == '?' || Fold(pattern[p]) == Fold(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// How far a misspelt word may be from what was meant: short names are easily
// one letter from a name that means something else.
size_t Tolerance(size_t length) {
  if (length < 3) return 0;
  if (length < 6) return 1;
  return length < 12 ? 2 : 3;
}

// Keeps the candidate nearest to a word.
class Nearest {
 public:
  explicit Nearest(std::string_view word)
      : word_(word), best_distance_(Tolerance(word.size()) + 1) {}

  void Consider(std::string_view candidate) {
    const size_t longer = std::max(candidate.size(), word_.size());
    const size_t shorter = std::min(candidate.size(), word_.size());
    if (longer - shorter >= best_distance_) return;
    const size_t distance = EditDistance(word_, candidate);
    if (distance >= best_distance_) return;
    best_distance_ = distance;
    best_ = candidate;
  }
  std::string_view best() const { return best_; }

 private:
  std::string_view word_;
  size_t best_distance_;
  std::string_view best_;
};

std::pair<std::string_view, std::string_view> SplitName(std::string_view name) {
  const size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, {}};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

const CatalogueKey* KeyNamed(std::span<const CatalogueKey> keys,
                             std::string_view name) {
  for (const CatalogueKey& key : keys) {
    const std::string_view known = key.name;
    if (!known.ends_with("/*")) {
      if (EqualsIgnoreCase(known, name)) return &key;
      continue;
    }
    const std::string_view family = known.substr(0, known.size() - 1);
    if (name.size() > family.size() &&
        EqualsIgnoreCase(family, name.substr(0, family.size()))) {
      return &key;
    }
  }
  return nullptr;
}

const CatalogueAction* ActionNamed(const CatalogueService& service,
                                   std::string_view name) {
  const auto at = std::lower_bound(
      service.actions.begin(), service.actions.end(), name,
      [](const CatalogueAction& action, std::string_view wanted) {
        return LessIgnoreCase(action.name, wanted);
      });
  if (at == service.actions.end() || !EqualsIgnoreCase(at->name, name)) {
    return nullptr;
  }
  return &*at;
}

}  // namespace

std::string_view AccessLevelName(AccessLevel level) {
  switch (level) {
    case AccessLevel::kRead:
      return "read";
    case AccessLevel::kList:
      return "list";
    case AccessLevel::kWrite:
      return "write";
    case AccessLevel::kPermissions:
      return "permissions";
    case AccessLevel::kTag:
      return "tag";
  }
  return "";
}

struct Catalogue::Rep {
  // A service: its text until somebody asks, then what the text says.
  struct Entry {
    std::string code;
    std::string_view text;
    std::once_flag once;
    std::optional<CatalogueService> service;
  };

  // A text that is built in was judged by the tests of this build.
  const CatalogueService& Read(Entry* entry) const {
    std::call_once(entry->once, [entry] {
      if (entry->service) return;
      Result<CatalogueService> service = ReadCatalogueService(
          SourceText(entry->code + ".json", std::string(entry->text)));
      WRIT_CHECK(service.ok());
      entry->service = std::move(service).value();
    });
    return *entry->service;
  }

  Entry* Find(std::string_view code) const {
    for (const std::unique_ptr<Entry>& entry : entries) {
      if (EqualsIgnoreCase(entry->code, code)) return entry.get();
    }
    return nullptr;
  }

  // Puts `service` in the place of one with its code, or beside the others.
  void Put(CatalogueService service) {
    Entry* entry = Find(service.code);
    if (entry == nullptr) {
      const auto at = std::find_if(entries.begin(), entries.end(),
                                   [&](const std::unique_ptr<Entry>& e) {
                                     return e->code > service.code;
                                   });
      entry = entries.insert(at, std::make_unique<Entry>())->get();
      entry->code = service.code;
    }
    entry->service = std::move(service);
  }

  CatalogueGlobals globals;
  std::vector<std::unique_ptr<Entry>> entries;  // sorted by code
};

Catalogue::Catalogue() : rep_(std::make_unique<Rep>()) {
  const std::span<const BuiltInText> texts = BuiltInTexts();
  Result<CatalogueGlobals> globals = ReadCatalogueGlobals(
      SourceText("global.json", std::string(texts.front().text)));
  WRIT_CHECK(globals.ok());
  rep_->globals = std::move(globals).value();
  for (const BuiltInText& text : texts.subspan(1)) {
    auto entry = std::make_unique<Rep::Entry>();
    entry->code = text.name;
    entry->text = text.text;
    rep_->entries.push_back(std::move(entry));
  }
}

Catalogue::Catalogue(Catalogue&&) noexcept = default;
Catalogue& Catalogue::operator=(Catalogue&&) noexcept = default;
Catalogue::~Catalogue() = default;

const Catalogue& Catalogue::BuiltIn() {
  static const Catalogue* const kCatalogue = new Catalogue();
  return *kCatalogue;
}

Result<Catalogue> Catalogue::WithFiles(std::span<const SourceText> texts) {
  Catalogue catalogue;
  std::string findings;
  std::vector<std::string> codes;
  for (const SourceText& text : texts) {
    Result<CatalogueService> service = ReadCatalogueService(text);
    std::string finding;
    if (!service.ok()) {
      finding = std::string(service.status().message());
    } else if (std::find(codes.begin(), codes.end(), service->code) !=
               codes.end()) {
      finding = text.name() + ":1:1: the service `" + service->code +
                "` is described by two files";
    } else {
      codes.push_back(service->code);
      catalogue.rep_->Put(std::move(service).value());
    }
    if (!finding.empty() && !findings.empty()) findings += '\n';
    findings += finding;
  }
  if (!findings.empty()) return InvalidArgument(findings);
  return catalogue;
}

std::vector<std::string_view> Catalogue::ServiceCodes() const {
  std::vector<std::string_view> codes;
  for (const auto& entry : rep_->entries) codes.push_back(entry->code);
  return codes;
}

bool Catalogue::IsServiceCode(std::string_view code) const {
  if (rep_->Find(code) != nullptr) return true;
  const std::vector<std::string>& others = rep_->globals.other_services;
  return std::any_of(others.begin(), others.end(), [code](const auto& other) {
    return EqualsIgnoreCase(other, code);
  });
}

std::span<const std::string> Catalogue::Regions() const {
  return rep_->globals.regions;
}

std::span<const CatalogueKey> Catalogue::GlobalKeys() const {
  return rep_->globals.keys;
}

const CatalogueService* Catalogue::FindService(std::string_view code) const {
  Rep::Entry* entry = rep_->Find(code);
  return entry == nullptr ? nullptr : &rep_->Read(entry);
}

const CatalogueAction* Catalogue::FindAction(std::string_view action) const {
  const auto [code, name] = SplitName(action);
  const CatalogueService* service = FindService(code);
  return service == nullptr ? nullptr : ActionNamed(*service, name);
}

std::vector<const CatalogueAction*> Catalogue::Matching(
    std::string_view pattern) const {
  std::vector<const CatalogueAction*> found;
  if (pattern == "*") pattern = "*:*";
  const auto [code, name] = SplitName(pattern);
  if (name.empty()) return found;
  for (const auto& entry : rep_->entries) {
    if (!Matches(code, entry->code)) continue;
    for (const CatalogueAction& action : rep_->Read(entry.get()).actions) {
      if (Matches(name, action.name)) found.push_back(&action);
    }
  }
  return found;
}

const CatalogueKey* Catalogue::FindKey(std::string_view key) const {
  if (const CatalogueKey* global = KeyNamed(rep_->globals.keys, key)) {
    return global;
  }
  const CatalogueService* service = FindService(SplitName(key).first);
  return service == nullptr ? nullptr : KeyNamed(service->keys, key);
}

std::string Catalogue::NearestService(std::string_view code) const {
  std::string folded(code);
  std::transform(folded.begin(), folded.end(), folded.begin(), Fold);
  const auto known = rep_->globals.also_called.find(folded);
  if (known != rep_->globals.also_called.end()) return known->second;
  Nearest nearest(code);
  // `os` for `oss`: a name of two letters is one letter away from few others.
  for (const auto& entry : rep_->entries) {
    nearest.Consider(entry->code);
    if (code.size() == 2 && EditDistance(code, entry->code) == 1) {
      return entry->code;
    }
  }
  for (const std::string& other : rep_->globals.other_services) {
    nearest.Consider(other);
  }
  return std::string(nearest.best());
}

std::string Catalogue::NearestAction(std::string_view action) const {
  const auto [code, name] = SplitName(action);
  if (name.empty()) return {};
  const CatalogueService* service = FindService(code);
  if (service == nullptr) service = FindService(NearestService(code));
  if (service != nullptr) {
    Nearest nearest(name);
    for (const CatalogueAction& known : service->actions) {
      nearest.Consider(known.name);
    }
    if (!nearest.best().empty()) {
      return service->code + ":" + std::string(nearest.best());
    }
  }
  // The right name behind the wrong service, when only one has it.
  const CatalogueAction* elsewhere = nullptr;
  for (const auto& entry : rep_->entries) {
    const CatalogueAction* same = ActionNamed(rep_->Read(entry.get()), name);
    if (same == nullptr) continue;
    if (elsewhere != nullptr) return {};
    elsewhere = same;
  }
  return elsewhere == nullptr ? "" : elsewhere->service + ":" + elsewhere->name;
}

std::string Catalogue::NearestKey(std::string_view key) const {
  // The part behind the slash is the author's own.
  const size_t slash = key.find('/');
  const std::string_view head = key.substr(0, slash);
  Nearest nearest(head);
  const auto consider = [&nearest, slash](const CatalogueKey& known) {
    std::string_view name = known.name;
    const bool family = name.ends_with("/*");
    if (family != (slash != std::string_view::npos)) return;
    if (family) name.remove_suffix(2);
    nearest.Consider(name);
  };
  for (const CatalogueKey& known : rep_->globals.keys) consider(known);
  if (const CatalogueService* service = FindService(SplitName(key).first)) {
    for (const CatalogueKey& known : service->keys) consider(known);
  }
  if (nearest.best().empty()) return {};
  std::string found(nearest.best());
  if (slash != std::string_view::npos) found += key.substr(slash);
  return found;
}

std::string Catalogue::NearestRegion(std::string_view region) const {
  Nearest nearest(region);
  for (const std::string& known : rep_->globals.regions) {
    nearest.Consider(known);
  }
  return std::string(nearest.best());
}

}  // namespace writ
