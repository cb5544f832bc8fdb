// SPDX-License-Identifier: Apache-2.0

// Sends the findings of the test helpers to GoogleTest.

#ifndef PMA_TESTING_GTEST_FAILURES_H_
#define PMA_TESTING_GTEST_FAILURES_H_

#include <atomic>
#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace pma::testing {

// Once a map has gone wrong nearly every later answer differs: the first few
// say all there is to say. Thread-safe, as GoogleTest's assertions are.
class ReportFirst {
 public:
  explicit ReportFirst(int limit = 5)
      : left_(std::make_shared<std::atomic<int>>(limit)) {}

  void operator()(const std::string& message) const {
    if (left_->fetch_sub(1) > 0) ADD_FAILURE() << message;
  }

 private:
  std::shared_ptr<std::atomic<int>> left_;  // copies count together
};

}  // namespace pma::testing

#endif  // PMA_TESTING_GTEST_FAILURES_H_
