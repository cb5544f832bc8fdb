// SPDX-License-Identifier: Apache-2.0

// A leaderboard that several threads report scores to: one map knows each
// player's score, another is sorted by it. A score changes with compute(),
// which tells what it was: so each line is put in by one thread, and taken out
// by the one that came next.
//
// Prints:
//   1. Ada 1200
//   2. Grace 900
//   3. Edsger 600
//   4 players

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pma/concurrent_map.h"

namespace {

class Leaderboard {
 public:
  void AddPoints(const std::string& player, std::uint64_t points) {
    std::optional<std::uint64_t> before;
    const auto after = scores_.compute(player, [&](const std::uint64_t* now) {
      // It may be called again: what it says last is what has happened.
      before = now == nullptr ? std::nullopt : std::optional(*now);
      return std::optional(before.value_or(0) + points);
    });
    lines_.insert({*after, player}, true);
    if (!before) return;
    // The thread that came before may still be about to put it in.
    while (!lines_.erase({*before, player})) std::this_thread::yield();
  }

  void Print(std::size_t places) const {
    std::size_t place = 0;
    const Line above{~std::uint64_t{0}, ""};
    lines_.scan_reverse(Line{}, above, [&](const Line& line, bool) {
      std::cout << ++place << ". " << line.second << ' ' << line.first << '\n';
      return place < places;
    });
    std::cout << scores_.size() << " players\n";
  }

 private:
  using Line = std::pair<std::uint64_t, std::string>;  // score, player

  pma::ConcurrentMap<std::string, std::uint64_t> scores_;
  pma::ConcurrentMap<Line, bool> lines_;
};

}  // namespace

int main() {
  Leaderboard board;
  std::vector<std::thread> games;
  for (int game = 0; game < 3; ++game) {
    games.emplace_back([&board] {
      for (int round = 0; round < 100; ++round) {
        board.AddPoints("Ada", 4);
        board.AddPoints("Edsger", 2);
        board.AddPoints("Grace", 3);
        board.AddPoints("Tony", 1);
      }
    });
  }
  for (std::thread& game : games) game.join();
  board.Print(3);
}
