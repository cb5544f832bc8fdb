// SPDX-License-Identifier: Apache-2.0

// Processors are not alike, least of all virtual ones: one may have to share
// its cache with strangers and be half as fast as the next. So what is compared
// runs on the same one, and two threads are compared with each of the two
// processors that they run on.

#ifndef BENCH_RATIOS_PROCESSORS_H_
#define BENCH_RATIOS_PROCESSORS_H_

#include <sched.h>

#include <vector>

namespace pma::bench {

// Those that the calling thread may run on: at least one. (Of a machine with
// more than 1024 the first ones.)
inline std::vector<int> Processors() {
  std::vector<int> processors;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int i = 0; i < CPU_SETSIZE; ++i) {
      if (CPU_ISSET(i, &set)) processors.push_back(i);
    }
  }
  if (processors.empty()) processors.push_back(0);
  return processors;
}

// Keeps the calling thread, and those that it begins, on one processor, as far
// as the system allows.
class OnProcessor {
 public:
  explicit OnProcessor(int processor) {
    CPU_ZERO(&before_);
    known_ = sched_getaffinity(0, sizeof(before_), &before_) == 0;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    sched_setaffinity(0, sizeof(one), &one);
  }
  ~OnProcessor() {
    if (known_) sched_setaffinity(0, sizeof(before_), &before_);
  }
  OnProcessor(const OnProcessor&) = delete;
  OnProcessor& operator=(const OnProcessor&) = delete;

 private:
  cpu_set_t before_;
  bool known_ = false;
};

}  // namespace pma::bench

#endif  // BENCH_RATIOS_PROCESSORS_H_
