// SPDX-License-Identifier: Apache-2.0
#include "compiler/resource_trie.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authz/match_resource.h"
#include "compiler/image.h"
#include "gtest/gtest.h"
#include "tests/unit/compiler/trie_walk.h"

namespace writ {
namespace {

using Trie = PatternPlaces::Trie;
using Texts = std::vector<std::string>;

// The tries of some patterns, in an image that holds nothing else.
class Tries {
 public:
  explicit Tries(const Texts& patterns, CompileBudget budget = {})
      : meter_(budget) {
    for (const std::string& text : patterns) {
      ResourcePattern pattern = {
          {static_cast<uint32_t>(image_[Section::kStrings].size()),
           static_cast<uint32_t>(text.size())},
          {}};
      image_[Section::kStrings] += text;
      if (text != "*") {
        size_t colon = 0;
        for (uint32_t& place : pattern.colons) {
          colon = text.find(':', colon + 1);
          place = static_cast<uint32_t>(colon);
        }
      }
      image_.Append(Section::kResourcePatterns, pattern);
    }
    resources_ = Make(Trie::kResources);
    if (status_.ok()) roles_ = Make(Trie::kRoles);
    view_ = image_.View();
  }

  const Status& status() const { return status_; }
  const ProgramView& view() const { return view_; }
  uint32_t resources() const { return resources_; }
  uint32_t roles() const { return roles_; }

  // The patterns that the right trie finds.
  std::set<std::string> Find(std::string_view resource) const {
    RequestResource read;
    EXPECT_TRUE(ReadResource(resource, &read)) << resource;
    const bool role = read.fold_bytes > 0;
    const uint32_t root = role ? roles_ : resources_;
    std::set<std::string> found;
    if (root == kNoIndex) return found;
    for (const uint32_t end :
         testing::EndsThatMatch(view_, root, role, resource)) {
      EXPECT_TRUE(found.insert(TextOf(view_.ends[end].pattern)).second);
    }
    return found;
  }

  // The patterns that match, each asked.
  std::set<std::string> Match(std::string_view resource) const {
    RequestResource read;
    EXPECT_TRUE(ReadResource(resource, &read)) << resource;
    std::set<std::string> matching;
    for (uint32_t i = 0; i < view_.resource_patterns.size(); ++i) {
      if (view_.resource_patterns[i].colons[0] != 0 &&
          MatchResource(view_, view_.resource_patterns[i], read)) {
        matching.insert(TextOf(i));
      }
    }
    return matching;
  }

  EndKind KindOf(std::string_view pattern) const {
    for (uint32_t i = 0; i < view_.ends.size(); ++i) {
      if (TextOf(view_.ends[i].pattern) == pattern) {
        return static_cast<EndKind>(view_.ends[i].kind);
      }
    }
    ADD_FAILURE() << pattern;
    return EndKind::kVerify;
  }

 private:
  std::string TextOf(uint32_t pattern) const {
    return std::string(view_.Text(view_.resource_patterns[pattern].text));
  }

  uint32_t Make(Trie trie) {
    const PatternPlaces places(image_.View(), trie);
    std::vector<uint32_t> ranks(places.places().size());
    for (uint32_t i = 0; i < ranks.size(); ++i) ranks[i] = i;
    if (ranks.empty()) return kNoIndex;
    const auto root = static_cast<uint32_t>(image_[Section::kNodes].size());
    const auto first_end = static_cast<uint32_t>(image_[Section::kEnds].size() /
                                                 sizeof(EndRecord));
    std::vector<TrieEnd> ends;
    const auto count = WriteTrie(places.places(), trie, ranks, first_end,
                                 &meter_, &image_[Section::kNodes], &ends);
    status_ = count.status();
    if (!count.ok()) return kNoIndex;
    for (const TrieEnd& end : ends) {
      image_.Append(Section::kEnds,
                    EndRecord{static_cast<uint32_t>(end.kind),
                              places.places()[end.rank].pattern, 0, 0, 0});
    }
    size_t bytes = 0;
    uint32_t seen = 0;
    EXPECT_EQ(testing::EndsBelow(image_.View(), root, &bytes, &seen).size(),
              ranks.size());
    EXPECT_EQ(bytes, image_[Section::kNodes].size() - root);
    EXPECT_EQ(seen, *count);
    return root;
  }

  CompileMeter meter_;
  Image image_;
  ProgramView view_;
  Status status_;
  uint32_t resources_ = kNoIndex;
  uint32_t roles_ = kNoIndex;
};

TEST(ResourceTrie, TellsWhatAPatternStillAsks) {
  const Tries tries({"acs:oss:*:*:b/*", "acs:oss:*:*:b/x", "acs:oss:*:*:b/*x",
                     "acs:oss:*:*:b/?", "acs:oss:*:*:b/*x*", "acs:o*:*:*:b",
                     "acs:oss:*:*:b/**", "acs:oss:*:*:*"});
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:b/*"), EndKind::kAny);
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:*"), EndKind::kAny);
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:b/x"), EndKind::kExact);
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:b/*x"), EndKind::kSuffix);
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:b/?"), EndKind::kVerify);
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:b/*x*"), EndKind::kVerify);
  EXPECT_EQ(tries.KindOf("acs:oss:*:*:b/**"), EndKind::kVerify);
  EXPECT_EQ(tries.KindOf("acs:o*:*:*:b"), EndKind::kVerify);
}

TEST(ResourceTrie, AnEndingDoesNotOverlapThePath) {
  const Tries tries({"acs:oss:*:*:aba*bab"});
  EXPECT_TRUE(tries.Find("acs:oss:::abab").empty());
  EXPECT_EQ(tries.Find("acs:oss:::ababab").size(), 1u);
  EXPECT_EQ(tries.Find("acs:oss:::abaxbab").size(), 1u);
}

TEST(ResourceTrie, AWholeSegmentStopsAtItsColon) {
  const Tries tries({"acs:*:cn:*:x", "acs:*:*:*:x", "acs:oss:*:7:x"});
  EXPECT_EQ(tries.Find("acs:oss:cn:7:x").size(), 3u);
  EXPECT_EQ(tries.Find("acs::::x").size(), 1u);
  EXPECT_TRUE(tries.Find("acs:oss:a:cn:7:x").empty());
  EXPECT_EQ(tries.Find("acs:oss:*:*:x").size(), 1u);
}

TEST(ResourceTrie, ManyPatternsWithoutAnAnchorAreFoundByTheirInnerText) {
  Texts patterns;
  for (char c = 'a'; c <= 'z'; ++c) {
    patterns.push_back(std::string("acs:oss:*:*:*k") + c + "*");
  }
  const Tries tries(patterns);
  for (char c = 'a'; c <= 'z'; ++c) {
    const std::string inner = std::string("k") + c;
    for (const std::string& resource :
         {inner, "x" + inner, inner + "x", "xx" + inner + "kk"}) {
      EXPECT_EQ(tries.Find("acs:oss:::" + resource),
                tries.Match("acs:oss:::" + resource));
    }
  }
  // None of them is tried when its inner text is missing.
  uint32_t fragments = 0;
  for (size_t at = 0; at < tries.view().nodes.size();) {
    NodeHead head;
    std::memcpy(&head, tries.view().nodes.data() + at, sizeof(head));
    if ((head.flags & NodeHead::kFragmentEdge) != 0) {
      ++fragments;
      EXPECT_EQ(head.end_count, 0u);
      break;
    }
    at += 4;
  }
  EXPECT_EQ(fragments, 1u);
}

TEST(ResourceTrie, ALabelMayBeLongerThanANodeHolds) {
  const std::string text = "p" + std::string(200000, 'q');
  const Tries tries({"acs:oss:*:*:" + text, "acs:oss:*:*:" + text + "*z",
                     "acs:oss:*:*:*" + text});
  for (const char* tail : {"", "z", "yz", "y"}) {
    EXPECT_EQ(tries.Find("acs:oss:::" + text + tail),
              tries.Match("acs:oss:::" + text + tail));
  }
  EXPECT_EQ(tries.Find("acs:oss:::" + text).size(), 2u);
}

TEST(ResourceTrie, RolesAreFoundInEitherCase) {
  const Tries tries({"acs:ram:*:7:role/Admin", "acs:ram:*:7:ROLE/a*",
                     "acs:*:*:*:*n", "acs:r?m:*:7:role/x", "acs:ram:*:7:user/x",
                     "acs:oss:*:*:role/admin"});
  EXPECT_EQ(tries.Find("acs:ram::7:role/aDMIN"),
            (std::set<std::string>{"acs:ram:*:7:role/Admin",
                                   "acs:ram:*:7:ROLE/a*", "acs:*:*:*:*n"}));
  EXPECT_EQ(tries.Find("acs:ram::7:role/X"),
            (std::set<std::string>{"acs:r?m:*:7:role/x"}));
  EXPECT_EQ(tries.Find("acs:oss::7:role/admin"),
            (std::set<std::string>{"acs:*:*:*:*n", "acs:oss:*:*:role/admin"}));
  // The trie of roles holds no pattern that cannot match one.
  size_t bytes = 0;
  uint32_t count = 0;
  EXPECT_EQ(
      testing::EndsBelow(tries.view(), tries.roles(), &bytes, &count).size(),
      4u);
}

TEST(ResourceTrie, BytesOfPatternsAreNotSigned) {
  const Tries tries({"acs:oss:*:*:a", "acs:oss:*:*:\xc3\xa9*",
                     "acs:oss:*:*:*\xc3\xa9", "acs:oss:*:*:\x7f"});
  for (const char* id : {"a", "\xc3\xa9", "\xc3\xa9x\xc3\xa9", "\x7f", "\xa9",
                         "x\xc3\xa9", "\xc3\xc3\xa9"}) {
    const std::string resource = std::string("acs:oss:::") + id;
    EXPECT_EQ(tries.Find(resource), tries.Match(resource)) << resource;
  }
}

// Texts of few different characters, so that they meet.
class Source {
 public:
  explicit Source(uint32_t seed) : random_(seed) {}

  uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>(random_() % bound);
  }

  std::string Text(std::string_view alphabet, uint32_t most) {
    std::string text;
    for (uint32_t left = Below(most + 1); left > 0; --left) {
      text += alphabet[Below(static_cast<uint32_t>(alphabet.size()))];
    }
    return text;
  }

  std::string Segment(std::string_view wildcards) {
    static constexpr const char* kPlain[] = {"ram", "a", "ab", "", "ra"};
    const uint32_t kind = Below(8);
    if (kind < 3) return kPlain[Below(5)];
    if (kind < 5 && !wildcards.empty()) return "*";
    if (kind < 6) return "ram";
    return Text("ab" + std::string(wildcards), 3);
  }

  std::string Arn(std::string_view wildcards) {
    std::string text = "acs:";
    for (int i = 0; i < 3; ++i) text += Segment(wildcards) + ":";
    if (Below(2) == 0) text += Below(3) == 0 ? "rOLe/" : "role/";
    return text + Text("abA/:" + std::string(wildcards), 6);
  }

 private:
  std::mt19937 random_;
};

TEST(ResourceTrie, FindsWhatMatchesOnRandomTexts) {
  size_t found = 0;
  size_t roles = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Source source(seed);
    Texts patterns;
    for (uint32_t left = 1 + source.Below(60); left > 0; --left) {
      patterns.push_back(source.Arn(source.Below(2) == 0 ? "*" : "*?*"));
    }
    std::ranges::sort(patterns);
    const auto repeats = std::ranges::unique(patterns);
    patterns.erase(repeats.begin(), repeats.end());
    const Tries tries(patterns);
    for (int i = 0; i < 200; ++i) {
      std::string resource = source.Arn("");
      if (source.Below(2) == 0) {
        // A resource that one of the patterns is likely to match.
        resource.clear();
        for (const char byte :
             patterns[source.Below(static_cast<uint32_t>(patterns.size()))]) {
          if (byte == '*') {
            resource += source.Text("ab", 2);
          } else {
            resource += byte == '?' ? 'a' : byte;
          }
        }
      }
      const std::set<std::string> matching = tries.Match(resource);
      ASSERT_EQ(tries.Find(resource), matching) << resource << " seed " << seed;
      found += matching.size();
      if (resource.starts_with("acs:ram:")) ++roles;
    }
  }
  // The texts do meet.
  EXPECT_GT(found, 30000u);
  EXPECT_GT(roles, 10000u);
}

TEST(ResourceTrie, SameInputSameBytes) {
  Source source(7);
  Texts patterns;
  for (int i = 0; i < 100; ++i) {
    patterns.push_back(source.Arn("*?") + std::to_string(i));
  }
  const Tries first(patterns);
  const Tries second(patterns);
  EXPECT_EQ(first.view().nodes.bytes(), second.view().nodes.bytes());
}

TEST(ResourceTrie, StopsAtTheLimitOfStates) {
  Texts patterns;
  for (int i = 0; i < 100; ++i) {
    patterns.push_back("acs:oss:*:*:" + std::to_string(i));
  }
  CompileBudget budget;
  budget.matcher_states = 50;
  const Tries tries(patterns, budget);
  EXPECT_EQ(tries.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(tries.status().message(),
            "compiling would pass the limit of 50 matcher states");
}

}  // namespace
}  // namespace writ
