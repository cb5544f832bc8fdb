// SPDX-License-Identifier: Apache-2.0

// Threads that take the same keys out of a set: each is handed to one of them,
// and it is the one that was stored.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_set.h"
#include "pma/options.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"

namespace pma::testing {
namespace {

// Keys that compare equal if they have a place in common, and can be told apart
// by a ticket.
struct Numbers {
  struct Key {
    std::uint32_t place;
    std::uint32_t ticket;
    friend bool operator<(const Key& a, const Key& b) {
      return a.place < b.place;
    }
  };
  using Compare = std::less<>;
  static Key Make(std::uint32_t place, std::uint32_t ticket) {
    return {place, ticket};
  }
  static std::uint32_t TicketOf(const Key& key) { return key.ticket; }
};
struct Texts {
  using Key = std::string;
  struct Compare {
    bool operator()(std::string_view a, std::string_view b) const {
      return a.substr(0, 3) < b.substr(0, 3);
    }
  };
  static Key Make(std::uint32_t place, std::uint32_t ticket) {
    return std::to_string(100 + place) + std::to_string(ticket);
  }
  static std::uint32_t TicketOf(const Key& key) {
    return static_cast<std::uint32_t>(std::stoul(key.substr(3)));
  }
};

template <class Kind>
class ConcurrentSetRaceTest : public ::testing::Test {};
using Kinds = ::testing::Types<Numbers, Texts>;
TYPED_TEST_SUITE(ConcurrentSetRaceTest, Kinds);

TYPED_TEST(ConcurrentSetRaceTest, EachStoredKeyIsHandedToOneThread) {
  constexpr std::uint32_t kThreads = 3;
  constexpr std::uint32_t kPlaces = 5;
  const auto rounds = static_cast<std::uint32_t>(Scaled(200'000, 30'000));
  ConcurrentSet<typename TypeParam::Key, typename TypeParam::Compare,
                std::allocator<std::byte>, TinyTuning>
      set;
  // How often each ticket has been inserted and taken, by each thread.
  using Counts = std::vector<std::uint8_t>;
  std::vector<Counts> inserted(kThreads, Counts(kThreads * rounds));
  std::vector<Counts> taken = inserted;
  const auto some_place = [](Random& random) {
    return static_cast<std::uint32_t>(random.Below(kPlaces));
  };
  RunThreads(kThreads, [&](std::size_t me) {
    Random random(me);
    for (std::uint32_t i = 0; i < rounds; ++i) {
      const auto ticket = static_cast<std::uint32_t>(me * rounds + i);
      const auto key = TypeParam::Make(some_place(random), ticket);
      inserted[me][ticket] += set.insert(key);
      const auto other = TypeParam::Make(some_place(random), 0);
      const std::uint64_t way = random.Below(8);
      const std::optional<typename TypeParam::Key> out =
          way == 0   ? set.pop_first()
          : way == 1 ? set.pop_last()
                     : set.extract(other);
      if (out.has_value()) ++taken[me][TypeParam::TicketOf(*out)];
    }
  });
  set.scan([&](const auto& key) { ++taken[0][TypeParam::TicketOf(key)]; });
  for (std::uint32_t ticket = 0; ticket < kThreads * rounds; ++ticket) {
    int balance = 0;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      balance += inserted[t][ticket] - taken[t][ticket];
    }
    ASSERT_EQ(balance, 0) << "ticket " << ticket;
  }
  EXPECT_TRUE(set.check_invariants());
}

}  // namespace
}  // namespace pma::testing
