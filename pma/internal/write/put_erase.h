// SPDX-License-Identifier: Apache-2.0

// Putting and erasing one key.
//
// A writer's change takes effect at one store to the word of its segment, and
// only if the word is still the one that the key's place was found under: at
// the compare-and-swap that marks it, if readers turn to an image then, else (a
// value replaced in place) at the store that ends the change.
//
//   short way      complete way    the short way declines if
//
//   QuickPut       Put             TryQuick or QuickLocate does (read/find.h),
//                                  the segment is full, the word has changed,
//                                  or the thread is putting a run (FindRunEnd)
//   QuickErase     Erase           they do, the word has changed, or so few
//                                  entries are left that segments are filled up

#ifndef PMA_INTERNAL_WRITE_PUT_ERASE_H_
#define PMA_INTERNAL_WRITE_PUT_ERASE_H_

#include <cassert>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/read/locate.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/rebalance.h"
#include "pma/internal/write/rebuild.h"
#include "pma/internal/write/retired_boxes.h"
#include "pma/internal/write/segment_writer.h"

namespace pma::inline PMA_VARIANT::internal {

// A cell being made: freed again unless it is given to the map.
template <class Types>
class PendingCell {
 public:
  explicit PendingCell(Tree<Types>& tree) : tree_(tree) {}
  ~PendingCell() {
    if (has_key_) tree_.DestroyKey(key_);
    if (has_value_) tree_.DestroyValue(value_);
  }
  PendingCell(const PendingCell&) = delete;
  PendingCell& operator=(const PendingCell&) = delete;

  template <class Make>
  const typename Types::KeyBits& Key(const Make& make) {
    if (!has_key_) {
      key_ = make();
      has_key_ = true;
    }
    return key_;
  }
  template <class Make>
  const typename Types::ValueBits& Value(const Make& make) {
    if (!has_value_) {
      value_ = make();
      has_value_ = true;
    }
    return value_;
  }
  void GaveKey() { has_key_ = false; }
  void GaveValue() { has_value_ = false; }

 private:
  Tree<Types>& tree_;
  typename Types::KeyBits key_{};
  typename Types::ValueBits value_{};
  bool has_key_ = false;
  bool has_value_ = false;
};

// The races of an operation with other writers.
template <class Types>
class Races {
  using Platform = typename Types::Platform;

 public:
  explicit Races(ThreadRecord<Platform>& record) : record_(record) {}

  // Another writer is at the segment, or has changed it. One that stays there
  // for so long does not run: the processor is left to it.
  void Lost() {
    constexpr uint32_t kMost = Types::Tuning::kMostPauses;
    if (waited_ < kMost) {
      waited_ += record_.lost_races.template StandBack<Platform>(kMost);
    } else {
      Platform::Yield();
    }
  }
  // The operation's change is made.
  void Won() {
    if (waited_ == 0) record_.lost_races.Won();
  }

  // A short way that has lost one declines. Always false.
  [[gnu::cold, gnu::noinline]] static bool Decline(
      ThreadRecord<Platform>& record) {
    Races(record).Lost();
    return false;
  }

 private:
  ThreadRecord<Platform>& record_;
  uint32_t waited_ = 0;  // in pauses
};

// The first extent of an empty map: one segment, owning every key.
template <class Types>
[[gnu::cold]] void CreateFirstExtent(Tree<Types>& tree,
                                     Guard<typename Types::Platform>& guard) {
  auto stock = tree.StockFor(0);
  Extent<Types>* extent = tree.CreateExtent(1, {}, {}, stock);
  Rollback destroy([&] { tree.DestroyExtent(extent); });
  if (tree.PublishExtents(guard, nullptr, 0, 0, {&extent, 1})) {
    destroy.Dismiss();
  }
}

// Keys that a finger helps to find; others are compared after a copy only.
template <class Types>
inline constexpr bool kHasFinger = kNeverTorn<typename Types::KeyCodec>;

// A key that came first or last in its segment may be one of a run.
template <class Types>
void NoteInsertion(ThreadRecord<typename Types::Platform>& record,
                   const Located<Types>& found) {
  if constexpr (kHasFinger<Types>) {
    assert(found.rank <= found.word.count());
    Finger& finger = record.finger;
    if (found.rank == 0 || found.rank == found.word.count()) {
      finger = {found.place.directory->serial(), found.place.extent,
                found.place.segment};
    } else {
      finger.directory_serial = 0;
    }
  }
}

// Whether the order puts a key that is absent between its neighbours, seen from
// both; unless the segment has changed.
template <class Types, class ProbeT>
bool FitsIn(const Segment<Types>& segment, const typename Types::Order& order,
            const ProbeT& probe, const Located<Types>& found) {
  using Codec = typename Types::KeyCodec;
  // The standard's orders need no proof.
  if constexpr (!Types::Order::kOfStandard) {
    if (found.present) return true;
    const size_t rank = found.rank;
    const bool follows = rank > 0;
    const bool precedes = rank < found.word.count();
    typename Types::KeyBits before{};
    typename Types::KeyBits behind{};
    if (follows) before = segment.keys.Load(rank - 1);
    if (precedes) behind = segment.keys.Load(rank);
    if (!SegmentRead(segment, found.place.root, found.word).SameCells()) {
      return true;
    }
    return !(follows && order.template After<Codec>(before, probe)) &&
           !(precedes && order.template Before<Codec>(behind, probe));
  }
  return true;
}

// Puts a cell. If the key is present, its value is replaced if `replace`, and
// nothing happens otherwise. True if the key was absent. `make_key` and
// `make_value` are called at most once, and only if needed. (By reference: a
// copy on the stack is read back before the processor has written it.) What is
// sought may be of another type than the key that is made of it.
template <class Types, class Sought, class MakeKey, class MakeValue>
bool Put(Tree<Types>& tree, const Sought& key, bool replace,
         const MakeKey& make_key, const MakeValue& make_value) {
  using Platform = typename Types::Platform;
  constexpr bool kIsKey = std::is_same_v<Sought, typename Types::Key>;
  static_assert(kIsKey || Types::KeyCodec::kBoxed);
  RetiredBoxes<Types> retired(tree);
  Guard<Platform> guard;
  PendingCell<Types> pending(tree);
  Races<Types> races(guard.record());
  // Making a boxed key may move from `key`; from then on the box is it.
  const Sought* sought = std::addressof(key);
  const auto the_key = [&]() -> const typename Types::Key* {
    if constexpr (kIsKey) {
      return sought;
    } else {
      return std::addressof(Types::KeyCodec::View(pending.Key(make_key)));
    }
  };
  using Probe = typename Types::Order::template ProbeFor<Sought>;
  assert(tree.order().Admits(key) &&
         "pma: this is NaN, or Compare takes a key to be less than itself");
  if constexpr (kHasFinger<Types>) {
    const RunEnd<Types> end = internal::FindRunEnd(tree, guard, Probe(key));
    if (end.segment != nullptr) {
      const auto& value_bits = pending.Value(make_value);
      // Either no cell moves, or all do.
      if (SegmentWriter<Types>(guard.record(), *end.segment, end.word)
              .template Insert<CopiedCells<Types, /*kInline=*/true>>(
                  end.rank, pending.Key(make_key), value_bits)) {
        pending.GaveKey();
        pending.GaveValue();
        races.Won();
        tree.AddEntries(guard.record(), 1);
        return true;
      }
      races.Lost();
    }
  }
  for (;;) {
    const Probe probe(*sought);
    const Located<Types> found = internal::Locate(tree, guard, probe);
    if constexpr (kHasFinger<Types>) {
      // Where keys are present already, no run goes on.
      if (found.present) guard.record().finger.directory_serial = 0;
    }
    if (found.present && !replace) return false;
    if (found.place.extent == nullptr) [[unlikely]] {
      internal::CreateFirstExtent(tree, guard);
      continue;
    }
    const Word word = found.word;
    if (!word.idle()) {
      AssertNotOwn(word, guard.record().slot);
      races.Lost();
      continue;
    }
    Segment<Types>& segment = found.place.extent->segment(found.place.segment);
    assert(internal::FitsIn(segment, tree.order(), probe, found) &&
           "pma: Compare contradicts itself: of two keys it takes each to be "
           "less than the other");
    SegmentWriter<Types> writer(guard.record(), segment, word);
    if (found.present) {
      if (!writer.Replace(found.rank, pending.Value(make_value))) {
        races.Lost();
        continue;
      }
      races.Won();
      pending.GaveValue();
      retired.AddValue(found.value);
      return false;
    }
    if (word.count() == Types::kCells) {
      Rebalancer<Types>(tree, guard)
          .MakeRoom({found.place.extent, found.place.segment, word, found.rank,
                     the_key()});
      continue;
    }
    const auto& value_bits = pending.Value(make_value);
    const auto& key_bits = pending.Key(make_key);
    if constexpr (kIsKey && Types::KeyCodec::kBoxed) {
      sought = std::addressof(Types::KeyCodec::View(key_bits));
    }
    if (!writer.Insert(found.rank, key_bits, value_bits)) {
      races.Lost();
      continue;
    }
    races.Won();
    internal::NoteInsertion(guard.record(), found);
    pending.GaveKey();
    pending.GaveValue();
    tree.AddEntries(guard.record(), 1);
    return true;
  }
}

// A segment has fallen to `count` entries by an erasure: others are spread over
// it if it is empty, and memory is given back. A courtesy: without memory for
// it the entry is gone all the same.
template <class Types>
void AfterLowWatermark(Tree<Types>& tree,
                       Guard<typename Types::Platform>& guard,
                       const Place<Types>& place, size_t count) {
  Extent<Types>& extent = *place.extent;
  const bool worth_a_look = extent.NoteLowWatermark();
  PMA_TRY {
    const bool stays_empty =
        count == 0 &&
        !Rebalancer<Types>(tree, guard).FillEmptied(extent, place.segment);
    if ((worth_a_look || stays_empty) &&
        ExtentRebuilder<Types>(tree, guard).GiveBack(extent, stays_empty)) {
      tree.Collect(guard);
    }
  }
  PMA_CATCH_ALL {}
}

// Erases the probed key. False if it was absent.
template <class Types, class ProbeT>
bool Erase(Tree<Types>& tree, const ProbeT& probe) {
  using Platform = typename Types::Platform;
  assert(tree.order().Admits(probe.key) &&
         "pma: this is NaN, or Compare takes a key to be less than itself");
  RetiredBoxes<Types> retired(tree);
  Guard<Platform> guard;
  Races<Types> races(guard.record());
  for (;;) {
    const Located<Types> found = internal::Locate(tree, guard, probe);
    if (!found.present) return false;
    const Word word = found.word;
    if (!word.idle()) {
      AssertNotOwn(word, guard.record().slot);
      races.Lost();
      continue;
    }
    Extent<Types>& extent = *found.place.extent;
    Segment<Types>& segment = extent.segment(found.place.segment);
    const auto old_key = segment.keys.Load(found.rank);
    if (!SegmentWriter<Types>(guard.record(), segment, word)
             .Erase(found.rank)) {
      races.Lost();
      continue;
    }
    races.Won();
    tree.AddEntries(guard.record(), -1);
    retired.AddKey(old_key);
    retired.AddValue(found.value);
    if (IsLowWatermark(word.count() - 1, Types::kCells)) {
      AfterLowWatermark(tree, guard, found.place, word.count() - 1);
    }
    return true;
  }
}

// --- The short ways -------------------------------------------------------
//
// One straight line each, short enough for the processor to start on the next
// operation while this one waits for memory; nothing is allocated, made or
// waited for. Where they decline nothing has happened. Out of line, and nothing
// but a jump leads on to the complete way.

// Keys that the processor compares, and values without boxes.
template <class Types>
inline constexpr bool kPlainCells =
    Types::kNaturalKeys && !Types::ValueCodec::kBoxed;

// Put() of a cell that is made.
template <class Types>
[[gnu::noinline]] bool PutCell(Tree<Types>& tree, typename Types::Key key,
                               typename Types::KeyBits key_bits,
                               typename Types::ValueBits value, bool replace) {
  return internal::Put(
      tree, key, replace, [&] { return key_bits; }, [&] { return value; });
}

template <class Types, class ProbeT>
[[gnu::noinline]] bool QuickPut(Tree<Types>& tree, ProbeT probe,
                                typename Types::ValueBits value, bool replace) {
  const auto key_bits = Types::KeyCodec::Encode(probe.key);
  bool inserted = false;
  if (internal::TryQuick(
          tree, &probe,
          [&](const auto& guard,
              const Place<Types>& place) PMA_ALWAYS_INLINE_LAMBDA {
            ThreadRecord<typename Types::Platform>& record = guard.record();
            Located<Types> found;
            found.place = place;
            if (record.finger.directory_serial != 0 ||
                !internal::QuickLocate(tree, probe, found) ||
                place.directory == nullptr) {
              return false;
            }
            const Word word = found.word;
            SegmentWriter<Types> writer(
                record, found.place.extent->segment(found.place.segment), word);
            if (found.present) {
              if (!replace) return true;
              if (!word.idle() || !writer.Replace(found.rank, value))
                  [[unlikely]] {
                return Races<Types>::Decline(record);
              }
              record.lost_races.Won();
              return true;
            }
            if (word.count() == Types::kCells) [[unlikely]] {
              return false;
            }
            if (!word.idle() || !writer.Insert(found.rank, key_bits, value))
                [[unlikely]] {
              return Races<Types>::Decline(record);
            }
            record.lost_races.Won();
            internal::NoteInsertion(record, found);
            tree.AddEntries(record, 1);
            inserted = true;
            return true;
          })) [[likely]] {
    return inserted;
  }
  return internal::PutCell(tree, probe.key, key_bits, value, replace);
}

template <class Types, class ProbeT>
[[gnu::noinline]] bool QuickErase(Tree<Types>& tree, ProbeT probe) {
  bool erased = false;
  if (internal::TryQuick(
          tree, &probe,
          [&](const auto& guard,
              const Place<Types>& place) PMA_ALWAYS_INLINE_LAMBDA {
            Located<Types> found;
            found.place = place;
            if (!internal::QuickLocate(tree, probe, found)) return false;
            if (!found.present) return true;
            const Word word = found.word;
            if (IsLowWatermark(word.count() - 1, Types::kCells)) [[unlikely]] {
              return false;
            }
            if (!word.idle() ||
                !SegmentWriter<Types>(
                     guard.record(),
                     found.place.extent->segment(found.place.segment), word)
                     .Erase(found.rank)) [[unlikely]] {
              return Races<Types>::Decline(guard.record());
            }
            guard.record().lost_races.Won();
            tree.AddEntries(guard.record(), -1);
            erased = true;
            return true;
          })) [[likely]] {
    return erased;
  }
  return internal::Erase(tree, internal::AnyProbe(probe));
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_PUT_ERASE_H_
