// SPDX-License-Identifier: Apache-2.0
//
// Lines of a decision log from anywhere: they are refused, or they are records
// that come back the same when they are written again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "sidecar/decision_record.h"
#include "sidecar/decision_record_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  writ::DecisionRecordReader reader;
  const auto kind = reader.Read(line);
  if (!kind.ok() || *kind != writ::DecisionRecordReader::Line::kDecision ||
      reader.decision().cut || !reader.decision().masked.empty()) {
    return 0;
  }
  writ::DecisionRecordWriter writer({});
  std::string once;
  writer.Append(reader.decision(), writ::WallTime(), &once);
  if (once.find("\"cut\":true}\n") != std::string::npos) return 0;
  once.pop_back();
  writ::DecisionRecordReader again;
  WRIT_CHECK(again.Read(once).ok());
  std::string twice;
  writer.Append(again.decision(), writ::WallTime(), &twice);
  twice.pop_back();
  WRIT_CHECK(once == twice);
  return 0;
}
