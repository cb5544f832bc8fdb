// SPDX-License-Identifier: Apache-2.0

// The nodes of an adaptive radix tree under optimistic locks. Members that read
// may run beside one that writes: what they return is then worthless but does
// no harm, and the caller finds the lock changed.

#ifndef BENCH_MAPS_PEERS_ART_NODE_H_
#define BENCH_MAPS_PEERS_ART_NODE_H_

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#include "bench/maps/peers/racy_words.h"
#include "bench/maps/peers/version_lock.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pma::bench {

class ArtNode;

// Nothing, a node, or a leaf (marked in the lowest bit), whose type is the
// tree's.
class ArtChild {
 public:
  ArtChild() = default;
  explicit ArtChild(uint64_t word) : word_(word) {}
  explicit ArtChild(const ArtNode* node)
      : word_(reinterpret_cast<uint64_t>(node)) {}
  static ArtChild OfLeaf(const void* leaf) {
    return ArtChild(reinterpret_cast<uint64_t>(leaf) | 1);
  }

  explicit operator bool() const { return word_ != 0; }
  bool is_leaf() const { return (word_ & 1) != 0; }
  ArtNode* node() const { return reinterpret_cast<ArtNode*>(word_); }
  void* leaf() const { return reinterpret_cast<void*>(word_ & ~1ull); }
  uint64_t word() const { return word_; }

 private:
  uint64_t word_ = 0;
};

// Up to seven key bytes that all keys below a node share, in one word:
//   | first byte | ... | seventh byte | length |
class ArtPrefix {
 public:
  explicit ArtPrefix(uint64_t bits) : bits_(bits) {}

  // `length` bytes of a key from byte `begin` on.
  static ArtPrefix Of(uint64_t key, size_t begin, size_t length) {
    if (length == 0) return ArtPrefix(0);
    return ArtPrefix((key << (8 * begin) & ~(~uint64_t{0} >> (8 * length))) |
                     length);
  }

  size_t length() const { return bits_ & 7; }
  uint64_t bits() const { return bits_; }
  uint8_t ByteAt(size_t i) const {
    return static_cast<uint8_t>(bits_ >> (56 - 8 * i));
  }

  // In how many of its bytes it agrees with the first of `rest`: the key
  // shifted so far that the byte in question is the topmost.
  size_t SharedLength(uint64_t rest) const {
    const uint64_t differing = rest ^ bits_;
    return std::min<size_t>(
        static_cast<size_t>(std::countl_zero(differing)) / 8, length());
  }

  // Without its first bytes.
  ArtPrefix Without(size_t count) const {
    return Of(bits_, count, length() - count);
  }

 private:
  uint64_t bits_;
};

enum class ArtKind : uint32_t { k4, k16, k48, k256 };

// A header and, behind it, by kind:
//   k4, k16   16 bytes that say which child is for which byte, ascending, and
//             the children
//   k48       256 bytes: for each byte the number of its child plus 1, or 0
//   k256      the children
class ArtNode {
 public:
  static size_t BytesOf(ArtKind kind) {
    return sizeof(ArtNode) + IndexBytes(kind) +
           Capacity(kind) * sizeof(uint64_t);
  }

  static ArtNode* Create(void* memory, ArtKind kind, uint64_t prefix) {
    std::memset(memory, 0, BytesOf(kind));
    return new (memory) ArtNode(kind, prefix);
  }

  ArtPrefix Prefix() const {
    return ArtPrefix(prefix_.load(std::memory_order_relaxed));
  }
  bool IsFull() const {
    return kind != ArtKind::k256 && Count() == Capacity(kind);
  }

  ArtChild Find(uint8_t byte) const {
    if (kind == ArtKind::k256) return Load(byte);
    if (kind == ArtKind::k48) {
      const uint8_t number = LoadWord(Index()[byte]);
      return number == 0 ? ArtChild() : Load(number - 1);
    }
    const size_t slot = SlotOf(byte);
    return slot < Capacity(kind) ? Load(slot) : ArtChild();
  }

  // Where keys are of any length: the leaf of the key that ends where the
  // others go on. The tree of integers has none.
  ArtChild End() const {
    return ArtChild(LoadWord(end_, std::memory_order_acquire));
  }
  size_t ChildCount() const { return Count() + (End() ? 1 : 0); }

  struct NumberedChild {
    uint32_t number = 0;
    ArtChild child;
  };

  // The first child from `number` on, if any, where 0 is the end and a byte's
  // number is one more than its own.
  NumberedChild ChildFrom(uint32_t number) const {
    if (number == 0) {
      if (const ArtChild end = End()) return {0, end};
      number = 1;
    }
    if (kind < ArtKind::k48) {
      const size_t count = std::min(Count(), Capacity(kind));
      for (size_t i = 0; i < count; ++i) {
        const uint32_t found = uint32_t{LoadWord(Index()[i])} + 1;
        if (found >= number) return {found, Load(i)};
      }
      return {};
    }
    for (; number <= 256; ++number) {
      const auto byte = static_cast<uint8_t>(number - 1);
      if (kind == ArtKind::k48 && byte % 8 == 0 && LoadIndexWord(byte) == 0) {
        number += 7;
        continue;
      }
      if (const ArtChild child = Find(byte)) return {number, child};
    }
    return {};
  }

  // Of a node with two children, that which is not `child`.
  ArtChild ChildBeside(ArtChild child) const {
    const NumberedChild first = ChildFrom(0);
    return first.child.word() != child.word()
               ? first.child
               : ChildFrom(first.number + 1).child;
  }

  // Asks for what a scan of them will look at next.
  void PrefetchChildren() const {
    if (kind == ArtKind::k256) return;
    const size_t count = std::min(Count(), Capacity(kind));
    for (size_t i = 0; i < count; ++i) {
      __builtin_prefetch(reinterpret_cast<const void*>(Load(i).word()));
    }
  }

  // f(byte, child), in no order. Requires the lock, or peace.
  template <class F>
  void ForEachChild(F f) const {
    const size_t end = kind < ArtKind::k48 ? Count() : 256;
    for (size_t i = 0; i < end; ++i) {
      const auto byte =
          kind < ArtKind::k48 ? Index()[i] : static_cast<uint8_t>(i);
      const ArtChild child =
          kind < ArtKind::k48 ? Load(i) : Find(static_cast<uint8_t>(i));
      if (child) f(byte, child);
    }
  }

  // ---- Under the lock -------------------------------------------------------

  void SetPrefix(ArtPrefix prefix) {
    prefix_.store(prefix.bits(), std::memory_order_relaxed);
  }

  // Requires !IsFull() and no child for `byte`.
  void Add(uint8_t byte, ArtChild child) {
    if (kind == ArtKind::k256) {
      Store(byte, child);
    } else if (kind == ArtKind::k48) {
      size_t slot = 0;
      while (Load(slot)) ++slot;
      Store(slot, child);
      StoreWord(Index()[byte], static_cast<uint8_t>(slot + 1));
    } else {
      size_t slot = Count();
      for (; slot > 0 && Index()[slot - 1] > byte; --slot) {
        Store(slot, Load(slot - 1));
        StoreWord(Index()[slot], Index()[slot - 1]);
      }
      Store(slot, child);
      StoreWord(Index()[slot], byte);
    }
    SetCount(Count() + 1);
  }
  void SetEnd(ArtChild child) {
    StoreWord(end_, child.word(), std::memory_order_release);
  }

  // As if it were new, but for its lock.
  void Clear() {
    SetCount(0);
    SetEnd(ArtChild());
    auto* const words = reinterpret_cast<uint64_t*>(this + 1);
    const size_t count = (BytesOf(kind) - sizeof(*this)) / sizeof(uint64_t);
    for (size_t i = 0; i < count; ++i) StoreWord(words[i], uint64_t{0});
  }

  // These require a child for `byte`.
  void Replace(uint8_t byte, ArtChild child) {
    Store(kind == ArtKind::k256  ? byte
          : kind == ArtKind::k48 ? Index()[byte] - size_t{1}
                                 : SlotOf(byte),
          child);
  }
  void Remove(uint8_t byte) {
    if (kind < ArtKind::k48) {
      const size_t last = Count() - 1;
      for (size_t slot = SlotOf(byte); slot < last; ++slot) {
        Store(slot, Load(slot + 1));
        StoreWord(Index()[slot], Index()[slot + 1]);
      }
    } else {
      Replace(byte, ArtChild());
      if (kind == ArtKind::k48) StoreWord(Index()[byte], uint8_t{0});
    }
    SetCount(Count() - 1);
  }

  VersionLock lock;
  const ArtKind kind;

 private:
  ArtNode(ArtKind k, uint64_t prefix) : kind(k), prefix_(prefix) {}

  static constexpr size_t Capacity(ArtKind kind) {
    constexpr size_t kCapacity[] = {4, 16, 48, 256};
    return kCapacity[static_cast<size_t>(kind)];
  }
  static constexpr size_t IndexBytes(ArtKind kind) {
    constexpr size_t kBytes[] = {16, 16, 256, 0};
    return kBytes[static_cast<size_t>(kind)];
  }

  uint8_t* Index() { return reinterpret_cast<uint8_t*>(this + 1); }
  const uint8_t* Index() const {
    return reinterpret_cast<const uint8_t*>(this + 1);
  }
  const uint64_t* Children() const {
    return reinterpret_cast<const uint64_t*>(Index() + IndexBytes(kind));
  }

  // Eight bytes of the index from `byte` on, a multiple of eight.
  uint64_t LoadIndexWord(size_t byte) const {
    return LoadWord(reinterpret_cast<const uint64_t*>(Index())[byte / 8]);
  }

  ArtChild Load(size_t slot) const {
    return ArtChild(LoadWord(Children()[slot], std::memory_order_acquire));
  }
  // Released: a reader follows it before it validates.
  void Store(size_t slot, ArtChild child) {
    StoreWord(const_cast<uint64_t*>(Children())[slot], child.word(),
              std::memory_order_release);
  }

  // Released after the slots it covers.
  size_t Count() const { return count_.load(std::memory_order_acquire); }
  void SetCount(size_t count) {
    count_.store(static_cast<uint32_t>(count), std::memory_order_release);
  }

  // Which of up to 16 bytes is `byte`; Capacity(kind) or more if none is.
  size_t SlotOf(uint8_t byte) const {
    const size_t count = std::min(Count(), Capacity(kind));
#if defined(__SSE2__) && !defined(PMA_BENCH_THREAD_SANITIZER)
    const __m128i bytes =
        _mm_load_si128(reinterpret_cast<const __m128i*>(Index()));
    const auto equal = static_cast<uint32_t>(_mm_movemask_epi8(
        _mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(byte)))));
    const uint32_t found = equal & ((1u << count) - 1);
    return static_cast<size_t>(std::countr_zero(found));
#else
    for (size_t i = 0; i < count; ++i) {
      if (LoadWord(Index()[i]) == byte) return i;
    }
    return Capacity(kind);
#endif
  }

  std::atomic<uint32_t> count_{0};
  std::atomic<uint64_t> prefix_;
  uint64_t end_ = 0;  // and the index begins at a multiple of 16
};
static_assert(sizeof(ArtNode) == 32);

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_ART_NODE_H_
