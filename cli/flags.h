// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_CLI_FLAGS_H_
#define WRIT_CLI_FLAGS_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace writ {

// The flags of one subcommand: declare them, Parse, then use the variables.
//
//   Flags flags("eval", "[FILE...]", "Decides one request.");
//   std::string principal;
//   bool explain = false;
//   flags.String("--principal", "ARN", "who asks", &principal);
//   flags.Bool("--explain", "show the trace", &explain);
//   std::vector<std::string> paths;
//   flags.Positionals(&paths, 0, SIZE_MAX);
//   if (auto exit = flags.Parse(args)) return *exit;
//
// Values are `--flag value` or `--flag=value`; `--` ends the flags; `-` alone
// is a positional. `--help` prints the usage text. The variables are borrowed
// until Parse returns and keep their value when a flag is not given.
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
  // A flag that may be given several times.
  void Strings(std::string_view name, std::string_view value_name,
               std::string_view help, std::vector<std::string>* values);
  // A flag without a value.
  void Bool(std::string_view name, std::string_view help, bool* value);
  // What is left; fewer than `least` or more than `most` is an error.
  void Positionals(std::vector<std::string>* values, size_t least, size_t most);

  // Reads `args`. Returns how to exit when the command is not to run: kOk
  // after --help (on standard output), kUsage after a complaint (on standard
  // error, with the nearest known flag).
  std::optional<ExitCode> Parse(Args args);

  std::string UsageText() const;

 private:
  enum class Kind { kString, kChoice, kStrings, kBool };
  struct Flag {
    Kind kind;
    std::string short_name;  // "-o" or empty
    std::string name;        // "--output"
    std::string value_name;
    std::string help;
    std::vector<std::string> choices;
    std::string* string = nullptr;
    std::vector<std::string>* strings = nullptr;
    bool* boolean = nullptr;
    bool seen = false;
  };

  Flag* Find(std::string_view name);
  Flag& Add(Kind kind, std::string_view name, std::string_view help);
  // Returns a complaint, empty when all is well.
  std::string Apply(Args args, bool* help);

  std::string command_;
  std::string positionals_text_;
  std::string about_;
  std::vector<Flag> flags_;
  std::vector<std::string>* positionals_ = nullptr;
  size_t least_ = 0;
  size_t most_ = 0;
};

// The candidate nearest to `word` by edit distance, when near enough to be
// what was meant; empty otherwise.
std::string_view NearestWord(std::string_view word,
                             const std::vector<std::string_view>& candidates);

}  // namespace writ

#endif  // WRIT_CLI_FLAGS_H_
