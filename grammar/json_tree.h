// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_JSON_TREE_H_
#define WRIT_GRAMMAR_JSON_TREE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "grammar/diagnostic.h"

namespace writ {

enum class JsonType : uint8_t {
  kObject,
  kArray,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
};

// What a message calls a value: "a list", "a number" …
std::string_view JsonTypeName(JsonType type);

// A JSON text as a flat list of its values in the order of the text, each with
// the bytes it stands on. An object holds name, value, name, value …; names
// are strings. Borrows the text it was read from.
class JsonTree {
 public:
  using Index = uint32_t;

  struct Node {
    JsonType type;
    uint32_t begin;  // bytes of the text, quotes and brackets included
    uint32_t end;
    Index next;  // the node after this one and all it holds
  };

  // Steps over the direct children of a container:
  //   for (Index i = tree.First(n); i != tree.at(n).next; i = tree.at(i).next)
  static constexpr Index kRoot = 0;
  Index First(Index container) const { return container + 1; }
  const Node& at(Index index) const { return nodes_[index]; }
  size_t size() const { return nodes_.size(); }
  Span SpanOf(Index index) const {
    return {nodes_[index].begin, nodes_[index].end};
  }

  // The text as written.
  std::string_view Raw(Index index) const {
    return text_.substr(nodes_[index].begin,
                        nodes_[index].end - nodes_[index].begin);
  }
  // The characters of a string, escapes resolved.
  std::string String(Index index) const;
  // The value without white space, strings and numbers as written.
  std::string Compact(Index index) const;

 private:
  friend class JsonReader;
  std::string_view text_;
  std::vector<Node> nodes_;
};

// Reads RFC 8259 JSON strictly: one document, no byte order mark, valid UTF-8,
// no NUL or lone surrogate in strings, no member twice in an object, at most
// kMaxJsonDepth levels and kMaxJsonValues values.
//
// Small slips (a trailing or missing comma, a comment, an unquoted word) are
// reported and read over, so that one reading finds several; `pointer` of each
// finding says where it is. No recursion: depth costs heap, bounded.
//
// source  borrowed while the tree is used
// Returns the tree, perhaps with findings, or nothing when the rest could not
//         be made out
std::optional<JsonTree> ReadJson(const SourceText& source,
                                 Diagnostics* diagnostics);

}  // namespace writ

#endif  // WRIT_GRAMMAR_JSON_TREE_H_
