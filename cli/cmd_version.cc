// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>

#include "authz/program/format.h"
#include "catalogue/catalogue.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/version.h"
#include "grammar/json_out.h"

namespace writ {

ExitCode RunVersion(Args args) {
  bool as_json = false;
  Flags flags("version", "", "Prints the version of this build.");
  flags.Bool("--json", "as a JSON object", &as_json);
  flags.Positionals(nullptr, 0, 0);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;
  if (!as_json) {
    std::cout << VersionLine();
    return ExitCode::kOk;
  }
  JsonOut json(2);
  json.Open('{').Member("schema_version").Number(1);
  json.Member("version").Text(BuildVersion());
  if (!BuildCommit().empty()) json.Member("commit").Text(BuildCommit());
  json.Member("language").Number(kLanguageVersion);
  json.Member("ram").Text("1");
  json.Member("program_format")
      .Text(std::to_string(kImageMajor) + "." + std::to_string(kImageMinor));
  json.Member("semantics").Number(kSemanticsVersion);
  json.Member("catalogue_services")
      .Number(Catalogue::BuiltIn().ServiceCodes().size());
  json.Close();
  std::cout << json.Take();
  return ExitCode::kOk;
}

}  // namespace writ
