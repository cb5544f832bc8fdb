// SPDX-License-Identifier: Apache-2.0

// What a cursor keeps between two looks at the map: copies of the entries of
// one segment, and where to go on. None of it depends on a guard or a thread.

#ifndef PMA_INTERNAL_READ_CURSOR_STATE_H_
#define PMA_INTERNAL_READ_CURSOR_STATE_H_

#include <array>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>

#include "pma/internal/read/scan.h"
#include "pma/internal/read/segment_walk.h"
#include "pma/internal/store/entries.h"

namespace pma::inline PMA_VARIANT::internal {

// Room for so many objects, which are made one by one.
template <class Type, size_t kMost>
class Objects {
 public:
  // Does not fill the room with zeros, as a defaulted one may.
  Objects() {}  // NOLINT(modernize-use-equals-default)
  ~Objects() { Clear(); }
  Objects(const Objects&) = delete;
  Objects& operator=(const Objects&) = delete;

  void Clear() {
    std::destroy_n(data(), size_);
    size_ = 0;
  }
  // Copies make(0), make(1), ... If that throws, those made so far stay.
  template <class Make>
  void Fill(size_t count, const Make& make) {
    assert(count <= kMost);
    Clear();
    for (; size_ < count; ++size_) ::new (data() + size_) Type(make(size_));
  }
  size_t size() const { return size_; }
  Type* data() { return std::launder(reinterpret_cast<Type*>(memory_)); }

 private:
  size_t size_ = 0;
  alignas(Type) std::byte memory_[sizeof(Type) * kMost];
};

// Entries side by side: what a cursor steps through.
template <class Types>
struct CopiedEntries {
  const typename Types::Key* keys = nullptr;
  const typename Types::Value* values = nullptr;  // if they are copied
  size_t size = 0;
};

template <class Types>
class CursorState {
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using KeyProbe = typename Types::Order::template ProbeFor<Key>;
  using SeparatorCodec = typename Types::SeparatorCodec;

 public:
  // Keys alone are copied of sets, and where values cannot be.
  static constexpr bool kHasValues =
      std::copy_constructible<Value> && !kIsSet<Types>;

  explicit CursorState(const Tree<Types>& tree) : tree_(tree) {}

  const Tree<Types>& tree() const { return tree_; }

  // Copies the entries of the first segment from `start` on that has any: none
  // if there are no more. If a copy or a comparison throws, what was copied
  // before is still there.
  template <Direction kDirection, class ProbeT>
  [[gnu::noinline]] CopiedEntries<Types> Seek(const Start<ProbeT>& start) {
    return Read<kDirection>(start, {}, nullptr);
  }

  // Likewise of the next segment after the one copied last, which has entries.
  template <Direction kDirection>
  [[gnu::noinline]] CopiedEntries<Types> Next() {
    Copies& now = copies_[now_];
    assert(now.entries.size > 0);
    if (kDirection == direction_) {
      if (now.fence.size() == 0) return {};
      const KeyProbe fence(*now.fence.data());
      return Read<kDirection>(Start<KeyProbe>{&fence}, walked_to_,
                              now.fence.data());
    }
    // It turns round: what it has copied ends with the entry at its other end.
    constexpr bool kForward = kDirection == Direction::kForward;
    const KeyProbe edge(now.entries.keys[kForward ? now.entries.size - 1 : 0]);
    return Seek<kDirection>(
        Start<KeyProbe>{&edge, kForward ? Side::kAfter : Side::kBefore});
  }

  // Nothing behind what has been copied is wanted, in this direction.
  void EndHere() { copies_[now_].fence.Clear(); }

 private:
  // What lies in the map is copied as it lies there, which cannot throw. Of
  // everything else copies are made under the guard that pins it.
  static constexpr bool kPlain =
      kCellsAreObjects<Key, typename Types::KeyCodec> &&
      (!kHasValues || kCellsAreObjects<Value, typename Types::ValueCodec>);
  struct MadeCopies {
    Objects<Key, Types::kCells> keys;
    Objects<Value, kHasValues ? Types::kCells : 1> values;
  };
  struct Copies : std::conditional_t<kPlain, SegmentMemory<Types>, MadeCopies> {
    Copies() {}  // NOLINT(modernize-use-equals-default)
    CopiedEntries<Types> entries;
    // Where the segment ends, in the direction of the walk, if anywhere.
    Objects<Key, 1> fence;
  };

  // `fence` is that of `walked`; null if there has been no walk.
  template <Direction kDirection, class ProbeT>
  CopiedEntries<Types> Read(const Start<ProbeT>& start, const WalkedTo& walked,
                            const Key* fence) {
    using Walk = SegmentWalk<Types>;
    // Fetched ahead of a cursor that goes on.
    constexpr size_t kAhead = 4 * (Types::kCells / 2 + 1);
    const typename Walk::Wish wish{kNoLimit, fence != nullptr ? kAhead : 1};
    Guard<typename Types::Platform> guard;
    std::conditional_t<kPlain, Nothing, SegmentMemory<Types>> memory;
    CellBuffer<Types> cells(RoomFor(copies_[1 - now_], memory));
    std::optional<Key> passed;
    std::optional<KeyProbe> passed_probe;
    for (;;) {
      Walk walk(tree_, guard, kDirection);
      if (fence != nullptr && !passed.has_value()) {
        if constexpr (SeparatorCodec::kBoxed) {
          walk.Guess(walked);
        } else {
          walk.GoOn(walked, {SeparatorCodec::Encode(*fence), true});
        }
      }
      for (size_t segments = 0; segments < Types::Tuning::kSegmentsPerPin;) {
        cells.Clear();
        size_t read = 0;
        if constexpr (!SeparatorCodec::kBoxed) {
          if (walk.placed()) {
            read = walk.template ReadOn<kDirection>(wish, cells, Never());
          }
        }
        if (read == 0) {
          const bool more =
              passed_probe.has_value()
                  ? walk.Next(Start<KeyProbe>{&*passed_probe}, wish, cells)
                  : walk.Next(start, wish, cells);
          if (!more) return {};
          read = 1;
        }
        if (cells.size() > 0) return Keep<kDirection>(walk, cells);
        if (!walk.finite()) return {};
        segments += read;
      }
      passed_probe.reset();
      passed.emplace(walk.fence_key());
      passed_probe.emplace(*passed);
      guard.Refresh();
    }
  }

  // Copies what has been read, under the guard of that. The copies made before
  // stay until all is done.
  template <Direction kDirection>
  CopiedEntries<Types> Keep(const SegmentWalk<Types>& walk,
                            const CellBuffer<Types>& cells) {
    const size_t other = 1 - now_;
    const size_t size = cells.size();
    Copies& next = copies_[other];
    const Key* keys = nullptr;
    const Value* values = nullptr;
    if constexpr (kPlain) {
      keys = internal::AsObjects<Key>(cells.keys(), size);
      if constexpr (kHasValues) {
        values = internal::AsObjects<Value>(cells.values(), size);
      }
    } else {
      cells.FetchBoxes(0);
      next.keys.Fill(size,
                     [&](size_t i) -> decltype(auto) { return cells.key(i); });
      keys = next.keys.data();
      if constexpr (kHasValues) {
        next.values.Fill(
            size, [&](size_t i) -> decltype(auto) { return cells.value(i); });
        values = next.values.data();
      }
    }
    // Twice from registers: read back at once, they would wait to be stored.
    next.entries = {keys, values, size};
    next.fence.Fill(walk.finite() ? 1 : 0,
                    [&](size_t) -> decltype(auto) { return walk.fence_key(); });
    now_ = other;
    direction_ = kDirection;
    walked_to_ = walk.walked_to();
    return {keys, values, size};
  }

  struct Nothing {};
  static CellRoom<Types> RoomFor(Copies& copies, Nothing&) {
    return CellRoom<Types>::Of(static_cast<SegmentMemory<Types>&>(copies));
  }
  static CellRoom<Types> RoomFor(Copies&, SegmentMemory<Types>& memory) {
    return CellRoom<Types>::Of(memory);
  }

  const Tree<Types>& tree_;
  Direction direction_ = Direction::kForward;
  WalkedTo walked_to_;
  size_t now_ = 0;  // the copies in use
  std::array<Copies, 2> copies_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_CURSOR_STATE_H_
