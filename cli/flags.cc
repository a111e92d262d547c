// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <utility>

#include "base/clock.h"
#include "cli/help.h"
#include "cli/json_schema.h"
#include "cli/process.h"
#include "cli/version.h"
#include "grammar/members.h"
#include "grammar/render.h"

namespace writ {
namespace {

// Set while Describe runs: Parse fills it instead of reading the line.
CommandInfo* description = nullptr;

// The global flags as they are declared; --help and the like are among them.
struct GlobalFlag {
  std::string_view short_name;
  std::string_view name;
  std::string_view value_name;
  std::string_view help;
};
constexpr GlobalFlag kGlobalFlags[] = {
    {"", "-C", "DIR", "go to DIR before anything else"},
    {"", "--config", "FILE", "use this file, not the nearest .writ.toml"},
    {"-o", "--output", "FILE", "write the result there"},
    {"", "--color", "auto|always|never", "colours (default: on a terminal)"},
    {"-q", "--quiet", "", "findings only: no summary, no hints"},
    {"-v", "--verbose", "", "say more about each finding"},
    {"", "--no-input", "", "never wait for input from a terminal"},
    {"", "--timeout", "DURATION", "give up after 500ms, 10s, 2m: exit 6"},
    {"", "--now", "TIME", "the time, as in 2026-12-01T00:00:00Z"},
    {"", "--json-schema", "", "print the schema of the JSON output"},
    {"-h", "--help", "", "print this text"},
    {"", "--version", "", "print the version"},
};

}  // namespace

Flags::Flags(std::string_view command, std::string_view positionals,
             std::string_view about)
    : command_(command), positionals_text_(positionals), about_(about) {}

Flags::Flag& Flags::Add(Kind kind, std::string_view name,
                        std::string_view help) {
  Flag flag;
  flag.kind = kind;
  flag.info.help = help;
  const size_t comma = name.find(',');
  if (comma != std::string_view::npos) {
    flag.info.short_name = name.substr(0, comma);
    name.remove_prefix(comma + 1);
  }
  flag.info.name = name;
  flags_.push_back(std::move(flag));
  return flags_.back();
}

void Flags::String(std::string_view name, std::string_view value_name,
                   std::string_view help, std::string* value) {
  Flag& flag = Add(Kind::kString, name, help);
  flag.info.value_name = value_name;
  flag.string = value;
}

void Flags::Choice(std::string_view name, std::string_view help,
                   std::initializer_list<std::string_view> choices,
                   std::string* value) {
  Flag& flag = Add(Kind::kChoice, name, help);
  flag.string = value;
  for (std::string_view choice : choices) {
    flag.info.choices.emplace_back(choice);
    if (!flag.info.value_name.empty()) flag.info.value_name += "|";
    flag.info.value_name += choice;
  }
}

void Flags::Format(std::initializer_list<std::string_view> choices,
                   std::string* value) {
  *value = *choices.begin();
  Choice("--format", "how to print (default: " + *value + ")", choices, value);
}

void Flags::Strings(std::string_view name, std::string_view value_name,
                    std::string_view help, std::vector<std::string>* values) {
  Flag& flag = Add(Kind::kStrings, name, help);
  flag.info.value_name = value_name;
  flag.info.repeats = true;
  flag.strings = values;
}

void Flags::Bool(std::string_view name, std::string_view help, bool* value) {
  Add(Kind::kBool, name, help).boolean = value;
}

void Flags::Positionals(std::vector<std::string>* values, size_t least,
                        size_t most) {
  positionals_ = values;
  least_ = least;
  most_ = most;
}

void Flags::DeclareGlobal() {
  const struct {
    std::string_view name;
    std::string* string;
    bool* boolean;
  } targets[] = {
      {"-C", &global_.directory, nullptr},
      {"--config", &global_.config, nullptr},
      {"--output", &global_.output, nullptr},
      {"--color", &global_.color, nullptr},
      {"--quiet", nullptr, &global_.quiet},
      {"--verbose", nullptr, &global_.verbose},
      {"--no-input", nullptr, &global_.no_input},
      {"--timeout", &requests_.timeout, nullptr},
      {"--now", &requests_.now, nullptr},
      {"--json-schema", nullptr, &requests_.json_schema},
      {"--help", nullptr, &requests_.help},
      {"--version", nullptr, &requests_.version},
  };
  for (const GlobalFlag& global : kGlobalFlags) {
    if (Find(global.name) != nullptr) continue;
    Flag flag;
    flag.global = true;
    flag.info.name = global.name;
    flag.info.value_name = global.value_name;
    flag.info.help = global.help;
    if (Find(global.short_name) == nullptr) {
      flag.info.short_name = global.short_name;
    }
    for (const auto& target : targets) {
      if (target.name != global.name) continue;
      flag.string = target.string;
      flag.boolean = target.boolean;
    }
    flag.kind = flag.boolean != nullptr ? Kind::kBool : Kind::kString;
    if (global.name == "--color") {
      flag.kind = Kind::kChoice;
      flag.info.choices = {"auto", "always", "never"};
    }
    flags_.push_back(std::move(flag));
  }
}

Flags::Flag* Flags::Find(std::string_view name) {
  if (name.empty()) return nullptr;
  for (Flag& flag : flags_) {
    if (flag.info.name == name || flag.info.short_name == name) return &flag;
  }
  return nullptr;
}

std::optional<ExitCode> Flags::Parse(Args args) {
  DeclareGlobal();
  if (description != nullptr) {
    *description = Info();
    return ExitCode::kOk;
  }
  std::string complaint = Apply(args);
  if (requests_.help) {
    std::cout << HelpText(Info());
    return ExitCode::kOk;
  }
  if (requests_.version) {
    std::cout << VersionLine();
    return ExitCode::kOk;
  }
  if (requests_.json_schema) return PrintJsonSchema();
  if (complaint.empty()) complaint = ReadGlobal();
  if (!complaint.empty()) return Complain(complaint);
  if (Status status = PutIntoEffect(global_); !status.ok()) {
    return Complain(std::string(status.message()));
  }
  return std::nullopt;
}

std::string Flags::ApplyValue(Flag* flag, std::string value) {
  const FlagInfo& info = flag->info;
  if (flag->kind == Kind::kStrings) {
    flag->strings->push_back(std::move(value));
    return "";
  }
  if (flag->seen) return "`" + info.name + "` is given twice";
  flag->seen = true;
  if (flag->kind == Kind::kChoice &&
      std::find(info.choices.begin(), info.choices.end(), value) ==
          info.choices.end()) {
    return "`" + info.name + "` is one of " + info.value_name + ", not `" +
           value + "`";
  }
  *flag->string = std::move(value);
  return "";
}

std::string Flags::Apply(Args args) {
  std::vector<std::string> rest;
  bool flags_ended = false;
  std::string complaint;
  // Goes on after a complaint: --help anywhere on the line is answered.
  const auto complain = [&complaint](std::string text) {
    if (complaint.empty()) complaint = std::move(text);
  };
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view arg = args[i];
    if (flags_ended || arg == "-" || !arg.starts_with("-")) {
      rest.emplace_back(arg);
      continue;
    }
    if (arg == "--") {
      flags_ended = true;
      continue;
    }
    const size_t equals =
        arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
    const std::string_view name = arg.substr(0, equals);
    Flag* flag = Find(name);
    if (flag == nullptr) {
      std::vector<std::string_view> names;
      for (const Flag& known : flags_) names.push_back(known.info.name);
      const std::string_view nearest = NearestName(name, names);
      complain("no flag `" + std::string(name) + "`" +
               (nearest.empty()
                    ? ""
                    : "; did you mean `" + std::string(nearest) + "`?"));
      continue;
    }
    if (flag->kind == Kind::kBool) {
      if (equals != std::string_view::npos) {
        complain("`" + flag->info.name + "` takes no value");
      }
      *flag->boolean = true;
      continue;
    }
    if (equals != std::string_view::npos) {
      complain(ApplyValue(flag, std::string(arg.substr(equals + 1))));
    } else if (i + 1 < args.size()) {
      complain(ApplyValue(flag, std::string(args[++i])));
    } else {
      complain("`" + flag->info.name +
               "` needs a value: " + flag->info.value_name);
    }
  }
  if (!complaint.empty()) return complaint;
  if (rest.size() < least_) return "something is missing: " + positionals_text_;
  if (rest.size() > most_) return "too much: `" + rest[most_] + "`";
  if (positionals_ != nullptr) *positionals_ = std::move(rest);
  return "";
}

std::string Flags::ReadGlobal() {
  if (!requests_.timeout.empty()) {
    global_.timeout_ms = ParseDurationMs(requests_.timeout);
    if (!global_.timeout_ms) {
      return "`--timeout` is a duration like 500ms, 10s or 2m, not `" +
             requests_.timeout + "`";
    }
  }
  if (!requests_.now.empty()) {
    WallTime now;
    if (!ParseRfc3339Utc(requests_.now, &now)) {
      return "`--now` is a time like 2026-12-01T00:00:00Z, not `" +
             requests_.now + "`";
    }
    global_.now_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch())
            .count();
  }
  return "";
}

ExitCode Flags::PrintJsonSchema() const {
  const std::string_view schema = JsonSchemaOf(command_);
  if (schema.empty()) {
    return Complain("no schema: the JSON of this command has no fixed form");
  }
  std::cout << schema;
  return ExitCode::kOk;
}

ExitCode Flags::Complain(const std::string& complaint) const {
  std::cerr << "writ " << command_ << ": " << Printable(complaint) << "\n"
            << "usage: writ " << command_ << " " << positionals_text_
            << "   (more: writ " << command_ << " --help)\n";
  return ExitCode::kUsage;
}

CommandInfo Flags::Info() const {
  CommandInfo info{command_, positionals_text_, about_, {}, {}};
  for (const Flag& flag : flags_) {
    (flag.global ? info.global_flags : info.flags).push_back(flag.info);
  }
  return info;
}

CommandInfo Describe(const Command& command) {
  CommandInfo info;
  description = &info;
  command.run({});
  description = nullptr;
  return info;
}

size_t CountLeadingGlobalFlags(Args args) {
  size_t count = 0;
  while (count < args.size() && args[count].starts_with("-")) {
    const std::string_view arg = args[count];
    const bool takes_next = std::any_of(
        std::begin(kGlobalFlags), std::end(kGlobalFlags),
        [arg](const GlobalFlag& flag) {
          return !flag.value_name.empty() &&
                 (arg == flag.name ||
                  (!flag.short_name.empty() && arg == flag.short_name));
        });
    count += takes_next ? 2 : 1;
  }
  return std::min(count, args.size());
}

std::optional<int64_t> ParseDurationMs(std::string_view text) {
  constexpr int64_t kDayMs = 24 * 60 * 60 * 1000;
  const struct {
    std::string_view unit;
    int64_t ms;
  } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  int64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number <= 0 || number > kDayMs) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  for (const auto& unit : units) {
    if (text == unit.unit && number <= kDayMs / unit.ms) {
      return number * unit.ms;
    }
  }
  return std::nullopt;
}

std::string_view NearestWord(std::string_view word,
                             const std::vector<std::string_view>& candidates) {
  return NearestName(word, candidates);
}

}  // namespace writ
