#include <thread>

#include "absl/container/btree_map.h"
#include "gtest/gtest.h"

TEST(Smoke, Works) {
  absl::btree_map<int, int> m;
  std::thread t([&] { m[1] = 2; });
  t.join();
  EXPECT_EQ(m.size(), 1u);
}
