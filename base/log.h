// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_LOG_H_
#define WRIT_BASE_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace writ {

class SecretBytes;

enum class LogLevel : uint8_t { kInfo, kWarning, kError };

// One field of a log line. There is no constructor from SecretBytes: a secret
// cannot be logged by accident. By rule P50 no query string, header value or
// request body is ever a field either.
class LogField {
 public:
  LogField(std::string_view name, std::string_view value)
      : name_(name), value_(value) {}
  LogField(std::string_view name, const char* value)
      : name_(name), value_(value) {}
  LogField(std::string_view name, const std::string& value)
      : name_(name), value_(value) {}
  template <std::integral T>
  LogField(std::string_view name, T value)
      : name_(name), value_(std::to_string(value)) {}
  LogField(std::string_view name, const SecretBytes& value) = delete;

  std::string_view name() const { return name_; }
  const std::string& value() const { return value_; }

 private:
  std::string_view name_;
  std::string value_;
};

// Writes one line to standard error: time, level, role, event and fields, with
// control characters escaped. Thread-safe; one write call a line.
//
// event  a fixed name in the code, lower_snake_case
void Log(LogLevel level, std::string_view event,
         std::initializer_list<LogField> fields = {});

// Names the process in its log lines ("core", "node", …). Called once by main.
void SetLogRole(std::string_view role);

}  // namespace writ

#endif  // WRIT_BASE_LOG_H_
