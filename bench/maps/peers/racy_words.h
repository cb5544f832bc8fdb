// SPDX-License-Identifier: Apache-2.0

// Access to words that optimistic readers load while a writer may replace them:
// what they get counts only if the version was the same before and after.

#ifndef BENCH_MAPS_PEERS_RACY_WORDS_H_
#define BENCH_MAPS_PEERS_RACY_WORDS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SANITIZE_THREAD__)
#define PMA_BENCH_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PMA_BENCH_THREAD_SANITIZER 1
#endif
#endif

namespace pma::bench {

// A word that is loaded while others store it with StoreWord.
template <class T>
T LoadWord(const T& word, std::memory_order order = std::memory_order_relaxed) {
  return std::atomic_ref<T>(const_cast<T&>(word)).load(order);
}

template <class T>
void StoreWord(T& word, T value,
               std::memory_order order = std::memory_order_relaxed) {
  std::atomic_ref<T>(word).store(value, order);
}

// True if words may be moved in bulk. In bulk, a reader may get a word in
// pieces, in the letter of the standard; which does no harm to one that throws
// it away, but must not happen where a reader follows the word as a pointer
// first. ThreadSanitizer sees each word by itself.
template <bool kFollowed>
inline constexpr bool kMovesInBulk =
#if defined(PMA_BENCH_THREAD_SANITIZER)
    false;
#else
    !kFollowed;
#endif

// Moves words under a lock, overlapping or not.
template <bool kFollowed = false, class T>
void MoveWords(T* to, const T* from, size_t count) {
  if constexpr (kMovesInBulk<kFollowed>) {
    std::memmove(to, from, count * sizeof(T));
    return;
  }
  const auto move = [&](size_t i) {
    StoreWord(to[i], LoadWord(from[i]), std::memory_order_release);
  };
  if (to < from) {
    for (size_t i = 0; i < count; ++i) move(i);
  } else {
    for (size_t i = count; i > 0; --i) move(i - 1);
  }
}

// A reader's copy, to be validated.
template <bool kFollowed = false>
void CopyWords(uint64_t* to, const uint64_t* from, size_t count) {
  if constexpr (kMovesInBulk<kFollowed>) {
    std::memcpy(to, from, count * sizeof(uint64_t));
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    to[i] = LoadWord(from[i], std::memory_order_acquire);
  }
}

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_RACY_WORDS_H_
