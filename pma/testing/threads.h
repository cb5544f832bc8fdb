// SPDX-License-Identifier: Apache-2.0

// Threads for stress tests. Standard primitives only: a contended absl::Mutex
// draws false reports from ThreadSanitizer.

#ifndef PMA_TESTING_THREADS_H_
#define PMA_TESTING_THREADS_H_

#include <cstddef>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

namespace pma::testing {

// Runs body(0) .. body(count - 1), each on a thread of its own. All wait for
// the last one to be ready, so that short bodies overlap too.
inline void RunThreads(std::size_t count,
                       const std::function<void(std::size_t)>& body) {
  std::latch ready(static_cast<std::ptrdiff_t>(count));
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&ready, &body, i] {
      ready.arrive_and_wait();
      body(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Runs a thread for each body.
inline void RunThreads(const std::vector<std::function<void()>>& bodies) {
  RunThreads(bodies.size(), [&bodies](std::size_t i) { bodies[i](); });
}

}  // namespace pma::testing

#endif  // PMA_TESTING_THREADS_H_
