// SPDX-License-Identifier: Apache-2.0

// Compile-time shape of a map: how large segments, extents and windows are,
// and which platform (atomics, threads) it runs on.
//
// Users need none of this; the defaults are the measured ones. Tests pass
// `TinyTuning` so that rebalances, splits and merges happen within a few dozen
// operations, and the verification lab passes a simulated platform.

#ifndef PMA_OPTIONS_H_
#define PMA_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT {

struct DefaultTuning {
  using Platform = internal::RealPlatform;

  // Aim for this many bytes per segment; 8-byte keys and values give 56 cells.
  static constexpr size_t kSegmentBytes = 1024;
  // Upper bound on the cells of a segment (the word's count field holds 63).
  static constexpr size_t kMaxCells = 63;
  // An extent holds at most this many segments, which bounds the cost of every
  // split and so how long other writers wait.
  static constexpr size_t kMaxExtentSegments = 256;
  // A window of more segments than this is rebuilt by copying its extent.
  static constexpr size_t kMaxWindowSegments = 32;
  // What the map asks of its allocator at a time once it takes two of them: a
  // power of two with room for an extent, and better a huge page of the system.
  static constexpr size_t kChunkBytes = size_t{2} << 20;
  // Chunks that extents fill in pieces before they are gathered into one; that
  // a map fills before a chunk of its own may be partly empty, and before
  // headers have one: no more than a sixteenth and a thirtieth of the map.
  static constexpr size_t kMostPiecesInChunks = 2;
  static constexpr size_t kLargeInChunks = 16;
  static constexpr size_t kHeadersInChunks = 32;
  // An arena of fewer chunks keeps none in reserve for long: it would be too
  // much of it.
  static constexpr size_t kSpareFromChunks = 24;
  // Bytes that boxes take by themselves before there are pages for strings
  // (box_pages.h), and bytes of a page: a line less than parts of a chunk.
  static constexpr size_t kTextBytesApart = size_t{1} << 20;
  static constexpr size_t kBoxPageBytes = (size_t{16} << 10) - 64;
  // Whether strings move with each extent that is replaced: for tests.
  static constexpr bool MovesAllTexts() { return false; }
  // Extents that an erasure or insertion moves out of sparse chunks.
  static constexpr size_t kMovesPerCall = 4;

  // Segments after which a scan lets go of what it pinned, so that a long one
  // does not hold memory back. (It may be as many more as an extent has, if
  // those are empty.)
  static constexpr size_t kSegmentsPerPin = 256;
  // Segments whose cells a scan shows together, at most: wherever a loop over
  // cells ends, the processor guesses wrong.
  static constexpr size_t kSegmentsShown = 4;
  // Segments on the way to a neighbour that are read in place, where erasures
  // or the room of a run have left some empty, before a walk is set up.
  static constexpr size_t kSegmentsToCross = 16;

  // How often a snapshot is tried before it holds writers up.
  static constexpr int kSnapshotTries = 2;
  // How often it then looks whether a writer has left a segment; most of the
  // looks leave the processor to that writer.
  static constexpr int kHoldPatience = 500;
  // Told of each try of a snapshot beyond a few segments, or among writers, and
  // whether it holds writers up: for those who count.
  static void TrySnapshot(bool /*holds*/) {}

  // Segments whose entries an erasure of a range takes one by one, before it
  // replaces extents.
  static constexpr size_t kSegmentsErasedSingly = 4;
  // What is merged goes to segments together if it is as many entries as that
  // part of them, and else one by one; to an extent as a whole if it is at
  // least such a part of its entries and fills so much of its cells.
  static constexpr size_t kPartMergedTogether = 1;
  static constexpr size_t kPartMergedByRebuild = 16;
  static constexpr size_t kPercentMergedByRebuild = 94;

  // Pauses of the processor, at most, by which a writer that has lost races
  // with others stands back: ten microseconds.
  static constexpr uint32_t kMostPauses = 256;

  // Boxes retired on one stripe after which it is worth looking for garbage: to
  // look costs some microseconds.
  static constexpr size_t BoxesPerCollection() { return 256; }
  // Boxes a thread makes in one epoch: what is born in the epoch at which a
  // reader stops is lost to that reader.
  static constexpr size_t BirthsPerEpoch() { return 1024; }
  // Guards' reservations that a collector keeps apart; further ones count as
  // one that spans them.
  static constexpr size_t kReservationsApart = 128;
  // Stripes of counters and garbage of a map beside the first.
  static constexpr size_t kStripes = 16;
};

// Four cells per segment, four segments per window, eight per extent.
struct TinyTuning : DefaultTuning {
  static constexpr size_t kMaxCells = 4;
  static constexpr size_t kMaxExtentSegments = 8;
  static constexpr size_t kMaxWindowSegments = 4;
  static constexpr size_t kChunkBytes = size_t{16} << 10;
  static constexpr size_t kTextBytesApart = 1024;
  static constexpr size_t kBoxPageBytes = 1024 - 64;
  // A single entry is a range, and a merge.
  static constexpr size_t kSegmentsErasedSingly = 0;
  static constexpr size_t kPartMergedTogether = 8;
  static constexpr size_t kPartMergedByRebuild = 64;
  static constexpr size_t kPercentMergedByRebuild = 50;
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_OPTIONS_H_
