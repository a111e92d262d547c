// SPDX-License-Identifier: Apache-2.0
#include "lint/glob.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace writ {

bool GlobMatches(std::string_view glob, std::string_view path) {
  // reached[i]: the glob so far matches the first i characters of the path.
  std::vector<bool> reached(path.size() + 1, false);
  reached[0] = true;
  for (size_t g = 0; g < glob.size(); ++g) {
    std::vector<bool> next(path.size() + 1, false);
    if (glob[g] == '*') {
      const bool crosses = g + 1 < glob.size() && glob[g + 1] == '*';
      if (crosses) ++g;
      bool open = false;
      for (size_t i = 0; i <= path.size(); ++i) {
        if (i > 0 && path[i - 1] == '/' && !crosses) open = false;
        open = open || reached[i];
        next[i] = open;
      }
      // `**/` also stands for no folder at all.
      if (crosses && g + 1 < glob.size() && glob[g + 1] == '/') {
        std::vector<bool> after(path.size() + 1, false);
        for (size_t i = 0; i <= path.size(); ++i) {
          after[i] = reached[i] || (i > 0 && next[i - 1] && path[i - 1] == '/');
        }
        next = std::move(after);
        ++g;
      }
    } else {
      for (size_t i = 0; i < path.size(); ++i) {
        const bool same = glob[g] == '?' ? path[i] != '/' : glob[g] == path[i];
        next[i + 1] = reached[i] && same;
      }
    }
    reached = std::move(next);
  }
  return reached[path.size()];
}

}  // namespace writ
