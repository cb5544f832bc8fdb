// SPDX-License-Identifier: Apache-2.0

// How a B+-tree with optimistic lock coupling keeps a key in one word, which a
// reader can load whole while a writer replaces it.

#ifndef BENCH_MAPS_PEERS_OLC_KEY_CODEC_H_
#define BENCH_MAPS_PEERS_OLC_KEY_CODEC_H_

#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <string>

namespace pma::bench {

// Integers are their own word.
template <class Key, class Allocator>
struct OlcKeyCodec {
  static_assert(sizeof(Key) == sizeof(uint64_t));
  static constexpr bool kBoxed = false;
  static uint64_t Box(const Key& key) { return std::bit_cast<uint64_t>(key); }
  static Key View(uint64_t word) { return std::bit_cast<Key>(word); }
  static void Free(uint64_t) {}
};

// A string lies in an immutable box.
template <class Allocator>
struct OlcKeyCodec<std::string, Allocator> {
  static constexpr bool kBoxed = true;
  using Traits = typename std::allocator_traits<
      Allocator>::template rebind_traits<std::string>;

  static uint64_t Box(const std::string& key) {
    typename Traits::allocator_type allocator;
    std::string* const box = Traits::allocate(allocator, 1);
    return reinterpret_cast<uint64_t>(new (box) std::string(key));
  }
  static const std::string& View(uint64_t word) {
    return *reinterpret_cast<const std::string*>(word);
  }
  static void Free(uint64_t word) {
    typename Traits::allocator_type allocator;
    auto* const box = reinterpret_cast<std::string*>(word);
    box->~basic_string();
    Traits::deallocate(allocator, box, 1);
  }
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_OLC_KEY_CODEC_H_
