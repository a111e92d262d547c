// SPDX-License-Identifier: Apache-2.0
#include "cli/flags.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "grammar/members.h"

namespace writ {

Flags::Flags(std::string_view command, std::string_view positionals,
             std::string_view about)
    : command_(command), positionals_text_(positionals), about_(about) {}

Flags::Flag& Flags::Add(Kind kind, std::string_view name,
                        std::string_view help) {
  Flag flag;
  flag.kind = kind;
  flag.help = help;
  const size_t comma = name.find(',');
  if (comma != std::string_view::npos) {
    flag.short_name = name.substr(0, comma);
    name.remove_prefix(comma + 1);
  }
  flag.name = name;
  flags_.push_back(std::move(flag));
  return flags_.back();
}

void Flags::String(std::string_view name, std::string_view value_name,
                   std::string_view help, std::string* value) {
  Flag& flag = Add(Kind::kString, name, help);
  flag.value_name = value_name;
  flag.string = value;
}

void Flags::Choice(std::string_view name, std::string_view help,
                   std::initializer_list<std::string_view> choices,
                   std::string* value) {
  Flag& flag = Add(Kind::kChoice, name, help);
  flag.string = value;
  for (std::string_view choice : choices) {
    flag.choices.emplace_back(choice);
    if (!flag.value_name.empty()) flag.value_name += "|";
    flag.value_name += choice;
  }
}

void Flags::Strings(std::string_view name, std::string_view value_name,
                    std::string_view help, std::vector<std::string>* values) {
  Flag& flag = Add(Kind::kStrings, name, help);
  flag.value_name = value_name;
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

Flags::Flag* Flags::Find(std::string_view name) {
  for (Flag& flag : flags_) {
    if (flag.name == name ||
        (!flag.short_name.empty() && flag.short_name == name)) {
      return &flag;
    }
  }
  return nullptr;
}

std::optional<ExitCode> Flags::Parse(Args args) {
  bool help = false;
  const std::string complaint = Apply(args, &help);
  if (help) {
    std::cout << UsageText();
    return ExitCode::kOk;
  }
  if (complaint.empty()) return std::nullopt;
  std::cerr << "writ " << command_ << ": " << complaint << "\n"
            << "usage: writ " << command_ << " " << positionals_text_
            << "   (more: writ " << command_ << " --help)\n";
  return ExitCode::kUsage;
}

std::string Flags::Apply(Args args, bool* help) {
  std::vector<std::string> rest;
  bool flags_ended = false;
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
    if (arg == "--help" || arg == "-h") {
      *help = true;
      return "";
    }
    const size_t equals =
        arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
    const std::string_view name = arg.substr(0, equals);
    Flag* flag = Find(name);
    if (flag == nullptr) {
      std::vector<std::string_view> names;
      for (const Flag& known : flags_) names.push_back(known.name);
      const std::string_view nearest = NearestName(name, names);
      return "no flag `" + std::string(name) + "`" +
             (nearest.empty()
                  ? ""
                  : "; did you mean `" + std::string(nearest) + "`?");
    }
    if (flag->kind == Kind::kBool) {
      if (equals != std::string_view::npos) {
        return "`" + flag->name + "` takes no value";
      }
      *flag->boolean = true;
      continue;
    }
    std::string value;
    if (equals != std::string_view::npos) {
      value = arg.substr(equals + 1);
    } else if (i + 1 < args.size()) {
      value = args[++i];
    } else {
      return "`" + flag->name + "` needs a value: " + flag->value_name;
    }
    if (flag->kind == Kind::kStrings) {
      flag->strings->push_back(std::move(value));
      continue;
    }
    if (flag->seen) return "`" + flag->name + "` is given twice";
    flag->seen = true;
    if (flag->kind == Kind::kChoice &&
        std::find(flag->choices.begin(), flag->choices.end(), value) ==
            flag->choices.end()) {
      return "`" + flag->name + "` is one of " + flag->value_name + ", not `" +
             value + "`";
    }
    *flag->string = std::move(value);
  }
  if (rest.size() < least_) return "something is missing: " + positionals_text_;
  if (rest.size() > most_) return "too much: `" + rest[most_] + "`";
  if (positionals_ != nullptr) *positionals_ = std::move(rest);
  return "";
}

std::string Flags::UsageText() const {
  std::string out = "usage: writ " + command_ + " [flags] " +
                    positionals_text_ + "\n\n" + about_ + "\n";
  if (!flags_.empty()) out += "\nflags:\n";
  for (const Flag& flag : flags_) {
    std::string left = "  ";
    if (!flag.short_name.empty()) left += flag.short_name + ", ";
    left += flag.name;
    if (!flag.value_name.empty()) left += " " + flag.value_name;
    constexpr size_t kHelpColumn = 34;
    if (left.size() < kHelpColumn) {
      left.append(kHelpColumn - left.size(), ' ');
    } else {
      left += "\n" + std::string(kHelpColumn, ' ');
    }
    out += left + flag.help + "\n";
  }
  return out;
}

std::string_view NearestWord(std::string_view word,
                             const std::vector<std::string_view>& candidates) {
  return NearestName(word, candidates);
}

}  // namespace writ
