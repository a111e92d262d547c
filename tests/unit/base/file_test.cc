// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace writ {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string path =
        (std::filesystem::temp_directory_path() / "writ-file-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path.data()), nullptr);
    directory_ = path;
  }
  ~FileTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string Path(const std::string& name) const {
    return directory_ + "/" + name;
  }
  std::string directory_;
};

TEST_F(FileTest, ReadsWhatWasWrittenWithTheModeAskedFor) {
  ASSERT_TRUE(WriteFileAtomic(Path("f"), "text", 0600).ok());
  EXPECT_EQ(*ReadFile(Path("f"), 100), "text");
  ASSERT_TRUE(WriteFileAtomic(Path("f"), "other", 0644).ok());
  EXPECT_EQ(*ReadFile(Path("f"), 100), "other");
  struct stat info = {};
  ASSERT_EQ(::stat(Path("f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0644u);
  EXPECT_FALSE(std::filesystem::exists(Path("f.new")));
}

TEST_F(FileTest, ReadsRelativeToADirectory) {
  const UniqueFd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY));
  ASSERT_TRUE(WriteFileAtomicAt(directory.get(), "f", "text", 0600).ok());
  EXPECT_EQ(*ReadFileAt(directory.get(), "f", 4), "text");
}

TEST_F(FileTest, SaysWhyAFileCannotBeRead) {
  ASSERT_TRUE(WriteFileAtomic(Path("f"), "text", 0600).ok());
  EXPECT_EQ(ReadFile(Path("absent"), 9).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(directory_, 9).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFile(Path("f"), 3).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_NE(ReadFile(Path("absent"), 9).status().message().find("absent"),
            std::string_view::npos);
}

TEST_F(FileTest, AtomicWriteFollowsNoLinkPlacedInItsWay) {
  ASSERT_TRUE(WriteFileAtomic(Path("victim"), "precious", 0600).ok());
  std::filesystem::create_symlink(Path("victim"), Path("f.new"));
  EXPECT_FALSE(WriteFileAtomic(Path("f"), "text", 0600).ok());
  EXPECT_EQ(*ReadFile(Path("victim"), 100), "precious");
}

TEST_F(FileTest, DescriptorIsClosedOnceByItsLastOwner) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd first(ends[1]);
  UniqueFd second = std::move(first);
  EXPECT_FALSE(first.valid());
  ASSERT_TRUE(WriteAll(second.get(), "through the pipe").ok());
  second.Reset();
  EXPECT_EQ(*ReadAll(ends[0], 100), "through the pipe");
  ::close(ends[0]);
}

}  // namespace
}  // namespace writ
