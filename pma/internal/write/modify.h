// SPDX-License-Identifier: Apache-2.0

// Changing the entry of one key: the loop that all such operations are cases
// of.
//
//   find the key's place -> ask what is to become of the entry -> change it, if
//   the place is as it was found; else again
//
// A change takes effect at one store to the word of the segment, and only if
// the word is still the one that the key's place was found under: at the
// compare-and-swap that marks it, if readers turn to an image then, else (a
// value replaced in place) at the store that ends the change. Updates in place
// count in the word, too. So the value that was found is the one that the
// change ends, and what is made of it, by functions of the user's, is made with
// nothing held: a thread that stops there stops nobody. That is asked again in
// each round; a round is only lost to a change that some other thread has made
// or is making.

#ifndef PMA_INTERNAL_WRITE_MODIFY_H_
#define PMA_INTERNAL_WRITE_MODIFY_H_

#include <cassert>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
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

// What is to become of an entry.
enum class Fate { kStays, kPut, kErased };

// What has become of it.
enum class Done { kNothing, kInserted, kReplaced, kErased };

// Decides on an entry, as often as it takes.
template <class Type, class Types>
concept IsChange =
    requires(Type& change, const typename Types::ValueBits* now) {
      // Given the value there is, or null.
      { change.Decide(now) } -> std::same_as<Fate>;
      // What to put, asked for if that was decided; ...
      { change.Value() } -> std::same_as<const typename Types::ValueBits&>;
      // ... and the map has it.
      change.GaveValue();
    };

// A value that is being made: freed again unless it is given to the map.
template <class Types>
class PendingValue {
 public:
  using Bits = typename Types::ValueBits;

  explicit PendingValue(Tree<Types>& tree) : tree_(tree) {}
  ~PendingValue() { Drop(); }
  PendingValue(const PendingValue&) = delete;
  PendingValue& operator=(const PendingValue&) = delete;

  // Made by make(), unless it has been.
  template <class Make>
  const Bits& Once(const Make& make) {
    if (!made_) Fill(make);
    return bits_;
  }
  // Made anew.
  template <class Make>
  const Bits& Anew(const Make& make) {
    Drop();
    Fill(make);
    return bits_;
  }
  void Gave() { made_ = false; }

 private:
  template <class Make>
  void Fill(const Make& make) {
    bits_ = make();
    made_ = true;
  }
  void Drop() {
    if (made_) tree_.DestroyValue(bits_);
    made_ = false;
  }

  Tree<Types>& tree_;
  Bits bits_{};
  bool made_ = false;
};

// Of a change that never puts one.
template <class Types>
class NoValue {
 public:
  const typename Types::ValueBits& Value() const { return none_; }
  void GaveValue() const {}

 private:
  typename Types::ValueBits none_{};
};

// The key that is sought and, if it is absent, put: made by make() when it is
// first needed, and freed again unless it is given to the map. What is sought
// may be of another type than the key that is made of it.
template <class Types, class Sought, class Make>
class SoughtKey {
  using Key = typename Types::Key;
  static constexpr bool kIsKey = std::is_same_v<Sought, Key>;
  // Keys whose characters are copied.
  static constexpr bool kText = kIsTextCodec<typename Types::KeyCodec>;
  static_assert(kIsKey || Types::KeyCodec::kBoxed);

 public:
  using Probe = typename Types::Order::template ProbeFor<Sought>;

  SoughtKey(Tree<Types>& tree, const Sought& sought, const Make& make)
      : tree_(tree), make_(make), sought_(std::addressof(sought)) {}
  ~SoughtKey() {
    if (made_) tree_.DestroyKey(bits_);
  }
  SoughtKey(const SoughtKey&) = delete;
  SoughtKey& operator=(const SoughtKey&) = delete;

  Probe probe() const { return Probe(*sought_); }
  const typename Types::KeyBits& Bits() {
    if (!made_) {
      bits_ = make_();
      made_ = true;
      // That may have moved from what is sought: from now on the box is it.
      if constexpr (kIsKey && Types::KeyCodec::kBoxed && !kText) {
        sought_ = std::addressof(Types::KeyCodec::View(bits_));
      }
    }
    return bits_;
  }
  const Key* AsKey() {
    if constexpr (kIsKey) {
      return sought_;
    } else if constexpr (kText) {
      return std::addressof(as_key_.emplace(Types::KeyCodec::View(Bits())));
    } else {
      return std::addressof(Types::KeyCodec::View(Bits()));
    }
  }
  void Gave() { made_ = false; }

 private:
  Tree<Types>& tree_;
  const Make& make_;
  const Sought* sought_;
  typename Types::KeyBits bits_{};
  bool made_ = false;
  struct Nothing {};
  [[no_unique_address]] std::conditional_t<kText && !kIsKey, std::optional<Key>,
                                           Nothing> as_key_;
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

// A segment has fallen to `count` entries by an erasure: others are spread over
// it if it is empty, and memory is given back. A courtesy: without memory for
// it the entry is gone all the same.
template <class Types>
void AfterLowWatermark(Tree<Types>& tree,
                       Guard<typename Types::Platform>& guard,
                       const Place<Types>& place, size_t count) {
  Extent<Types>& extent = *place.extent;
  // Strings that have begun to move free their pages when the last has.
  const bool worth_a_look = extent.NoteLowWatermark() ||
                            (tree.to_move() > 0 && tree.texts().moving());
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

// One operation that changes one entry: its guard, its races, and what it
// unlinks. Each change is made only if the segment is as it was found.
template <class Types>
class EntryWriter {
  using Platform = typename Types::Platform;

 public:
  explicit EntryWriter(Tree<Types>& tree)
      : tree_(tree), retired_(tree), races_(guard_.record()) {
    internal::AssertMayWrite(guard_.record(), &tree);
  }

  Guard<Platform>& guard() { return guard_; }
  ThreadRecord<Platform>& record() { return guard_.record(); }
  Races<Types>& races() { return races_; }

  // False if another writer is at the segment.
  bool MayChange(Word word) {
    if (word.idle()) return true;
    AssertNotOwn(word, record().slot);
    races_.Lost();
    return false;
  }

  bool Replace(const Located<Types>& found,
               const typename Types::ValueBits& value) {
    if (!WriterOf(found).Replace(found.rank, value)) return Lost();
    races_.Won();
    retired_.AddValue(found.value);
    return true;
  }

  bool Insert(const Located<Types>& found, const typename Types::KeyBits& key,
              const typename Types::ValueBits& value) {
    if (!WriterOf(found).Insert(found.rank, key, value)) return Lost();
    races_.Won();
    internal::NoteInsertion(record(), found);
    tree_.AddEntries(record(), 1);
    return true;
  }

  // With `keeps_value`, the value that was found is the caller's from now on;
  // others may look at it as long as their guards last.
  bool Erase(const Located<Types>& found, bool keeps_value = false) {
    const auto old_key = SegmentOf(found).keys.Load(found.rank);
    if (!WriterOf(found).Erase(found.rank)) return Lost();
    races_.Won();
    tree_.AddEntries(record(), -1);
    retired_.AddKey(old_key);
    if (!keeps_value) retired_.AddValue(found.value);
    const size_t left = found.word.count() - 1;
    if (IsLowWatermark(left, Types::kCells)) {
      internal::AfterLowWatermark(tree_, guard_, found.place, left);
    }
    return true;
  }

 private:
  static Segment<Types>& SegmentOf(const Located<Types>& found) {
    return found.place.extent->segment(found.place.segment);
  }
  SegmentWriter<Types> WriterOf(const Located<Types>& found) {
    return SegmentWriter<Types>(record(), SegmentOf(found), found.word);
  }
  bool Lost() {
    races_.Lost();
    return false;
  }

  Tree<Types>& tree_;
  RetiredBoxes<Types> retired_;  // goes after the guard
  Guard<Platform> guard_;
  Races<Types> races_;
};

// Changes the entry of the probed key, if it is present, as `change` decides;
// with `keeps_value`, as in EntryWriter::Erase(). Throws what that does, and
// then nothing has happened.
template <class Types, class ProbeT, IsChange<Types> Change>
Done ModifyPresent(Tree<Types>& tree, const ProbeT& probe, Change& change,
                   bool keeps_value = false) {
  assert(tree.order().Admits(probe.key()) &&
         "pma: this is NaN, or Compare takes a key to be less than itself");
  EntryWriter<Types> writer(tree);
  for (;;) {
    const Located<Types> found =
        internal::Locate<Purpose::kMove>(tree, writer.guard(), probe);
    if (!found.present) return Done::kNothing;
    const Fate fate = change.Decide(&found.value);
    if (fate == Fate::kStays) return Done::kNothing;
    if (!writer.MayChange(found.word)) continue;
    if (fate == Fate::kErased) {
      if (writer.Erase(found, keeps_value)) return Done::kErased;
    } else if (writer.Replace(found, change.Value())) {
      change.GaveValue();
      return Done::kReplaced;
    }
  }
}

// Changes the entry of a key, present or not, as `change` decides. `make_key`
// is called at most once, and only if the key is put. (By reference: a copy on
// the stack is read back before the processor has written it.) Throws what
// those do, and allocation; then nothing has happened.
template <class Types, class Sought, class MakeKey, IsChange<Types> Change>
Done Modify(Tree<Types>& tree, const Sought& sought, const MakeKey& make_key,
            Change& change) {
  assert(tree.order().Admits(sought) &&
         "pma: this is NaN, or Compare takes a key to be less than itself");
  EntryWriter<Types> writer(tree);
  SoughtKey<Types, Sought, MakeKey> key(tree, sought, make_key);
  if constexpr (kHasFinger<Types>) {
    const RunEnd<Types> end =
        internal::FindRunEnd(tree, writer.guard(), key.probe());
    // Absent, unless the segment has changed.
    if (end.segment != nullptr && change.Decide(nullptr) == Fate::kPut) {
      const auto& value_bits = change.Value();
      // Either no cell moves, or all do.
      if (SegmentWriter<Types>(writer.record(), *end.segment, end.word)
              .template Insert<CopiedCells<Types, /*kInline=*/true>>(
                  end.rank, key.Bits(), value_bits)) {
        key.Gave();
        change.GaveValue();
        writer.races().Won();
        tree.AddEntries(writer.record(), 1);
        return Done::kInserted;
      }
      writer.races().Lost();
    }
  }
  for (;;) {
    const auto probe = key.probe();
    const Located<Types> found =
        internal::Locate<Purpose::kMove>(tree, writer.guard(), probe);
    if constexpr (kHasFinger<Types>) {
      // Where keys are present already, no run goes on.
      if (found.present) writer.record().finger.directory_serial = 0;
    }
    const Fate fate = change.Decide(found.present ? &found.value : nullptr);
    if (fate == Fate::kStays) return Done::kNothing;
    if (found.place.extent == nullptr) [[unlikely]] {
      internal::CreateFirstExtent(tree, writer.guard());
      continue;
    }
    if (!writer.MayChange(found.word)) continue;
    assert(internal::FitsIn(found.place.extent->segment(found.place.segment),
                            tree.order(), probe, found) &&
           "pma: Compare contradicts itself: of two keys it takes each to be "
           "less than the other");
    if (found.present) {
      if (fate == Fate::kErased) {
        if (writer.Erase(found)) return Done::kErased;
      } else if (writer.Replace(found, change.Value())) {
        change.GaveValue();
        return Done::kReplaced;
      }
      continue;
    }
    assert(fate == Fate::kPut);  // what is absent stays so, or is put
    if (found.word.count() == Types::kCells) {
      Rebalancer<Types>(tree, writer.guard())
          .MakeRoom({found.place.extent, found.place.segment, found.word,
                     found.rank, key.AsKey()});
      continue;
    }
    const auto& value_bits = change.Value();
    if (writer.Insert(found, key.Bits(), value_bits)) {
      key.Gave();
      change.GaveValue();
      return Done::kInserted;
    }
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_MODIFY_H_
