// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <iostream>

#include "base/file.h"
#include "grammar/render.h"

namespace writ {

void ComplainAbout(const PolicyFile& file) {
  std::cerr << RenderFindings(file.source, file.diagnostics,
                              FindingFormat::kPretty);
}

ExitCode ComplainAbout(const std::string& path, const Status& status) {
  std::cerr << "writ: " << Printable(path) << ": " << status.message() << "\n";
  return status.code() == StatusCode::kInternal ? ExitCode::kInternal
                                                : ExitCode::kUsage;
}

ExitCode Deliver(const std::string& text, const std::string& path) {
  if (path.empty() || path == "-") {
    std::cout << text;
    return ExitCode::kOk;
  }
  if (Status status = WriteFileAtomic(path, text, 0644); !status.ok()) {
    return ComplainAbout(path, status);
  }
  return ExitCode::kOk;
}

}  // namespace writ
