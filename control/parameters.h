// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CONTROL_PARAMETERS_H_
#define WRIT_CONTROL_PARAMETERS_H_

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace writ {

// The decoded parameters of one request: those of the path, the query and, for
// RPC, the form. A name stands once; all text is valid UTF-8 without NUL.
class Parameters {
 public:
  // Null when absent. An empty value is present. Borrowed.
  const std::string* Find(std::string_view name) const;
  // The value, or `fallback` when absent. Borrowed.
  std::string_view Get(std::string_view name,
                       std::string_view fallback = {}) const;

  // Errors   kAlreadyExists  the name is there already
  Status Add(std::string_view name, std::string_view value);

  // Adds what a query string or a form body holds, undecoded.
  //
  // Errors   kInvalidArgument  a broken escape, text that is not UTF-8, NUL
  //          kAlreadyExists    a name that stands twice
  Status AddEncoded(std::string_view text);

  const std::map<std::string, std::string, std::less<>>& all() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// Undoes percent-encoding.
//
// plus_is_space  as in queries and forms; paths keep '+'
// Errors         kInvalidArgument  a broken escape, text that is not UTF-8, NUL
Result<std::string> DecodePercent(std::string_view text, bool plus_is_space);

}  // namespace writ

#endif  // WRIT_CONTROL_PARAMETERS_H_
