// SPDX-License-Identifier: Apache-2.0

// Segments held still: taken from left to right, read in order, and then moved,
// replaced or let go.
//
// INV-4  a thread that holds a marker waits only for segments to the right of
//        all it holds, so no two threads wait for each other.

#ifndef PMA_INTERNAL_WRITE_FROZEN_WINDOW_H_
#define PMA_INTERNAL_WRITE_FROZEN_WINDOW_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "pma/internal/machine/backoff.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/policy/density.h"
#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/extent.h"

namespace pma::inline PMA_VARIANT::internal {

// Before a wait for a segment. Users' code that runs while it is held still
// (the allocator, copies of keys) must not write to the same map: it would wait
// for its own thread.
inline void AssertNotOwn([[maybe_unused]] Word word,
                         [[maybe_unused]] size_t slot) {
  assert(!word.HeldBy(slot) &&
         "pma: an allocator or the copy of a key writes to the map that it is "
         "called by");
}

// Segments [begin, end) of one extent under Freeze; let go on destruction.
template <class Types>
class FrozenWindow {
 public:
  using Platform = typename Types::Platform;

  FrozenWindow() = default;
  FrozenWindow(FrozenWindow&& other) noexcept
      : extent_(std::exchange(other.extent_, nullptr)),
        window_(other.window_),
        held_end_(other.held_end_) {}
  FrozenWindow& operator=(FrozenWindow&&) = delete;
  ~FrozenWindow() { LetGo(); }

  // Waits for other writers of these segments, from left to right. False, and
  // nothing is held, if the extent has been replaced.
  bool Freeze(Extent<Types>& extent, Window window) {
    return Freeze(extent, window, /*waits=*/true);
  }
  // Freezes without waiting: false also if there is another writer.
  bool TryFreeze(Extent<Types>& extent, Window window) {
    return Freeze(extent, window, /*waits=*/false);
  }

  // The cells are as they were found.
  void LetGo() {
    if (extent_ == nullptr) return;
    for (size_t i = window_.begin; i < held_end_; ++i) {
      Segment<Types>& segment = extent_->segment(i);
      segment.word.StoreRelease(  // SYNC-16
          Word(segment.word.LoadRelaxed()).Unmarked().bits());
    }
    extent_ = nullptr;
  }

  // The extent has been replaced: its writers start again at the directory.
  void MarkDead() {
    assert(extent_ != nullptr && held_end_ == window_.end);
    for (size_t i = window_.begin; i < held_end_; ++i) {
      Segment<Types>& segment = extent_->segment(i);
      const Word word(segment.word.LoadRelaxed());
      segment.word.StoreRelease(  // SYNC-17
          word.Marked(Marker::kDead, 0, word.count()).bits());
    }
    extent_ = nullptr;
  }

  // The holder has taken over the words.
  void Release() {
    assert(extent_ != nullptr && held_end_ == window_.end);
    extent_ = nullptr;
  }

  Extent<Types>& extent() const {
    assert(extent_ != nullptr);
    return *extent_;
  }
  size_t count(size_t segment) const {
    assert(segment >= window_.begin && segment < window_.end);
    return Word(extent_->segment(segment).word.LoadRelaxed()).count();
  }
  size_t entries() const {
    size_t entries = 0;
    for (size_t i = window_.begin; i < window_.end; ++i) entries += count(i);
    return entries;
  }

 private:
  static constexpr size_t kFetchAhead = 6;

  bool Freeze(Extent<Types>& extent, Window window, bool waits) {
    assert(extent_ == nullptr);
    assert(window.begin < window.end && window.end <= extent.capacity());
    extent_ = &extent;
    window_ = window;
    held_end_ = window.begin;
    const size_t slot = ThreadRegistry<Platform>::Current().slot;
    Backoff<Platform> backoff;
    // What is frozen is read next, all of it: a miss after the other would take
    // longer than the rest of the work.
    for (size_t i = window.begin;
         i < std::min(window.end, window.begin + kFetchAhead); ++i) {
      extent.segment(i).PrefetchAll();
    }
    while (held_end_ < window.end) {
      Segment<Types>& segment = extent.segment(held_end_);
      const Word word = segment.LoadWord();  // SYNC-6
      if (word.marker() == Marker::kDead || (!waits && !word.idle())) {
        LetGo();
        return false;
      }
      uint64_t expected = word.bits();
      if (word.idle() &&
          segment.word.CompareExchangeAcqRel(
              expected,
              word.Marked(Marker::kFreeze, slot, word.count()).bits())) {
        if (held_end_ + kFetchAhead < window.end) {
          extent.segment(held_end_ + kFetchAhead).PrefetchAll();
        }
        ++held_end_;
      } else if (waits) {
        AssertNotOwn(word, slot);
        backoff.Wait();
      }
    }
    return true;
  }

  Extent<Types>* extent_ = nullptr;
  Window window_;
  size_t held_end_ = 0;
};

// Segments held still one by one, from left to right; let go on destruction.
// Who holds them waits for no other thread, or not for long: so it may hold
// segments of several extents, and stands in nobody's way who holds others.
template <class Types>
class HeldSegments {
  using Platform = typename Types::Platform;

 public:
  HeldSegments() = default;
  HeldSegments(const HeldSegments&) = delete;
  HeldSegments& operator=(const HeldSegments&) = delete;
  ~HeldSegments() { LetGo(); }

  // False if the segment's extent has been replaced; or if another writer stays
  // there, and then nothing is held any more. Throws std::bad_alloc.
  bool Hold(Segment<Types>& segment) {
    if (segments_.size() == segments_.capacity()) {
      segments_.reserve(std::max<size_t>(64, 2 * segments_.size()));
    }
    const size_t slot = ThreadRegistry<Platform>::Current().slot;
    Backoff<Platform> backoff;
    for (int i = 0; i < Types::Tuning::kHoldPatience; ++i) {
      const Word word = segment.LoadWord();  // SYNC-6
      uint64_t expected = word.bits();
      if (word.idle() &&
          segment.word.CompareExchangeAcqRel(
              expected,
              word.Marked(Marker::kFreeze, slot, word.count()).bits())) {
        segments_.push_back(&segment);
        return true;
      }
      if (word.marker() == Marker::kDead) return false;
      backoff.Wait();
    }
    LetGo();
    return false;
  }

  bool any() const { return !segments_.empty(); }

  // The cells are as they were found.
  void LetGo() {
    for (Segment<Types>* segment : segments_) {
      segment->word.StoreRelease(  // SYNC-16
          Word(segment->word.LoadRelaxed()).Unmarked().bits());
    }
    segments_.clear();
  }

 private:
  List<Segment<Types>*> segments_;
};

// Walks the cells of frozen segments in key order, a run within a segment at a
// time.
template <class Types>
class CellRuns {
 public:
  CellRuns(const Extent<Types>& extent, Window window)
      : extent_(&extent), segment_(window.begin), end_(window.end) {
    SkipEmpty();
  }
  bool done() const { return segment_ == end_; }

  // The first key ahead.
  typename Types::KeyBits key() const {
    assert(!done());
    return extent_->segment(segment_).keys.Load(cell_);
  }
  // Copies up to `count` cells to `to`, the first to cell `at`, and goes past
  // them. Returns how many there were.
  size_t CopyTo(Segment<Types>& to, size_t at, size_t count) {
    size_t copied = 0;
    while (copied < count && !done()) {
      const size_t run = std::min(count - copied, count_ - cell_);
      to.CopyCells(extent_->segment(segment_), cell_, cell_ + run, at + copied);
      copied += run;
      Advance(run);
    }
    return copied;
  }
  void Skip(size_t count) {
    while (count > 0) {
      assert(!done());
      const size_t run = std::min(count, count_ - cell_);
      count -= run;
      Advance(run);
    }
  }

 private:
  void Advance(size_t cells) {
    cell_ += cells;
    assert(cell_ <= count_);
    if (cell_ < count_) return;
    ++segment_;
    cell_ = 0;
    SkipEmpty();
  }
  void SkipEmpty() {
    for (; segment_ < end_; ++segment_) {
      count_ = Word(extent_->segment(segment_).word.LoadRelaxed()).count();
      if (count_ > 0) return;
    }
  }

  const Extent<Types>* extent_;
  size_t segment_;
  size_t end_;
  size_t cell_ = 0;
  size_t count_ = 0;  // cells of the segment
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_FROZEN_WINDOW_H_
