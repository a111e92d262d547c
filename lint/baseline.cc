// SPDX-License-Identifier: Apache-2.0
#include "lint/baseline.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/crc64.h"
#include "grammar/json_string.h"
#include "grammar/json_tree.h"
#include "grammar/print.h"

namespace writ {
namespace {

bool Holds(Span outer, uint32_t offset) {
  return outer.begin <= offset && offset < outer.end;
}

std::string HexOf(uint64_t number) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out(16, '0');
  for (size_t i = 0; i < out.size(); ++i) {
    out[out.size() - 1 - i] = kHex[(number >> (4 * i)) & 15U];
  }
  return out;
}

// A line with one space where the author has several.
std::string Collapsed(std::string_view line) {
  std::string out;
  for (char c : line) {
    const bool space = c == ' ' || c == '\t' || c == '\r';
    if (!space) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  return out;
}

}  // namespace

// Names findings of one file; prints each statement once.
class Baseline::Naming {
 public:
  explicit Naming(const PolicyFile& file) : file_(file) {}

  Key Of(const Diagnostic& finding) {
    const std::string code(InfoOf(finding.id).code);
    const uint32_t at = finding.span.begin;
    for (size_t p = 0; p < file_.content.own_policies; ++p) {
      const ast::Policy& policy = file_.content.policies[p];
      if (!Holds(policy.span, at)) continue;
      return {code, policy.name, Fingerprint(code, policy, p, at)};
    }
    return {code, "", HexOf(Crc64(LineOf(at), Crc64(code)))};
  }

 private:
  std::string Fingerprint(const std::string& code, const ast::Policy& policy,
                          size_t index, uint32_t at) {
    uint64_t sum = Crc64(policy.name, Crc64(code));
    for (size_t s = 0; s < policy.statements.size(); ++s) {
      if (!Holds(policy.statements[s].span, at)) continue;
      std::string& text = statements_[{index, s}];
      if (text.empty()) {
        ast::Policy alone;
        alone.statements.push_back(policy.statements[s]);
        text = PrintJson(alone, JsonLayout::kMinified);
      }
      return HexOf(Crc64(text, sum));
    }
    // About the policy as a whole: its name says which one it is.
    if (policy.name_span.end > 0) return HexOf(sum);
    return HexOf(Crc64(LineOf(at), sum));
  }

  std::string LineOf(uint32_t at) const {
    const SourceText::Place place = file_.source.Find(at);
    return Collapsed(
        place.source->Line(place.source->Locate(place.offset).line));
  }

  const PolicyFile& file_;
  std::map<std::pair<size_t, size_t>, std::string> statements_;
};

Baseline Baseline::Of(std::span<const PolicyFile> files) {
  Baseline baseline;
  for (const PolicyFile& file : files) {
    Naming naming(file);
    for (const Diagnostic& finding : file.diagnostics.all()) {
      if (InfoOf(finding.id).level == Level::kError) continue;
      ++baseline.counts_[naming.Of(finding)];
    }
  }
  return baseline;
}

size_t Baseline::size() const {
  size_t total = 0;
  for (const auto& [key, count] : counts_) total += count;
  return total;
}

std::string Baseline::Json() const {
  std::string out = "{\n  \"schema_version\": 1,\n  \"findings\": [";
  bool first = true;
  for (const auto& [key, count] : counts_) {
    out += first ? "\n" : ",\n";
    first = false;
    out += "    {\"rule\": ";
    AppendJsonString(key.rule, &out);
    out += ", \"policy\": ";
    AppendJsonString(key.policy, &out);
    out += ", \"fingerprint\": ";
    AppendJsonString(key.fingerprint, &out);
    out += ", \"count\": " + std::to_string(count) + "}";
  }
  out += first ? "]\n}\n" : "\n  ]\n}\n";
  return out;
}

Result<Baseline> Baseline::Parse(const std::string& path, std::string text) {
  const SourceText source(path, std::move(text));
  const auto refuse = [&source](uint32_t at, std::string_view what) {
    const LineColumn place = source.Locate(at);
    return InvalidArgument(std::to_string(place.line) + ":" +
                           std::to_string(place.column) + ": " +
                           std::string(what));
  };
  Diagnostics findings;
  const std::optional<JsonTree> tree = ReadJson(source, &findings);
  if (!tree || !findings.all().empty()) {
    const Diagnostic& first = findings.all().front();
    return refuse(first.span.begin, first.message);
  }
  using Index = JsonTree::Index;
  // The value of a member, or the root for none.
  const auto member = [&tree](Index object, std::string_view name) {
    if (tree->at(object).type != JsonType::kObject) return JsonTree::kRoot;
    const Index end = tree->at(object).next;
    for (Index i = tree->First(object); i < end;) {
      const Index value = tree->at(i).next;
      if (tree->String(i) == name) return value;
      i = tree->at(value).next;
    }
    return JsonTree::kRoot;
  };
  const Index version = member(JsonTree::kRoot, "schema_version");
  if (version == JsonTree::kRoot || tree->Raw(version) != "1") {
    return refuse(0, "a baseline has \"schema_version\": 1");
  }
  const Index list = member(JsonTree::kRoot, "findings");
  if (list == JsonTree::kRoot || tree->at(list).type != JsonType::kArray) {
    return refuse(0, "a baseline has a list \"findings\"");
  }
  Baseline baseline;
  for (Index i = tree->First(list); i < tree->at(list).next;
       i = tree->at(i).next) {
    const auto string = [&](std::string_view name) -> std::string {
      const Index value = member(i, name);
      const bool is_string =
          value != JsonTree::kRoot && tree->at(value).type == JsonType::kString;
      return is_string ? tree->String(value) : "";
    };
    Key key{string("rule"), string("policy"), string("fingerprint")};
    const Index count = member(i, "count");
    size_t number = 0;
    if (count != JsonTree::kRoot) {
      const std::string_view raw = tree->Raw(count);
      const auto read =
          std::from_chars(raw.data(), raw.data() + raw.size(), number);
      if (read.ptr != raw.data() + raw.size()) number = 0;
    }
    if (key.rule.empty() || key.fingerprint.empty() || number == 0) {
      return refuse(tree->at(i).begin,
                    "an entry has `rule`, `policy`, `fingerprint` and a "
                    "`count` from 1");
    }
    baseline.counts_[std::move(key)] += number;
  }
  return baseline;
}

std::vector<std::string> Baseline::Apply(std::span<PolicyFile> files) const {
  std::map<Key, size_t> left = counts_;
  for (PolicyFile& file : files) {
    Naming naming(file);
    file.diagnostics.Refine([&](Diagnostic* finding) {
      if (InfoOf(finding->id).level == Level::kError) return true;
      const auto known = left.find(naming.Of(*finding));
      if (known == left.end() || known->second == 0) return true;
      --known->second;
      return false;
    });
  }
  std::vector<std::string> stale;
  for (const auto& [key, count] : left) {
    if (count == 0) continue;
    stale.push_back(key.rule + " in policy `" + key.policy + "`, " +
                    std::to_string(count) +
                    (count == 1 ? " finding" : " findings"));
  }
  return stale;
}

}  // namespace writ
