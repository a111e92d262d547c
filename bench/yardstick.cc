// SPDX-License-Identifier: Apache-2.0
//
// What a small index decides the same workload in: the line that the engine's
// figures are held against. `yardstick FILE.tsv` prints one JSON object, with
// the members of `writ bench` that it can tell. With 0 seconds it counts what
// is allowed and measures nothing.
//
// A statement is filed under its principal, each action that it matches, and
// the text before the first star of its resource. A decision interns principal
// and action, and for each length that such a text has there hashes so much of
// the resource and probes once; what is found is verified, Deny first. Texts
// are compared by their 64-bit hashes alone. It answers allowed or not, names
// no statement, folds no case, and knows no layer: less than the engine does.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace {

struct Statement {
  std::string principal;
  std::vector<std::string> actions;
  std::string resource;
  uint32_t network = 0;
  uint32_t mask = 0;
  int8_t secure = -1;
  bool deny = false;
};

struct Request {
  std::string principal, action, resource, address;
  bool secure = false;
  std::optional<bool> allowed;
};

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    parts.push_back(part);
  }
  return parts;
}

// `*` is any run of characters.
bool Matches(std::string_view pattern, std::string_view text) {
  size_t at = 0, in = 0, star = std::string_view::npos, resume = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      resume = in;
    } else if (at < pattern.size() && pattern[at] == text[in]) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star;
      in = ++resume;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

uint32_t ReadAddress(std::string_view text) {
  uint32_t address = 0, octet = 0;
  for (const char c : text) {
    if (c == '.') {
      address = address << 8 | octet;
      octet = 0;
    } else {
      octet = octet * 10 + static_cast<uint32_t>(c - '0');
    }
  }
  return address << 8 | octet;
}

// Open addressing from a hash to a value; zero is no key.
template <typename Value>
class Table {
 public:
  explicit Table(size_t entries = 0) {
    size_t slots = 8;
    while (slots < 2 * entries) slots *= 2;
    slots_.resize(slots);
  }
  Value& At(uint64_t key) {
    size_t slot = key & (slots_.size() - 1);
    while (slots_[slot].first != 0 && slots_[slot].first != key) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot].first = key;
    return slots_[slot].second;
  }
  const Value* Find(uint64_t key) const {
    size_t slot = key & (slots_.size() - 1);
    for (; slots_[slot].first != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot].first == key) return &slots_[slot].second;
    }
    return nullptr;
  }
  size_t bytes() const { return slots_.size() * sizeof(slots_[0]); }

 private:
  std::vector<std::pair<uint64_t, Value>> slots_;
};

struct Run {
  uint32_t first = 0;
  uint32_t count = 0;
};

uint64_t HashOf(std::string_view text) { return writ::HashBytes(text) | 1; }

class Index {
 public:
  Index(const std::vector<Statement>& statements,
        const std::vector<std::string>& actions)
      : actions_(actions.size()) {
    for (size_t i = 0; i < actions.size(); ++i) {
      actions_.At(HashOf(actions[i])) = static_cast<uint32_t>(i + 1);
    }
    std::unordered_map<std::string_view, uint32_t> principals;
    std::unordered_map<uint64_t, std::vector<uint32_t>> lengths;
    std::unordered_map<uint64_t, std::vector<uint32_t>> postings;
    for (const Statement& statement : statements) {
      const uint32_t principal =
          principals
              .try_emplace(statement.principal,
                           static_cast<uint32_t>(principals.size() + 1))
              .first->second;
      File(statement, principal, actions, &lengths, &postings);
    }
    principals_ = Table<uint32_t>(principals.size());
    for (const auto& [name, number] : principals) {
      principals_.At(HashOf(name)) = number;
    }
    runs_ = Table<Run>(postings.size());
    for (auto& [key, ids] : postings) {
      std::ranges::stable_partition(
          ids, [this](uint32_t id) { return rows_[id].deny; });
      runs_.At(key) = {static_cast<uint32_t>(ids_.size()),
                       static_cast<uint32_t>(ids.size())};
      ids_.insert(ids_.end(), ids.begin(), ids.end());
    }
    lengths_ = Table<Run>(lengths.size());
    for (auto& [key, list] : lengths) {
      std::ranges::sort(list);
      lengths_.At(key) = {static_cast<uint32_t>(length_list_.size()),
                          static_cast<uint32_t>(list.size())};
      length_list_.insert(length_list_.end(), list.begin(), list.end());
    }
  }

  bool Allows(const Request& request) const {
    const uint32_t* principal = principals_.Find(HashOf(request.principal));
    const uint32_t* action = actions_.Find(HashOf(request.action));
    if (principal == nullptr || action == nullptr) return false;
    const Run* lengths = lengths_.Find(PairKey(*principal, *action));
    if (lengths == nullptr) return false;
    const uint32_t address = ReadAddress(request.address);
    const std::string_view resource = request.resource;
    bool allowed = false;
    for (uint32_t i = 0; i < lengths->count; ++i) {
      const size_t length = length_list_[lengths->first + i];
      if (length > resource.size()) break;
      const Run* run =
          runs_.Find(Key(*principal, *action, resource.substr(0, length)));
      if (run == nullptr) continue;
      for (uint32_t k = 0; k < run->count; ++k) {
        const Row& row = rows_[ids_[run->first + k]];
        if (!row.deny && allowed) break;
        if ((address & row.mask) != row.network) continue;
        if (row.secure >= 0 && (row.secure != 0) != request.secure) continue;
        if (!row.any && !Matches(row.rest, resource.substr(length))) continue;
        if (row.deny) return false;
        allowed = true;
      }
    }
    return allowed;
  }

  size_t bytes() const {
    return runs_.bytes() + lengths_.bytes() + principals_.bytes() +
           ids_.size() * sizeof(ids_[0]) + rows_.size() * sizeof(Row);
  }

 private:
  struct Row {
    std::string rest;  // of the resource, from the first star
    uint32_t network;
    uint32_t mask;
    int8_t secure;
    bool deny;
    bool any;  // rest is a star
  };

  static uint64_t PairKey(uint32_t principal, uint32_t action) {
    return writ::HashMix(uint64_t{principal} << 32 | action,
                         0x9e3779b97f4a7c15u) |
           1;
  }
  static uint64_t Key(uint32_t principal, uint32_t action,
                      std::string_view prefix) {
    return writ::HashBytes(prefix, uint64_t{principal} << 32 | action) | 1;
  }

  void File(const Statement& statement, uint32_t principal,
            const std::vector<std::string>& actions,
            std::unordered_map<uint64_t, std::vector<uint32_t>>* lengths,
            std::unordered_map<uint64_t, std::vector<uint32_t>>* postings) {
    const auto id = static_cast<uint32_t>(rows_.size());
    const std::string_view resource = statement.resource;
    const size_t length = std::min(resource.find('*'), resource.size());
    const std::string_view rest = resource.substr(length);
    rows_.push_back({std::string(rest), statement.network, statement.mask,
                     statement.secure, statement.deny, rest == "*"});
    for (size_t i = 0; i < actions.size(); ++i) {
      const bool matches = std::ranges::any_of(
          statement.actions,
          [&](const std::string& p) { return Matches(p, actions[i]); });
      if (!matches) continue;
      const auto action = static_cast<uint32_t>(i + 1);
      (*postings)[Key(principal, action, resource.substr(0, length))].push_back(
          id);
      std::vector<uint32_t>& list = (*lengths)[PairKey(principal, action)];
      const auto number = static_cast<uint32_t>(length);
      if (std::ranges::find(list, number) == list.end()) list.push_back(number);
    }
  }

  std::vector<Row> rows_;
  std::vector<uint32_t> ids_;
  std::vector<uint32_t> length_list_;
  Table<uint32_t> principals_;
  Table<uint32_t> actions_;
  Table<Run> lengths_;
  Table<Run> runs_;
};

struct Input {
  std::vector<Statement> statements;
  std::vector<Request> requests;
  std::vector<std::string> actions;  // that are asked for
};

Input ReadInput(const char* path) {
  Input input;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = Split(line, '\t');
    if (fields[0] == "S") {
      Statement& statement = input.statements.emplace_back();
      statement.principal = fields[2];
      statement.deny = fields[3] == "Deny";
      statement.actions = Split(fields[4], ',');
      statement.resource = fields[5];
      if (const size_t slash = fields[6].find('/');
          slash != std::string::npos) {
        const int bits = std::stoi(fields[6].substr(slash + 1));
        statement.mask = bits == 0 ? 0 : ~uint32_t{0} << (32 - bits);
        statement.network =
            ReadAddress(fields[6].substr(0, slash)) & statement.mask;
      }
      if (fields[7] != "-") statement.secure = fields[7] == "true" ? 1 : 0;
      continue;
    }
    Request& request = input.requests.emplace_back();
    std::tie(request.principal, request.action, request.resource,
             request.address) =
        std::tie(fields[1], fields[2], fields[3], fields[4]);
    request.secure = fields[5] == "true";
    if (fields[6] != "-") request.allowed = fields[6] == "1";
    input.actions.push_back(request.action);
  }
  std::ranges::sort(input.actions);
  const auto same = std::ranges::unique(input.actions);
  input.actions.erase(same.begin(), same.end());
  return input;
}

double ProcessorNanoseconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 +
         static_cast<double>(now.tv_nsec);
}

// Apart and never inlined: bench/engine_counts.py counts what happens inside.
__attribute__((noinline)) size_t DecideRequests(
    const Index& index, const std::vector<Request>& requests) {
  size_t allows = 0;
  for (const Request& request : requests) {
    allows += index.Allows(request) ? 1 : 0;
  }
  return allows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: yardstick FILE.tsv [SECONDS [REQUESTS]]\n", stderr);
    return 2;
  }
  Input input = ReadInput(argv[1]);
  const double seconds = argc > 2 ? std::stod(argv[2]) : 1;
  if (argc > 3) {
    input.requests.resize(
        std::min<size_t>(input.requests.size(), std::stoul(argv[3])));
  }

  const auto begin = std::chrono::steady_clock::now();
  const Index index(input.statements, input.actions);
  const double build_ms = std::chrono::duration<double, std::milli>(
                              std::chrono::steady_clock::now() - begin)
                              .count();

  // One shuffled order, and the texts of each request beside each other.
  for (size_t left = input.requests.size(); left > 1; --left) {
    std::swap(
        input.requests[left - 1],
        input.requests[writ::HashMix(7 + left, 0x9e3779b97f4a7c15u) % left]);
  }
  const std::vector<Request> requests = input.requests;
  size_t checked = 0, mismatches = 0;
  for (const Request& request : requests) {
    if (!request.allowed) continue;
    ++checked;
    mismatches += index.Allows(request) != *request.allowed ? 1 : 0;
  }
  const size_t allows = DecideRequests(index, requests);
  std::vector<double> rounds;
  size_t sink = 0, timed = 0;
  for (int round = 0; round < (seconds > 0 ? 5 : 0); ++round) {
    const double start = ProcessorNanoseconds();
    double passed = 0;
    size_t decided = 0;
    do {
      sink += DecideRequests(index, requests);
      decided += requests.size();
      passed = ProcessorNanoseconds() - start;
    } while (passed < seconds * 1e9 / 5);
    rounds.push_back(passed / static_cast<double>(decided));
    timed += decided;
  }
  if (rounds.empty()) rounds = {0, 0, 0};
  std::ranges::sort(rounds);
  std::printf(
      "{\"engine\":\"yardstick\",\"S\":%zu,\"ns\":%.1f,\"min\":%.1f,"
      "\"max\":%.1f,\"requests\":%zu,\"checked\":%zu,\"mismatches\":%zu,"
      "\"allows\":%zu,\"buildMs\":%.3f,\"indexBytes\":%zu,"
      "\"decided\":%zu}\n",
      input.statements.size(), rounds[rounds.size() / 2], rounds.front(),
      rounds.back(), requests.size(), checked, mismatches, allows, build_ms,
      index.bytes(), timed + requests.size());
  return mismatches > 0 || sink == SIZE_MAX ? 1 : 0;
}
