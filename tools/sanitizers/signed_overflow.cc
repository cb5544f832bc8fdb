// SPDX-License-Identifier: Apache-2.0

// Adds one to the greatest int.

#include <limits>

int main() {
  volatile int greatest = std::numeric_limits<int>::max();
  volatile int sum = greatest + 1;
  return sum == 0 ? 1 : 0;
}
