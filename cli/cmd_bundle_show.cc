// SPDX-License-Identifier: Apache-2.0
// `writ bundle inspect` and `diff`: what bundles say, verified by nobody.
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "bundle/bundle.h"
#include "cli/bundle_actions.h"
#include "cli/bundle_facts.h"
#include "cli/output.h"
#include "crypto/digest.h"
#include "crypto/hex.h"
#include "grammar/json_out.h"
#include "grammar/render.h"

namespace writ {
namespace {

// A file that is a whole bundle.
struct OpenedBundle {
  std::string bytes;
  BundleParts parts;  // borrowed from `bytes`
  BundleManifest manifest;
};

// Returns how to exit, kOk when the file is open.
ExitCode Open(const std::string& path, OpenedBundle* bundle) {
  Result<std::string> bytes = ReadRegularFile(path, kMaxBundleBytes);
  if (!bytes.ok()) return ComplainAbout(path, bytes.status());
  bundle->bytes = std::move(bytes).value();
  if (auto opened = Bundle::OpenUnverified(bundle->bytes); !opened.ok()) {
    return RefuseBundle(path, opened.status());
  }
  bundle->parts = ReadBundleParts(bundle->bytes).value();
  bundle->manifest = ReadManifest(bundle->parts.manifest).value();
  return ExitCode::kOk;
}

void AddManifest(const OpenedBundle& bundle, JsonOut* json) {
  const BundleManifest& manifest = bundle.manifest;
  json->Open('{');
  json->Member("digest").Text(Sha256Hex(bundle.parts.manifest));
  json->Member("revision").Number(manifest.revision);
  if (manifest.not_after) {
    json->Member("notAfter").Text(NotAfterText(*manifest.not_after));
  }
  json->Member("accounts").Number(manifest.accounts);
  json->Member("principals").Number(manifest.principals);
  json->Member("policies").Number(manifest.policies);
  json->Member("statements").Number(manifest.statements);
  json->Member("directoryBytes").Number(manifest.directory_bytes);
  json->Member("directoryDigest").Text(HexEncode(manifest.directory_digest));
  json->Member("programBytes").Number(manifest.program_bytes);
  json->Member("programDigest").Text(HexEncode(manifest.program_digest));
  json->Member("keyIds").Open('[');
  for (const BundleSignature& signature : bundle.parts.signatures) {
    json->Text(signature.key_id);
  }
  json->Close().Close();
}

std::string Line(std::string_view name, const std::string& text) {
  std::string line = "  " + std::string(name);
  line.resize(14, ' ');
  return line + text + "\n";
}

std::string ManifestText(const OpenedBundle& bundle, WallTime now) {
  const BundleManifest& manifest = bundle.manifest;
  std::string out = Line("digest", Sha256Hex(bundle.parts.manifest)) +
                    Line("content", ContentText(manifest));
  std::string end = "never";
  if (manifest.not_after) {
    end = NotAfterText(*manifest.not_after);
    const int64_t seconds =
        std::chrono::floor<std::chrono::seconds>(now.time_since_epoch())
            .count();
    if (seconds > *manifest.not_after) end += ", which is over";
  }
  out += Line("not after", end);
  out += Line("directory", std::to_string(manifest.directory_bytes) +
                               " bytes, sha256 " +
                               HexEncode(manifest.directory_digest));
  out += Line("program", std::to_string(manifest.program_bytes) +
                             " bytes, sha256 " +
                             HexEncode(manifest.program_digest));
  std::string keys;
  for (const BundleSignature& signature : bundle.parts.signatures) {
    keys += (keys.empty() ? "by keys " : ", ") + signature.key_id;
  }
  return out + Line("signatures", keys.empty() ? "none"
                                               : keys +
                                                     "; not "
                                                     "verified");
}

struct BundleChange {
  std::string_view change;  // "added", "removed", "changed"
  std::string_view subject;
  std::string name;
  std::string before;
  std::string after;
};

// In the order of subjects and names.
std::vector<BundleChange> ChangesBetween(const BundleFacts& before,
                                         const BundleFacts& after) {
  std::vector<BundleChange> changes;
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->first < b->first)) {
      changes.push_back(
          {"removed", a->first.first, a->first.second, a->second, ""});
      ++a;
    } else if (a == before.end() || b->first < a->first) {
      changes.push_back(
          {"added", b->first.first, b->first.second, "", b->second});
      ++b;
    } else {
      if (a->second != b->second) {
        changes.push_back(
            {"changed", a->first.first, a->first.second, a->second, b->second});
      }
      ++a;
      ++b;
    }
  }
  return changes;
}

std::string ChangeText(const BundleChange& change) {
  std::string text = change.change == "added"     ? "+ "
                     : change.change == "removed" ? "- "
                                                  : "~ ";
  text += std::string(change.subject) + " " + Printable(change.name);
  // The digest of a policy says nothing to people.
  const bool is_policy = change.subject == "policy";
  if (change.change == "changed") {
    const auto or_none = [](const std::string& value) {
      return value.empty() ? "nothing" : Printable(value);
    };
    return text +
           (is_policy ? ": other statements"
                      : ": was " + or_none(change.before) + ", is " +
                            or_none(change.after)) +
           "\n";
  }
  const std::string& value =
      change.change == "added" ? change.after : change.before;
  if (!value.empty() && !is_policy) text += ": " + Printable(value);
  return text + "\n";
}

std::string DiffJson(const OpenedBundle& before, const OpenedBundle& after,
                     const std::vector<BundleChange>& changes) {
  JsonOut json(2);
  json.Open('{').Member("schema_version").Number(1);
  json.Member("action").Text("diff");
  json.Member("before");
  AddManifest(before, &json);
  json.Member("after");
  AddManifest(after, &json);
  json.Member("same").Bool(changes.empty());
  json.Member("changes").Open('[');
  for (const BundleChange& change : changes) {
    json.Open('{').Member("change").Text(change.change);
    json.Member("subject").Text(change.subject);
    json.Member("name").Text(change.name);
    if (change.change != "added") json.Member("before").Text(change.before);
    if (change.change != "removed") json.Member("after").Text(change.after);
    json.Close();
  }
  json.Close().Close();
  return json.Take();
}

}  // namespace

ExitCode InspectBundle(const BundleArguments& arguments) {
  const std::string& path = arguments.paths[0];
  OpenedBundle bundle;
  if (const ExitCode exit = Open(path, &bundle); exit != ExitCode::kOk) {
    return exit;
  }
  if (!arguments.as_json) {
    return Deliver(
        Printable(path) + ":\n" + ManifestText(bundle, arguments.now),
        arguments.output);
  }
  JsonOut json(2);
  json.Open('{').Member("schema_version").Number(1);
  json.Member("action").Text("inspect");
  json.Member("bundle");
  AddManifest(bundle, &json);
  json.Close();
  return Deliver(json.Take(), arguments.output);
}

ExitCode DiffBundles(const BundleArguments& arguments) {
  OpenedBundle bundles[2];
  BundleFacts facts[2];
  for (size_t i = 0; i < 2; ++i) {
    const std::string& path = arguments.paths[i];
    if (const ExitCode exit = Open(path, &bundles[i]); exit != ExitCode::kOk) {
      return exit;
    }
    Result<BundleFacts> read = FactsOf(bundles[i].parts);
    if (!read.ok()) return RefuseBundle(path, read.status());
    facts[i] = std::move(read).value();
  }
  const std::vector<BundleChange> changes = ChangesBetween(facts[0], facts[1]);
  std::string text;
  if (arguments.as_json) {
    text = DiffJson(bundles[0], bundles[1], changes);
  } else {
    text = "- " + ContentText(bundles[0].manifest) + "\n+ " +
           ContentText(bundles[1].manifest) + "\n";
    if (changes.empty()) text += "no difference in what they say\n";
    for (const BundleChange& change : changes) text += ChangeText(change);
  }
  const ExitCode exit = Deliver(text, arguments.output);
  if (exit != ExitCode::kOk) return exit;
  return changes.empty() ? ExitCode::kOk : ExitCode::kFindings;
}

}  // namespace writ
