// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "runtime/unpack/archive.h"
#include "tests/unit/runtime/jail_process.h"

namespace writ::testing {
namespace {

namespace fs = std::filesystem;

class UnpackTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/writ-unpack-XXXXXX";
    root_ = mkdtemp(name);
    fs::create_directory(root_ / "code");
    std::ofstream(root_ / "outside") << "untouched";
  }
  void TearDown() override {
    std::ifstream outside(root_ / "outside");
    std::string text;
    outside >> text;
    EXPECT_EQ(text, "untouched");
    // Nothing beside the target directory was made.
    EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), 2);
    fs::remove_all(root_);
  }
  Status Unpack(const std::vector<PackageFile>& files,
                const UnpackLimits& limits = UnpackLimits()) {
    const UniqueFd package = MakePackage(files);
    const UniqueFd directory(
        open((root_ / "code").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return UnpackZip(package.get(), directory.get(), limits);
  }
  fs::path root_;
};

TEST_F(UnpackTest, KeepsContentsAndTheExecutableBitOnly) {
  const Status status = Unpack({{"bootstrap", "#!", 04755},
                                {"lib/deep/a.py", "x = 1", 0600},
                                {"lib", "", 0700, 'd'},
                                {"link.py", "lib/deep/a.py", 0777, 'l'}});
  ASSERT_TRUE(status.ok()) << status.message();
  struct stat info = {};
  ASSERT_EQ(stat((root_ / "code/bootstrap").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  ASSERT_EQ(stat((root_ / "code/lib/deep/a.py").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0644u);
  ASSERT_EQ(stat((root_ / "code/lib").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  std::ifstream file(root_ / "code/link.py");
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "x = 1");
}

TEST_F(UnpackTest, RefusesWhatWouldLeadOutside) {
  const std::vector<std::vector<PackageFile>> packages = {
      {{"../outside", "x"}},
      {{"a/../../outside", "x"}},
      {{"/tmp/outside", "x"}},
      {{"a\\..\\outside", "x"}},
      {{"out", "../outside", 0777, 'l'}},
      {{"out", "/etc/passwd", 0777, 'l'}},
      {{"a/out", "b/../../../outside", 0777, 'l'}},
      {{"d", "..", 0777, 'l'}},
      // Writing through a link, even one that stays inside.
      {{"real", "", 0755, 'd'}, {"link", "real", 0777, 'l'}, {"link/x", "x"}},
      {{"same", "1"}, {"same", "2"}},
      {{"same", "1"}, {"same/below", "2"}},
  };
  for (size_t i = 0; i < packages.size(); ++i) {
    fs::remove_all(root_ / "code");
    fs::create_directory(root_ / "code");
    EXPECT_EQ(Unpack(packages[i]).code(), StatusCode::kInvalidArgument) << i;
  }
}

TEST_F(UnpackTest, StopsAtTheLimitsOfSizeAndCount) {
  const UnpackLimits limits = {.max_bytes = 1000000, .max_files = 10};
  EXPECT_EQ(Unpack({{"bomb", std::string(1000001, '\0')}}, limits).code(),
            StatusCode::kResourceExhausted);
  EXPECT_TRUE(Unpack({{"ok", std::string(1000000, '\0')}}, limits).ok());
  std::vector<PackageFile> many;
  for (int i = 0; i < 11; ++i) many.push_back({std::to_string(i), ""});
  EXPECT_EQ(Unpack(many, limits).code(), StatusCode::kResourceExhausted);
  // Directories that no entry names count as well.
  EXPECT_EQ(Unpack({{"a/b/c/d/e/f/g/h/i/j/k", ""}}, limits).code(),
            StatusCode::kResourceExhausted);
}

TEST_F(UnpackTest, RefusesMoreThanAHundredThousandFiles) {
  std::vector<PackageFile> many;
  for (uint64_t i = 0; i <= kMaxUnpackedFiles; ++i) {
    many.push_back({"f" + std::to_string(i), ""});
  }
  EXPECT_EQ(Unpack(many).code(), StatusCode::kResourceExhausted);
}

TEST_F(UnpackTest, RefusesWhatIsNotAZip) {
  const UniqueFd directory(
      open((root_ / "code").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const std::string& text :
       {std::string(), std::string("#!/bin/sh\n"), std::string(100000, 'x')}) {
    const UniqueFd file(memfd_create("package", MFD_CLOEXEC));
    ASSERT_TRUE(WriteAll(file.get(), text).ok());
    EXPECT_EQ(UnpackZip(file.get(), directory.get(), UnpackLimits()).code(),
              StatusCode::kInvalidArgument);
  }
}

TEST(SafeEntryName, HasOneSpellingPerPlace) {
  EXPECT_EQ(SafeEntryName("./a//b/").value(), "a/b");
  EXPECT_EQ(SafeEntryName("./").value(), "");
  for (const std::string& bad :
       {std::string(""), std::string("/a"), std::string(".."),
        std::string("a/.."), std::string("a\nb"), std::string("a\\b"),
        std::string(1025, 'a'), std::string(256, 'a')}) {
    EXPECT_FALSE(SafeEntryName(bad).ok()) << bad.substr(0, 10);
  }
}

TEST(LinkStaysInside, ReadsTheTargetAsText) {
  EXPECT_TRUE(LinkStaysInside("a/b/link", "../x"));
  EXPECT_TRUE(LinkStaysInside("a/b/link", "../../x"));
  EXPECT_FALSE(LinkStaysInside("a/b/link", "../../../x"));
  EXPECT_FALSE(LinkStaysInside("link", "a/../b"));
  EXPECT_FALSE(LinkStaysInside("link", "/a"));
  EXPECT_FALSE(LinkStaysInside("link", ""));
}

}  // namespace
}  // namespace writ::testing
