// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_COMPILER_TRIE_WALK_H_
#define WRIT_TESTS_UNIT_COMPILER_TRIE_WALK_H_

#include <cstdint>
#include <set>
#include <string_view>

#include "authz/program/format.h"

namespace writ::testing {

// A slow and obvious reader of resource tries, written from format.h alone. It
// checks what it reads: a wrong shape fails the test that asked.
//
// root      of view.nodes
// roles     the trie of RAM roles: `resource` is folded before the walk
// resource  a whole ARN
// Returns   the ends whose pattern matches; those of kind kVerify are matched
//           here
std::set<uint32_t> EndsThatMatch(const ProgramView& view, uint32_t root,
                                 bool roles, std::string_view resource);

// The ends that hang from `root`, and checks of the whole trie: every node is
// reached once, lies behind its parent and has its children in order. Adds the
// bytes of its nodes to `*bytes`, their number to `*count`.
std::set<uint32_t> EndsBelow(const ProgramView& view, uint32_t root,
                             size_t* bytes, uint32_t* count);

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_COMPILER_TRIE_WALK_H_
