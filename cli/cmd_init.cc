// SPDX-License-Identifier: Apache-2.0
// `writ init`: a small project that works: configuration, a policy with a test,
// a job for the build server. Writes nothing over.
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "grammar/render.h"

namespace writ {
namespace {

constexpr std::string_view kConfig =
    R"(# How `writ lint` judges the policies below this folder. Everything is optional;
# a line behind `#` shows the default or an example.

[lint]
# The lowest level that makes `writ lint` exit with 3.
fail-level = "warning"

# [lint.rules]
# "W-STY" = "off"                   # a group
# "W-PER-002" = "warning"           # a rule, by code or slug

# [[ignore]]
# rule = "W-PER-002"
# file = "policies/legacy/*"
# reason = "replaced by the new roles in spring"
# until = 2027-03-31
)";

constexpr std::string_view kPolicy = R"(writ 1;

// What the office may read: one bucket, from the office network.
@owner("team-photos")
policy office_readers identity {
  read_objects =>
  allow [oss:GetObject, oss:ListObjects]
    on [acs:oss:*:1000000000000001:myphotos, acs:oss:*:1000000000000001:myphotos/*]
    when acs:SourceIp within 203.0.113.0/24;

  // A deny wins over every allow, also over those of other policies.
  keep_originals =>
  deny oss:DeleteObject on acs:oss:*:1000000000000001:myphotos/originals/*;
}

// What must hold, whoever changes the policy. More: office_readers.test.json.
test "the office lists the bucket" {
  given principal = acs:ram::1000000000000001:user/alice;
  given acs:SourceIp = 203.0.113.7;
  expect allow oss:ListObjects
    on acs:oss:cn-hangzhou:1000000000000001:myphotos
    because office_readers.read_objects;
  expect deny(implicit) oss:PutObject on acs:oss:cn-hangzhou:1000000000000001:myphotos/a.jpg;
}
)";

constexpr std::string_view kTest = R"({
  "version": 1,
  "policies": ["office_readers.writ"],
  "principals": {
    "alice": {
      "arn": "acs:ram::1000000000000001:user/alice",
      "attach": ["office_readers"]
    }
  },
  "tests": [
    {
      "name": "the office reads, and keeps the originals",
      "principal": "alice",
      "context": {"acs:SourceIp": "203.0.113.7"},
      "matrix": {
        "actions": ["oss:GetObject", "oss:PutObject", "oss:DeleteObject"],
        "resources": ["acs:oss:cn-hangzhou:1000000000000001:myphotos/originals/a.jpg"]
      },
      "expect": {
        "oss:GetObject": {"decision": "allow", "because": ["office_readers.read_objects"]},
        "oss:PutObject": "implicit-deny",
        "oss:DeleteObject": "explicit-deny"
      }
    },
    {
      "name": "outside the office nothing is allowed",
      "principal": "alice",
      "context": {"acs:SourceIp": "198.51.100.7"},
      "action": "oss:GetObject",
      "resource": "acs:oss:cn-hangzhou:1000000000000001:myphotos/a.jpg",
      "expect": "implicit-deny"
    }
  ]
}
)";

constexpr std::string_view kJob =
    R"(# Checks the policies of every change. `writ` must be on the runner's path.
name: policies
on: [push, pull_request]
jobs:
  policies:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: writ fmt --check policies
      - run: writ lint --format github policies
      - run: writ test policies
)";

struct ProjectFile {
  std::string_view path;
  std::string_view text;
};
constexpr ProjectFile kFiles[] = {
    {".writ.toml", kConfig},
    {"policies/office_readers.writ", kPolicy},
    {"policies/office_readers.test.json", kTest},
    {".github/workflows/policies.yml", kJob},
};

}  // namespace

ExitCode RunInit(Args args) {
  namespace fs = std::filesystem;
  std::vector<std::string> folders;
  Flags flags("init", "[DIR]",
              "Makes a small project that works: .writ.toml, a policy with "
              "tests, a job for\nGitHub Actions. Files that are there already "
              "stay as they are.");
  flags.Positionals(&folders, 0, 1);
  if (std::optional<ExitCode> exit = flags.Parse(args)) return *exit;

  const fs::path root = folders.empty() ? "." : folders[0];
  for (const ProjectFile& file : kFiles) {
    const fs::path path = root / file.path;
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error))) {
      std::cout << "kept     " << Printable(path.string()) << "\n";
      continue;
    }
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return ComplainAbout(path.parent_path().string(),
                           ErrnoStatus("create", error.value()));
    }
    if (Status status = WriteFileAtomic(path.string(), file.text, 0644);
        !status.ok()) {
      return ComplainAbout(path.string(), status);
    }
    std::cout << "created  " << Printable(path.string()) << "\n";
  }
  if (!flags.global().quiet) {
    const std::string place = folders.empty() ? "" : "-C " + folders[0] + " ";
    std::cout << "\nTry: writ " << Printable(place) << "test policies\n";
  }
  return ExitCode::kOk;
}

}  // namespace writ
