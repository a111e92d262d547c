// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_TESTS_UNIT_COMPILER_INDEX_IMAGE_H_
#define WRIT_TESTS_UNIT_COMPILER_INDEX_IMAGE_H_

#include <string>

#include "tests/unit/compiler/image_editor.h"

namespace writ::testing {

// An image with something in every section of the index but the rulings: three
// identity documents, in units {0, 1} and {2}. The first has tries of suffixes
// and of fragments, segments that are `*`, roles, statements for anywhere, and
// tests of every kind that has an axis.
std::string IndexImage(PassSet passes = PassSet::All());

}  // namespace writ::testing

#endif  // WRIT_TESTS_UNIT_COMPILER_INDEX_IMAGE_H_
