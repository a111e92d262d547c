// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CATALOGUE_READ_H_
#define WRIT_CATALOGUE_READ_H_

#include <map>
#include <string>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "catalogue/catalogue.h"

// Readers of the data files; the format is docs/spec/catalogue.md.
namespace writ {

// What catalogue/global.json holds.
struct CatalogueGlobals {
  std::vector<std::string> regions;         // sorted
  std::vector<CatalogueKey> keys;           // sorted by folded name
  std::vector<std::string> other_services;  // sorted; exist, without data
  // What people call a service: "sls" for "log".
  std::map<std::string, std::string, std::less<>> also_called;
};

// Reads the text of one service.
//
// Errors   kInvalidArgument  one line per finding, "file:line:column: what"
Result<CatalogueService> ReadCatalogueService(const SourceText& source);

// Reads catalogue/global.json. Errors as above.
Result<CatalogueGlobals> ReadCatalogueGlobals(const SourceText& source);

// Whether `a` goes before `b`, ASCII case folded.
bool LessIgnoreCase(std::string_view a, std::string_view b);

}  // namespace writ

#endif  // WRIT_CATALOGUE_READ_H_
