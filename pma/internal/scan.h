// Reading ranges in order, and the entry nearest to a key.
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

// A scan that has shown this many entries of a segment will mostly want the
// next ones, and fetches them while the callback is busy. A shorter one should
// cost little more than a look-up.
inline constexpr size_t kEntriesOfShortScan = 4;
inline constexpr size_t kSegmentsAhead = 2;

// A copy of a segment's cells, to be validated, and which of them are wanted.
template <class Types>
class CellCopy {
 public:
  // Copies all cells, wanted, in use or not: that takes no branches.
  void Load(const Segment<Types>& segment, size_t begin, size_t end) {
    begin_ = begin;
    size_ = end - begin;
    segment.keys.CopyTo(keys_.data(), 0, Types::kCells);
    segment.values.CopyTo(values_.data(), 0, Types::kCells);
  }
  // Fetches what the wanted cells point to, all at once.
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
  decltype(auto) key(size_t i) const {
    return Types::KeyCodec::View(keys_[begin_ + i]);
  }
  decltype(auto) value(size_t i) const {
    return Types::ValueCodec::View(values_[begin_ + i]);
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

  // Reads the next segment's cells on the wanted side of the cursor, which at
  // the first call is `start`. False if there is no further segment.
  template <class ProbeT>
  bool Next(const Start<ProbeT>& start, CellCopy<Types>& cells) {
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

  // Fetches what will be read next.
  void PrefetchAhead() const {
    if (!placed_) return;
    const Extent<Types>& extent = *place_.extent;
    for (size_t k = 0; k < kSegmentsAhead; ++k) {
      const size_t i = kForward ? place_.segment + k : place_.segment - k;
      if (i < extent.capacity()) extent.segment(i).PrefetchAll();
    }
  }

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
    if (!placed_ && !Descend(tree_, leads, place_)) {
      done_ = true;
      return false;
    }
    placed_ = false;
    if (!guessed) place_.extent->segment(place_.segment).PrefetchAll();
    // Where a walk goes on, no key is compared before the copy is validated.
    if (kNeverTorn<typename Types::KeyCodec> || guessed) {
      if (QuickRead(leads, cursor, guessed, cells)) [[likely]] {
        cells.PrefetchBoxes();
        return true;
      }
    }
    return SlowRead(leads, cursor, guessed, cells);
  }

  // Reads a stable segment, as nearly all are.
  template <class Predicate, class ProbeT>
  [[gnu::always_inline]] bool QuickRead(const Predicate& leads,
                                        const Start<ProbeT>& cursor,
                                        bool guessed, CellCopy<Types>& cells) {
    const Extent<Types>& extent = *place_.extent;
    const size_t i = place_.segment;
    const Segment<Types>& segment = extent.segment(i);
    const Word word = segment.LoadWord();  // SYNC-5, SYNC-6
    const size_t active = extent.active();
    if (!word.readable_in_place() || i >= active) return false;

    const Fence<Types> lower = extent.LowerOf(i);
    const Fence<Types> upper = extent.UpperOf(i, active);
    const Fence<Types>& near = kForward ? lower : upper;
    const Fence<Types>& far = kForward ? upper : lower;
    size_t begin = 0;
    size_t end = word.count();
    if (guessed) {
      // All of it, if it begins where the last one ended.
      if (!near.finite || near.bits != fence_.bits) return false;
    } else if (cursor.probe == nullptr) {
      if (near.finite) return false;
    } else {
      if (lower.finite && !leads(lower.bits)) return false;
      if (upper.finite && leads(upper.bits)) return false;
      (kForward ? begin : end) =
          RankOfStart(segment, end, tree_.order(), cursor);
    }
    cells.Load(segment, begin, end);
    Types::Platform::FenceAcquire();  // SYNC-7
    if (word.bits() != segment.word.LoadRelaxed() || !place_.root.Holds()) {
      return false;
    }
    Arrive(far, {i, i + 1});
    Step(active);
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
    cells.Load(*view.cells, begin, end);
    const Fence<Types> fence = kForward ? view.upper : view.lower;
    const size_t active = place_.extent->active();
    if (!view.Unchanged()) return false;
    Arrive(fence, view.segments);
    if (!view.in_image_of_window) Step(active);
    return true;
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
    if constexpr (kForward) {
      if (place_.segment + 1 < active) {
        ++place_.segment;
        placed_ = true;
      } else if (place_.position + 1 < place_.directory->count()) {
        place_.extent = place_.directory->extent(++place_.position);
        place_.segment = 0;
        placed_ = true;
      }
    } else {
      if (place_.segment > 0) {
        --place_.segment;
        placed_ = true;
      } else if (place_.position > 0) {
        place_.extent = place_.directory->extent(--place_.position);
        place_.segment = place_.extent->active() - 1;
        placed_ = true;
      }
    }
  }

  const Tree<Types>& tree_;
  Place<Types> place_;
  ReadSegments<Types> read_;
  bool placed_ = false;  // place_ is where to read next
  bool done_ = false;
  Fence<Types> fence_;
};

// Calls f(const Key&, const Value&); true if it wants more.
template <class F, class Key, class Value>
bool Show(F& f, const Key& key, const Value& value) {
  if constexpr (std::is_void_v<
                    std::invoke_result_t<F&, const Key&, const Value&>>) {
    f(key, value);
    return true;
  } else {
    return static_cast<bool>(f(key, value));
  }
}

// The cell that comes `i`-th in the direction of a walk.
template <Direction kDirection, class Cells>
size_t At(const Cells& cells, size_t i) {
  return kDirection == Direction::kForward ? i : cells.size() - 1 - i;
}

// Shows all entries from `start` on in one direction, until `past(key)` holds
// for an entry, `exhausted(fence)` for the bound of what has been read, or the
// callback ends it. Returns how many were shown.
template <class Types, Direction kDirection, class ProbeT, class Past,
          class Exhausted, class F>
size_t Scan(const Tree<Types>& tree, const Start<ProbeT>& start, Past past,
            Exhausted exhausted, F& f) {
  using Key = typename Types::Key;
  using CursorProbe = typename Types::Order::template ProbeFor<Key>;
  Guard<typename Types::Platform> guard;
  size_t shown = 0;
  CellCopy<Types> cells;
  std::optional<Key> cursor;
  std::optional<CursorProbe> cursor_probe;
  for (;;) {
    SegmentWalk<Types, kDirection> walk(tree);
    for (size_t segments = 0; segments < kSegmentsPerPin; ++segments) {
      const bool more = cursor_probe.has_value()
                            ? walk.Next(Start{&*cursor_probe}, cells)
                            : walk.Next(start, cells);
      if (!more) return shown;
      // Mostly the bound of what has been read tells that all of it is wanted.
      const bool last = !walk.finite() || exhausted(walk.fence_key());
      const size_t wanted =
          !last ? cells.size() : PartitionPoint(cells.size(), [&](size_t i) {
            return !past(cells.key(At<kDirection>(cells, i)));
          });
      size_t i = 0;
      const auto show_until = [&](size_t end) {
        while (i < end) {
          const size_t cell = At<kDirection>(cells, i++);
          if (!Show(f, cells.key(cell), cells.value(cell))) return false;
        }
        return true;
      };
      if (!show_until(std::min(wanted, kEntriesOfShortScan))) return shown + i;
      if (i < wanted) walk.PrefetchAhead();
      if (!show_until(wanted)) return shown + i;
      shown += wanted;
      if (last) return shown;
    }
    cursor_probe.reset();
    cursor.emplace(walk.fence_key());
    cursor_probe.emplace(*cursor);
    guard.Refresh();
  }
}

// All segments that walks in one directory have read, as one range of places.
template <class Types>
class ReadRange {
 public:
  void Add(const ReadSegments<Types>& read) {
    if (directory_ == nullptr) {
      directory_ = read.directory;
      begin_ = {read.position, read.segments.begin};
      end_ = {read.position, read.segments.end};
      return;
    }
    one_directory_ = one_directory_ && directory_ == read.directory;
    begin_ = std::min(begin_, {read.position, read.segments.begin});
    end_ = std::max(end_, {read.position, read.segments.end});
  }

  bool one_directory() const { return one_directory_; }
  const Directory<Types>* directory() const { return directory_; }

  // Equal sums mean that no segment in between changed between the two calls,
  // because each term only grows.
  uint64_t ChangeCount() const {
    uint64_t sum = 0;
    for (size_t e = begin_.first; e <= end_.first; ++e) {
      const Extent<Types>& extent = *directory_->extent(e);
      const size_t begin = e == begin_.first ? begin_.second : 0;
      const size_t end = e == end_.first ? end_.second : extent.capacity();
      for (size_t i = begin; i < end; ++i) {
        sum += extent.segment(i).LoadWord().ChangeCount();  // SYNC-18
      }
    }
    return sum;
  }

  friend bool operator==(const ReadRange&, const ReadRange&) = default;

 private:
  const Directory<Types>* directory_ = nullptr;
  bool one_directory_ = true;
  std::pair<size_t, size_t> begin_;  // position, segment
  std::pair<size_t, size_t> end_;    // position, one past the segment
};

// The nearest entry if it lies in the first segment looked at, which is stable
// and stays so: nearly always. False if it takes more, or there is none.
template <class Types, Direction kDirection, class Predicate, class ProbeT>
bool QuickNearest(const Tree<Types>& tree, const Predicate& leads,
                  const Start<ProbeT>& start, typename Types::KeyBits& key,
                  typename Types::ValueBits& value) {
  constexpr bool kForward = kDirection == Direction::kForward;
  const auto& order = tree.order();
  Place<Types> place;
  if (!Descend(tree, leads, place)) return false;
  const Extent<Types>& extent = *place.extent;
  const Segment<Types>& segment = extent.segment(place.segment);
  segment.PrefetchAll();
  const Word word = segment.LoadWord();  // SYNC-5, SYNC-6
  const size_t active = extent.active();
  if (!word.readable_in_place() || place.segment >= active) return false;

  const size_t count = word.count();
  size_t rank = kForward ? 0 : count;  // the first entry after the start
  const Fence<Types> fence = kForward ? extent.LowerOf(place.segment)
                                      : extent.UpperOf(place.segment, active);
  bool owned = !fence.finite;
  if (start.probe != nullptr) {
    rank = RankOfStart(segment, count, order, start);
    // No entry beyond the fence may be nearer.
    owned = owned || leads(fence.bits) == kForward;
  }
  const size_t cell = kForward ? rank : rank - 1;
  if (!owned || cell >= count) return false;  // or wrapped below 0
  key = segment.keys.Load(cell);
  value = segment.values.Load(cell);
  Types::Platform::FenceAcquire();  // SYNC-7
  return Word::SameCells(word.bits(), segment.word.LoadRelaxed()) &&
         place.root.Holds();
}

// The entry nearest to `start` in one direction, as of one instant: f(key,
// value) on it. False if there is none.
//
// The nearest entry mostly lies in the first segment looked at, and then that
// segment's word vouches for the answer. Otherwise empty segments lie between,
// and the answer is right only if they were all empty at the moment the entry
// was there: the walk is repeated between two equal readings of the change
// counts of all the segments it crosses.
template <class Types, Direction kDirection, class ProbeT, class F>
[[gnu::noinline]] bool SlowNearest(const Tree<Types>& tree,
                                   const Start<ProbeT>& start, F&& f) {
  CellCopy<Types> cells;
  struct Walked {
    ReadRange<Types> range;
    size_t segments = 0;
    bool found = false;
  };
  const auto walk_once = [&] {
    SegmentWalk<Types, kDirection> walk(tree);
    Walked walked;
    while (!walked.found && walk.Next(start, cells)) {
      walked.range.Add(walk.read());
      ++walked.segments;
      walked.found = cells.size() > 0;
    }
    return walked;
  };
  const auto show = [&] {
    const size_t cell =
        kDirection == Direction::kForward ? 0 : cells.size() - 1;
    f(cells.key(cell), cells.value(cell));
    return true;
  };

  for (;;) {
    const Walked first = walk_once();
    if (first.segments <= 1) return first.found && show();
    if (!first.range.one_directory()) continue;
    const uint64_t before = first.range.ChangeCount();
    const Walked second = walk_once();
    if (!(second.range == first.range)) continue;
    Types::Platform::FenceAcquire();
    if (first.range.ChangeCount() == before &&
        tree.LoadDirectory() == first.range.directory()) {
      return second.found && show();
    }
  }
}

template <class Types, Direction kDirection, class ProbeT, class F>
bool Nearest(const Tree<Types>& tree, const Start<ProbeT>& start, F&& f) {
  Guard<typename Types::Platform> guard;
  if constexpr (kNeverTorn<typename Types::KeyCodec>) {
    typename Types::KeyBits key{};
    typename Types::ValueBits value{};
    const bool found = WithLeads<Types, kDirection>(
        tree.order(), start, [&](const auto& leads) {
          return QuickNearest<Types, kDirection>(tree, leads, start, key,
                                                 value);
        });
    if (found) [[likely]] {
      f(Types::KeyCodec::View(key), Types::ValueCodec::View(value));
      return true;
    }
  }
  return SlowNearest<Types, kDirection>(tree, start, f);
}

}  // namespace pma::internal

#endif  // PMA_INTERNAL_SCAN_H_
