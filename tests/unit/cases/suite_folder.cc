// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/cases/suite_folder.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "grammar/render.h"
#include "gtest/gtest.h"

namespace writ {

const char kPhotoPolicy[] = R"(writ 1;

policy photo identity {
  read =>
  allow [oss:GetObject, oss:ListObjects]
    on acs:oss:*:*:photos/*
    when acs:SourceIp within 10.0.0.0/8;
  guard =>
  deny oss:* on acs:oss:*:*:photos/raw/* when acs:MFAPresent != "true";
}
)";

const char kPhotoTests[] = R"({
  "version": 1,
  "policies": ["photo.writ"],
  "principals": {"alice": {"arn": "acs:ram::1:user/alice"}},
  "tests": [
    {
      "name": "reads in the office",
      "principal": "alice",
      "context": {"acs:SourceIp": "10.1.2.3"},
      "action": "oss:GetObject",
      "resource": "acs:oss:cn:1:photos/a",
      "expect": {"decision": "allow", "because": ["photo.read"]}
    },
    {
      "name": "raw photos need MFA",
      "principal": "alice",
      "context": {"acs:SourceIp": "10.1.2.3"},
      "action": "oss:GetObject",
      "resource": "acs:oss:cn:1:photos/raw/a",
      "expect": {"decision": "deny", "kind": "explicit"}
    }
  ]
}
)";

SuiteFolder::SuiteFolder() : before_(std::filesystem::current_path()) {
  std::string pattern = ::testing::TempDir() + "writ-tests-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  std::filesystem::current_path(folder_);
}

SuiteFolder::~SuiteFolder() {
  std::filesystem::current_path(before_);
  std::filesystem::remove_all(folder_);
}

void SuiteFolder::Write(const std::string& name,
                        const std::string& text) const {
  std::ofstream(name, std::ios::binary) << text;
}

TestSuite SuiteFolder::Load(const std::string& name,
                            const std::string& now) const {
  auto suite = LoadTestSuite(name, now);
  EXPECT_TRUE(suite.ok()) << suite.status().ToString();
  return std::move(suite).value();
}

std::string FindingsOf(const TestSuite& suite) {
  return RenderFindings(suite.source, suite.diagnostics,
                        FindingFormat::kCompact);
}

}  // namespace writ
