// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_DIRECTORY_DIRECTORY_FOLDER_H_
#define WRIT_TESTS_UNIT_DIRECTORY_DIRECTORY_FOLDER_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/check.h"
#include "directory/directory_document.h"

namespace writ {

inline constexpr std::string_view kReadPhotos =
    "writ 1;\npolicy read-photos identity {\n"
    "  allow oss:GetObject on acs:oss:*:*:photos/*;\n}\n";
inline constexpr std::string_view kTrustAda =
    R"json({"Version": "1", "Statement": [{"Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": {"RAM": ["acs:ram::1001:user/ada"]}}]})json";
inline constexpr std::string_view kNoDeletes =
    R"json({"Version": "1", "Statement": [
      {"Effect": "Allow", "Action": "*", "Resource": "*"},
      {"Effect": "Deny", "Action": "oss:DeleteObject", "Resource": "*"}]})json";
inline constexpr std::string_view kPhotosBucket =
    R"json({"Version": "1", "Statement": [{"Effect": "Allow",
      "Action": "oss:GetObject", "Principal": ["1002"],
      "Resource": "acs:oss:*:1001:photos/*"}]})json";

// A directory with everything that the format has.
inline constexpr std::string_view kDirectory = R"json({
  "version": 1,
  "root": {"controlPolicies": ["no-deletes"]},
  "folders": {
    "production-eu": {"parent": "production"},
    "production": {"controlPolicies": ["no-deletes"]}
  },
  "accounts": {
    "1001": {
      "folder": "production-eu",
      "controlPolicies": ["no-deletes"],
      "users": {
        "ada": {
          "id": "2001",
          "policies": [
            "read-photos",
            {"policy": "read-photos", "resourceGroup": "rg-studio"}
          ]
        },
        "grace": {}
      },
      "groups": {
        "studio": {"members": ["grace"], "policies": ["read-photos"]}
      },
      "roles": {
        "deployer": {
          "id": "3001",
          "trust": "trust-ada",
          "serviceLinked": false,
          "policies": ["read-photos"]
        }
      },
      "buckets": {"photos": {"policy": "photos-bucket"}}
    },
    "1002": {"management": true, "users": {"linus": {}}}
  },
  "resources": {
    "acs:oss:*:1001:photos/a": {"resourceGroup": "rg-studio"}
  }
}
)json";

// A folder of one test, gone when it ends.
class DirectoryFolder {
 public:
  DirectoryFolder() {
    std::string path =
        (std::filesystem::temp_directory_path() / "writ-directory-XXXXXX")
            .string();
    WRIT_CHECK(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~DirectoryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DirectoryFolder(const DirectoryFolder&) = delete;
  DirectoryFolder& operator=(const DirectoryFolder&) = delete;

  const std::string& path() const { return path_; }

  void Write(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void Remove(const std::string& name) const {
    std::filesystem::remove(std::filesystem::path(path_) / name);
  }

  // kDirectory and its policies.
  void WriteExample() const {
    Write("directory.json", kDirectory);
    Write("policies/read-photos.writ", kReadPhotos);
    Write("policies/trust-ada.ram.json", kTrustAda);
    Write("policies/no-deletes.ram.json", kNoDeletes);
    Write("policies/photos-bucket.ram.json", kPhotosBucket);
  }

  // What is wrong, one text; empty when nothing is.
  std::string Findings() const {
    const Result<DirectoryBuild> build = BuildDirectory(path_, {});
    if (!build.ok()) return build.status().ToString();
    std::string all;
    for (const DirectoryFinding& finding : build->findings) all += finding.text;
    return all;
  }

 private:
  std::string path_;
};

}  // namespace writ

#endif  // WRIT_TESTS_UNIT_DIRECTORY_DIRECTORY_FOLDER_H_
