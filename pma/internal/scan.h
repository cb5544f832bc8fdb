// Reading ranges in order.
//
// A scan takes one segment at a time: it copies the wanted cells, validates
// them, and only then shows them to the callback. Between segments it carries
// the validated fence of what it has read as its cursor: all keys on this side
// of the fence have been shown. If the next segment begins at that fence the
// scan goes on there, else the layout has changed and it descends again by the
// cursor. So no key is shown twice, and none that stays is missed.

#ifndef PMA_INTERNAL_SCAN_H_
#define PMA_INTERNAL_SCAN_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "pma/internal/locate.h"

namespace pma::internal {

// Segments after which a scan lets go of what it pinned, so that a long one
// does not hold memory back.
inline constexpr size_t kSegmentsPerPin = 256;

// How far ahead of what it reads a long scan fetches: as long as memory takes
// to answer, segments of some thirty entries.
inline constexpr size_t kSegmentsAhead = 8;

inline constexpr size_t kNoLimit = ~size_t{0};

// A copy of cells of a segment, to be validated.
template <class Types>
class CellCopy {
  // So few are copied one by one.
  static constexpr size_t kFew = 4;

 public:
  // Copies cells [begin, end). Unless they are few it copies all there are, in
  // use or not: that takes no branches.
  void Load(const Segment<Types>& segment, size_t begin, size_t end) {
    size_ = end - begin;
    if (size_ <= kFew) {
      begin_ = 0;
      for (size_t i = 0; i < size_; ++i) {
        keys_[i] = segment.keys.Load(begin + i);
        values_[i] = segment.values.Load(begin + i);
      }
    } else {
      begin_ = begin;
      segment.keys.CopyTo(keys_.data(), 0, Types::kCells);
      segment.values.CopyTo(values_.data(), 0, Types::kCells);
    }
  }
  // Fetches what the cells point to, all at once.
  void PrefetchBoxes() const {
    for (size_t i = begin_; i < begin_ + size_; ++i) {
      if constexpr (Types::KeyCodec::kBoxed) {
        __builtin_prefetch(Types::KeyCodec::BoxOf(keys_[i]));
      }
      if constexpr (Types::ValueCodec::kBoxed) {
        __builtin_prefetch(Types::ValueCodec::BoxOf(values_[i]));
      }
    }
  }
  size_t size() const { return size_; }
  const typename Types::KeyBits* keys() const { return &keys_[begin_]; }
  const typename Types::ValueBits* values() const { return &values_[begin_]; }
  decltype(auto) key(size_t i) const {
    return Types::KeyCodec::View(keys()[i]);
  }
  decltype(auto) value(size_t i) const {
    return Types::ValueCodec::View(values()[i]);
  }

 private:
  size_t begin_ = 0;
  size_t size_ = 0;
  std::array<typename Types::KeyBits, Types::kCells> keys_;
  std::array<typename Types::ValueBits, Types::kCells> values_;
};

// Which way a walk goes. Its cursor is a position between keys; a forward walk
// wants what follows it, a backward walk what precedes it. After each segment
// the cursor is the position just before the fence of what was read.
enum class Direction { kForward, kBackward };

// Where a walk begins: just before or just after a key, or (null) at the map's
// near end.
enum class Side { kBefore, kAfter };

template <class ProbeT>
struct Start {
  const ProbeT* probe = nullptr;
  Side side = Side::kBefore;
};

// Whether the segment that owns the start's key is the one wanted: it is not if
// the walk goes backward from just before the key.
template <Direction kDirection, class ProbeT>
bool WantsOwner(const Start<ProbeT>& start) {
  return kDirection == Direction::kForward || start.side == Side::kAfter;
}

// Calls fn(predicate) with the one that leads to the segment where a walk from
// `start` begins.
template <class Types, Direction kDirection, class ProbeT, class Fn>
bool WithLeads(const typename Types::Order& order, const Start<ProbeT>& start,
               Fn fn) {
  if (start.probe == nullptr) {
    return fn(LeadsToEnd{kDirection == Direction::kBackward});
  }
  return WantsOwner<kDirection>(start)
             ? fn(Leads<Types, ProbeT, false>{order, *start.probe})
             : fn(Leads<Types, ProbeT, true>{order, *start.probe});
}

// The first of `count` cells after the start, of keys that are never torn.
template <class Types, class ProbeT>
size_t RankOfStart(const Segment<Types>& segment, size_t count,
                   const typename Types::Order& order,
                   const Start<ProbeT>& start) {
  size_t rank = LowerBoundInPlace(segment, count, order, *start.probe);
  if (start.side == Side::kAfter && rank < count) {
    rank += !order.template After<typename Types::KeyCodec>(
        segment.keys.Load(rank), *start.probe);
  }
  return rank;
}

// Segments of one extent.
template <class Types>
struct ReadSegments {
  Directory<Types>* directory = nullptr;
  size_t position = 0;  // of the extent in the directory
  Window segments;
};

// Walks segments in one direction. The guard is the caller's and must be held
// from construction on.
template <class Types, Direction kDirection>
class SegmentWalk {
  using Order = typename Types::Order;
  using Key = typename Types::Key;
  using SeparatorCodec = typename Types::SeparatorCodec;
  static constexpr bool kForward = kDirection == Direction::kForward;

 public:
  explicit SegmentWalk(const Tree<Types>& tree) : tree_(tree) {}

  // How much of what follows is wanted.
  struct Wish {
    size_t limit = kNoLimit;  // entries, at most
    size_t expected = 0;      // entries, by all appearances
  };

  // Reads the next segment's cells on the wanted side of the cursor, which at
  // the first call is `start`, and no more than are wished for. False if there
  // is no further segment.
  template <class ProbeT>
  [[gnu::always_inline]] bool Next(const Start<ProbeT>& start, Wish wish,
                                   CellCopy<Types>& cells) {
    wish_ = wish;
    if (placed_ && GoOn(cells)) [[likely]] {
      return true;
    }
    while (!done_) {
      if (fence_.finite) {
        // By value for inline keys, by reference to the pinned box otherwise.
        decltype(auto) key = SeparatorCodec::View(fence_.bits);
        const typename Order::template ProbeFor<Key> probe(key);
        if (Read(Start{&probe}, cells)) return true;
      } else {
        if (Read(start, cells)) return true;
      }
    }
    return false;
  }

  // The fence at which the walk has arrived, as a key; finite() first.
  bool finite() const { return fence_.finite; }
  decltype(auto) fence_key() const { return SeparatorCodec::View(fence_.bits); }

  // The segments that hold what was read last.
  const ReadSegments<Types>& read() const { return read_; }

 private:
  // One attempt. False if the place was wrong or changed: then the next attempt
  // descends by the cursor.
  template <class ProbeT>
  bool Read(const Start<ProbeT>& cursor, CellCopy<Types>& cells) {
    return WithLeads<Types, kDirection>(
        tree_.order(), cursor,
        [&](const auto& leads) { return ReadBy(leads, cursor, cells); });
  }
  template <class Predicate, class ProbeT>
  [[gnu::always_inline]] bool ReadBy(const Predicate& leads,
                                     const Start<ProbeT>& cursor,
                                     CellCopy<Types>& cells) {
    const bool guessed = placed_;
    if (!guessed) {
      if (!Descend(tree_, leads, place_)) {
        done_ = true;
        return false;
      }
      place_.extent->segment(place_.segment).PrefetchAll();
      fetched_ahead_ = 0;
      PrefetchAhead();
      if (kNeverTorn<typename Types::KeyCodec> &&
          QuickRead(leads, cursor, cells)) [[likely]] {
        return true;
      }
    }
    placed_ = false;
    return SlowRead(leads, cursor, guessed, cells);
  }

  // Reads the segment that follows the one read last, if it is stable and
  // begins where that ended, as nearly always. No key is compared before the
  // copy is validated, so any keys will do. Else nothing has happened.
  [[gnu::always_inline]] bool GoOn(CellCopy<Types>& cells) {
    PrefetchAhead();
    const Extent<Types>& extent = *place_.extent;
    const size_t i = place_.segment;
    const Word word = extent.segment(i).LoadWord();  // SYNC-5, SYNC-6
    const size_t active = extent.active();
    if (!word.readable_in_place() || i >= active) return false;
    const Fence<Types> near =
        kForward ? extent.LowerOf(i) : extent.UpperOf(i, active);
    if (!near.finite || near.bits != fence_.bits) return false;
    return Take(word, active, 0, word.count(), cells);
  }

  // Reads a segment to which a descent has led, if it is stable.
  template <class Predicate, class ProbeT>
  [[gnu::always_inline]] bool QuickRead(const Predicate& leads,
                                        const Start<ProbeT>& cursor,
                                        CellCopy<Types>& cells) {
    const Extent<Types>& extent = *place_.extent;
    const size_t i = place_.segment;
    const Segment<Types>& segment = extent.segment(i);
    const Word word = segment.LoadWord();  // SYNC-5, SYNC-6
    const size_t active = extent.active();
    if (!word.readable_in_place() || i >= active) return false;

    const Fence<Types> lower = extent.LowerOf(i);
    const Fence<Types> upper = extent.UpperOf(i, active);
    size_t begin = 0;
    size_t end = word.count();
    if (cursor.probe == nullptr) {
      if ((kForward ? lower : upper).finite) return false;
    } else {
      if (lower.finite && !leads(lower.bits)) return false;
      if (upper.finite && leads(upper.bits)) return false;
      (kForward ? begin : end) =
          RankOfStart(segment, end, tree_.order(), cursor);
    }
    return Take(word, active, begin, end, cells);
  }

  // Copies the wanted ones of cells [begin, end) and arrives at their segment's
  // far fence, if `word` still vouches for all that was read there.
  [[gnu::always_inline]] bool Take(Word word, size_t active, size_t begin,
                                   size_t end, CellCopy<Types>& cells) {
    const Extent<Types>& extent = *place_.extent;
    const size_t i = place_.segment;
    const Segment<Types>& segment = extent.segment(i);
    const Fence<Types> far =
        kForward ? extent.UpperOf(i, active) : extent.LowerOf(i);
    Cut(begin, end);
    cells.Load(segment, begin, end);
    Types::Platform::FenceAcquire();  // SYNC-7
    if (word.bits() != segment.word.LoadRelaxed() || !place_.root.Holds()) {
      return false;
    }
    Arrive(far, {i, i + 1});
    placed_ = false;
    Step(active);
    cells.PrefetchBoxes();
    return true;
  }

  template <class Predicate, class ProbeT>
  [[gnu::noinline]] bool SlowRead(const Predicate& leads,
                                  const Start<ProbeT>& cursor, bool guessed,
                                  CellCopy<Types>& cells) {
    SegmentView<Types> view(place_.root);
    if (!OpenView(*place_.extent, place_.segment,
                  guessed ? Arrival::kGuessed : Arrival::kDescended, leads,
                  view)) {
      return false;
    }
    ViewKeys<Types> keys;
    if (!keys.Load(view)) return false;
    if (!Encloses(view, cursor)) return false;
    size_t begin = 0;
    size_t end = view.count;
    if (cursor.probe != nullptr) {
      const Order& order = tree_.order();
      size_t rank = keys.LowerBound(order, *cursor.probe);
      if (cursor.side == Side::kAfter) {
        rank += keys.IsAt(rank, order, *cursor.probe);
      }
      (kForward ? begin : end) = rank;
    }
    Cut(begin, end);
    cells.Load(*view.cells, begin, end);
    const Fence<Types> fence = kForward ? view.upper : view.lower;
    const size_t active = place_.extent->active();
    if (!view.Unchanged()) return false;
    Arrive(fence, view.segments);
    if (!view.in_image_of_window) Step(active);
    return true;
  }

  // The cells wished for, of those on the wanted side of the cursor.
  void Cut(size_t& begin, size_t& end) const {
    if (end - begin <= wish_.limit) return;
    (kForward ? end : begin) =
        kForward ? begin + wish_.limit : end - wish_.limit;
  }

  // Fetches the segments that will be read after this one.
  void PrefetchAhead() {
    const size_t distance =
        std::min(kSegmentsAhead, wish_.expected / (Types::kCells / 2 + 1));
    const Extent<Types>& extent = *place_.extent;
    for (; fetched_ahead_ < distance; ++fetched_ahead_) {
      const size_t step = fetched_ahead_ + 1;
      const size_t i = kForward ? place_.segment + step : place_.segment - step;
      if (i >= extent.capacity()) return;  // or wrapped below 0
      extent.segment(i).PrefetchAll();
    }
  }

  // What has been read is certain.
  void Arrive(const Fence<Types>& fence, Window segments) {
    read_ = {place_.directory, place_.position, segments};
    fence_ = fence;
    done_ = !fence.finite;
  }

  // Whether the keys next to the cursor are this view's.
  template <class ProbeT>
  bool Encloses(const SegmentView<Types>& view,
                const Start<ProbeT>& cursor) const {
    const Order& order = tree_.order();
    if (cursor.probe == nullptr) {
      return kForward ? !view.lower.finite : !view.upper.finite;
    }
    if (WantsOwner<kDirection>(cursor)) {
      return Owns(view.lower, view.upper, order, *cursor.probe);
    }
    // lower < cursor <= upper
    return !(view.lower.finite && !order.template Before<SeparatorCodec>(
                                      view.lower.bits, *cursor.probe)) &&
           !(view.upper.finite && order.template Before<SeparatorCodec>(
                                      view.upper.bits, *cursor.probe));
  }

  // Guesses that the next segment follows at the cursor; Encloses will tell.
  void Step(size_t active) {
    const bool within =
        kForward ? place_.segment + 1 < active : place_.segment > 0;
    if (within) [[likely]] {
      place_.segment += kForward ? 1 : -1;
      if (fetched_ahead_ > 0) --fetched_ahead_;
      placed_ = true;
    } else {
      StepToNextExtent();
    }
  }
  void StepToNextExtent() {
    fetched_ahead_ = 0;
    if constexpr (kForward) {
      if (place_.position + 1 == place_.directory->count()) return;
      place_.extent = place_.directory->extent(++place_.position);
      place_.segment = 0;
    } else {
      if (place_.position == 0) return;
      place_.extent = place_.directory->extent(--place_.position);
      place_.segment = place_.extent->active() - 1;
    }
    placed_ = true;
  }

  const Tree<Types>& tree_;
  Place<Types> place_;
  ReadSegments<Types> read_;
  bool placed_ = false;  // place_ is where to read next
  bool done_ = false;
  Fence<Types> fence_;
  Wish wish_;
  size_t fetched_ahead_ = 0;  // segments after place_
};

// The cell that comes `i`-th in the direction of a walk.
template <Direction kDirection, class Cells>
size_t At(const Cells& cells, size_t i) {
  return kDirection == Direction::kForward ? i : cells.size() - 1 - i;
}

// Calls f(const Key&, const Value&) for the first `wanted` cells in the
// direction of a walk. Returns how many it was called for; `stopped` if it said
// that it wants no more.
template <Direction kDirection, class Types, class F>
[[gnu::always_inline]] inline size_t Show(const CellCopy<Types>& cells,
                                          size_t wanted, F& f, bool& stopped) {
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  const auto* const keys = cells.keys();
  const auto* const values = cells.values();
  for (size_t i = 0; i < wanted; ++i) {
    const size_t cell = At<kDirection>(cells, i);
    const Key& key = Types::KeyCodec::View(keys[cell]);
    const Value& value = Types::ValueCodec::View(values[cell]);
    if constexpr (std::is_void_v<
                      std::invoke_result_t<F&, const Key&, const Value&>>) {
      f(key, value);
    } else if (!f(key, value)) {
      stopped = true;
      return i + 1;
    }
  }
  return wanted;
}

// Shows all entries from `start` on in one direction, until `limit` have been
// shown, `past(key)` holds for an entry, `exhausted(fence)` for the bound of
// what has been read, or the callback ends it. Returns how many were shown.
template <class Types, Direction kDirection, class ProbeT, class Past,
          class Exhausted, class F>
size_t Scan(const Tree<Types>& tree, const Start<ProbeT>& start, size_t limit,
            Past past, Exhausted exhausted, F& f) {
  using Key = typename Types::Key;
  using CursorProbe = typename Types::Order::template ProbeFor<Key>;
  if (limit == 0) return 0;
  Guard<typename Types::Platform> guard;
  size_t shown = 0;
  CellCopy<Types> cells;
  std::optional<Key> cursor;
  std::optional<CursorProbe> cursor_probe;
  for (;;) {
    SegmentWalk<Types, kDirection> walk(tree);
    for (size_t segments = 0; segments < kSegmentsPerPin; ++segments) {
      // Without a limit, as much again as has been shown.
      const size_t left = limit - shown;
      const size_t expected = limit == kNoLimit ? shown : left;
      const bool more =
          cursor_probe.has_value()
              ? walk.Next(Start{&*cursor_probe}, {left, expected}, cells)
              : walk.Next(start, {left, expected}, cells);
      if (!more) return shown;
      // Mostly the bound of what has been read tells that all of it is wanted.
      const bool last = !walk.finite() || exhausted(walk.fence_key());
      const size_t wanted =
          !last ? cells.size() : PartitionPoint(cells.size(), [&](size_t i) {
            return !past(cells.key(At<kDirection>(cells, i)));
          });
      bool stopped = false;
      shown += Show<kDirection>(cells, wanted, f, stopped);
      if (stopped || last || shown == limit) return shown;
    }
    cursor_probe.reset();
    cursor.emplace(walk.fence_key());
    cursor_probe.emplace(*cursor);
    guard.Refresh();
  }
}

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SCAN_H_
