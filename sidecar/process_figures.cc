// SPDX-License-Identifier: Apache-2.0
#include "sidecar/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/file.h"

namespace writ {
namespace {

constexpr uint64_t kMaxProcFileBytes = 1u << 20;

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = text.find_first_of(" \n");
    if (end != 0) words.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return words;
}

std::optional<double> Number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return static_cast<double>(value);
}

// Seconds since 1970 at which the system was started.
std::optional<double> BootTime() {
  const Result<std::string> text = ReadFile("/proc/stat", kMaxProcFileBytes);
  if (!text.ok()) return std::nullopt;
  constexpr std::string_view kKey = "\nbtime ";
  const size_t at = text->find(kKey);
  if (at == std::string::npos) return std::nullopt;
  return Number(std::string_view(*text).substr(at + kKey.size()));
}

std::optional<double> OpenDescriptors() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return std::nullopt;
  double count = -1;  // the one that reads this directory
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(directory);
  return count;
}

}  // namespace

std::vector<ProcessFigure> ReadProcessFigures() {
  std::vector<ProcessFigure> figures;
  const auto add = [&figures](const char* name, const char* help, bool counts,
                              std::optional<double> value) {
    if (value.has_value()) figures.push_back({name, help, counts, *value});
  };
  // proc(5): behind the name in parentheses, which may hold anything, stand
  // state and numbers; the numbering there begins with the process id as 1.
  if (const Result<std::string> stat =
          ReadFile("/proc/self/stat", kMaxProcFileBytes);
      stat.ok() && stat->rfind(')') != std::string::npos) {
    const std::vector<std::string_view> words =
        Words(std::string_view(*stat).substr(stat->rfind(')') + 1));
    const auto field = [&words](size_t number) -> std::optional<double> {
      constexpr size_t kFirst = 3;
      if (number - kFirst >= words.size()) return std::nullopt;
      return Number(words[number - kFirst]);
    };
    const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    add("process_threads", "Threads of this process.", false, field(20));
    add("process_virtual_memory_bytes", "Address space in use.", false,
        field(23));
    if (const auto pages = field(24)) {
      add("process_resident_memory_bytes", "Memory that is in core.", false,
          *pages * page_bytes);
    }
    const auto started = field(22);
    const auto boot = BootTime();
    if (started.has_value() && boot.has_value()) {
      add("process_start_time_seconds",
          "When this process was started, in seconds since 1970.", false,
          *boot + *started / ticks);
    }
  }
  rusage usage = {};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) +
             static_cast<double>(time.tv_usec) / 1e6;
    };
    add("process_cpu_seconds_total", "Processor time used.", true,
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  add("process_open_fds", "Open descriptors.", false, OpenDescriptors());
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add("process_max_fds", "Descriptors that may be open.", false,
        static_cast<double>(limit.rlim_cur));
  }
  return figures;
}

}  // namespace writ
