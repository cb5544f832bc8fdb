// SPDX-License-Identifier: Apache-2.0

#include "bench/measure/machine_load.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace pma::bench {

MachineLoad::MachineLoad()
    : start_(Read()), start_time_(std::chrono::steady_clock::now()) {}

double MachineLoad::OtherWorkShare() const {
  const Reading now = Read();
  const double wall = std::chrono::duration<double>(
                          std::chrono::steady_clock::now() - start_time_)
                          .count();
  const double other = (now.all_busy_seconds - start_.all_busy_seconds) -
                       (now.own_seconds - start_.own_seconds);
  return std::clamp(other / (wall * std::thread::hardware_concurrency()), 0.0,
                    1.0);
}

MachineLoad::Reading MachineLoad::Read() {
  Reading reading;
  // "cpu user nice system idle iowait irq softirq steal ...", in clock ticks.
  std::ifstream stat("/proc/stat");
  std::string label;
  double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0,
         softirq = 0, steal = 0;
  stat >> label >> user >> nice >> system >> idle >> iowait >> irq >> softirq >>
      steal;
  reading.all_busy_seconds = (user + nice + system + irq + softirq + steal) /
                             static_cast<double>(sysconf(_SC_CLK_TCK));
  rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) * 1e-6;
  };
  reading.own_seconds = seconds(own.ru_utime) + seconds(own.ru_stime);
  return reading;
}

}  // namespace pma::bench
