// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_BASE_JSON_SCANNER_H_
#define WRIT_BASE_JSON_SCANNER_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace writ {

// A strict pull reader of JSON text (RFC 8259) that can hand out a member's raw
// bytes. Every function returns false at the first thing that is not JSON;
// error() then says what and the scanner is not to be used further.
class JsonScanner {
 public:
  enum class Type { kObject, kArray, kString, kNumber, kBool, kNull, kNone };

  // text  borrowed for the life of the scanner
  explicit JsonScanner(std::string_view text) : text_(text) {}

  // What the next value is, kNone for anything else; skips white space.
  Type Peek();

  // Loops over an object:
  //   if (!scanner.Open('{')) …
  //   bool more = false;
  //   while (scanner.NextMember(&more, &key) && more) { read the value }
  // and over an array with Open('[') and NextElement likewise.
  bool Open(char bracket);
  bool NextMember(bool* more, std::string* key);
  bool NextElement(bool* more);

  // Reads a string into *value: UTF-8, no NUL lost, no lone surrogates.
  bool ReadString(std::string* value);
  // Reads a number as written.
  bool ReadNumber(std::string_view* text);
  bool ReadBool(bool* value);
  // Skips any value, checking its syntax.
  bool SkipValue() { return SkipValue(0); }
  // Takes the bytes of a value by its brackets and quotes alone, without
  // judging what stands inside.
  bool TakeRaw(std::string_view* bytes);
  // Only white space is left.
  bool AtEnd();

  size_t position() const { return at_; }
  const std::string& error() const { return error_; }

 private:
  bool Fail(std::string_view what);
  void SkipSpace();
  bool SkipWord(std::string_view word);
  bool SkipValue(int depth);
  bool ReadEscape(std::string* value);
  bool ReadHex4(unsigned* unit);

  std::string_view text_;
  size_t at_ = 0;
  bool first_ = false;  // just after an opening bracket
  std::string error_;
};

// The size of the well-formed UTF-8 sequence at the front of `text`, or 0.
size_t Utf8SequenceSize(std::string_view text);

}  // namespace writ

#endif  // WRIT_BASE_JSON_SCANNER_H_
