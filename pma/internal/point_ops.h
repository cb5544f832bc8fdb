// Finding, putting and erasing one key.
//
// Each operation descends (directory, extent, segment) by racing reads, works
// on the segment it ends at, and accepts the outcome only if the segment's word
// still vouches for it; else it starts again. A writer's change takes effect at
// the compare-and-swap that marks the word: from then on readers see the image.

#ifndef PMA_INTERNAL_POINT_OPS_H_
#define PMA_INTERNAL_POINT_OPS_H_

#include <array>
#include <cstddef>
#include <utility>

#include "pma/internal/platform.h"
#include "pma/internal/rebalance.h"
#include "pma/internal/rebuild.h"
#include "pma/internal/tree.h"
#include "pma/internal/view.h"

namespace pma::internal {

// A segment reached from the directory.
template <class Types>
struct Place {
  Directory<Types>* directory = nullptr;
  size_t position = 0;  // of the extent in the directory
  Extent<Types>* extent = nullptr;
  size_t segment = 0;
};

// Descends to the last segment whose separator satisfies the predicate (the
// first of all if none does). False if the map has no extents.
template <class Types, class Predicate>
bool Descend(const Tree<Types>& tree, Predicate at_or_before,
             Place<Types>& place) {
  place.directory = tree.LoadDirectory();
  if (place.directory == nullptr) return false;
  place.position = place.directory->FindLast(at_or_before);
  place.extent = place.directory->extent(place.position);
  place.segment =
      place.extent->index().FindLast(place.extent->active(), at_or_before);
  return true;
}

// The predicate that leads to the segment that owns the probed key.
template <class Types, class ProbeT>
auto AtOrBefore(const typename Types::Order& order, const ProbeT& probe) {
  return [&order, &probe](const typename Types::SeparatorBits& separator) {
    return !order.template After<typename Types::SeparatorCodec>(separator,
                                                                 probe);
  };
}

// Whether the view's fences enclose the probed key. To be validated.
template <class Types, class ProbeT>
bool Owns(const SegmentView<Types>& view, const typename Types::Order& order,
          const ProbeT& probe) {
  using Codec = typename Types::SeparatorCodec;
  return !(view.lower.finite &&
           order.template After<Codec>(view.lower.bits, probe)) &&
         !(view.upper.finite &&
           !order.template After<Codec>(view.upper.bits, probe));
}

// The keys of a view, safe to compare: whole by nature, or copied and
// validated before the user's comparator sees them.
template <class Types>
class ViewKeys {
  using KeyCodec = typename Types::KeyCodec;
  static constexpr bool kCopy = !kNeverTorn<KeyCodec>;

 public:
  // False if the view has changed.
  bool Load(const SegmentView<Types>& view) {
    view_ = &view;
    if constexpr (kCopy) {
      for (size_t i = 0; i < view.count; ++i) {
        keys_[i] = view.cells->keys.Load(i);
      }
      return view.SameCells();
    }
    return true;
  }
  typename Types::KeyBits operator[](size_t i) const {
    if constexpr (kCopy) {
      return keys_[i];
    } else {
      return view_->cells->keys.Load(i);
    }
  }

  // The first cell that is not before the probe.
  template <class ProbeT>
  size_t LowerBound(const typename Types::Order& order,
                    const ProbeT& probe) const {
    return PartitionPoint(view_->count, [&](size_t i) {
      return order.template Before<KeyCodec>((*this)[i], probe);
    });
  }
  // The first cell that is after the probe.
  template <class ProbeT>
  size_t UpperBound(const typename Types::Order& order,
                    const ProbeT& probe) const {
    return PartitionPoint(view_->count, [&](size_t i) {
      return !order.template After<KeyCodec>((*this)[i], probe);
    });
  }

 private:
  struct Nothing {};
  const SegmentView<Types>* view_ = nullptr;
  [[no_unique_address]] std::conditional_t<
      kCopy, std::array<typename Types::KeyBits, Types::kCells>, Nothing> keys_;
};

// Where a key is or belongs.
template <class Types>
struct Located {
  Place<Types> place;
  SegmentView<Types> view;
  size_t rank = 0;
  bool present = false;
};

// Finds the probed key's cell, or the cell before which it belongs in the
// segment that owns it. False if the map has no extents. The outcome holds as
// of a moment after the call began and as long as the view says so; `value` is
// what the cell held.
template <class Types, class ProbeT>
bool Locate(const Tree<Types>& tree, const ProbeT& probe, Located<Types>& found,
            typename Types::ValueBits& value) {
  const auto& order = tree.order();
  const auto at_or_before = AtOrBefore<Types>(order, probe);
  for (;;) {
    if (!Descend(tree, at_or_before, found.place)) return false;
    found.place.extent->segment(found.place.segment).PrefetchAll();
    SegmentView<Types>& view = found.view;
    if (!OpenView(*found.place.extent, found.place.segment, Arrival::kDescended,
                  at_or_before, view)) {
      continue;
    }
    ViewKeys<Types> keys;
    if (!keys.Load(view)) continue;
    found.rank = keys.LowerBound(order, probe);
    found.present = found.rank < view.count &&
                    !order.template After<typename Types::KeyCodec>(
                        keys[found.rank], probe);
    // A hit needs no fences: a key lies in one place only.
    bool conclusive = true;
    if (found.present) {
      value = view.cells->values.Load(found.rank);
    } else {
      conclusive = Owns(view, order, probe);
    }
    if (view.SameCells() && conclusive) return true;
  }
}

// The look-up as it nearly always goes: the segment is stable, its keys are
// whole, and nothing intervenes. Kept short and free of unpredictable branches,
// so that independent look-ups overlap out of order.
enum class QuickResult { kPresent, kAbsent, kUnknown };

template <class Types, class ProbeT>
QuickResult QuickLocate(const Tree<Types>& tree, const ProbeT& probe,
                        typename Types::ValueBits& value) {
  using Platform = typename Types::Platform;
  const auto& order = tree.order();
  const auto at_or_before = AtOrBefore<Types>(order, probe);
  Place<Types> place;
  if (!Descend(tree, at_or_before, place)) return QuickResult::kAbsent;
  const Extent<Types>& extent = *place.extent;
  const Segment<Types>& segment = extent.segment(place.segment);
  segment.PrefetchAll();
  const Word word = segment.LoadWord();  // SYNC-5, SYNC-6
  if (word.unstable() || word.marker() == Marker::kDead) [[unlikely]] {
    return QuickResult::kUnknown;
  }
  const size_t count = word.count();
  const size_t rank = PartitionPoint(count, [&](size_t i) {
    return order.template Before<typename Types::KeyCodec>(segment.keys.Load(i),
                                                           probe);
  });
  bool present = false;
  if (rank < count) {
    present = !order.template After<typename Types::KeyCodec>(
        segment.keys.Load(rank), probe);
    value = segment.values.Load(rank);
  }
  if (present) {
    Platform::FenceAcquire();  // SYNC-7
    return Word::SameCells(word.bits(), segment.word.LoadRelaxed())
               ? QuickResult::kPresent
               : QuickResult::kUnknown;
  }
  const size_t active = extent.active();
  SegmentView<Types> view;
  if (place.segment >= active) return QuickResult::kUnknown;
  view.lower = extent.LowerOf(place.segment);
  view.upper = extent.UpperOf(place.segment, active);
  const bool owned = Owns(view, order, probe);
  Platform::FenceAcquire();  // SYNC-7
  return owned && Word::SameCells(word.bits(), segment.word.LoadRelaxed())
             ? QuickResult::kAbsent
             : QuickResult::kUnknown;
}

template <class Types, class ProbeT>
[[gnu::noinline]] bool SlowLocate(const Tree<Types>& tree, const ProbeT& probe,
                                  typename Types::ValueBits& value) {
  Located<Types> found;
  return Locate(tree, probe, found, value) && found.present;
}

// Calls f(const Value&) on the value of the probed key. False if absent.
template <class Types, class ProbeT, class F>
bool Visit(const Tree<Types>& tree, const ProbeT& probe, F&& f) {
  Guard<typename Types::Platform> guard;
  typename Types::ValueBits value{};
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    const QuickResult result = QuickLocate(tree, probe, value);
    if (result == QuickResult::kAbsent) return false;
    if (result == QuickResult::kUnknown && !SlowLocate(tree, probe, value)) {
      return false;
    }
  } else if (!SlowLocate(tree, probe, value)) {
    return false;
  }
  std::forward<F>(f)(Types::ValueCodec::View(value));
  return true;
}

// Changes to one segment, each of which succeeds only if the segment's word is
// still the one the change was decided on.
template <class Types>
class SegmentWriter {
  using Platform = typename Types::Platform;
  using SegmentOf = Segment<Types>;

 public:
  SegmentWriter(Guard<Platform>& guard, SegmentOf& segment, Word word)
      : slot_(guard.record().slot),
        image_(SegmentImageOf<Types>(guard.record())),
        segment_(segment),
        word_(word) {}

  bool Insert(size_t rank, const typename Types::KeyBits& key,
              const typename Types::ValueBits& value) {
    const size_t count = word_.count();
    Platform::FenceRelease();  // SYNC-8
    image_.CopyCells(segment_, 0, rank, 0);
    image_.StoreCell(rank, key, value);
    image_.CopyCells(segment_, rank, count, 1);
    if (!Mark(Marker::kInsert, count + 1)) return false;
    segment_.CopyCells(image_, rank, count + 1, 0);
    segment_.hint.StoreRelaxed(
        RunHint(segment_.hint.LoadRelaxed()).AfterInsert(rank).bits());
    Unmark(word_.AfterChange(count + 1));
    return true;
  }

  bool Erase(size_t rank) {
    const size_t count = word_.count();
    Platform::FenceRelease();  // SYNC-8
    image_.CopyCells(segment_, 0, rank, 0);
    image_.CopyCellsLeft(segment_, rank + 1, count);
    if (!Mark(Marker::kDelete, count - 1)) return false;
    segment_.CopyCells(image_, rank, count - 1, 0);
    segment_.hint.StoreRelaxed(
        RunHint(segment_.hint.LoadRelaxed()).AfterErase(rank).bits());
    Unmark(word_.AfterChange(count - 1));
    return true;
  }

  bool Replace(size_t rank, const typename Types::ValueBits& value) {
    if constexpr (Types::kAtomicValue) {
      // The word counts the update, so that no image built before it is
      // published after it.
      if (!Mark(Marker::kUpdate, word_.count())) return false;
      segment_.values.Store(rank, value);
      Unmark(word_.AfterUpdate());
    } else {
      Platform::FenceRelease();  // SYNC-8
      image_.CopyCells(segment_, 0, word_.count(), 0);
      image_.values.Store(rank, value);
      if (!Mark(Marker::kReplace, word_.count())) return false;
      segment_.values.Store(rank, value);
      Unmark(word_.AfterChange(word_.count()));
    }
    return true;
  }

 private:
  bool Mark(Marker marker, size_t count) {
    uint64_t expected = word_.bits();
    const uint64_t marked = word_.Marked(marker, slot_, count).bits();
    if (!segment_.word.CompareExchangeAcqRel(expected, marked)) {  // SYNC-5
      return false;
    }
    Platform::FenceRelease();  // SYNC-7
    return true;
  }
  void Unmark(Word word) { segment_.word.StoreRelease(word.bits()); }  // SYNC-6

  size_t slot_;
  SegmentOf& image_;
  SegmentOf& segment_;
  Word word_;
};

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
  const typename Types::KeyBits& Key(Make& make) {
    if (!has_key_) {
      key_ = make();
      has_key_ = true;
    }
    return key_;
  }
  template <class Make>
  const typename Types::ValueBits& Value(Make& make) {
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

// The first extent of an empty map: one segment, owning every key.
template <class Types>
void CreateFirstExtent(Tree<Types>& tree,
                       Guard<typename Types::Platform>& guard) {
  Extent<Types>* extent = tree.CreateExtent(1, {}, {});
  bool published = false;
  try {
    published = tree.PublishExtents(guard, nullptr, 0, 0, {&extent, 1});
  } catch (...) {
    tree.DestroyExtent(extent);
    throw;
  }
  if (!published) tree.DestroyExtent(extent);
}

// Puts a cell. If the key is present, its value is replaced if `replace`, and
// nothing happens otherwise. True if the key was absent. `make_key` and
// `make_value` are called at most once, and only if needed.
template <class Types, class MakeKey, class MakeValue>
bool Put(Tree<Types>& tree, const typename Types::Key& key, bool replace,
         MakeKey make_key, MakeValue make_value) {
  using Platform = typename Types::Platform;
  Guard<Platform> guard;
  PendingCell<Types> pending(tree);
  Backoff<Platform> backoff;
  Located<Types> found;
  typename Types::ValueBits old_value;
  // Making a boxed key may move from `key`; from then on the box is it.
  const typename Types::Key* sought = &key;
  for (;;) {
    const typename Types::Order::template ProbeFor<typename Types::Key> probe(
        *sought);
    if (!Locate(tree, probe, found, old_value)) {
      CreateFirstExtent(tree, guard);
      continue;
    }
    if (found.present && !replace) return false;
    const Word word(found.view.word);
    if (!word.idle()) {
      backoff.Wait();
      continue;
    }
    Segment<Types>& segment = found.place.extent->segment(found.place.segment);
    SegmentWriter<Types> writer(guard, segment, word);
    if (found.present) {
      if (!writer.Replace(found.rank, pending.Value(make_value))) continue;
      pending.GaveValue();
      tree.RetireValue(guard, old_value);
      return false;
    }
    if (word.count() == Types::kCells) {
      Rebalancer<Types>(tree, guard)
          .MakeRoom({found.place.extent, found.place.segment, word, found.rank,
                     sought});
      continue;
    }
    const auto& value_bits = pending.Value(make_value);
    const auto& key_bits = pending.Key(make_key);
    if constexpr (Types::KeyCodec::kBoxed) {
      sought = &Types::KeyCodec::View(key_bits);
    }
    if (!writer.Insert(found.rank, key_bits, value_bits)) continue;
    pending.GaveKey();
    pending.GaveValue();
    tree.AddEntries(guard, 1);
    return true;
  }
}

// Erases the probed key. False if it was absent.
template <class Types, class ProbeT>
bool Erase(Tree<Types>& tree, const ProbeT& probe) {
  using Platform = typename Types::Platform;
  Guard<Platform> guard;
  Backoff<Platform> backoff;
  Located<Types> found;
  typename Types::ValueBits old_value;
  for (;;) {
    if (!Locate(tree, probe, found, old_value) || !found.present) return false;
    const Word word(found.view.word);
    if (!word.idle()) {
      backoff.Wait();
      continue;
    }
    Extent<Types>& extent = *found.place.extent;
    Segment<Types>& segment = extent.segment(found.place.segment);
    const auto old_key = segment.keys.Load(found.rank);
    if (!SegmentWriter<Types>(guard, segment, word).Erase(found.rank)) {
      continue;
    }
    tree.AddEntries(guard, -1);
    tree.RetireKey(guard, old_key);
    tree.RetireValue(guard, old_value);
    if (IsLowWatermark(word.count() - 1, Types::kCells) &&
        extent.NoteLowWatermark()) {
      // Shrinking is a courtesy: without memory for it the entry is gone all
      // the same.
      try {
        if (ExtentRebuilder<Types>(tree, guard).ShrinkIfSparse(extent)) {
          tree.CollectAtOnce(guard);
        }
      } catch (...) {
      }
    }
    return true;
  }
}

}  // namespace pma::internal

#endif  // PMA_INTERNAL_POINT_OPS_H_
