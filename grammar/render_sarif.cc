// SPDX-License-Identifier: Apache-2.0
// Findings as SARIF 2.1.0 (OASIS), as code scanning services read them.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "grammar/json_out.h"
#include "grammar/render_formats.h"

namespace writ {
namespace {

// How grave a security finding is on the scale of zero to ten that services
// sort by; at seven it counts as high.
constexpr std::string_view kSecuritySeverity = "8.0";

std::string_view SarifLevel(Level level) {
  switch (level) {
    case Level::kError:
    case Level::kSecurity:
      return "error";
    case Level::kWarning:
      return "warning";
    case Level::kSuggestion:
      return "note";
  }
  return "error";
}

// A path as a URI reference (RFC 3986); an absolute path as a file URI.
std::string UriOf(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "/-._~!$&'()*+,;=@";
  std::string uri = path.starts_with("/") ? "file://" : "";
  for (char c : path) {
    const unsigned char byte = static_cast<unsigned char>(c);
    const bool letter_or_digit = (byte >= 'a' && byte <= 'z') ||
                                 (byte >= 'A' && byte <= 'Z') ||
                                 (byte >= '0' && byte <= '9');
    if (letter_or_digit || kPlain.find(c) != std::string_view::npos) {
      uri.push_back(c);
    } else {
      uri.push_back('%');
      uri.push_back(kHex[byte >> 4]);
      uri.push_back(kHex[byte & 15U]);
    }
  }
  return uri;
}

class Sarif {
 public:
  explicit Sarif(std::span<const FileFindings> files) : files_(files) {
    for (const FileFindings& file : files) {
      for (const Diagnostic& finding : file.diagnostics->all()) {
        rules_.push_back(InfoOf(finding.id).rule_id);
      }
    }
    std::sort(rules_.begin(), rules_.end());
    rules_.erase(std::unique(rules_.begin(), rules_.end()), rules_.end());
  }

  std::string Write(const RenderOptions& options);

 private:
  void AddText(std::string_view member, std::string_view text) {
    json_.Member(member).Open('{').Member("text").Text(text).Close();
  }
  void AddArtifact(const SourceText& source);
  void AddRegion(std::string_view member, const Region& region);
  void AddPhysical(const Region& region);
  void AddRule(const RuleInfo& rule);
  void AddResult(const SourceText& source, const Diagnostic& finding);
  void AddRelated(const SourceText& source, const Diagnostic& finding);
  void AddFix(const SourceText& source, const Fix& fix);
  void AddDropped();

  std::span<const FileFindings> files_;
  std::vector<RuleId> rules_;           // ascending
  std::map<std::string, size_t> seen_;  // fingerprints
  JsonOut json_{2};
};

void Sarif::AddArtifact(const SourceText& source) {
  json_.Member("artifactLocation").Open('{');
  json_.Member("uri").Text(UriOf(source.name()));
  if (!source.name().starts_with("/")) {
    json_.Member("uriBaseId").Text("%SRCROOT%");
  }
  json_.Close();
}

void Sarif::AddRegion(std::string_view member, const Region& region) {
  json_.Member(member).Open('{');
  json_.Member("startLine").Number(region.from.line);
  json_.Member("startColumn").Number(region.from.column);
  json_.Member("endLine").Number(region.to.line);
  json_.Member("endColumn").Number(region.to.column);
  json_.Member("byteOffset").Number(region.begin);
  json_.Member("byteLength").Number(region.end - region.begin);
  json_.Close();
}

void Sarif::AddPhysical(const Region& region) {
  json_.Member("physicalLocation").Open('{');
  AddArtifact(*region.source);
  AddRegion("region", region);
  json_.Close();
}

void Sarif::AddRule(const RuleInfo& rule) {
  const std::string summary(rule.summary);
  const std::string why(rule.why.empty() ? rule.summary : rule.why);
  json_.Open('{');
  json_.Member("id").Text(rule.code);
  json_.Member("name").Text(rule.slug);
  AddText("shortDescription", summary);
  AddText("fullDescription", why);
  json_.Member("help").Open('{');
  json_.Member("text").Text(summary + "\n\n" + why + "\n\n" + RulePage(rule));
  json_.Member("markdown")
      .Text("**" + summary + "**\n\n" + why + "\n\nSee `" + RulePage(rule) +
            "`.");
  json_.Close();
  json_.Member("defaultConfiguration").Open('{');
  json_.Member("level").Text(SarifLevel(rule.level)).Close();
  json_.Member("properties").Open('{');
  json_.Member("tags").Open('[');
  if (rule.level == Level::kSecurity) json_.Text("security");
  json_.Text("policy").Close();
  if (rule.level == Level::kSecurity) {
    json_.Member("security-severity").Text(kSecuritySeverity);
  }
  json_.Close().Close();
}

void Sarif::AddRelated(const SourceText& source, const Diagnostic& finding) {
  if (finding.others.empty()) return;
  json_.Member("relatedLocations").Open('[');
  uint64_t id = 0;
  for (const DiagnosticLabel& other : finding.others) {
    json_.Open('{').Member("id").Number(++id);
    AddPhysical(RegionOf(source, other.span));
    AddText("message", other.text);
    json_.Close();
  }
  json_.Close();
}

void Sarif::AddFix(const SourceText& source, const Fix& fix) {
  json_.Member("fixes").Open('[').Open('{');
  AddText("description", fix.title);
  json_.Member("artifactChanges").Open('[').Open('{');
  AddArtifact(source);
  json_.Member("replacements").Open('[');
  for (const TextEdit& edit : fix.edits) {
    json_.Open('{');
    AddRegion("deletedRegion", RegionOf(source, edit.span));
    AddText("insertedContent", edit.text);
    json_.Close();
  }
  json_.Close().Close().Close().Close().Close();
}

void Sarif::AddResult(const SourceText& source, const Diagnostic& finding) {
  const RuleInfo& rule = InfoOf(InfoOf(finding.id).rule_id);
  const auto index = std::lower_bound(rules_.begin(), rules_.end(), rule.id);
  json_.Open('{');
  json_.Member("ruleId").Text(rule.code);
  json_.Member("ruleIndex")
      .Number(static_cast<uint64_t>(index - rules_.begin()));
  json_.Member("level").Text(SarifLevel(finding.level));
  std::string message = finding.message;
  if (!finding.label.empty()) message += " (" + finding.label + ")";
  if (!finding.help.empty()) message += "\n" + finding.help;
  AddText("message", message);
  json_.Member("locations").Open('[').Open('{');
  AddPhysical(RegionOf(source, finding.span));
  if (!finding.pointer.empty()) {
    json_.Member("logicalLocations").Open('[').Open('{');
    json_.Member("fullyQualifiedName").Text(finding.pointer);
    json_.Member("kind").Text("element");
    json_.Close().Close();
  }
  json_.Close().Close();
  AddRelated(source, finding);
  // Equal lines with equal findings are told apart by their order.
  const std::string print =
      FingerprintOf(source, finding) + ":" + source.name();
  json_.Member("partialFingerprints").Open('{');
  json_.Member("writFinding/v1")
      .Text(print.substr(0, print.find(':')) + ":" +
            std::to_string(++seen_[print]));
  json_.Close();
  if (finding.fix && !finding.fix->edits.empty()) {
    AddFix(source, *finding.fix);
  }
  if (finding.level == Level::kSecurity) {
    json_.Member("properties").Open('{');
    json_.Member("security-severity").Text(kSecuritySeverity).Close();
  }
  json_.Close();
}

// Findings that do not fit are said, not hidden.
void Sarif::AddDropped() {
  json_.Member("invocations").Open('[').Open('{');
  json_.Member("executionSuccessful").Bool(true);
  json_.Member("toolExecutionNotifications").Open('[');
  for (const FileFindings& file : files_) {
    if (file.diagnostics->dropped() == 0) continue;
    json_.Open('{').Member("level").Text("warning");
    AddText("message", file.source->name() + ": " +
                           std::to_string(file.diagnostics->dropped()) +
                           " more findings are not shown");
    json_.Close();
  }
  json_.Close().Close().Close();
}

std::string Sarif::Write(const RenderOptions& options) {
  json_.Open('{');
  json_.Member("$schema").Text("https://json.schemastore.org/sarif-2.1.0.json");
  json_.Member("version").Text("2.1.0");
  json_.Member("runs").Open('[').Open('{');
  json_.Member("tool").Open('{').Member("driver").Open('{');
  json_.Member("name").Text("writ");
  json_.Member("version").Text(options.tool_version);
  json_.Member("rules").Open('[');
  for (RuleId rule : rules_) AddRule(InfoOf(rule));
  json_.Close().Close().Close();
  AddDropped();
  json_.Member("columnKind").Text("unicodeCodePoints");
  json_.Member("results").Open('[');
  for (const FileFindings& file : files_) {
    for (const Diagnostic& finding : file.diagnostics->all()) {
      AddResult(*file.source, finding);
    }
  }
  json_.Close().Close().Close().Close();
  return json_.Take();
}

}  // namespace

std::string SarifReport(std::span<const FileFindings> files,
                        const RenderOptions& options) {
  return Sarif(files).Write(options);
}

}  // namespace writ
