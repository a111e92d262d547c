// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_SUPPORT_GOLDEN_FILE_H_
#define WRIT_TESTS_SUPPORT_GOLDEN_FILE_H_

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace writ {

// Compares a text with the file at `path`. With WRIT_UPDATE_GOLDEN=1 the file
// is written instead, but never where CI is set: there a difference is one.
inline void ExpectGolden(const std::string& path, const std::string& text) {
  if (std::getenv("WRIT_UPDATE_GOLDEN") != nullptr &&
      std::getenv("CI") == nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, golden) << path << ": WRIT_UPDATE_GOLDEN=1 rewrites it";
}

}  // namespace writ

#endif  // WRIT_TESTS_SUPPORT_GOLDEN_FILE_H_
