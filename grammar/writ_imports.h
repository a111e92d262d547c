// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_GRAMMAR_WRIT_IMPORTS_H_
#define WRIT_GRAMMAR_WRIT_IMPORTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "grammar/diagnostic.h"
#include "grammar/parse_writ.h"
#include "grammar/writ_names.h"

// Inside grammar/ only: this header shows ANTLR.
namespace writ {

// Where an imported file lies: `path` as written, in a file of `folder`. Both
// folders are relative to that of the first file.
//
// Returns  the path relative to the first file's folder, made normal; nothing
//          when it is absolute, empty, or leaves that folder
std::optional<std::string> ResolveImport(std::string_view folder,
                                         std::string_view path);

// The text of one file, read by ANTLR.
class WritText {
 public:
  // text  borrowed for the life of this object
  WritText(std::string_view text, uint32_t base) : tokens_(text, base) {}

  // Null after findings of syntax.
  writ_antlr::WritParser::FileContext* Parse(Diagnostics* diagnostics);

  const TokenList& tokens() const { return tokens_; }

 private:
  TokenList tokens_;
  std::unique_ptr<antlr4::ListTokenSource> list_;
  std::unique_ptr<antlr4::CommonTokenStream> stream_;
  std::unique_ptr<writ_antlr::WritParser> parser_;
};

// Reads a file and what it imports, each text once, and turns them into
// policies: imports before the file that imports them.
class WritReader {
 public:
  WritReader(SourceText* source, const WritImportReader& read,
             Diagnostics* diagnostics);

  std::optional<WritFile> Read();

 private:
  // One file that is read or being read.
  struct File {
    std::unique_ptr<WritText> text;
    WritModule module;
    bool active = false;
  };

  // Parses `text`, reads its imports and lowers its policies.
  void Load(std::string_view text, uint32_t base, const std::string& relative,
            File* file);
  void LoadImport(writ_antlr::WritParser::ImportDeclContext* context,
                  const std::string& importer, File* file);
  // The file of an import; null after a finding.
  File* Open(const std::string& relative, const ast::Text& path);
  void Refuse(const ast::Text& path, std::string_view why,
              std::string_view help);
  void Collect(const File& main, WritFile* out);

  SourceText* const source_;
  const WritImportReader& read_;
  Diagnostics* const diagnostics_;
  WritNames names_;
  std::string root_;  // folder of the first file: "" or "policies/"
  // By path relative to the root.
  std::map<std::string, File> files_;
  std::vector<std::string> active_;  // the chain of imports, for messages
};

}  // namespace writ

#endif  // WRIT_GRAMMAR_WRIT_IMPORTS_H_
