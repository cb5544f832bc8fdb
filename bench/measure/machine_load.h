// SPDX-License-Identifier: Apache-2.0

// How much of the machine other work took while a race ran: what a reader must
// know before believing its figures.

#ifndef BENCH_MEASURE_MACHINE_LOAD_H_
#define BENCH_MEASURE_MACHINE_LOAD_H_

#include <chrono>

namespace pma::bench {

class MachineLoad {
 public:
  // Starts measuring.
  MachineLoad();

  // The share of all processor time since the start that went neither to this
  // process nor to idling, hypervisor's theft included: 0 on a quiet machine.
  double OtherWorkShare() const;

 private:
  struct Reading {
    double all_busy_seconds = 0;  // of all processors together
    double own_seconds = 0;
  };
  static Reading Read();

  const Reading start_;
  const std::chrono::steady_clock::time_point start_time_;
};

}  // namespace pma::bench

#endif  // BENCH_MEASURE_MACHINE_LOAD_H_
