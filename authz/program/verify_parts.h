// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_AUTHZ_PROGRAM_VERIFY_PARTS_H_
#define WRIT_AUTHZ_PROGRAM_VERIFY_PARTS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "authz/program/format.h"
#include "authz/program/verify.h"
#include "base/status.h"

// The parts of VerifyTables, in the order in which they run: each takes for
// granted what those before it have established. For verify*.cc only.
namespace writ::verify {

// kInvalidArgument naming the entry of the section.
Status Refuse(std::string_view section, uint64_t index, std::string_view what);

// kResourceExhausted: `what` number `index` may take `steps`, not `allowed`.
Status OverBudget(std::string_view what, uint64_t index, uint64_t steps,
                  uint64_t allowed);

// A verified block of code and how many instructions it holds.
struct CodeBlock {
  uint32_t first;
  uint32_t size_bytes;
  uint32_t instructions;
};

// What the checks of the tables have found out.
struct TableFacts {
  std::vector<CodeBlock> blocks;  // ascending by first
  // The number of instructions of the block that is exactly `code`, or 0.
  uint32_t InstructionsOf(Run code) const;
};

// Sections 1 to 18. (verify_tables.cc)
Status CheckTables(const ProgramView& view, const VerifyOptions& options,
                   TableFacts* facts);

// Whether the bytes exist and begin and end between code points. O(1), for a
// pool that is UTF-8 as a whole.
bool RefIsText(const ImageTable<uint8_t>& pool, TextRef ref);

// Sections 33 to 38: what an image may have without units too.
// (verify_intervals.cc)
Status CheckIntervals(const ProgramView& view);
Status CheckRulings(const ProgramView& view);

// Sections 26 to 32. (verify_actions.cc)
Status CheckActions(const ProgramView& view);

// Sections 19 to 25. (verify_units.cc)
Status CheckUnits(const ProgramView& view, const TableFacts& facts,
                  const VerifyOptions& options);

// What the walk over the nodes finds out, by unit.
struct NodeFacts {
  std::vector<uint64_t> nodes;     // how many its tries have
  std::vector<uint32_t> last_end;  // where its run of ends ends
};

// Section 21: the tries of the units, one after the other, are a forest that
// fills the section; their ends fill theirs in the same order, each unit's
// `anywhere` before, between or behind those of its tries; and every end is of
// a kind that may stand where it stands. (verify_nodes.cc)
Status CheckNodes(const ProgramView& view, NodeFacts* facts);

}  // namespace writ::verify

#endif  // WRIT_AUTHZ_PROGRAM_VERIFY_PARTS_H_
