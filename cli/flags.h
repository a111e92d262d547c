// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_FLAGS_H_
#define WRIT_CLI_FLAGS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace writ {

// What the flags say that every command takes, before or after its name.
struct GlobalFlags {
  std::string directory;  // -C: already entered when Parse returns
  std::string config;     // --config: the file to use, empty to look for one
  std::string output;     // --output: where standard output goes, or empty
  std::string color = "auto";  // auto, always, never
  bool quiet = false;
  bool verbose = false;
  bool no_input = false;
  std::optional<int64_t> timeout_ms;
  std::optional<int64_t> now_seconds;  // --now, in seconds since 1970
};

// One flag as it was declared, for help texts, man pages and completion.
struct FlagInfo {
  std::string short_name;  // "-o" or empty
  std::string name;        // "--output"; "-C" for a flag without a long name
  std::string value_name;  // "FILE", "a|b|c"; empty for a flag without value
  std::string help;
  std::vector<std::string> choices;  // empty when any value will do
  bool repeats = false;
};

// One subcommand as it describes itself.
struct CommandInfo {
  std::string name;
  std::string positionals;
  std::string about;
  std::vector<FlagInfo> flags;
  std::vector<FlagInfo> global_flags;  // without those that `flags` replaces
};

// The flags of one subcommand: declare them, Parse, then use the variables.
//
//   Flags flags("eval", "[FILE...]", "Decides one request.");
//   std::string principal;
//   bool explain = false;
//   flags.String("--principal", "ARN", "who asks", &principal);
//   flags.Bool("--explain", "show the trace", &explain);
//   std::string format;
//   flags.Format({"pretty", "json"}, &format);
//   std::vector<std::string> paths;
//   flags.Positionals(&paths, 0, SIZE_MAX);
//   if (auto exit = flags.Parse(args)) return *exit;
//
// Values are `--flag value` or `--flag=value`; `--` ends the flags; `-` alone
// is a positional. The variables are borrowed until Parse returns and keep
// their value when a flag is not given. Every command also takes the flags of
// GlobalFlags, --json-schema, --help and --version; one that it declares itself
// replaces the global one of that name. A command does nothing before Parse:
// that is how Describe can ask it for its flags.
class Flags {
 public:
  // command      the name after `writ`
  // positionals  how the usage line shows them: "PATH...", "FILE", ""
  // about        sentences for --help
  Flags(std::string_view command, std::string_view positionals,
        std::string_view about);

  // A flag with a value; given twice it is an error. `name` is "--long", or
  // "-o,--output" with a one-letter form first.
  void String(std::string_view name, std::string_view value_name,
              std::string_view help, std::string* value);
  // The same, with a closed list of values.
  void Choice(std::string_view name, std::string_view help,
              std::initializer_list<std::string_view> choices,
              std::string* value);
  // `--format`, with the command's closed list; the first is the default and
  // set at once.
  void Format(std::initializer_list<std::string_view> choices,
              std::string* value);
  // A flag that may be given several times.
  void Strings(std::string_view name, std::string_view value_name,
               std::string_view help, std::vector<std::string>* values);
  // A flag without a value.
  void Bool(std::string_view name, std::string_view help, bool* value);
  // What is left; fewer than `least` or more than `most` is an error.
  void Positionals(std::vector<std::string>* values, size_t least, size_t most);

  // Reads `args` and puts the global flags into effect. Returns how to exit
  // when the command is not to run: kOk after --help and the like (on standard
  // output), kUsage after a complaint (on standard error, with the nearest
  // known flag).
  std::optional<ExitCode> Parse(Args args);

  // Valid after Parse.
  const GlobalFlags& global() const { return global_; }

  CommandInfo Info() const;

 private:
  enum class Kind { kString, kChoice, kStrings, kBool };
  struct Flag {
    Kind kind;
    FlagInfo info;
    std::string* string = nullptr;
    std::vector<std::string>* strings = nullptr;
    bool* boolean = nullptr;
    bool seen = false;
    bool global = false;
  };
  // What asks for something else than a run.
  struct Requests {
    bool help = false;
    bool version = false;
    bool json_schema = false;
    std::string timeout;
    std::string now;
  };

  Flag* Find(std::string_view name);
  Flag& Add(Kind kind, std::string_view name, std::string_view help);
  void DeclareGlobal();
  // These return a complaint, empty when all is well.
  std::string Apply(Args args);
  std::string ApplyValue(Flag* flag, std::string value);
  std::string ReadGlobal();
  ExitCode PrintJsonSchema() const;
  ExitCode Complain(const std::string& complaint) const;

  std::string command_;
  std::string positionals_text_;
  std::string about_;
  std::vector<Flag> flags_;
  std::vector<std::string>* positionals_ = nullptr;
  size_t least_ = 0;
  size_t most_ = 0;
  GlobalFlags global_;
  Requests requests_;
};

// What the command says about itself, without running it.
CommandInfo Describe(const Command& command);

// How many of `args` stand before the name of the command: the global flags
// that a user may give there, with their values.
size_t CountLeadingGlobalFlags(Args args);

// "500ms", "10s", "2m" or "1h" in milliseconds; nothing for other text, for
// zero and for more than a day.
std::optional<int64_t> ParseDurationMs(std::string_view text);

// The candidate nearest to `word` by edit distance, when near enough to be
// what was meant; empty otherwise.
std::string_view NearestWord(std::string_view word,
                             const std::vector<std::string_view>& candidates);

}  // namespace writ

#endif  // WRIT_CLI_FLAGS_H_
