// SPDX-License-Identifier: Apache-2.0

// Fuzzes the arithmetic of windows and spreads: how many entries a window may
// hold, how large an extent is made, where each entry goes. Unit tests go
// through small sizes one by one; this goes through all sizes the map may have.
//
// Input: the shape of an extent, then sources of a spread, each with entries,
// heat and a gap, until the bytes end.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "fuzz/byte_reader.h"
#include "pma/internal/policy/density.h"
#include "pma/internal/policy/run_hint.h"
#include "pma/internal/policy/spread.h"

namespace pma {
namespace {

using fuzzing::ByteReader;
using internal::Spread;
using internal::SpreadSource;

#define PMA_REQUIRE(condition) \
  (static_cast<bool>(condition) ? void() : Fail(#condition, __LINE__))

void Fail(const char* condition, int line) {
  std::fprintf(stderr, "density_fuzz.cc:%d: not true: %s\n", line, condition);
  std::abort();
}

struct Shape {
  std::size_t cells;     // of a segment
  std::size_t segments;  // of the extent
  std::size_t slab;      // in segments
};

Shape ReadShape(ByteReader& bytes) {
  Shape shape{};
  shape.cells = 4 + bytes.Next() % 60;
  shape.segments = 1 + (std::size_t{bytes.Next()} | (bytes.Next() % 2u) << 8);
  shape.slab = std::size_t{1} << bytes.Next() % 6;
  return shape;
}

void CheckWindows(const Shape& shape, std::size_t segment, std::size_t level) {
  const internal::Window inner =
      internal::WindowAround(segment, level, shape.segments);
  const internal::Window outer =
      internal::WindowAround(segment, level + 1, shape.segments);
  PMA_REQUIRE(inner.begin <= segment && segment < inner.end);
  PMA_REQUIRE(inner.end <= shape.segments);
  PMA_REQUIRE(outer.begin <= inner.begin && inner.end <= outer.end);
  PMA_REQUIRE(inner.size() <= std::size_t{1} << level);

  const std::size_t window = inner.size();
  const std::size_t most = internal::MaxEntries(window, shape.cells);
  PMA_REQUIRE(most <= window * (shape.cells - 1));
  if (window > 1) {
    const std::size_t fewest = internal::FewestEntries(window, shape.cells);
    PMA_REQUIRE(window <= fewest && fewest < most);
    PMA_REQUIRE(internal::FewestEntries(window + 1, shape.cells) >= fewest);
  }
  // A window that is as full as it may be still has room beside each cell.
  const Spread even = Spread::Even(most, window, shape.cells);
  for (std::size_t i = 0; i < window; ++i) {
    PMA_REQUIRE(even.CountOf(i) < shape.cells);
  }
}

void CheckExtents(const Shape& shape, std::size_t entries) {
  const std::size_t segments =
      internal::SegmentsForEntries(entries, shape.cells, shape.slab);
  PMA_REQUIRE(segments >= 1);
  PMA_REQUIRE(entries <= segments * (shape.cells - 1));
  PMA_REQUIRE(segments >= internal::SegmentsForEntries(entries / 2, shape.cells,
                                                       shape.slab));
  const std::size_t packed =
      internal::PackedSegments(entries, shape.cells, shape.slab);
  PMA_REQUIRE(packed >= 1 && entries <= packed * shape.cells);
  if (internal::FitOneExtent(entries, shape.cells, shape.segments)) {
    PMA_REQUIRE(entries <= shape.segments * (shape.cells - 1));
  }
}

// What every layout promises: all entries, none over a segment's cells.
void CheckSpread(const Spread& spread, std::size_t entries,
                 const Shape& shape) {
  PMA_REQUIRE(spread.segments() == shape.segments);
  PMA_REQUIRE(spread.entries() == entries);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < spread.segments(); ++i) {
    PMA_REQUIRE(spread.CountOf(i) <= shape.cells);
    // Where the entry at the start of a segment has its predecessor.
    if (sum > 0) PMA_REQUIRE(spread.SegmentAfter(sum) <= i);
    sum += spread.CountOf(i);
  }
  PMA_REQUIRE(sum == entries);
}

void CheckGap(const Shape& shape, std::size_t entries, std::size_t left) {
  if (!Spread::FitsGap(entries, left, shape.segments, shape.cells)) return;
  const Spread spread = Spread::Gap(entries, left, shape.segments, shape.cells);
  CheckSpread(spread, entries, shape);
  PMA_REQUIRE(spread.HasRoomAfter(left, shape.cells));
  std::size_t seen = 0;
  std::size_t i = 0;
  while (seen < left) seen += spread.CountOf(i++);
  PMA_REQUIRE(seen == left);
  std::size_t empty = 0;
  while (i < shape.segments && spread.CountOf(i) == 0) ++i, ++empty;
  PMA_REQUIRE(empty >= 1 && empty >= shape.segments / 8);
}

void CheckHeat(const std::vector<SpreadSource>& sources, const Shape& shape,
               std::size_t first) {
  std::size_t entries = 0;
  std::uint64_t heat = 0;
  for (const SpreadSource& source : sources) {
    entries += source.entries;
    heat += source.heat;
  }
  const Spread spread = Spread::ByHeat(sources, shape.segments, shape.cells);
  CheckSpread(spread, entries, shape);

  // Of two extents that share the sources' entries, this is the second.
  first = entries == 0 ? 0 : first % entries;
  const Spread rest =
      Spread::Even(entries - first, shape.segments, shape.cells);
  std::vector<std::size_t> carried(shape.segments);
  internal::CarryHeat(sources, first, rest,
                      [&](std::size_t segment, std::size_t of_segment) {
                        PMA_REQUIRE(segment < carried.size());
                        carried[segment] += of_segment;
                      });
  std::uint64_t sum = 0;
  for (const std::size_t of_segment : carried) sum += of_segment;
  PMA_REQUIRE(sum <= heat);
  if (!sources.empty()) internal::HeatIsConcentrated(sources);
}

// A segment's history over insertions and erasures at any ranks.
void CheckHint(ByteReader& bytes, std::size_t cells) {
  internal::RunHint hint;
  std::size_t heat = 0;
  for (int i = 0; i < 100 && !bytes.AtEnd(); ++i) {
    const std::uint8_t step = bytes.Next();
    const std::size_t rank = step % cells;
    hint = step < 200 ? hint.AfterInsert(rank) : hint.AfterErase(rank);
    if (step < 200) {
      PMA_REQUIRE(hint.rank() == rank);
      heat = std::min<std::size_t>(heat + 1, 128);
    }
    PMA_REQUIRE(hint.HeatAt(0) == heat);
    PMA_REQUIRE(!hint.ascending(cells) || !hint.descending(cells));
    PMA_REQUIRE(static_cast<std::size_t>(std::abs(hint.run())) <= 64);
    PMA_REQUIRE(hint.beside() >=
                static_cast<std::size_t>(std::abs(hint.run())));
  }
}

std::vector<SpreadSource> ReadSources(ByteReader& bytes, const Shape& shape) {
  std::vector<SpreadSource> sources;
  std::size_t room = shape.segments * shape.cells;
  while (!bytes.AtEnd() && sources.size() < 64) {
    SpreadSource source;
    source.entries =
        std::min<std::size_t>(bytes.Next() % (shape.cells + 1), room);
    source.heat = bytes.Next() % 129;
    const std::uint8_t gap = bytes.Next();
    if (gap % 2 == 0) source.gap_at = gap / 2 % (shape.cells + 1);
    room -= source.entries;
    sources.push_back(source);
  }
  return sources;
}

void Run(ByteReader bytes) {
  const Shape shape = ReadShape(bytes);
  const std::size_t one = std::size_t{bytes.Next()} << 8 | bytes.Next();
  const std::size_t two = std::size_t{bytes.Next()} << 8 | bytes.Next();
  CheckWindows(shape, one % shape.segments, two % 9);
  const std::size_t most = shape.segments * shape.cells;
  const std::size_t entries = one % (most + 1);
  CheckExtents(shape, one);
  CheckSpread(Spread::Even(entries, shape.segments, shape.cells), entries,
              shape);
  CheckGap(shape, entries, two % (entries + 1));
  if (one % 2 == 0) {
    CheckHint(bytes, shape.cells);
  } else {
    CheckHeat(ReadSources(bytes, shape), shape, two);
  }
}

}  // namespace
}  // namespace pma

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::Run({data, size});
  return 0;
}
