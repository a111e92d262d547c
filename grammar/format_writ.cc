// SPDX-License-Identifier: Apache-2.0
#include "grammar/format_writ.h"

#include "grammar/parse_writ.h"
#include "grammar/print.h"

namespace writ {

std::optional<std::string> FormatWrit(const SourceText& source,
                                      size_t /*width*/,
                                      Diagnostics* diagnostics) {
  SourceText copy = source;
  const std::optional<WritFile> file = ParseWrit(&copy, {}, diagnostics);
  if (!file) return std::nullopt;
  return PrintWrit(file->policies);
}

}  // namespace writ
