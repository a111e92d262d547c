// SPDX-License-Identifier: Apache-2.0
#include "daemon/data_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

namespace writ {
namespace {

constexpr uint64_t kMaxStateBytes = 64u << 10;

// True for a directory that is empty or holds what a platform leaves.
Result<bool> IsOurs(int directory_fd) {
  if (::faccessat(directory_fd, "lock", F_OK, 0) == 0) return true;
  const int copy =
      ::openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const listing = copy < 0 ? nullptr : ::fdopendir(copy);
  if (listing == nullptr) return ErrnoStatus("read the data directory", errno);
  bool empty = true;
  while (const dirent* entry = ::readdir(listing)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") empty = false;
  }
  ::closedir(listing);
  return empty;
}

Result<UniqueFd> TakeLock(int directory_fd, const std::string& path) {
  UniqueFd lock(::openat(directory_fd, "lock",
                         O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) return ErrnoStatus("open `" + path + "/lock`", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    std::string holder;
    const Result<std::string> text = ReadAll(lock.get(), 64);
    if (text.ok()) holder = text.value().substr(0, text.value().find('\n'));
    return Unavailable("the data directory `" + path + "` is in use by pid " +
                       (holder.empty() ? "?" : holder) +
                       "; stop that platform, or choose another directory "
                       "with --data");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0) {
    return ErrnoStatus("write `" + path + "/lock`", errno);
  }
  WRIT_RETURN_IF_ERROR(WriteAll(lock.get(), pid));
  return lock;
}

Result<UniqueFd> OpenPart(int directory_fd, const char* name, uint32_t owner) {
  if (::mkdirat(directory_fd, name, 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus(std::string("create `") + name + "`", errno);
  }
  UniqueFd fd(::openat(directory_fd, name,
                       O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() || ::fchown(fd.get(), owner, owner) != 0 ||
      ::fchmod(fd.get(), 0700) != 0) {
    return ErrnoStatus(std::string("prepare `") + name + "`", errno);
  }
  return fd;
}

std::string Text(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

Result<nlohmann::json> ReadObject(const std::string& path) {
  WRIT_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxStateBytes));
  nlohmann::json object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) return DataLoss("`" + path + "` is malformed");
  return object;
}

}  // namespace

Result<DataDirectory> DataDirectory::Open(const std::string& path,
                                          uint32_t core_uid) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return ErrnoStatus("create `" + path + "`", errno);
  }
  DataDirectory data;
  data.directory_.Reset(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!data.directory_.valid()) {
    return ErrnoStatus("open `" + path + "`", errno);
  }
  struct stat info = {};
  if (::fstat(data.fd(), &info) != 0) {
    return ErrnoStatus("look at `" + path + "`", errno);
  }
  WRIT_ASSIGN_OR_RETURN(const bool ours, IsOurs(data.fd()));
  if (!ours || info.st_uid != 0) {
    return FailedPrecondition(
        "`" + path +
        (ours ? "` belongs to another user than root"
              : "` is not empty and is no data directory of a platform") +
        "; choose another one with --data");
  }
  if (::fchmod(data.fd(), 0700) != 0) {
    return ErrnoStatus("close `" + path + "` to others", errno);
  }
  char absolute[PATH_MAX];
  if (::realpath(path.c_str(), absolute) == nullptr) {
    return ErrnoStatus("resolve `" + path + "`", errno);
  }
  data.absolute_path_ = absolute;
  WRIT_ASSIGN_OR_RETURN(data.lock_, TakeLock(data.fd(), path));
  WRIT_ASSIGN_OR_RETURN(data.tls_, OpenPart(data.fd(), "tls", 0));
  WRIT_ASSIGN_OR_RETURN(data.keys_, OpenPart(data.fd(), "keys", core_uid));
  WRIT_ASSIGN_OR_RETURN(data.store_, OpenPart(data.fd(), "store", core_uid));
  return data;
}

Status DataDirectory::WriteCredentials(const Credentials& credentials) const {
  nlohmann::ordered_json object;
  object["endpoint"] = credentials.endpoint;
  object["caCertificate"] = credentials.ca_certificate;
  object["accountId"] = credentials.account_id;
  object["region"] = credentials.region;
  object["accessKeyId"] = credentials.access_key_id;
  object["accessKeySecret"] = credentials.access_key_secret.text();
  std::string text =
      object.dump(2, ' ', false,
                  nlohmann::ordered_json::error_handler_t::replace) +
      "\n";
  Status written = WriteFileAtomicAt(fd(), "credentials.json", text, 0600);
  WipeMemory(text.data(), text.size());
  return written;
}

Status DataDirectory::WriteRunState(const RunState& state) const {
  nlohmann::ordered_json object;
  object["supervisorPid"] = state.supervisor_pid;
  object["state"] = state.state;
  object["endpoint"] = state.endpoint;
  object["run"] = state.run;
  object["restarts"] = state.restarts;
  object["roles"] = nlohmann::ordered_json::array();
  for (const RunState::RoleState& role : state.roles) {
    object["roles"].push_back(
        {{"name", role.name}, {"pid", role.pid}, {"state", role.state}});
  }
  return WriteFileAtomicAt(fd(), "run.json", object.dump(2) + "\n", 0600);
}

void DataDirectory::RemoveRunState() const { ::unlinkat(fd(), "run.json", 0); }

Result<Credentials> ReadCredentials(const std::string& data_path) {
  WRIT_ASSIGN_OR_RETURN(const nlohmann::json object,
                        ReadObject(data_path + "/credentials.json"));
  Credentials credentials;
  credentials.endpoint = Text(object, "endpoint");
  credentials.ca_certificate = Text(object, "caCertificate");
  credentials.account_id = Text(object, "accountId");
  credentials.region = Text(object, "region");
  credentials.access_key_id = Text(object, "accessKeyId");
  credentials.access_key_secret =
      SecretBytes::CopyOf(Text(object, "accessKeySecret"));
  if (credentials.endpoint.empty() || credentials.access_key_id.empty()) {
    return DataLoss("`" + data_path + "/credentials.json` is malformed");
  }
  return credentials;
}

Result<RunState> ReadRunState(const std::string& data_path) {
  WRIT_ASSIGN_OR_RETURN(const nlohmann::json object,
                        ReadObject(data_path + "/run.json"));
  const auto number = [](const nlohmann::json& from, const char* name) {
    const auto found = from.find(name);
    return found != from.end() && found->is_number_integer()
               ? found->get<int64_t>()
               : int64_t{0};
  };
  RunState state;
  state.supervisor_pid = number(object, "supervisorPid");
  state.state = Text(object, "state");
  state.endpoint = Text(object, "endpoint");
  state.run = Text(object, "run");
  state.restarts = static_cast<uint64_t>(number(object, "restarts"));
  const auto roles = object.find("roles");
  if (roles != object.end() && roles->is_array()) {
    for (const nlohmann::json& role : *roles) {
      if (!role.is_object()) continue;
      state.roles.push_back(
          {Text(role, "name"), number(role, "pid"), Text(role, "state")});
    }
  }
  return state;
}

}  // namespace writ
