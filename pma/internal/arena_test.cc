#include "pma/internal/arena.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/internal/platform.h"

namespace pma::internal {
namespace {

using ArenaOf = Arena<RealPlatform, std::allocator<std::byte>>;

struct Piece {
  unsigned char* memory;
  size_t bytes;
  unsigned char fill;
};

void Fill(const Piece& piece) {
  std::memset(piece.memory, piece.fill, piece.bytes);
}
bool IsIntact(const Piece& piece) {
  for (size_t i = 0; i < piece.bytes; i += 61) {
    if (piece.memory[i] != piece.fill) return false;
  }
  return true;
}

// Pieces of all sizes come and go; none overlaps another, all are aligned to a
// page, and in the end everything but one chunk has been given back.
TEST(Arena, PiecesNeverOverlapAndAllComeBack) {
  ArenaOf arena{std::allocator<std::byte>()};
  std::mt19937_64 random(9);
  std::vector<Piece> pieces;
  for (int i = 0; i < 1500; ++i) {
    if (pieces.size() < 20 || random() % 2 == 0) {
      const size_t bytes =
          1 + random() % (i % 50 == 0 ? ArenaOf::kMaxBytes : size_t{300} << 10);
      Piece piece{static_cast<unsigned char*>(arena.Allocate(bytes)), bytes,
                  static_cast<unsigned char>(random())};
      ASSERT_EQ(reinterpret_cast<uintptr_t>(piece.memory) % ArenaOf::kPageBytes,
                0u);
      Fill(piece);
      pieces.push_back(piece);
    } else {
      std::swap(pieces[random() % pieces.size()], pieces.back());
      ASSERT_TRUE(IsIntact(pieces.back()));
      arena.Free(pieces.back().memory, pieces.back().bytes);
      pieces.pop_back();
    }
  }
  for (const Piece& piece : pieces) {
    ASSERT_TRUE(IsIntact(piece));
    arena.Free(piece.memory, piece.bytes);
  }
  EXPECT_EQ(arena.bytes(), ArenaOf::kChunkBytes);
  arena.ReleaseSpare();
  EXPECT_EQ(arena.bytes(), 0u);
}

TEST(Arena, FreedNeighboursMerge) {
  ArenaOf arena{std::allocator<std::byte>()};
  const size_t third =
      ArenaOf::kMaxBytes / 3 / ArenaOf::kPageBytes * ArenaOf::kPageBytes;
  void* a = arena.Allocate(third);
  void* b = arena.Allocate(third);
  void* c = arena.Allocate(third);
  EXPECT_EQ(arena.bytes(), ArenaOf::kChunkBytes);
  arena.Free(a, third);
  arena.Free(b, third);
  void* both = arena.Allocate(2 * third);
  EXPECT_EQ(both, a);
  EXPECT_EQ(arena.bytes(), ArenaOf::kChunkBytes);
  arena.Free(both, 2 * third);
  arena.Free(c, third);
}

TEST(Arena, MovesWithItsChunks) {
  ArenaOf from{std::allocator<std::byte>()};
  void* memory = from.Allocate(100);
  ArenaOf to{std::allocator<std::byte>()};
  to.TakeFrom(from);
  EXPECT_EQ(from.bytes(), 0u);
  EXPECT_EQ(to.bytes(), ArenaOf::kChunkBytes);
  to.Free(memory, 100);
}

}  // namespace
}  // namespace pma::internal
