// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_JSON_OUT_H_
#define WRIT_GRAMMAR_JSON_OUT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace writ {

// Writes one JSON document, piece by piece, and puts the commas:
//
//   JsonOut json(2);
//   json.Open('{').Member("files").Open('[').Text("a").Close().Close();
//
// Any bytes may be given as text: what is no UTF-8 becomes U+FFFD, control
// characters and direction marks are escaped, so that the document may go to a
// terminal. The caller closes what it opens.
class JsonOut {
 public:
  // indent  spaces per level; 0 writes everything on one line
  explicit JsonOut(size_t indent) : indent_(indent) {}

  JsonOut& Open(char bracket);  // '{' or '['
  JsonOut& Close();
  JsonOut& Member(std::string_view name);
  JsonOut& Text(std::string_view text);
  JsonOut& Number(uint64_t number);
  JsonOut& Bool(bool value);
  JsonOut& Null();

  // The document, with one final newline.
  std::string Take();

 private:
  struct Level {
    char closing;
    bool empty = true;
  };
  void BeginValue();
  void BreakLine();

  size_t indent_;
  std::string out_;
  std::vector<Level> levels_;
  bool after_name_ = false;
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_JSON_OUT_H_
