// SPDX-License-Identifier: Apache-2.0
// The shortest edit script by Myers' greedy walk: for every number of changes
// d it keeps how far each diagonal reaches, until one reaches both ends.
#include "cli/text_diff.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "grammar/render.h"

namespace writ {
namespace {

constexpr size_t kContext = 3;
// Changed lines beyond which the walk gives up; its memory grows with the
// square.
constexpr ptrdiff_t kMaxChanges = 1000;

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// `count` lines taken away and put in, at these places.
struct Change {
  size_t before;
  size_t removed;
  size_t after;
  size_t added;
};

class Walk {
 public:
  Walk(std::vector<size_t> before, std::vector<size_t> after)
      : a_(std::move(before)), b_(std::move(after)) {}

  // Marks what is taken away and put in. False when too much differs.
  bool Run(std::vector<bool>* removed, std::vector<bool>* added) {
    const ptrdiff_t n = std::ssize(a_);
    const ptrdiff_t m = std::ssize(b_);
    for (ptrdiff_t d = 0; d <= std::min(n + m, kMaxChanges); ++d) {
      reach_.emplace_back(static_cast<size_t>(2 * d + 1));
      for (ptrdiff_t k = -d; k <= d; k += 2) {
        ptrdiff_t x = d == 0 ? 0 : Step(d, k).x;
        while (x < n && x - k < m && At(a_, x) == At(b_, x - k)) ++x;
        Reach(d, k) = x;
        if (x >= n && x - k >= m) {
          GoBack(d, k, removed, added);
          return true;
        }
      }
    }
    return false;
  }

 private:
  struct Move {
    ptrdiff_t x;  // where the diagonal begins
    bool down;    // a line was put in, else taken away
  };

  static size_t At(const std::vector<size_t>& lines, ptrdiff_t i) {
    return lines[static_cast<size_t>(i)];
  }
  ptrdiff_t& Reach(ptrdiff_t d, ptrdiff_t k) {
    return reach_[static_cast<size_t>(d)][static_cast<size_t>(k + d)];
  }
  // The better way onto diagonal `k` with the d-th change.
  Move Step(ptrdiff_t d, ptrdiff_t k) {
    const bool down =
        k == -d || (k != d && Reach(d - 1, k - 1) < Reach(d - 1, k + 1));
    return down ? Move{Reach(d - 1, k + 1), true}
                : Move{Reach(d - 1, k - 1) + 1, false};
  }
  void GoBack(ptrdiff_t d, ptrdiff_t k, std::vector<bool>* removed,
              std::vector<bool>* added) {
    for (; d > 0; --d) {
      const Move move = Step(d, k);
      if (move.down) {
        (*added)[static_cast<size_t>(move.x - k - 1)] = true;
        ++k;
      } else {
        (*removed)[static_cast<size_t>(move.x - 1)] = true;
        --k;
      }
    }
  }

  const std::vector<size_t> a_;
  const std::vector<size_t> b_;
  // reach_[d][k + d]: how many lines of `a_` diagonal k has passed.
  std::vector<std::vector<ptrdiff_t>> reach_;
};

// The number of a line: equal lines have equal numbers.
std::vector<size_t> Numbered(
    const std::vector<std::string_view>& lines,
    std::unordered_map<std::string_view, size_t>* numbers) {
  std::vector<size_t> out;
  out.reserve(lines.size());
  for (std::string_view line : lines) {
    out.push_back(numbers->try_emplace(line, numbers->size()).first->second);
  }
  return out;
}

std::vector<Change> ChangesBetween(const std::vector<std::string_view>& a,
                                   const std::vector<std::string_view>& b) {
  size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head &&
         a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) {
    ++tail;
  }
  const size_t a_size = a.size() - head - tail;
  const size_t b_size = b.size() - head - tail;
  std::vector<bool> removed(a_size, false);
  std::vector<bool> added(b_size, false);
  std::unordered_map<std::string_view, size_t> numbers;
  const auto middle = [head](const auto& lines, size_t size) {
    const auto begin = lines.begin() + static_cast<ptrdiff_t>(head);
    return std::vector<std::string_view>(begin,
                                         begin + static_cast<ptrdiff_t>(size));
  };
  Walk walk(Numbered(middle(a, a_size), &numbers),
            Numbered(middle(b, b_size), &numbers));
  if (!walk.Run(&removed, &added)) return {{head, a_size, head, b_size}};

  std::vector<Change> changes;
  size_t i = 0;
  size_t j = 0;
  while (i < a_size || j < b_size) {
    Change change{head + i, 0, head + j, 0};
    for (; i < a_size && removed[i]; ++i) ++change.removed;
    for (; j < b_size && added[j]; ++j) ++change.added;
    if (change.removed + change.added > 0) {
      changes.push_back(change);
    } else {
      ++i;
      ++j;
    }
  }
  return changes;
}

void AppendLine(char mark, std::string_view line, std::string* out) {
  out->push_back(mark);
  out->append(line);
  if (!line.ends_with('\n')) out->append("\n\\ No newline at end of file\n");
}

std::string RangeOf(size_t begin, size_t size) {
  std::string out = std::to_string(size == 0 ? begin : begin + 1);
  if (size != 1) out += "," + std::to_string(size);
  return out;
}

}  // namespace

std::string UnifiedDiff(std::string_view path, std::string_view before,
                        std::string_view after) {
  if (before == after) return "";
  const std::vector<std::string_view> a = LinesOf(before);
  const std::vector<std::string_view> b = LinesOf(after);
  const std::vector<Change> changes = ChangesBetween(a, b);
  const std::string name = Printable(path);
  std::string out = "--- " + name + "\n+++ " + name + "\n";
  for (size_t first = 0; first < changes.size();) {
    // Changes whose context would touch share a hunk.
    size_t last = first;
    while (last + 1 < changes.size() &&
           changes[last + 1].before -
                   (changes[last].before + changes[last].removed) <=
               2 * kContext) {
      ++last;
    }
    const size_t lead = std::min(kContext, changes[first].before);
    const size_t a_begin = changes[first].before - lead;
    const size_t b_begin = changes[first].after - lead;
    const size_t a_last = changes[last].before + changes[last].removed;
    const size_t follow = std::min(kContext, a.size() - a_last);
    const size_t b_end = changes[last].after + changes[last].added + follow;
    out += "@@ -" + RangeOf(a_begin, a_last + follow - a_begin) + " +" +
           RangeOf(b_begin, b_end - b_begin) + " @@\n";
    size_t at = a_begin;
    for (; first <= last; ++first) {
      const Change& change = changes[first];
      for (; at < change.before; ++at) AppendLine(' ', a[at], &out);
      for (; at < change.before + change.removed; ++at) {
        AppendLine('-', a[at], &out);
      }
      for (size_t i = 0; i < change.added; ++i) {
        AppendLine('+', b[change.after + i], &out);
      }
    }
    for (; at < a_last + follow; ++at) AppendLine(' ', a[at], &out);
  }
  return out;
}

}  // namespace writ
