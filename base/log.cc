// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "base/file.h"

namespace writ {
namespace {

// Set once before threads start; a log line needs no lock to read it.
char g_role[16] = "writ";

void AppendValue(std::string_view value, std::string* line) {
  *line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      *line += '\\';
      *line += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      char text[8];
      std::snprintf(text, sizeof text, "\\x%02x", byte);
      *line += text;
    } else {
      *line += c;
    }
  }
  *line += '"';
}

}  // namespace

void SetLogRole(std::string_view role) {
  std::snprintf(g_role, sizeof g_role, "%.*s", static_cast<int>(role.size()),
                role.data());
}

void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields) {
  std::string line = FormatRfc3339Millis(SystemClock().Now());
  switch (level) {
    case LogLevel::kInfo:
      line += " info ";
      break;
    case LogLevel::kWarning:
      line += " warning ";
      break;
    case LogLevel::kError:
      line += " error ";
      break;
  }
  line += g_role;
  line += ' ';
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.name();
    line += '=';
    AppendValue(field.value(), &line);
  }
  line += '\n';
  // Nowhere is left to report a failure to write to standard error.
  static_cast<void>(WriteAll(STDERR_FILENO, line));
}

}  // namespace writ
