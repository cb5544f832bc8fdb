// SPDX-License-Identifier: Apache-2.0

// Walking over segments in key order.
//
// A walk takes one segment at a time: it copies the wanted cells and validates
// them. Between segments it carries the validated fence of what it has read as
// its cursor: all keys on this side of the fence have been read. If the next
// segment begins at that fence the walk goes on there, else the layout has
// changed and it descends again by the cursor. So no key is read twice, and
// none that stays is missed.

#ifndef PMA_INTERNAL_READ_SEGMENT_WALK_H_
#define PMA_INTERNAL_READ_SEGMENT_WALK_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/read/cell_buffer.h"
#include "pma/internal/read/locate.h"
#include "pma/internal/read/position.h"

namespace pma::inline PMA_VARIANT::internal {

// How far ahead of what it reads a long scan fetches: as long as memory takes
// to answer, segments of some fifty entries.
inline constexpr size_t kSegmentsAhead = 8;

inline constexpr size_t kNoLimit = ~size_t{0};

// Segments of one extent.
template <class Types>
struct ReadSegments {
  Directory<Types>* directory = nullptr;
  size_t position = 0;  // of the extent in the directory
  Window segments;
};

// Where a walk has got to, for one in the same direction that goes on later. It
// holds nothing: it counts only as long as the directory is the one of this
// serial number, which no other ever has.
struct WalkedTo {
  uint64_t directory_serial = 0;  // none
  size_t position = 0;
  size_t segment = 0;
  size_t fetched_ahead = 0;
};

// Walks segments in one direction.
template <class Types>
class SegmentWalk {
  using Copies = CellBuffer<Types>;
  using Order = typename Types::Order;
  using Key = typename Types::Key;
  using SeparatorCodec = typename Types::SeparatorCodec;

 public:
  SegmentWalk(const Tree<Types>& tree,
              const Guard<typename Types::Platform>& guard, Direction direction)
      : tree_(tree),
        guard_(guard),
        forward_(direction == Direction::kForward) {}

  // How many cells are to be kept.
  struct Wish {
    size_t limit = kNoLimit;  // at most
    size_t expected = 0;      // by all appearances
  };

  // Reads the next segment's cells on the wanted side of the cursor, which at
  // the first call is `start`, and no more than are wished for. False if there
  // is no further segment.
  template <class ProbeT>
  [[gnu::noinline]] bool Next(const Start<ProbeT>& start, Wish wish,
                              Copies& cells) {
    while (!done_) {
      if (fence_.finite) {
        // By value for inline keys, by reference to the pinned box otherwise.
        decltype(auto) key = SeparatorCodec::View(fence_.bits);
        const typename Order::template ProbeFor<Key> probe(key);
        if (Read(Start{&probe}, wish, cells)) return true;
      } else {
        if (Read(start, wish, cells)) return true;
      }
    }
    return false;
  }

  WalkedTo walked_to() const {
    if (!placed_) return {};
    return {place_.directory->serial(), place_.position, place_.segment,
            fetched_ahead_};
  }
  // Before the first segment is read: it is guessed to be the one where another
  // walk had got to, whose fence this is. Only if separators are not boxed: an
  // address says nothing once the guard under which it was found is gone.
  void GoOn(const WalkedTo& walked, const Fence<Types>& fence)
    requires(!SeparatorCodec::kBoxed)
  {
    fence_ = fence;
    Guess(walked);
  }
  // Likewise where it begins at a start that is given to Next().
  void Guess(const WalkedTo& walked) {
    if (walked.directory_serial == 0) return;
    Directory<Types>* directory = tree_.LoadDirectory(guard_);
    if (directory == nullptr || directory->serial() != walked.directory_serial)
      return;
    place_ = Place<Types>(directory, guard_);
    place_.position = walked.position;
    place_.extent = directory->extent(walked.position);
    place_.segment = walked.segment;
    fetched_ahead_ = walked.fetched_ahead;
    placed_ = true;
  }

  // Whether it is known where to read next.
  bool placed() const { return placed_; }

  // Then: reads the next segment and those that follow in its extent, as long
  // as they are stable and each begins where the one before ended (as nearly
  // always), more cells are expected, there is room for them, and
  // exhausted(fence) does not hold. No key is compared before its copy is
  // validated, so any keys will do. Returns how many segments were read; if
  // none, it takes Next(). `kDirection` is the walk's, known to the compiler.
  template <Direction kDirection, class Exhausted>
  [[gnu::noinline]] size_t ReadOn(Wish wish, Copies& cells,
                                  Exhausted exhausted) {
    constexpr bool kForward = kDirection == Direction::kForward;
    assert(forward_ == kForward);
    // In variables, so that they stay in registers.
    const Extent<Types>& extent = *place_.extent;
    size_t i = place_.segment;
    size_t fetched_ahead = fetched_ahead_;
    Fence<Types> cursor = fence_;
    const auto more = [&] {
      return cells.size() < wish.expected && cells.HasRoom() &&
             !exhausted(cursor.bits);
    };
    size_t read = 0;
    while (more()) {
      FetchAhead(kForward, extent, i, Left(wish, cells), fetched_ahead);
      const Segment<Types>& segment = extent.segment(i);
      const SegmentRead<Types> look(segment, place_.root);
      const Word word = look.word();
      const size_t active = extent.active();
      if (!word.quiet() || i >= active) break;
      const Fence<Types> near = NearFence(kForward, extent, i, active);
      if (!near.finite || near.bits != cursor.bits) break;
      const Fence<Types> far = FarFence(kForward, extent, i, active);
      if (!Copy(kForward, look, wish, 0, word.count(), cells)) break;
      ++read;
      cursor = far;
      if (!HasNext(kForward, i, active)) {
        Arrive(cursor);
        StepToNextExtent();
        return read;
      }
      kForward ? ++i : --i;
      if (fetched_ahead > 0) --fetched_ahead;
    }
    place_.segment = i;
    fetched_ahead_ = fetched_ahead;
    fence_ = cursor;
    return read;
  }

  // As ReadOn(), going forward, but counts the entries of whole segments, which
  // their words tell, and looks at no cell: as long as there are no more than
  // `most` of them, nor segments than `segments`, and all keys of a segment are
  // wanted, which not beyond(its upper fence) says. A writer that adds or
  // removes a cell is not in the way: the word it has marked counts the cells
  // as they will be, which is what readers see. Reduces `segments` by those
  // counted; if by none, it takes Next().
  template <class Beyond>
  [[gnu::noinline]] size_t CountOn(size_t most, const Beyond& beyond,
                                   size_t& segments) {
    assert(forward_);
    size_t counted = 0;
    while (placed_ && segments > 0) {
      const Extent<Types>& extent = *place_.extent;
      const size_t i = place_.segment;
      if (i + kSegmentsAhead < extent.capacity()) {
        __builtin_prefetch(&extent.segment(i + kSegmentsAhead));
      }
      const SegmentRead<Types> look(extent.segment(i), place_.root);
      const Word word = look.word();
      const size_t active = extent.active();
      if (word.marker() == Marker::kMove || word.marker() == Marker::kDead ||
          i >= active) {
        break;
      }
      const Fence<Types> near = extent.LowerOf(i);
      const Fence<Types> far = extent.UpperOf(i, active);
      if (near.bits != fence_.bits || !near.finite || !far.finite ||
          word.count() > most - counted || !look.SameCells() ||
          beyond(far.bits)) {
        break;
      }
      counted += word.count();
      --segments;
      fence_ = far;
      if (HasNext(/*forward=*/true, i, active)) [[likely]] {
        ++place_.segment;
      } else {
        placed_ = false;
        StepToNextExtent();
      }
    }
    fetched_ahead_ = 0;
    return counted;
  }

  // The fence at which the walk has arrived, as a key; finite() first.
  bool finite() const { return fence_.finite; }
  decltype(auto) fence_key() const { return SeparatorCodec::View(fence_.bits); }
  const typename Types::SeparatorBits& fence_bits() const {
    return fence_.bits;
  }

  // The segments that hold what Next() read last.
  const ReadSegments<Types>& read() const { return read_; }

 private:
  // One attempt. False if the place was wrong or changed: then the next attempt
  // descends by the cursor.
  template <class ProbeT>
  bool Read(const Start<ProbeT>& cursor, Wish wish, Copies& cells) {
    const bool guessed = placed_;
    if (!guessed) {
      const bool quick = !Types::kHeadedKeys || !misled_;
      if (!internal::DescendTo(direction(), tree_, guard_, cursor, place_,
                               quick)) {
        done_ = true;
        return false;
      }
      place_.extent->segment(place_.segment).PrefetchAll();
      fetched_ahead_ = 0;
      FetchAhead(forward_, *place_.extent, place_.segment, Left(wish, cells),
                 fetched_ahead_);
      if (kNeverTorn<typename Types::KeyCodec> &&
          !internal::IsFiller<Types>(cursor) &&
          QuickRead(Leads(cursor), cursor, wish, cells)) [[likely]] {
        return true;
      }
    }
    placed_ = false;
    const bool read = ReadByView(Leads(cursor), cursor, guessed, wish, cells);
    misled_ = !read && !guessed;
    return read;
  }

  // Reads a segment to which a descent has led, if it is stable.
  template <class Predicate, class ProbeT>
  PMA_ALWAYS_INLINE bool QuickRead(const Predicate& leads,
                                   const Start<ProbeT>& cursor, Wish wish,
                                   Copies& cells) {
    const Extent<Types>& extent = *place_.extent;
    const size_t i = place_.segment;
    const Segment<Types>& segment = extent.segment(i);
    const SegmentRead<Types> look(segment, place_.root);
    const Word word = look.word();
    const size_t active = extent.active();
    if (!word.quiet() || i >= active) return false;

    const Fence<Types> lower = extent.LowerOf(i);
    const Fence<Types> upper = extent.UpperOf(i, active);
    size_t begin = 0;
    size_t end = word.count();
    if (cursor.probe == nullptr) {
      if ((forward_ ? lower : upper).finite) return false;
    } else {
      if (lower.finite && !leads(lower.bits)) return false;
      if (upper.finite && leads(upper.bits)) return false;
      (forward_ ? begin : end) =
          internal::RankOfStart(segment, end, tree_.order(), cursor);
    }
    if (!Copy(forward_, look, wish, begin, end, cells)) return false;
    Arrive(forward_ ? upper : lower, {i, i + 1});
    Step(active);
    return true;
  }

  template <class Predicate, class ProbeT>
  [[gnu::noinline]] bool ReadByView(const Predicate& leads,
                                    const Start<ProbeT>& cursor, bool guessed,
                                    Wish wish, Copies& cells) {
    SegmentView<Types> view(
        SegmentRead(place_.extent->segment(place_.segment), place_.root));
    if (!internal::OpenView(*place_.extent, place_.segment,
                            guessed ? Arrival::kGuessed : Arrival::kDescended,
                            leads, view)) {
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
      (forward_ ? begin : end) = rank;
    }
    Cut(forward_, wish, cells, begin, end);
    cells.Copy(view, begin);
    const size_t active = place_.extent->active();
    if (!view.read.Unchanged()) return false;
    Keep(end - begin, cells);
    Arrive(forward_ ? view.upper : view.lower, view.segments);
    if (!view.in_image_of_window) Step(active);
    return true;
  }

  // Copies the wanted ones of cells [begin, end) of a segment. False if what
  // was read there has changed.
  PMA_ALWAYS_INLINE static bool Copy(bool forward,
                                     const SegmentRead<Types>& look, Wish wish,
                                     size_t begin, size_t end, Copies& cells) {
    Cut(forward, wish, cells, begin, end);
    cells.Copy(look.segment(), begin);
    if (!look.Unchanged()) return false;
    Keep(end - begin, cells);
    return true;
  }

  // What has been copied is certain.
  static void Keep(size_t count, Copies& cells) {
    const size_t kept = cells.size();
    cells.Keep(count);
    cells.FetchBoxes(kept);
  }

  template <class ProbeT>
  auto Leads(const Start<ProbeT>& cursor) const {
    return internal::LeadsTo<Types>(direction(), tree_.order(), place_.root,
                                    cursor);
  }

  // The cells wished for, of those on the wanted side of the cursor.
  static void Cut(bool forward, Wish wish, const Copies& cells, size_t& begin,
                  size_t& end) {
    assert(begin <= end && cells.size() <= wish.limit);
    const size_t most = wish.limit - cells.size();
    if (end - begin <= most) return;
    (forward ? end : begin) = forward ? begin + most : end - most;
  }

  // Entries still expected.
  static size_t Left(Wish wish, const Copies& cells) {
    return wish.expected - std::min(wish.expected, cells.size());
  }
  // Fetches the segments that will be read after the i-th, of which some have
  // been fetched.
  static void FetchAhead(bool forward, const Extent<Types>& extent, size_t i,
                         size_t expected, size_t& fetched) {
    const size_t distance =
        std::min(kSegmentsAhead, expected / (Types::kCells / 2 + 1));
    for (; fetched < distance; ++fetched) {
      const size_t next = forward ? i + fetched + 1 : i - fetched - 1;
      if (next >= extent.capacity()) return;  // or wrapped below 0
      extent.segment(next).PrefetchAll();
    }
  }

  static Fence<Types> NearFence(bool forward, const Extent<Types>& extent,
                                size_t i, size_t active) {
    return forward ? extent.LowerOf(i) : extent.UpperOf(i, active);
  }
  static Fence<Types> FarFence(bool forward, const Extent<Types>& extent,
                               size_t i, size_t active) {
    return forward ? extent.UpperOf(i, active) : extent.LowerOf(i);
  }

  // What has been read up to a fence is certain.
  void Arrive(const Fence<Types>& fence) {
    fence_ = fence;
    done_ = !fence.finite;
    placed_ = false;
  }
  void Arrive(const Fence<Types>& fence, Window segments) {
    Arrive(fence);
    read_ = {place_.directory, place_.position, segments};
  }

  // Whether the keys next to the cursor are this view's.
  template <class ProbeT>
  bool Encloses(const SegmentView<Types>& view,
                const Start<ProbeT>& cursor) const {
    const Order& order = tree_.order();
    if (cursor.probe == nullptr) {
      return forward_ ? !view.lower.finite : !view.upper.finite;
    }
    if (internal::WantsOwner(direction(), cursor)) {
      return internal::Owns(view.lower, view.upper, order, *cursor.probe);
    }
    // lower < cursor <= upper
    return !(view.lower.finite && !order.template Before<SeparatorCodec>(
                                      view.lower.bits, *cursor.probe)) &&
           !(view.upper.finite && order.template Before<SeparatorCodec>(
                                      view.upper.bits, *cursor.probe));
  }

  // Whether a segment follows the i-th in its extent.
  static bool HasNext(bool forward, size_t i, size_t active) {
    return forward ? i + 1 < active : i > 0;
  }
  // Guesses that the next segment follows at the cursor; Encloses will tell.
  void Step(size_t active) {
    if (HasNext(forward_, place_.segment, active)) [[likely]] {
      forward_ ? ++place_.segment : --place_.segment;
      if (fetched_ahead_ > 0) --fetched_ahead_;
      placed_ = true;
    } else {
      StepToNextExtent();
    }
  }
  void StepToNextExtent() {
    assert(place_.position < place_.directory->count());
    fetched_ahead_ = 0;
    if (forward_) {
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

  Direction direction() const {
    return forward_ ? Direction::kForward : Direction::kBackward;
  }

  const Tree<Types>& tree_;
  const Guard<typename Types::Platform>& guard_;
  const bool forward_;
  Place<Types> place_;
  ReadSegments<Types> read_;
  bool placed_ = false;  // place_ is where to read next
  bool done_ = false;
  bool misled_ = false;  // by the last descent, or others were at work
  Fence<Types> fence_;
  size_t fetched_ahead_ = 0;  // segments after place_
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_SEGMENT_WALK_H_
