// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CATALOGUE_CATALOGUE_H_
#define WRIT_CATALOGUE_CATALOGUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "grammar/diagnostic.h"
#include "grammar/operators.h"

// What is known about services: their actions, resources and condition keys.
// Data files, catalogue/services/*.json (format: docs/spec/catalogue.md), built
// into the program; authors add their own. Advice rests on it, never a decision
// (R20, R48).
namespace writ {

enum class AccessLevel : uint8_t { kRead, kList, kWrite, kPermissions, kTag };
std::string_view AccessLevelName(AccessLevel level);

// Traits of an action that rules ask for; a set of bits.
enum class ActionTrait : uint16_t {
  kReadsData = 1,         // returns customers' content: objects, secrets, code
  kGivesCredentials = 2,  // returns something one can sign in or sign with
  kExposesResource = 4,   // can change an ACL, a resource policy, sharing
  kChangesLogging = 8,    // can stop or delete an audit trail
  kSensitive = 16,        // wants a second factor
};

struct CatalogueAction {
  std::string service;  // "oss"
  std::string name;     // "GetObject", in the documents' spelling
  AccessLevel access = AccessLevel::kWrite;
  uint16_t traits = 0;
  // Names of resource shapes of the service; empty: the action has no
  // resource-level support and is asked on `*`.
  std::vector<std::string> resources;
  // Condition keys of its service that requests of this action may carry,
  // besides those that all of the service's requests may carry.
  std::vector<std::string> keys;
  // Nothing is known about its resources: rules about them stay silent.
  bool resources_unknown = false;
  bool has(ActionTrait trait) const {
    return (traits & static_cast<uint16_t>(trait)) != 0;
  }
};

struct CatalogueResource {
  std::string name;  // "object"
  // "acs:oss:*:*:*/**": a pattern (R19) with `*` for what varies: `*` stands
  // for text without a slash, `**` for any. Read as a pattern of a policy, the
  // shape matches all that it means and perhaps more.
  std::string shape;
};

struct CatalogueKey {
  std::string name;  // "acs:SourceIp"; "acs:RequestTag/*" for a family
  OperandFamily type = OperandFamily::kString;
  bool several = false;             // a request may carry several values
  bool always_there = false;        // every request it belongs to carries it
  std::string use_instead;          // a deprecated key's successor; else empty
  std::vector<std::string> values;  // the only values it takes; empty: any
  // Patterns of the actions whose requests may carry it ("ram:PassRole");
  // empty: all of its service, or all there are for a global key.
  std::vector<std::string> actions;
};

struct CatalogueService {
  std::string code;  // "oss"
  std::string title;
  // The list of actions is complete enough to call others unknown.
  bool actions_are_complete = false;
  // The same of its condition keys.
  bool keys_are_complete = false;
  std::vector<CatalogueAction> actions;  // sorted by name, ASCII case folded
  std::vector<CatalogueResource> resources;
  std::vector<CatalogueKey> keys;
};

// Immutable after loading; any number of threads may read at once. Services
// are read from their text at the first question about them (0.1 to 1 ms each),
// under a lock.
class Catalogue {
 public:
  // The services that are built in.
  static const Catalogue& BuiltIn();

  // The built-in services and those of `texts`, which replace built-in ones of
  // the same code. Findings about a text: its format is docs/spec/catalogue.md.
  static Result<Catalogue> WithFiles(std::span<const SourceText> texts);

  // Codes of all services, sorted. Cheap: reads none of them.
  std::vector<std::string_view> ServiceCodes() const;
  // A service whose code is known to be in use, with or without data here.
  bool IsServiceCode(std::string_view code) const;
  // Region ids that are known.
  std::span<const std::string> Regions() const;
  // Condition keys that any request may carry (acs:…).
  std::span<const CatalogueKey> GlobalKeys() const;

  // Code is compared with ASCII case folded, as actions are.
  const CatalogueService* FindService(std::string_view code) const;
  // "oss:GetObject", ASCII case folded.
  const CatalogueAction* FindAction(std::string_view action) const;
  // Every action that an action pattern matches ("oss:Get*", "*"), in order of
  // service and name.
  std::vector<const CatalogueAction*> Matching(std::string_view pattern) const;
  // A global key or one of the service that stands before the colon (R10);
  // families by their beginning.
  const CatalogueKey* FindKey(std::string_view key) const;

  // The nearest known name, or empty: of services, of "service:Name" actions
  // (same service first), of condition keys.
  std::string NearestService(std::string_view code) const;
  std::string NearestAction(std::string_view action) const;
  std::string NearestKey(std::string_view key) const;
  std::string NearestRegion(std::string_view region) const;

  Catalogue(Catalogue&&) noexcept;
  Catalogue& operator=(Catalogue&&) noexcept;
  ~Catalogue();

 private:
  struct Rep;
  Catalogue();
  std::unique_ptr<Rep> rep_;
};

}  // namespace writ

#endif  // WRIT_CATALOGUE_CATALOGUE_H_
