// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <utility>

namespace writ {
namespace {

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const size_t bar = text.find('|');
    words.emplace_back(text.substr(0, bar));
    if (bar == std::string_view::npos) return words;
    text.remove_prefix(bar + 1);
  }
}

CompletionKind KindOfName(std::string_view name) {
  if (name.find("DIR") != std::string_view::npos) {
    return CompletionKind::kFolders;
  }
  for (std::string_view file : {"FILE", "PATH", "OLD", "NEW"}) {
    if (name.find(file) != std::string_view::npos) {
      return CompletionKind::kFiles;
    }
  }
  return CompletionKind::kNothing;
}

std::string Joined(const std::vector<std::string>& words,
                   std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

// A word in single quotes, for the three shells alike.
std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out.push_back(c);
    }
  }
  return out + "'";
}

// All names of a flag, the short one first.
std::vector<std::string> NamesOf(const FlagInfo& flag) {
  std::vector<std::string> names;
  if (!flag.short_name.empty()) names.push_back(flag.short_name);
  names.push_back(flag.name);
  return names;
}

std::vector<FlagInfo> AllFlags(const CommandInfo& info) {
  std::vector<FlagInfo> flags = info.flags;
  flags.insert(flags.end(), info.global_flags.begin(), info.global_flags.end());
  return flags;
}

// What bash runs to offer the value for the word in $cur.
std::string BashOffer(const CompletionValue& value) {
  switch (value.kind) {
    case CompletionKind::kNothing:
      return ":";
    case CompletionKind::kFiles:
      return "_writ_files -f";
    case CompletionKind::kFolders:
      return "_writ_files -d";
    case CompletionKind::kWords:
      return "_writ_words " + Quoted(Joined(value.words, " "));
  }
  return ":";
}

// The flags with a value that all commands share are those of the first.
std::string BashValuedGlobals(const std::vector<CompletionCommand>& commands) {
  std::vector<std::string> names;
  for (const FlagInfo& flag : commands.front().info.global_flags) {
    if (flag.value_name.empty()) continue;
    for (std::string& name : NamesOf(flag)) names.push_back(std::move(name));
  }
  return Joined(names, "|");
}

std::string ZshAction(const CompletionValue& value) {
  switch (value.kind) {
    case CompletionKind::kNothing:
      return " ";
    case CompletionKind::kFiles:
      return "_files";
    case CompletionKind::kFolders:
      return "_files -/";
    case CompletionKind::kWords:
      return "(" + Joined(value.words, " ") + ")";
  }
  return " ";
}

// Text between the brackets or colons of an _arguments specification.
std::string ZshText(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string ZshFlag(const FlagInfo& flag) {
  std::string out;
  for (const std::string& name : NamesOf(flag)) {
    std::string spec = flag.repeats ? "*" : "";
    spec += name + "[" + ZshText(flag.help) + "]";
    if (!flag.value_name.empty()) {
      spec += ":" + ZshText(flag.value_name) + ":" + ZshAction(ValueOf(flag));
    }
    out += " \\\n        " + Quoted(spec);
  }
  return out;
}

std::string FishFlag(std::string_view command, const FlagInfo& flag) {
  std::string line = "complete -c writ -n '__fish_seen_subcommand_from " +
                     std::string(command) + "'";
  for (const std::string& name : NamesOf(flag)) {
    line += name.starts_with("--") ? " -l " + name.substr(2)
                                   : " -s " + name.substr(1);
  }
  if (!flag.value_name.empty()) {
    const CompletionValue value = ValueOf(flag);
    switch (value.kind) {
      case CompletionKind::kNothing:
        line += " -x";
        break;
      case CompletionKind::kFiles:
        line += " -r -F";
        break;
      case CompletionKind::kFolders:
        line += " -x -a '(__fish_complete_directories)'";
        break;
      case CompletionKind::kWords:
        line += " -x -a " + Quoted(Joined(value.words, " "));
        break;
    }
  }
  return line + " -d " + Quoted(flag.help) + "\n";
}

}  // namespace

CompletionValue ValueOf(const FlagInfo& flag) {
  if (!flag.choices.empty()) return {CompletionKind::kWords, flag.choices};
  return {KindOfName(flag.value_name), {}};
}

CompletionValue PositionalOf(const CommandInfo& info,
                             const std::vector<CompletionCommand>& commands) {
  const std::string& text = info.positionals;
  if (text.find("COMMAND") != std::string::npos) {
    CompletionValue value{CompletionKind::kWords, {}};
    for (const CompletionCommand& command : commands) {
      value.words.push_back(command.info.name);
    }
    return value;
  }
  if (!text.empty() &&
      text.find_first_of("[.ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) {
    return {CompletionKind::kWords, SplitWords(text)};
  }
  return {KindOfName(text), {}};
}

std::string BashCompletion(const std::vector<CompletionCommand>& commands) {
  std::string values;
  std::string flags;
  std::string positionals;
  std::vector<std::string> names;
  for (const CompletionCommand& command : commands) {
    const std::string& name = command.info.name;
    names.push_back(name);
    std::vector<std::string> words;
    for (const FlagInfo& flag : AllFlags(command.info)) {
      for (const std::string& word : NamesOf(flag)) {
        words.push_back(word);
        if (flag.value_name.empty()) continue;
        values += "    " + name + ":" + word + ") " + BashOffer(ValueOf(flag)) +
                  "; return ;;\n";
      }
    }
    flags += "      " + name + ") _writ_words " + Quoted(Joined(words, " ")) +
             " ;;\n";
    positionals += "    " + name + ") " +
                   BashOffer(PositionalOf(command.info, commands)) + " ;;\n";
  }
  for (const FlagInfo& flag : commands.front().info.global_flags) {
    if (flag.value_name.empty()) continue;
    for (const std::string& word : NamesOf(flag)) {
      values +=
          "    :" + word + ") " + BashOffer(ValueOf(flag)) + "; return ;;\n";
    }
  }
  std::vector<std::string> global;
  for (const FlagInfo& flag : commands.front().info.global_flags) {
    for (std::string& word : NamesOf(flag)) global.push_back(std::move(word));
  }
  names.emplace_back("help");
  return R"(# Completion of writ for bash: source <(writ completion bash)
_writ_words() {
  local IFS=$' \t\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_writ_files() {
  local IFS=$'\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}

_writ() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev='' command='' i
  ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # Bash splits --flag=value at the sign.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      )" +
         BashValuedGlobals(commands) +
         R"()
        ((i++))
        [[ ${COMP_WORDS[i]} == '=' ]] && ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $command:$prev in
)" + values +
         R"(  esac
  if [[ $cur == -* ]]; then
    case $command in
      '') _writ_words )" +
         Quoted(Joined(global, " ")) + " ;;\n" + flags + R"(    esac
    return
  fi
  case $command in
    ''|help) _writ_words )" +
         Quoted(Joined(names, " ")) + " ;;\n" + positionals + R"(  esac
}

complete -F _writ writ
)";
}

std::string ZshCompletion(const std::vector<CompletionCommand>& commands) {
  std::string list;
  std::string cases;
  for (const CompletionCommand& command : commands) {
    list += "    " +
            Quoted(command.info.name + ":" + ZshText(command.summary)) + "\n";
    cases += "    " + command.info.name + ")\n      _arguments";
    for (const FlagInfo& flag : AllFlags(command.info)) cases += ZshFlag(flag);
    if (!command.info.positionals.empty()) {
      cases += " \\\n        " +
               Quoted("*:" + ZshText(command.info.positionals) + ":" +
                      ZshAction(PositionalOf(command.info, commands)));
    }
    cases += " ;;\n";
  }
  std::string global;
  for (const FlagInfo& flag : commands.front().info.global_flags) {
    global += ZshFlag(flag);
  }
  return R"(#compdef writ
# Completion of writ for zsh: put it into a folder of $fpath as _writ.
_writ() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
)" + list +
         R"(    'help:say what a command is for'
  )
  _arguments -C)" +
         global + R"( \
        '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands; return ;;
    argument) ;;
    *) return ;;
  esac
  case $words[1] in
)" + cases +
         R"(    help) _describe command commands ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _writ "$@"
else
  compdef _writ writ
fi
)";
}

std::string FishCompletion(const std::vector<CompletionCommand>& commands) {
  std::string out =
      "# Completion of writ for fish: writ completion fish | source\n"
      "complete -c writ -f\n";
  for (const CompletionCommand& command : commands) {
    out += "complete -c writ -n __fish_use_subcommand -a " + command.info.name +
           " -d " + Quoted(command.summary) + "\n";
  }
  for (const CompletionCommand& command : commands) {
    for (const FlagInfo& flag : AllFlags(command.info)) {
      out += FishFlag(command.info.name, flag);
    }
    const CompletionValue value = PositionalOf(command.info, commands);
    const std::string lead =
        "complete -c writ -n "
        "'__fish_seen_subcommand_from " +
        command.info.name + "'";
    if (value.kind == CompletionKind::kFiles) out += lead + " -F\n";
    if (value.kind == CompletionKind::kWords) {
      out += lead + " -a " + Quoted(Joined(value.words, " ")) + "\n";
    }
  }
  return out;
}

}  // namespace writ
