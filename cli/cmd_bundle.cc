// SPDX-License-Identifier: Apache-2.0
// `writ bundle`: makes, signs, verifies and compares what a sidecar serves.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/bundle_actions.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {
namespace {

struct Action {
  std::string_view name;
  size_t least;  // how many paths it takes
  size_t most;
  ExitCode (*run)(const BundleArguments&);
  std::vector<std::string_view> flags;
};

const std::vector<Action>& Actions() {
  static const auto* const actions = new std::vector<Action>{
      {"build", 1, 1, BuildBundle, {"--output", "--revision", "--not-after"}},
      {"sign", 1, 1, SignBundleFile, {"--output", "--key"}},
      {"verify", 1, 1, VerifyBundleFile, {"--pub", "--min-revision"}},
      {"inspect", 1, 1, InspectBundle, {"--output", "--format"}},
      {"diff", 2, 2, DiffBundles, {"--output", "--format"}},
      {"keygen", 0, 0, MakeBundleKey, {"--output"}},
  };
  return *actions;
}

// The flags that the line gives and that not every action takes.
std::vector<std::string_view> GivenFlags(const BundleArguments& arguments) {
  std::vector<std::string_view> given;
  const auto add = [&given](std::string_view flag, bool is_given) {
    if (is_given) given.push_back(flag);
  };
  add("--output", !arguments.output.empty());
  add("--revision", !arguments.revision.empty());
  add("--not-after", !arguments.not_after.empty());
  add("--key", !arguments.key.empty());
  add("--pub", !arguments.public_keys.empty());
  add("--min-revision", !arguments.min_revision.empty());
  add("--format", arguments.as_json);
  return given;
}

std::string NamesOfActions() {
  std::string names;
  for (const Action& action : Actions()) {
    names += (names.empty() ? "" : ", ") + std::string(action.name);
  }
  return names;
}

ExitCode RunAction(const Action& action, const BundleArguments& arguments) {
  for (const std::string_view flag : GivenFlags(arguments)) {
    if (std::ranges::find(action.flags, flag) == action.flags.end()) {
      return ComplainOfBundle("`" + std::string(flag) +
                              "` does not belong to `" +
                              std::string(action.name) + "`");
    }
  }
  const size_t count = arguments.paths.size();
  if (count < action.least || count > action.most) {
    return ComplainOfBundle("`" + std::string(action.name) + "` takes " +
                            (action.least == 0   ? "no path"
                             : action.least == 1 ? "one path"
                                                 : "two paths") +
                            ", not " + std::to_string(count));
  }
  return action.run(arguments);
}

}  // namespace

ExitCode RunBundle(Args args) {
  BundleArguments arguments;
  std::string format;
  std::vector<std::string> words;
  Flags flags(
      "bundle", "build|sign|verify|inspect|diff|keygen [PATH...]",
      "Makes and looks at bundles: the directory and the policies that a "
      "sidecar serves, as one signed file.\n\n"
      "build DIR -o FILE --revision N   compile directory.json and policies/\n"
      "sign FILE --key PEM              add a signature, in place or to -o\n"
      "verify FILE --pub PEM...         exit with 3 unless it may be served\n"
      "inspect FILE                     what it says of itself, unverified\n"
      "diff OLD NEW                     exit with 3 when they differ\n"
      "keygen -o PEM                    a new private key; prints the public");
  flags.String("-o,--output", "FILE", "where to write the result",
               &arguments.output);
  flags.String("--revision", "N", "build: larger than that of any before",
               &arguments.revision);
  flags.String("--not-after", "TIME",
               "build: not to be served later, as in 2026-12-01T00:00:00Z",
               &arguments.not_after);
  flags.String("--key", "FILE", "sign: the private key (PEM, Ed25519)",
               &arguments.key);
  flags.Strings("--pub", "FILE", "verify: a public key to trust (PEM, Ed25519)",
                &arguments.public_keys);
  flags.String("--min-revision", "N", "verify: refuse older ones",
               &arguments.min_revision);
  flags.Format({"pretty", "json"}, &format);
  flags.Positionals(&words, 1, SIZE_MAX);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  arguments.paths.assign(words.begin() + 1, words.end());
  arguments.as_json = format == "json";
  arguments.quiet = flags.global().quiet;
  arguments.now =
      flags.global().now_seconds
          ? WallTime(std::chrono::seconds(*flags.global().now_seconds))
          : SystemClock().Now();
  std::vector<std::string_view> names;
  for (const Action& action : Actions()) {
    if (action.name == words[0]) return RunAction(action, arguments);
    names.push_back(action.name);
  }
  const std::string_view nearest = NearestWord(words[0], names);
  return ComplainOfBundle(
      "no action `" + words[0] + "`; " +
      (nearest.empty() ? "there are " + NamesOfActions()
                       : "did you mean `" + std::string(nearest) + "`?"));
}

ExitCode ComplainOfBundle(const std::string& complaint) {
  std::cerr << "writ bundle: " << Printable(complaint) << "\n";
  return ExitCode::kUsage;
}

ExitCode RefuseBundle(const std::string& path, const Status& status) {
  std::cerr << "writ bundle: " << Printable(path) << ": "
            << Printable(status.message()) << "\n";
  return ExitCode::kFindings;
}

Result<uint64_t> ReadRevision(const std::string& flag, const std::string& text,
                              uint64_t least) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < least) {
    return InvalidArgument("`" + flag + "` is a number of at least " +
                           std::to_string(least) + ", not `" + text + "`");
  }
  return number;
}

std::string ContentText(const BundleManifest& manifest) {
  const auto count = [](uint32_t number, std::string_view one) {
    std::string text = std::to_string(number) + " " + std::string(one);
    if (number == 1) return text;
    if (text.back() == 'y') return text.substr(0, text.size() - 1) + "ies";
    return text + "s";
  };
  return "revision " + std::to_string(manifest.revision) + ", " +
         count(manifest.accounts, "account") + ", " +
         count(manifest.principals, "principal") + ", " +
         count(manifest.policies, "policy") + ", " +
         count(manifest.statements, "statement");
}

}  // namespace writ
