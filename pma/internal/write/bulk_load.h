// SPDX-License-Identifier: Apache-2.0

// Loading an empty map with entries in key order: packed extents are filled
// from front to back and published together.

#ifndef PMA_INTERNAL_WRITE_BULK_LOAD_H_
#define PMA_INTERNAL_WRITE_BULK_LOAD_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/extent_builder.h"
#include "pma/internal/write/made_cells.h"

namespace pma::inline PMA_VARIANT::internal {

// For a tree that nobody else uses. Until Finish() has returned the tree stays
// empty, and whatever throws leaves it so.
template <class Types>
class BulkLoader {
  using Builder = ExtentBuilder<Types>;

 public:
  // `who` is the member function that is to be named.
  BulkLoader(Tree<Types>& tree, const char* who)
      : tree_(tree),
        input_(tree, who),
        builder_(tree, {}, /*owns_cells=*/true, 0, Trend::kGrows) {}

  // Adds what has a .first, greater than the one before, and a .second. Throws
  // std::invalid_argument if it is not, and what allocation, the comparator,
  // copies and moves throw.
  template <class Entry>
  void Add(Entry&& entry) {
    if (!input_.Add(std::forward<Entry>(entry))) [[unlikely]] {
      input_.Refuse();
    }
    if (input_.cells().size() == Builder::kPackedEntries) [[unlikely]] {
      Flush();
    }
  }
  // Throws what allocation and the copy of a key throw.
  void Finish() {
    Flush();
    if (entries_ == 0) return;
    builder_.Finish({});
    Guard<typename Types::Platform> guard;
    [[maybe_unused]] const bool published =
        tree_.PublishExtents(guard, nullptr, 0, 0, builder_.extents());
    assert(published);
    builder_.Published();
    tree_.AddEntries(guard.record(), static_cast<int64_t>(entries_));
  }

 private:
  [[gnu::noinline]] void Flush() {
    MadeCells<Types>& cells = input_.cells();
    const size_t entries = cells.size();
    if (entries == 0) return;
    input_.KeepLast();
    // Pieces are for small maps, chunks for others (extent_memory.h).
    auto& memory = tree_.extent_memory();
    if (memory.BeginGathering()) memory.EndGathering();
    builder_.Begin(entries, Builder::PackedSegmentsFor(entries), &cells.key(0));
    if constexpr (MadeCells<Types>::kOwning) {
      for (size_t i = 0; i < entries; ++i) {
        builder_.Append(cells.key(i), cells.value(i));
        cells.GaveKey(i);
        cells.GaveValue(i);
      }
    } else {
      builder_.Append(cells.keys(), cells.values(), entries);
    }
    cells.GaveAll();
    entries_ += entries;
  }

  Tree<Types>& tree_;
  AscendingCells<Types> input_;
  Builder builder_;
  size_t entries_ = 0;
};

// Loads all entries of a range. Throws as BulkLoader does.
template <class Types, class Range>
void LoadSorted(Tree<Types>& tree, const char* who, Range&& range) {
  auto at = std::ranges::begin(range);
  const auto end = std::ranges::end(range);
  if (at == end) return;  // and the tree holds nothing
  BulkLoader<Types> loader(tree, who);
  for (; at != end; ++at) {
    auto&& entry = *at;
    loader.Add(std::forward<decltype(entry)>(entry));
  }
  loader.Finish();
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_BULK_LOAD_H_
