// SPDX-License-Identifier: Apache-2.0
#include "lint/config.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "base/file.h"
#include "base/limits.h"
#include "grammar/members.h"
#include "lint/escalation.h"

namespace writ {
namespace {

constexpr const char* kFileName = ".writ.toml";
constexpr int64_t kSecondsPerDay = 24 * 60 * 60;

// One member of [lint]: exactly one of the pointers is set.
struct OptionInfo {
  std::string_view name;
  uint32_t LintOptions::*number = nullptr;
  uint32_t least = 0;
  uint32_t most = 0;
  std::string LintOptions::*word = nullptr;
  std::vector<std::string> LintOptions::*list = nullptr;
};
constexpr OptionInfo kOptions[] = {
    {"account-digits", &LintOptions::account_digits, 1, 64},
    {"shortest-ipv4-prefix", &LintOptions::shortest_ipv4_prefix, 0, 32},
    {"shortest-ipv6-prefix", &LintOptions::shortest_ipv6_prefix, 0, 128},
    {"max-line-columns", &LintOptions::max_line_columns, 20, 10000},
    {"max-file-lines", &LintOptions::max_file_lines, 1, 1000000},
    {"naming", nullptr, 0, 0, &LintOptions::naming},
    {"sensitive-actions", nullptr, 0, 0, nullptr,
     &LintOptions::sensitive_actions},
    {"trusted-accounts", nullptr, 0, 0, nullptr,
     &LintOptions::trusted_accounts},
};
constexpr std::string_view kNamings[] = {"snake_case", "kebab-case", "any"};

const OptionInfo* FindOption(std::string_view name) {
  const auto option =
      std::find_if(std::begin(kOptions), std::end(kOptions),
                   [name](const OptionInfo& o) { return o.name == name; });
  return option == std::end(kOptions) ? nullptr : option;
}

bool CanBeSwitched(const RuleInfo& rule) {
  return rule.level != Level::kError && rule.state != RuleState::kWaits &&
         rule.state != RuleState::kRetired;
}

// "PER" of "PER" and of "W-PER"; empty when the name is no group.
std::string_view GroupNamed(std::string_view name) {
  if (name.starts_with("W-")) name.remove_prefix(2);
  for (const RuleInfo& rule : Rules()) {
    if (rule.code.substr(2, 3) == name) return name;
  }
  return "";
}

std::string WhyNotSwitched(const RuleInfo& rule) {
  const std::string name = "`" + std::string(rule.code) + "` ";
  if (rule.level == Level::kError) {
    return name + "is an error: it makes a policy invalid and stays one";
  }
  return name + (rule.state == RuleState::kRetired
                     ? "is retired"
                     : "is not there yet: it waits for what it looks at");
}

std::string Suggestion(std::string_view name,
                       const std::vector<std::string_view>& known) {
  const std::string_view nearest = NearestName(name, known);
  if (!nearest.empty()) return "; did you mean `" + std::string(nearest) + "`?";
  return "";
}

std::vector<std::string_view> RuleNames() {
  std::vector<std::string_view> names;
  for (const RuleInfo& rule : Rules()) {
    names.push_back(rule.slug);
    names.push_back(rule.code);
  }
  return names;
}

// Reads one file; collects every complaint.
class ConfigReader {
 public:
  ConfigReader(const SourceText& source, LintConfig* config)
      : source_(source), config_(config) {}

  void Read(const toml::table& root);
  const std::string& complaints() const { return complaints_; }
  void Complain(const toml::source_position& at, std::string_view what);

 private:
  void Complain(const toml::node& node, std::string_view what) {
    Complain(node.source().begin, what);
  }
  void ComplainOfKey(const toml::key& key, std::string_view where,
                     const std::vector<std::string_view>& known);
  const toml::table* Table(const toml::node& node, std::string_view name);
  std::optional<std::string> Text(const toml::node& node,
                                  std::string_view name);
  std::optional<std::vector<std::string>> Texts(const toml::node& node,
                                                std::string_view name);
  void ReadLint(const toml::table& table);
  bool ReadOption(std::string_view name, const toml::node& node);
  void ReadRules(const toml::table& table);
  void ReadRule(const toml::key& key, const toml::node& node, bool groups);
  std::optional<LintConfig::Setting> ReadSetting(const toml::node& node,
                                                 const RuleInfo* rule);
  void ReadIgnores(const toml::node& node);
  void ReadIgnore(const toml::table& table);
  void ReadUntil(const toml::node& node, LintConfig::Ignore* ignore);
  // [catalogue] and [escalation]: `files`, from the configuration's folder.
  void ReadFiles(const toml::table& table, std::string_view name,
                 std::vector<std::string>* paths);
  Span SpanOf(const toml::node& node) const;

  const SourceText& source_;
  LintConfig* config_;
  std::string complaints_;
};

void ConfigReader::Complain(const toml::source_position& at,
                            std::string_view what) {
  if (!complaints_.empty()) complaints_ += "\n";
  complaints_ += source_.name() + ":" + std::to_string(at.line) + ":" +
                 std::to_string(at.column) + ": " + std::string(what);
}

void ConfigReader::ComplainOfKey(const toml::key& key, std::string_view where,
                                 const std::vector<std::string_view>& known) {
  Complain(key.source().begin, std::string(where) + " has no `" +
                                   Excerpt(key.str()) + "`" +
                                   Suggestion(key.str(), known));
}

const toml::table* ConfigReader::Table(const toml::node& node,
                                       std::string_view name) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    Complain(node, "`" + std::string(name) + "` is a table: [" +
                       std::string(name) + "]");
  }
  return table;
}

std::optional<std::string> ConfigReader::Text(const toml::node& node,
                                              std::string_view name) {
  if (const auto* text = node.as_string()) return text->get();
  Complain(node, "`" + std::string(name) + "` is a text in double quotes");
  return std::nullopt;
}

std::optional<std::vector<std::string>> ConfigReader::Texts(
    const toml::node& node, std::string_view name) {
  std::vector<std::string> texts;
  const toml::array* array = node.as_array();
  bool good = array != nullptr;
  for (size_t i = 0; good && i < array->size(); ++i) {
    const auto* text = (*array)[i].as_string();
    good = text != nullptr;
    if (good) texts.push_back(text->get());
  }
  if (good) return texts;
  Complain(node, "`" + std::string(name) + "` is a list of texts: [\"…\"]");
  return std::nullopt;
}

Span ConfigReader::SpanOf(const toml::node& node) const {
  // Columns of the library count code points from one.
  const auto offset = [this](const toml::source_position& at) {
    const std::string_view line = source_.Line(at.line);
    size_t byte = 0;
    for (uint32_t column = 1; column < at.column && byte < line.size();
         ++column) {
      ++byte;
      while (byte < line.size() &&
             (static_cast<unsigned char>(line[byte]) & 0xC0U) == 0x80U) {
        ++byte;
      }
    }
    const size_t line_begin =
        line.empty() ? 0
                     : static_cast<size_t>(line.data() - source_.text().data());
    return static_cast<uint32_t>(line_begin + byte);
  };
  const Span span{offset(node.source().begin), offset(node.source().end)};
  return {span.begin, std::max(span.begin, span.end)};
}

bool ConfigReader::ReadOption(std::string_view name, const toml::node& node) {
  const OptionInfo* option = FindOption(name);
  if (option == nullptr) return false;
  if (option->list != nullptr) {
    if (auto texts = Texts(node, name)) {
      config_->options.*option->list = *std::move(texts);
    }
    return true;
  }
  std::string value;
  if (option->number != nullptr) {
    const auto* number = node.as_integer();
    if (number == nullptr) {
      Complain(node, "`" + std::string(name) + "` is a whole number");
      return true;
    }
    value = std::to_string(number->get());
  } else if (auto text = Text(node, name)) {
    value = *std::move(text);
  } else {
    return true;
  }
  const Status status = SetLintOption(name, value, &config_->options);
  if (!status.ok()) Complain(node, status.message());
  return true;
}

void ConfigReader::ReadLint(const toml::table& table) {
  for (const auto& [key, node] : table) {
    if (key == "rules") {
      if (const toml::table* rules = Table(node, "lint.rules")) {
        ReadRules(*rules);
      }
    } else if (key == "fail-level") {
      const std::optional<std::string> text = Text(node, "fail-level");
      if (!text) continue;
      config_->fail_level = LevelNamed(*text);
      if (!config_->fail_level) {
        Complain(node,
                 "`fail-level` is error, security, warning or suggestion");
      }
    } else if (!ReadOption(key.str(), node)) {
      std::vector<std::string_view> known = {"rules", "fail-level"};
      for (const OptionInfo& option : kOptions) known.push_back(option.name);
      ComplainOfKey(key, "[lint]", known);
    }
  }
}

void ConfigReader::ReadRules(const toml::table& table) {
  // Groups first: a rule by its own name goes before its group.
  for (const bool groups : {true, false}) {
    for (const auto& [key, node] : table) ReadRule(key, node, groups);
  }
}

void ConfigReader::ReadRule(const toml::key& key, const toml::node& node,
                            bool groups) {
  const std::string_view group = GroupNamed(key.str());
  if (groups != !group.empty()) return;
  if (groups) {
    for (const RuleInfo& rule : Rules()) {
      if (rule.code.substr(2, 3) != group || !CanBeSwitched(rule)) continue;
      const auto setting = ReadSetting(node, &rule);
      if (!setting) return;
      config_->rules[std::string(rule.code)] = *setting;
    }
    return;
  }
  const RuleInfo* rule = FindRule(key.str());
  if (rule == nullptr) {
    Complain(key.source().begin, "`" + Excerpt(key.str()) +
                                     "` is neither a rule nor a group" +
                                     Suggestion(key.str(), RuleNames()));
    return;
  }
  const auto setting = ReadSetting(node, rule);
  if (!setting) return;
  const bool unchanged = setting->on && setting->level == rule->level;
  if (!CanBeSwitched(*rule) && !(rule->level == Level::kError && unchanged)) {
    Complain(key.source().begin, WhyNotSwitched(*rule));
    return;
  }
  config_->rules[std::string(rule->code)] = *setting;
}

std::optional<LintConfig::Setting> ConfigReader::ReadSetting(
    const toml::node& node, const RuleInfo* rule) {
  LintConfig::Setting setting{true, rule->level};
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      if (key == "level") {
        const auto inner = ReadSetting(value, rule);
        if (!inner) return std::nullopt;
        setting = *inner;
      } else if (!ReadOption(key.str(), value)) {
        std::vector<std::string_view> known = {"level"};
        for (const OptionInfo& option : kOptions) known.push_back(option.name);
        ComplainOfKey(key, "a rule", known);
        return std::nullopt;
      }
    }
    return setting;
  }
  const auto* text = node.as_string();
  const std::string word = text == nullptr ? "" : text->get();
  if (word == "off") return LintConfig::Setting{false, rule->level};
  if (word == "on") return setting;
  if (const std::optional<Level> level = LevelNamed(word)) {
    return LintConfig::Setting{true, *level};
  }
  Complain(node,
           "a rule is set to \"off\", \"on\", \"error\", \"security\", "
           "\"warning\", \"suggestion\" or { level = … }");
  return std::nullopt;
}

void ConfigReader::ReadIgnores(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr || !array->is_homogeneous(toml::node_type::table)) {
    Complain(node, "`ignore` is a list of tables: [[ignore]]");
    return;
  }
  for (const toml::node& one : *array) ReadIgnore(*one.as_table());
}

void ConfigReader::ReadUntil(const toml::node& node,
                             LintConfig::Ignore* ignore) {
  std::string day;
  if (const auto* date = node.as_date()) {
    const toml::date& d = date->get();
    const std::chrono::year_month_day ymd{std::chrono::year(d.year),
                                          std::chrono::month(d.month),
                                          std::chrono::day(d.day)};
    if (ymd.ok()) {
      const auto days = std::chrono::sys_days(ymd).time_since_epoch();
      ignore->until_seconds = (days.count() + 1) * kSecondsPerDay;
      return;
    }
  }
  Complain(node, "`until` is a day: until = 2026-12-31");
}

void ConfigReader::ReadIgnore(const toml::table& table) {
  LintConfig::Ignore ignore;
  ignore.span = SpanOf(table);
  for (const auto& [key, node] : table) {
    std::string* member = nullptr;
    if (key == "file") member = &ignore.file;
    if (key == "path") member = &ignore.pointer;
    if (key == "rule") member = &ignore.rule;
    if (key == "reason") member = &ignore.reason;
    if (key == "until") {
      ReadUntil(node, &ignore);
    } else if (member == nullptr) {
      ComplainOfKey(key, "[[ignore]]",
                    {"file", "path", "rule", "reason", "until"});
    } else if (auto text = Text(node, key.str())) {
      *member = *std::move(text);
    }
  }
  if (ignore.rule.empty()) Complain(table, "[[ignore]] needs a `rule`");
  if (ignore.reason.empty()) Complain(table, "[[ignore]] needs a `reason`");
  if (!ignore.rule.empty() && FindRule(ignore.rule) == nullptr) {
    Complain(*table.get("rule"), "`" + Excerpt(ignore.rule) +
                                     "` is not a rule" +
                                     Suggestion(ignore.rule, RuleNames()));
  }
  if (!ignore.pointer.empty() && ignore.pointer.front() != '/') {
    Complain(*table.get("path"),
             "`path` is a JSON pointer: path = \"/Statement/2\"");
  }
  config_->ignores.push_back(std::move(ignore));
}

void ConfigReader::ReadFiles(const toml::table& table, std::string_view name,
                             std::vector<std::string>* paths) {
  for (const auto& [key, node] : table) {
    if (key != "files") {
      ComplainOfKey(key, "[" + std::string(name) + "]", {"files"});
    } else if (auto files = Texts(node, "files")) {
      for (const std::string& file : *files) {
        paths->push_back((std::filesystem::path(config_->folder) / file)
                             .lexically_normal()
                             .string());
      }
    }
  }
}

void ConfigReader::Read(const toml::table& root) {
  for (const auto& [key, node] : root) {
    if (key == "lint") {
      if (const toml::table* table = Table(node, "lint")) ReadLint(*table);
    } else if (key == "ignore") {
      ReadIgnores(node);
    } else if (key == "catalogue") {
      if (const toml::table* table = Table(node, "catalogue")) {
        ReadFiles(*table, "catalogue", &config_->catalogue_files);
      }
    } else if (key == "escalation") {
      if (const toml::table* table = Table(node, "escalation")) {
        ReadFiles(*table, "escalation", &config_->escalation_files);
      }
    } else {
      ComplainOfKey(key, "the configuration",
                    {"lint", "ignore", "catalogue", "escalation"});
    }
  }
}

}  // namespace

std::optional<std::string> FindLintConfig(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path folder = path == "-" ? fs::path() : fs::path(path).parent_path();
  // As the user wrote the path, as long as that leads up; then from the root.
  fs::path up = folder;
  for (bool absolute = folder.is_absolute();;) {
    const fs::path candidate = up / kFileName;
    if (fs::is_regular_file(candidate, error)) return candidate.string();
    if (!up.has_relative_path()) {
      if (absolute) return std::nullopt;
      absolute = true;
      up = fs::absolute(folder.empty() ? fs::path(".") : folder, error);
      if (error) return std::nullopt;
      up = up.lexically_normal();
      if (!up.has_filename()) up = up.parent_path();
      continue;
    }
    up = up.parent_path();
  }
}

Result<LintConfig> ReadLintConfig(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(std::string text,
                        ReadRegularFile(path, kMaxConfigBytes));
  WRIT_ASSIGN_OR_RETURN(LintConfig config,
                        ParseLintConfig(path, std::move(text)));
  if (config.escalation_files.empty()) return config;
  auto table = std::make_shared<EscalationTable>(EscalationTable::BuiltIn());
  for (const std::string& file : config.escalation_files) {
    Result<std::string> rows = ReadRegularFile(file, kMaxConfigBytes);
    if (!rows.ok()) {
      return InvalidArgument(file + ": " +
                             std::string(rows.status().message()));
    }
    WRIT_RETURN_IF_ERROR(table->Add(SourceText(file, *std::move(rows))));
  }
  config.options.escalations = table.get();
  config.own_escalations = std::move(table);
  return config;
}

Result<LintConfig> ParseLintConfig(const std::string& path, std::string text) {
  LintConfig config;
  config.folder = std::filesystem::path(path).parent_path().string();
  config.source.emplace(path, std::move(text));
  const SourceText source = *config.source;
  ConfigReader reader(source, &config);
  const toml::parse_result parsed = toml::parse(source.text(), path);
  if (!parsed) {
    reader.Complain(parsed.error().source().begin,
                    Excerpt(parsed.error().description()));
  } else {
    reader.Read(parsed.table());
  }
  if (!reader.complaints().empty()) return InvalidArgument(reader.complaints());
  return config;
}

Status SetLintOption(std::string_view name, std::string_view value,
                     LintOptions* options) {
  const OptionInfo* option = FindOption(name);
  if (option == nullptr) {
    std::vector<std::string_view> known;
    for (const OptionInfo& one : kOptions) known.push_back(one.name);
    return InvalidArgument("there is no setting `" + Excerpt(name) + "`" +
                           Suggestion(name, known));
  }
  if (option->number != nullptr) {
    uint32_t number = 0;
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, number);
    if (error != std::errc() || stop != end || number < option->least ||
        number > option->most) {
      return InvalidArgument("`" + std::string(name) + "` is a number from " +
                             std::to_string(option->least) + " to " +
                             std::to_string(option->most));
    }
    options->*option->number = number;
  } else if (option->word != nullptr) {
    if (std::find(std::begin(kNamings), std::end(kNamings), value) ==
        std::end(kNamings)) {
      return InvalidArgument("`naming` is snake_case, kebab-case or any");
    }
    options->*option->word = std::string(value);
  } else {
    std::vector<std::string> items;
    while (!value.empty()) {
      const size_t comma = std::min(value.find(','), value.size());
      items.emplace_back(value.substr(0, comma));
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
    options->*option->list = std::move(items);
  }
  return OkStatus();
}

Status SwitchRules(std::string_view name, bool on, LintConfig* config) {
  if (const std::string_view group = GroupNamed(name); !group.empty()) {
    for (const RuleInfo& rule : Rules()) {
      if (rule.code.substr(2, 3) != group || !CanBeSwitched(rule)) continue;
      LintConfig::Setting setting = config->Of(rule);
      setting.on = on;
      config->rules[std::string(rule.code)] = setting;
    }
    return OkStatus();
  }
  const RuleInfo* rule = FindRule(name);
  if (rule == nullptr) {
    return InvalidArgument("`" + Excerpt(name) +
                           "` is neither a rule nor a group" +
                           Suggestion(name, RuleNames()));
  }
  if (!CanBeSwitched(*rule)) return InvalidArgument(WhyNotSwitched(*rule));
  LintConfig::Setting setting = config->Of(*rule);
  setting.on = on;
  config->rules[std::string(rule->code)] = setting;
  return OkStatus();
}

std::optional<Level> LevelNamed(std::string_view name) {
  for (Level level :
       {Level::kError, Level::kSecurity, Level::kWarning, Level::kSuggestion}) {
    if (LevelName(level) == name) return level;
  }
  return std::nullopt;
}

}  // namespace writ
