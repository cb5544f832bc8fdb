// SPDX-License-Identifier: Apache-2.0

// Work in a process of its own, which ends with it: so that neither sees what
// the other does to the heap.

#ifndef BENCH_MEASURE_IN_CHILD_H_
#define BENCH_MEASURE_IN_CHILD_H_

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <type_traits>

namespace pma::bench {

// What `work` returns in a copy of this process, which starts with this thread
// alone; nothing if there is no such process, or it fails. No other thread may
// be running.
template <class Work>
auto InChild(Work work) {
  using Result = std::invoke_result_t<Work>;
  static_assert(std::is_trivially_copyable_v<Result>);
  std::optional<Result> result;
  std::array<int, 2> ends;
  if (pipe(ends.data()) != 0) return result;
  const pid_t child = fork();
  if (child == 0) {
    const Result found = work();
    const ssize_t sent = write(ends[1], &found, sizeof(found));
    _exit(sent == sizeof(found) ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  close(ends[1]);
  Result found;
  if (read(ends[0], &found, sizeof(found)) == sizeof(found)) result = found;
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return result;
}

}  // namespace pma::bench

#endif  // BENCH_MEASURE_IN_CHILD_H_
