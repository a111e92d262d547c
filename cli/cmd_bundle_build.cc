// SPDX-License-Identifier: Apache-2.0
// `writ bundle build`: a folder becomes an unsigned bundle.
#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "bundle/bundle.h"
#include "cli/bundle_actions.h"
#include "cli/output.h"
#include "crypto/hex.h"
#include "directory/directory_document.h"
#include "grammar/render.h"

namespace writ {
namespace {

Result<BundleManifest> ManifestOf(const BundleArguments& arguments,
                                  const PackedSnapshot& packed) {
  BundleManifest manifest;
  if (arguments.revision.empty()) {
    return InvalidArgument(
        "`build` needs --revision N, larger than that of any bundle before");
  }
  WRIT_ASSIGN_OR_RETURN(manifest.revision,
                        ReadRevision("--revision", arguments.revision, 1));
  if (!arguments.not_after.empty()) {
    WallTime time;
    if (!ParseRfc3339Utc(arguments.not_after, &time)) {
      return InvalidArgument(
          "`--not-after` is a time like "
          "2026-12-01T00:00:00Z, not `" +
          arguments.not_after + "`");
    }
    manifest.not_after =
        std::chrono::floor<std::chrono::seconds>(time.time_since_epoch())
            .count();
  }
  manifest.accounts = packed.accounts;
  manifest.principals = packed.principals;
  manifest.policies = packed.policies;
  manifest.statements = packed.statements;
  return manifest;
}

}  // namespace

ExitCode BuildBundle(const BundleArguments& arguments) {
  if (arguments.output.empty() || arguments.output == "-") {
    return ComplainOfBundle("`build` writes a file; name it with -o");
  }
  // Before the work, what is wrong with the line.
  if (const auto manifest = ManifestOf(arguments, {}); !manifest.ok()) {
    return ComplainOfBundle(std::string(manifest.status().message()));
  }
  const std::string& folder = arguments.paths[0];
  if (std::error_code ignored;
      std::filesystem::is_regular_file(folder, ignored)) {
    return ComplainOfBundle("`" + Printable(folder) +
                            "` is a file: name the folder that holds "
                            "directory.json");
  }
  const Result<DirectoryBuild> build = BuildDirectory(folder, {});
  if (!build.ok()) {
    const ExitCode exit = ComplainAbout(folder, build.status());
    return build.status().code() == StatusCode::kResourceExhausted
               ? ExitCode::kFindings
               : exit;
  }
  for (const std::string& warning : build->warnings) std::cerr << warning;
  for (const DirectoryFinding& finding : build->findings) {
    std::cerr << finding.text;
  }
  if (!build->findings.empty()) return ExitCode::kFindings;
  const Result<BundleManifest> manifest = ManifestOf(arguments, build->packed);
  WRIT_CHECK(manifest.ok());
  const std::string bytes =
      MakeBundle(*manifest, build->packed.directory, build->packed.program);
  // What nobody could load is not written.
  const auto bundle = Bundle::OpenUnverified(bytes);
  if (!bundle.ok()) return RefuseBundle(arguments.output, bundle.status());
  if (Status status = WriteFileAtomic(arguments.output, bytes, 0644);
      !status.ok()) {
    return ComplainAbout(arguments.output, status);
  }
  if ((*bundle)->ExpiredAt(arguments.now)) {
    std::cerr << "writ bundle: warning: no sidecar will serve it: its "
                 "--not-after is over\n";
  }
  if (!arguments.quiet) {
    std::cout << Printable(arguments.output) << ": "
              << ContentText((*bundle)->manifest()) << ", digest "
              << HexEncode((*bundle)->digest())
              << "\nnot signed yet: writ bundle sign "
              << Printable(arguments.output) << " --key FILE\n";
  }
  return ExitCode::kOk;
}

}  // namespace writ
