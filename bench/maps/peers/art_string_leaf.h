// SPDX-License-Identifier: Apache-2.0

// A leaf of a radix tree of strings: the whole key, and a word of value. It may
// be given back and used again while it is read: what is read is then worthless
// but lies within the leaf's block, and the reader finds the version changed
// of the node that led there.

#ifndef BENCH_MAPS_PEERS_ART_STRING_LEAF_H_
#define BENCH_MAPS_PEERS_ART_STRING_LEAF_H_

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "bench/maps/peers/block_pool.h"
#include "bench/maps/peers/racy_words.h"

namespace pma::bench {

class ArtStringLeaf {
 public:
  static ArtStringLeaf* New(BlockPool& pool, size_t first_class,
                            std::string_view key, uint64_t value) {
    const size_t size_class = ClassOf(key.size());
    const BlockPool::Block block =
        pool.Take(first_class + size_class, BytesOf(size_class));
    auto* const leaf = block.is_used ? static_cast<ArtStringLeaf*>(block.memory)
                                     : new (block.memory) ArtStringLeaf;
    leaf->value.store(value, std::memory_order_relaxed);
    MoveWords(leaf->Characters(), key.data(), key.size());
    leaf->length_.store(static_cast<uint32_t>(key.size()),
                        std::memory_order_relaxed);
    return leaf;
  }

  static void GiveBack(BlockPool& pool, size_t first_class,
                       ArtStringLeaf* leaf) {
    pool.GiveBack(first_class + ClassOf(leaf->Length()), leaf);
  }

  // Of all sizes a key may have.
  static constexpr size_t kClassCount = 64 + 33;

  size_t Length() const { return length_.load(std::memory_order_relaxed); }

  // Requires i < Length().
  uint8_t ByteAt(size_t i) const {
    return static_cast<uint8_t>(LoadWord(Characters()[i]));
  }

  bool Holds(std::string_view key) const {
    if (Length() != key.size()) return false;
    if constexpr (kMovesInBulk<false>) {
      return std::memcmp(Characters(), key.data(), key.size()) == 0;
    }
    return SharedLength(key) == key.size();
  }

  // In how many of their first bytes it agrees with `key`.
  size_t SharedLength(std::string_view key) const {
    const size_t end = std::min(Length(), key.size());
    size_t i = 0;
    if constexpr (kMovesInBulk<false>) {
      for (; i + 8 <= end; i += 8) {
        const uint64_t differing =
            Word(Characters() + i) ^ Word(key.data() + i);
        if (differing == 0) continue;
        return i + static_cast<size_t>(std::countr_zero(differing)) / 8;
      }
    }
    while (i < end && LoadWord(Characters()[i]) == key[i]) ++i;
    return i;
  }

  void CopyTo(std::string& key) const {
    if constexpr (kMovesInBulk<false>) {
      key.assign(Characters(), Length());
      return;
    }
    key.resize(Length());
    for (size_t i = 0; i < key.size(); ++i) key[i] = LoadWord(Characters()[i]);
  }

  std::atomic<uint64_t> value{0};

 private:
  static constexpr size_t kHeaderBytes = 12;
  static_assert(std::endian::native == std::endian::little);

  ArtStringLeaf() = default;

  // Steps of 16 bytes up to 1 KiB, then powers of two.
  static size_t ClassOf(size_t length) {
    const size_t bytes = kHeaderBytes + length;
    return bytes <= 1024 ? (bytes - 1) / 16
                         : 54 + static_cast<size_t>(std::bit_width(bytes - 1));
  }
  static size_t BytesOf(size_t size_class) {
    return size_class < 64 ? 16 * (size_class + 1)
                           : size_t{1} << (size_class - 54);
  }

  static uint64_t Word(const char* bytes) {
    uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof(word));
    return word;
  }

  char* Characters() { return reinterpret_cast<char*>(this) + kHeaderBytes; }
  const char* Characters() const {
    return reinterpret_cast<const char*>(this) + kHeaderBytes;
  }

  std::atomic<uint32_t> length_{0};
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_ART_STRING_LEAF_H_
