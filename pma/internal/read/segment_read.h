// SPDX-License-Identifier: Apache-2.0

// A look at a segment, which counts only if the segment's word says so
// afterwards.
//
// This is where a torn read is prevented. Readers take no lock: they load the
// word, read cells and separators that a writer may be changing, and look at
// the word again. The protocol is a seqlock whose unstable phase has a
// substitute (Boehm, "Can seqlocks get along with programming language memory
// models?", 2012); the substitute is what view.h is about.
//
//   reader                           writer of one segment
//
//   w = word (acquire, SYNC-5, 6)    build the image: where it begins, cells
//   read cells, in place or image    CAS word -> marked (release, SYNC-5)
//   fence acquire                    fence release (SYNC-7)
//   word still w? else again         write those cells in place
//                                    word = Idle, v+1 (release, SYNC-6)
//                                    fence release (SYNC-8), next image
//
// SYNC-5: the release CAS that marks a word / LoadAcquire of the word: whoever
//         sees the marker sees the image.
// SYNC-6: StoreRelease of Idle / LoadAcquire of the word: whoever sees the new
//         version sees the cells.
// SYNC-7: FenceRelease before cells are written / FenceAcquire before the word
//         is read again: whoever read a cell written under a marker sees the
//         marker, or a later word.
// SYNC-8: FenceRelease before an image is written / the same FenceAcquire:
//         whoever read a later image sees that the marker is gone.

#ifndef PMA_INTERNAL_READ_SEGMENT_READ_H_
#define PMA_INTERNAL_READ_SEGMENT_READ_H_

#include <cassert>
#include <cstdint>
#include <span>
#include <type_traits>

#include "pma/internal/reclaim/epoch.h"
#include "pma/internal/store/segment.h"
#include "pma/internal/store/word.h"

namespace pma::inline PMA_VARIANT::internal {

// When the directory was loaded by which a reader came to a segment: the end of
// its reservation then. Nothing for types without boxes, which need no more
// than the directory.
template <class Types>
class RootEpoch {
 public:
  static constexpr bool kHasBoxes = Types::KeyCodec::kBoxed ||
                                    Types::ValueCodec::kBoxed ||
                                    Types::SeparatorCodec::kBoxed;

  RootEpoch() = default;
  // The directory has just been loaded under `guard`, of either kind.
  template <class GuardT>
  explicit RootEpoch(const GuardT& guard) {
    if constexpr (kHasBoxes) end_ = guard.End();
  }
  // True if boxes may be followed that were found on the way from there; rule 2
  // in epoch.h.
  bool Holds() const {
    if constexpr (kHasBoxes) {
      return Guard<typename Types::Platform>::StillAt(end_);
    }
    return true;
  }

 private:
  struct Nothing {};
  [[no_unique_address]] std::conditional_t<kHasBoxes, uint64_t, Nothing> end_{};
};

template <class Types>
class SegmentRead {
  using Platform = typename Types::Platform;

 public:
  SegmentRead() = default;
  // Begins the look, at a segment found by a directory of that epoch.
  SegmentRead(const Segment<Types>& segment, RootEpoch<Types> root)
      : root_(root),
        segment_(&segment),
        word_(segment.LoadWord()) {}  // SYNC-5, SYNC-6, SYNC-16, SYNC-17

  // Goes on with one that began with that word.
  SegmentRead(const Segment<Types>& segment, RootEpoch<Types> root, Word word)
      : root_(root), segment_(&segment), word_(word) {}

  Word word() const { return word_; }
  const Segment<Types>& segment() const { return *segment_; }

  // The end of the look. True if what was read so far is one consistent set of
  // cells, except that values replaced in place may each be older or newer.
  // Then boxes may be followed.
  bool SameCells() const {
    assert(segment_ != nullptr);
    Platform::FenceAcquire();  // SYNC-7, SYNC-8
    return Word::SameCells(word_.bits(), segment_->word.LoadRelaxed()) &&
           root_.Holds();
  }
  // True if what was read so far is the content at one instant. Then boxes may
  // be followed.
  bool Unchanged() const {
    assert(segment_ != nullptr);
    Platform::FenceAcquire();  // SYNC-7, SYNC-8
    return word_.bits() == segment_->word.LoadRelaxed() && root_.Holds();
  }
  // Unchanged() of several segments, at least one and all of one root: true if
  // what was read of all of them is their content at one instant.
  static bool AllUnchanged(std::span<const SegmentRead> reads) {
    assert(!reads.empty());
    Platform::FenceAcquire();  // SYNC-7, SYNC-8
    bool same = true;
    for (const SegmentRead& read : reads) {
      same &= read.word_.bits() == read.segment_->word.LoadRelaxed();
    }
    return same && reads.front().root_.Holds();
  }
  // For a writer, whose compare-and-swap of the word will say the rest.
  void EndBeforeChange() const { Platform::FenceAcquire(); }  // SYNC-7

 private:
  [[no_unique_address]] RootEpoch<Types> root_;
  const Segment<Types>* segment_ = nullptr;
  Word word_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_SEGMENT_READ_H_
