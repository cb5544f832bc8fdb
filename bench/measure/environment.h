// SPDX-License-Identifier: Apache-2.0

// The machine and the build that a result belongs to.

#ifndef BENCH_MEASURE_ENVIRONMENT_H_
#define BENCH_MEASURE_ENVIRONMENT_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace pma::bench {

struct Environment {
  std::string cpu;
  size_t core_count = 0;
  uint64_t memory_bytes = 0;
  std::string kernel;
  std::string compiler;
  std::string vector_unit;  // what the compiler may use, and what the map does
  std::string huge_pages;   // transparent huge pages: "madvise", ...
  std::string date;         // UTC
  bool optimized = false;   // built with optimization and without assertions
  std::string command_line;
};

// `command_line` is how to repeat the race.
Environment DescribeEnvironment(std::string command_line);

}  // namespace pma::bench

#endif  // BENCH_MEASURE_ENVIRONMENT_H_
