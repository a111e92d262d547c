// SPDX-License-Identifier: Apache-2.0
#ifndef WRIT_SIDECAR_PROCESS_FIGURES_H_
#define WRIT_SIDECAR_PROCESS_FIGURES_H_

#include <string>
#include <vector>

namespace writ {

// One figure that the system keeps of this process, under the name that
// Prometheus' clients share.
struct ProcessFigure {
  std::string name;
  std::string help;
  bool counts = false;  // it only grows
  double value = 0;
};

// Reads /proc/self: memory, processor time, descriptors, threads, start. A
// figure that the system does not give is left out.
std::vector<ProcessFigure> ReadProcessFigures();

}  // namespace writ

#endif  // WRIT_SIDECAR_PROCESS_FIGURES_H_
