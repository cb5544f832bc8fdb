// SPDX-License-Identifier: Apache-2.0

// Two threads write one plain variable.

#include <thread>

int main() {
  volatile int shared = 0;
  const auto write = [&shared] {
    for (int i = 0; i < 1000; ++i) shared = i;
  };
  std::thread other(write);
  write();
  other.join();
  return 0;
}
