// Segments held still: taken from left to right, read in order, and then moved,
// replaced or let go.
//
// INV-4  a thread that holds a marker waits only for segments to the right of
//        all it holds, so no two threads wait for each other.

#ifndef PMA_INTERNAL_FROZEN_WINDOW_H_
#define PMA_INTERNAL_FROZEN_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pma/internal/density.h"
#include "pma/internal/extent.h"
#include "pma/internal/platform.h"

namespace pma::internal {

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
    extent_ = &extent;
    window_ = window;
    held_end_ = window.begin;
    Backoff<Platform> backoff;
    while (held_end_ < window.end) {
      Segment<Types>& segment = extent.segment(held_end_);
      const Word word = segment.LoadWord();
      if (word.marker() == Marker::kDead) {
        LetGo();
        return false;
      }
      uint64_t expected = word.bits();
      if (word.idle() &&
          segment.word.CompareExchangeAcqRel(
              expected, word.Marked(Marker::kFreeze, 0, word.count()).bits())) {
        ++held_end_;
      } else {
        backoff.Wait();
      }
    }
    return true;
  }

  // The cells are as they were found.
  void LetGo() {
    if (extent_ == nullptr) return;
    for (size_t i = window_.begin; i < held_end_; ++i) {
      Segment<Types>& segment = extent_->segment(i);
      segment.word.StoreRelease(
          Word(segment.word.LoadRelaxed()).Unmarked().bits());
    }
    extent_ = nullptr;
  }

  // The extent has been replaced: its writers start again at the directory.
  void MarkDead() {
    for (size_t i = window_.begin; i < held_end_; ++i) {
      Segment<Types>& segment = extent_->segment(i);
      const Word word(segment.word.LoadRelaxed());
      segment.word.StoreRelease(
          word.Marked(Marker::kDead, 0, word.count()).bits());
    }
    extent_ = nullptr;
  }

  // The holder has taken over the words.
  void Release() { extent_ = nullptr; }

  Extent<Types>& extent() const { return *extent_; }
  size_t count(size_t segment) const {
    return Word(extent_->segment(segment).word.LoadRelaxed()).count();
  }
  size_t entries() const {
    size_t entries = 0;
    for (size_t i = window_.begin; i < window_.end; ++i) entries += count(i);
    return entries;
  }

 private:
  Extent<Types>* extent_ = nullptr;
  Window window_;
  size_t held_end_ = 0;
};

// Walks the cells of frozen segments in key order.
template <class Types>
class CellCursor {
 public:
  explicit CellCursor(Extent<Types>& extent, Window window)
      : extent_(&extent), segment_(window.begin), end_(window.end) {
    SkipEmpty();
  }
  bool done() const { return segment_ == end_; }
  typename Types::KeyBits key() const {
    return extent_->segment(segment_).keys.Load(cell_);
  }
  typename Types::ValueBits value() const {
    return extent_->segment(segment_).values.Load(cell_);
  }
  void Next() {
    ++cell_;
    SkipEmpty();
  }

 private:
  void SkipEmpty() {
    while (segment_ < end_ &&
           cell_ ==
               Word(extent_->segment(segment_).word.LoadRelaxed()).count()) {
      ++segment_;
      cell_ = 0;
    }
  }

  Extent<Types>* extent_;
  size_t segment_;
  size_t end_;
  size_t cell_ = 0;
};

}  // namespace pma::internal

#endif  // PMA_INTERNAL_FROZEN_WINDOW_H_
