// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_DIRECTORY_POLICY_FOLDER_H_
#define WRIT_DIRECTORY_POLICY_FOLDER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "base/status.h"
#include "directory/document.h"
#include "directory/findings.h"
#include "grammar/ast.h"
#include "grammar/diagnostic.h"

namespace writ {

// The policies of a folder by their names, `NAME.writ` and `NAME.ram.json`,
// each read when it is first asked for. One thread.
class PolicyFolder {
 public:
  // Lists the files; a folder that is not there has none.
  //
  // path      as messages are to call it
  // findings  borrowed for the life of this object
  // Errors    of the system
  static Result<PolicyFolder> Open(const std::string& path,
                                   DirectoryFindings* findings);

  // The policy that `name` names, judged as a policy of `kind`; null after a
  // finding. The findings in the policy's text are said once.
  //
  // pointer  where directory.json names it
  std::shared_ptr<const ast::Policy> Find(const DocumentName& name,
                                          std::string_view pointer,
                                          ast::PolicyKind kind);

  // Says which files nobody asked for and nobody imports. Call it last.
  void SayUnused();

  // Every policy that was found, ascending by name.
  std::vector<const ast::Policy*> policies() const;
  // What is no error in them, ready to be printed.
  std::vector<std::string> TakeWarnings() { return std::move(warnings_); }

 private:
  struct File {
    std::string path;
    std::string second;  // when both languages have it
    bool asked = false;
    bool read = false;
    std::unique_ptr<SourceText> source;
    std::shared_ptr<const ast::Policy> policy;  // null after an error
    uint32_t judged = 0;                        // bit: a PolicyKind
    uint32_t good = 0;                          // of those that were judged
  };

  explicit PolicyFolder(DirectoryFindings* findings) : findings_(findings) {}
  void Add(const std::string& path, const std::string& file_name);
  File* FindFile(const DocumentName& name, std::string_view pointer);
  void Read(const std::string& name, File* file, Diagnostics* diagnostics);
  void ReadWrit(const std::string& name, File* file, Diagnostics* diagnostics);
  // Returns whether none of it is an error.
  bool Report(const SourceText& source, const Diagnostics& diagnostics);

  DirectoryFindings* findings_;
  std::string path_;
  std::map<std::string, File, std::less<>> files_;
  std::vector<std::string> foreign_;   // *.json that is no policy's file
  std::vector<std::string> imported_;  // paths, normal
  std::vector<std::string> warnings_;
};

}  // namespace writ

#endif  // WRIT_DIRECTORY_POLICY_FOLDER_H_
