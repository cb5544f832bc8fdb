// SPDX-License-Identifier: Apache-2.0

// Finding the place of one key.
//
// A descent (directory, extent, segment) is made of racing reads: it leads to
// the segment that owned the key a moment ago. The outcome of the search there
// counts if the segment's word still vouches for what was read; else the
// operation starts again, which only happens if another thread has completed a
// change meanwhile.

#ifndef PMA_INTERNAL_READ_LOCATE_H_
#define PMA_INTERNAL_READ_LOCATE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "pma/internal/read/descend.h"
#include "pma/internal/read/view.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// The first of `count` cells that is not before the probe, of keys that are
// never torn; not for the filler. More than `count` if a writer is at work.
template <class Types, class ProbeT>
PMA_ALWAYS_INLINE inline size_t LowerBoundInPlace(
    const Segment<Types>& segment, size_t count,
    const typename Types::Order& order, const ProbeT& probe) {
  if constexpr (Types::Order::template kNatural<ProbeT>) {
    constexpr bool kWide = kIsWide<ProbeT>;
    return segment.template CountBefore<kWide>(
        probe.number, segment.template GroupOf<kWide>(probe.number));
  } else {
    return internal::PartitionPoint(count, [&](size_t i) {
      return order.template Before<typename Types::KeyCodec>(
          segment.keys.Load(i), probe);
    });
  }
}

// The keys of a view, safe to compare: numbers that the processor compares,
// which may be any, or copied and validated before the user's comparator sees
// them. (An image that has been overtaken holds words of whatever map.)
template <class Types>
class ViewKeys {
  using KeyCodec = typename Types::KeyCodec;
  using PivotCodec = typename Segment<Types>::PivotCodec;
  static constexpr bool kCopy = !Types::kNaturalKeys;

 public:
  // False if the view has changed.
  bool Load(const SegmentView<Types>& view) {
    view_ = &view;
    if constexpr (kCopy) {
      const Segment<Types>& segment = view.read.segment();
      const size_t in_place = std::min(view.begin, view.count);
      view.cells->keys.CopyTo(keys_.data(), 0, view.count);
      segment.keys.CopyTo(keys_.data(), 0, in_place);
      if constexpr (Types::kTextKeys) {
        view.cells->heads.CopyTo(heads_.data(), 0, view.count);
        segment.heads.CopyTo(heads_.data(), 0, in_place);
        skip_ = segment.skip();
      }
      return view.read.SameCells();
    }
    return true;
  }
  typename Types::KeyBits operator[](size_t i) const {
    assert(i < view_->count);
    if constexpr (kCopy) {
      return keys_[i];
    } else {
      return view_->Key(i);
    }
  }

  // The first cell that is not before the probe, if the segment owns that; of
  // texts any cell, otherwise.
  template <class ProbeT>
  size_t LowerBound(const typename Types::Order& order,
                    const ProbeT& probe) const {
    size_t from = 0;
    size_t to = view_->count;
    if constexpr (Types::kTextKeys && Types::Order::template kHeaded<ProbeT>) {
      // The image that gives a segment's keys to its neighbour does not say
      // what its heads are behind.
      if (!view_->in_image_of_window) {
        const auto heads = std::span(heads_).first(to);
        const auto ties = std::ranges::equal_range(
            heads, typename PivotCodec::Bits{probe.words().Word(skip_, 0)});
        from = static_cast<size_t>(ties.begin() - heads.begin());
        to = static_cast<size_t>(ties.end() - heads.begin());
      }
    }
    return from + internal::PartitionPoint(to - from, [&](size_t i) {
             return order.template Before<KeyCodec>((*this)[from + i], probe);
           });
  }
  // Whether the probed key lies in `cell`, which may be past the last.
  template <class ProbeT>
  bool IsAt(size_t cell, const typename Types::Order& order,
            const ProbeT& probe) const {
    if (cell >= view_->count) return false;
    const auto bits = (*this)[cell];
    if constexpr (Types::kTextKeys && Types::Order::template kHeaded<ProbeT>) {
      if (order.template Before<KeyCodec>(bits, probe)) return false;
    }
    return !order.template After<KeyCodec>(bits, probe);
  }

 private:
  struct Nothing {};
  template <class Type>
  using Copies = std::array<Type, Types::kCells>;

  const SegmentView<Types>* view_ = nullptr;
  [[no_unique_address]] std::conditional_t<
      kCopy, Copies<typename Types::KeyBits>, Nothing> keys_;
  [[no_unique_address]] std::conditional_t<
      Types::kTextKeys, Copies<typename PivotCodec::Bits>, Nothing> heads_;
  size_t skip_ = 0;
};

// Where a key is or belongs.
template <class Types>
struct Located {
  Place<Types> place;
  Word word;        // of the segment: vouches for the rest
  size_t rank = 0;  // the key's cell, or the one before which it belongs
  bool present = false;
  typename Types::ValueBits value{};  // if present
};
// With the key that is stored, which may differ from the one sought.
template <class Types>
struct LocatedEntry : Located<Types> {
  typename Types::KeyBits key{};  // if present
};
template <class Type>
inline constexpr bool kKeepsKey = requires(Type found) { found.key; };

// Finds the probed key's cell, or the cell before which it belongs in the
// segment that owns it. What is found holds as of a moment after the call began
// and as long as the segment's word is unchanged. For a writer at work, a key
// that is torn, the filler: Locate() comes here when QuickLocate() declines.
template <class Types, class ProbeT, class Found = Located<Types>>
[[gnu::noinline]] Found LocateByView(
    const Tree<Types>& tree, const Guard<typename Types::Platform>& guard,
    const ProbeT& probe) {
  const auto& order = tree.order();
  for (;;) {
    Found found;
    found.place = Place<Types>(tree.LoadDirectory(guard), guard);
    const auto at_or_before =
        internal::AtOrBefore<Types>(order, found.place.root, probe);
    if (!internal::Descend(at_or_before, found.place)) return found;
    const Segment<Types>& segment =
        found.place.extent->segment(found.place.segment);
    segment.PrefetchAll();
    SegmentView<Types> view(SegmentRead(segment, found.place.root));
    if (!internal::OpenView(*found.place.extent, found.place.segment,
                            Arrival::kDescended, at_or_before, view)) {
      continue;
    }
    ViewKeys<Types> keys;
    if (!keys.Load(view)) continue;
    found.word = view.read.word();
    found.rank = keys.LowerBound(order, probe);
    found.present = keys.IsAt(found.rank, order, probe);
    // A hit needs no fences: a key lies in one place only.
    bool conclusive = true;
    if (found.present) {
      found.value = view.Value(found.rank);
      if constexpr (kKeepsKey<Found>) found.key = keys[found.rank];
    } else {
      conclusive = internal::Owns(view.lower, view.upper, order, probe);
    }
    assert(found.rank <= view.count && view.count <= Types::kCells);
    if (view.read.SameCells() && conclusive) return found;
  }
}

// The end of the search, in the segment at `found.place`, if it is stable, its
// keys are whole, and nothing intervenes; not for the filler. Free of
// unpredictable branches, so that independent look-ups overlap out of order.
// False if it takes more.
template <class Types, class ProbeT, class Found>
PMA_ALWAYS_INLINE inline bool SearchInPlace(const typename Types::Order& order,
                                            const ProbeT& probe,
                                            const Segment<Types>& segment,
                                            Found& found) {
  using KeyCodec = typename Types::KeyCodec;
  const SegmentRead<Types> read(segment, found.place.root);
  const Word word = read.word();
  if (!word.quiet()) [[unlikely]] {
    return false;
  }
  const size_t count = word.count();
  const size_t rank = internal::LowerBoundInPlace(segment, count, order, probe);
  found.word = word;
  found.rank = rank;
  bool conclusive = true;
  // Where the processor compares, cells need not be counted: what is sought is
  // not the filler.
  constexpr bool kNatural = Types::Order::template kNatural<ProbeT>;
  const size_t end = kNatural ? Types::kCells : count;
  if (rank < end &&
      !order.template After<KeyCodec>(segment.keys.Load(rank), probe)) {
    found.present = true;
    found.value = segment.values.Load(rank);
    if constexpr (kKeepsKey<Found>) found.key = segment.keys.Load(rank);
  } else {
    found.present = false;
    // Keys of one segment are neighbours in the map: what would lie between two
    // of them is absent.
    if (rank == 0 || rank >= count) {
      const Extent<Types>& extent = *found.place.extent;
      const size_t active = extent.active();
      const size_t i = found.place.segment;
      conclusive =
          i < active && internal::Owns(extent.LowerOf(i),
                                       extent.UpperOf(i, active), order, probe);
    }
  }
  const bool same = read.SameCells();
  assert(!same || (found.present ? rank < count : rank <= count));
  return same && conclusive;
}

// Owns() of keys with heads, in an extent between whose fences the text is, for
// its directory said so: most separators need not be looked at. False if the
// segment has changed, too.
template <class Types, class ProbeT>
bool OwnsByHeads(const Extent<Types>& extent, size_t i,
                 const SegmentRead<Types>& read,
                 const typename Types::Order& order, const ProbeT& probe) {
  using Codec = typename Types::SeparatorCodec;
  const size_t active = extent.active();
  if (i >= active) return false;
  const auto compare = [&](size_t s) {
    const int by_head = extent.index().CompareHead(probe.words(), s);
    if (by_head != 0) return by_head;
    if constexpr (Types::kLongKeys) return 1;
    const auto bits = extent.index().Load(s);
    if (!read.SameCells()) return 0;
    return order.template After<Codec>(bits, probe) ? -1 : 1;
  };
  const bool owns =
      (i == 0 || compare(i) > 0) && (i + 1 == active || compare(i + 1) < 0);
  return read.SameCells() && owns;
}

// SearchInPlace() among keys with heads: a string is looked at if its head and
// its mark are those of the one sought; without `to_put`, no rank is found for
// one that is absent.
template <class Types, class ProbeT, class Found>
bool SearchByHeads(bool to_put, const ProbeT& probe,
                   const Segment<Types>& segment,
                   const typename Types::Order& order, Found& found) {
  using KeyCodec = typename Types::KeyCodec;
  const SegmentRead<Types> read(segment, found.place.root);
  const Word word = read.word();
  if (!word.quiet()) [[unlikely]] {
    return false;
  }
  const size_t skip = segment.skip();
  const uint64_t head = probe.words().Word(skip, 0);
  if (head == Segment<Types>::Natural::kFiller) [[unlikely]] {
    return false;
  }
  const size_t count = word.count();
  size_t rank = segment.template CountBefore<false>(
      head, segment.template GroupOf<false>(head));
  size_t end = rank;
  while (end < count && segment.searched()[end].LoadRelaxed() == head) ++end;
  const size_t ties_end = end;
  found.word = word;
  if constexpr (Types::kLongKeys) {
    rank += internal::PartitionPoint(end - rank, [&](size_t i) {
      return order.template Before<KeyCodec>(segment.keys.Load(rank + i),
                                             probe);
    });
    if (rank < end &&
        !order.template After<KeyCodec>(segment.keys.Load(rank), probe)) {
      found.rank = rank;
      found.present = true;
      found.value = segment.values.Load(rank);
      if constexpr (kKeepsKey<Found>) found.key = segment.keys.Load(rank);
      return read.SameCells();
    }
  } else if (rank < end) {
    const std::string_view text = probe.text();
    const uint64_t mark = MarkOf(text);
    for (size_t i = rank; i < end; ++i) {
      const auto bits = segment.keys.Load(i);
      if (KeyCodec::MarkIn(bits) != mark) continue;
      if (!read.SameCells()) return false;
      if (KeyCodec::Text(bits) != text) continue;
      found.rank = i;
      found.present = true;
      found.value = segment.values.Load(i);
      if constexpr (kKeepsKey<Found>) found.key = bits;
      return read.SameCells();
    }
    while (to_put && rank < end) {
      const size_t middle = rank + (end - rank) / 2;
      const auto bits = segment.keys.Load(middle);
      if (!read.SameCells()) return false;
      if (text > KeyCodec::Text(bits)) {
        rank = middle + 1;
      } else {
        end = middle;
      }
    }
  }
  found.rank = rank;
  found.present = false;
  // Keys of one segment are neighbours in the map: what is behind one and
  // before another is absent. But what does not begin as they do has been
  // misled, and its head says nothing.
  if (skip == 0 && rank > 0 && ties_end < count) return read.SameCells();
  return internal::OwnsByHeads(*found.place.extent, found.place.segment, read,
                               order, probe);
}

// Fetches the string that SearchByHeads() will look at, if any.
template <class Types, class ProbeT>
void FetchText(const ProbeT& probe, const Segment<Types>& segment) {
  using KeyCodec = typename Types::KeyCodec;
  const std::string_view text = probe.text();
  const uint64_t head = HeadOf(text, segment.skip());
  if (head == Segment<Types>::Natural::kFiller) return;
  const uint64_t mark = MarkOf(text);
  for (size_t i = segment.template CountBefore<false>(
           head, segment.template GroupOf<false>(head));
       i < Types::kCells && segment.heads.Load(i)[0] == head; ++i) {
    const auto bits = segment.keys.Load(i);
    if (KeyCodec::MarkIn(bits) != mark) continue;
    // A number: beside a writer it may be null, or the address of nothing.
    const auto box = reinterpret_cast<uintptr_t>(KeyCodec::BoxOf(bits));
    __builtin_prefetch(reinterpret_cast<const void*>(box));
    __builtin_prefetch(reinterpret_cast<const void*>(box + 64));
    return;
  }
}

// What a search is for: one cell, which leaves the segment's other cache lines
// where they are, or a change that moves cells, for which all of them are
// fetched at once.
enum class Purpose { kCell, kMove };

// Keys for which short ways are taken at all.
template <class Types>
inline constexpr bool kHasQuickWays =
    kNeverTorn<typename Types::KeyCodec> || Types::kHeadedKeys;

// To replace a value that is there, as far as one knows.
template <class Types>
inline constexpr Purpose kToReplace =
    Types::kAtomicValue ? Purpose::kCell : Purpose::kMove;

// The end of the search, in the segment at `found.place`, by the shortest way;
// declines as those do.
template <class Types, class ProbeT, class Found>
PMA_ALWAYS_INLINE inline bool SearchQuickly(Purpose purpose,
                                            const Tree<Types>& tree,
                                            const ProbeT& probe,
                                            const Segment<Types>& segment,
                                            Found& found) {
  if constexpr (Types::Order::template kHeaded<ProbeT>) {
    return internal::SearchByHeads(purpose == Purpose::kMove, probe, segment,
                                   tree.order(), found);
  } else {
    return internal::SearchInPlace(tree.order(), probe, segment, found);
  }
}

// Locate() in the directory of `found.place`; not for the filler. Declines if a
// writer is at work in the segment or changes it, or if the descent has been
// misled.
template <class Types, class ProbeT, class Found>
PMA_ALWAYS_INLINE inline bool QuickLocate(Purpose purpose,
                                          const Tree<Types>& tree,
                                          const ProbeT& probe, Found& found) {
  if (!internal::Descend(internal::QuickLeads<false, Types>(
                             tree.order(), found.place.root, probe),
                         found.place)) {
    found.present = false;
    return true;
  }
  const Segment<Types>& segment =
      found.place.extent->segment(found.place.segment);
  if (purpose == Purpose::kMove || !Segment<Types>::kSearched) {
    // What fits into one extent is in a cache already.
    if (found.place.directory->count() > 1) segment.PrefetchAll();
  } else if constexpr (Types::kTextKeys) {
    segment.PrefetchHeads();
  }
  return internal::SearchQuickly(purpose, tree, probe, segment, found);
}

// Where a key goes on with a run.
template <class Types>
struct RunEnd {
  Segment<Types>* segment = nullptr;  // null: not there
  Word word;                          // its word, which vouches for the rest
  size_t rank = 0;  // the key's: before the first cell, or behind the last
};

// Finds that the probed key belongs to the segment where the thread's last
// insertion went, before all its cells or behind them. In a run all keys but
// one in sixty do, and save the descent.
template <class Types, class ProbeT>
PMA_ALWAYS_INLINE inline RunEnd<Types> FindRunEnd(
    const Tree<Types>& tree, const Guard<typename Types::Platform>& guard,
    const ProbeT& probe) {
  const Finger& finger = guard.record().finger;
  if (finger.directory_serial == 0) return {};
  const Directory<Types>* const directory = tree.LoadDirectory(guard);
  if (directory == nullptr || directory->serial() != finger.directory_serial) {
    return {};
  }
  auto& extent = *static_cast<Extent<Types>*>(finger.extent);
  const size_t i = finger.segment;
  Segment<Types>& segment = extent.segment(i);
  const SegmentRead<Types> read(segment, RootEpoch<Types>(guard));
  const Word word = read.word();
  const size_t count = word.count();
  if (!word.idle() || count == 0 || count == Types::kCells) return {};
  // After the word, which vouches for it.
  const size_t active = extent.active();
  if (i >= active) return {};
  const auto& order = tree.order();
  const bool behind = order.template Before<typename Types::KeyCodec>(
      segment.keys.Load(count - 1), probe);
  if (!behind && !order.template After<typename Types::KeyCodec>(
                     segment.keys.Load(0), probe)) {
    return {};
  }
  const bool owned = internal::Owns(extent.LowerOf(i),
                                    extent.UpperOf(i, active), order, probe);
  read.EndBeforeChange();
  if (!owned) return {};
  return {&segment, word, behind ? count : 0};
}

// The place of the probed key: the short way, then by a view. Part of its
// caller: what it returns is in registers then.
template <Purpose kPurpose, class Types, class ProbeT,
          class Found = Located<Types>>
PMA_ALWAYS_INLINE inline Found Locate(
    const Tree<Types>& tree, const Guard<typename Types::Platform>& guard,
    const ProbeT& probe) {
  if constexpr (kNeverTorn<typename Types::KeyCodec> ||
                Types::Order::template kHeaded<ProbeT>) {
    if (!internal::IsFiller<Types>(probe)) [[likely]] {
      Found found;
      found.place = Place<Types>(tree.LoadDirectory(guard), guard);
      if (internal::QuickLocate(kPurpose, tree, probe, found)) [[likely]] {
        return found;
      }
    }
  }
  // A copy, so that the probe need not be in memory until then.
  return internal::LocateByView<Types, ProbeT, Found>(tree, guard,
                                                      ProbeT(probe));
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_LOCATE_H_
