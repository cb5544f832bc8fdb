// SPDX-License-Identifier: Apache-2.0

// What a map holds besides its entries: memory, counters and garbage.
//
// It is made when something is to be kept there, so that a map that has always
// been empty is one cache line, and costs nothing to make and to destroy; and a
// map that is moved hands over a pointer.

#ifndef PMA_INTERNAL_STORE_HOLDINGS_H_
#define PMA_INTERNAL_STORE_HOLDINGS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/reclaim/limbo.h"
#include "pma/internal/store/extent_memory.h"
#include "pma/internal/store/stripes.h"
#include "pma/internal/store/text_box.h"
#include "pma/stats.h"

namespace pma::inline PMA_VARIANT::internal {

// What is retired: boxes often, on lists of their own, ...
enum RetiredBox : size_t { kRetiredKey, kRetiredValue, kRetiredBoxes };
// ... and larger things rarely.
enum RetiredPart : size_t {
  kRetiredExtent,
  kRetiredDirectory,
  kRetiredParts,
};

template <class Types>
struct Holdings {
  using Platform = typename Types::Platform;
  using Allocator = typename Types::Allocator;
  using Tuning = typename Types::Tuning;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;
  using Boxes = Limbo<Platform, kRetiredBoxes, &Tuning::BoxesPerCollection,
                      Tuning::kReservationsApart>;
  using Parts =
      Limbo<Platform, kRetiredParts, Every<1>, Tuning::kReservationsApart>;
  using AllStripes = Stripes<Platform, Allocator, Boxes, Tuning::kStripes>;
  using Stripe = typename AllStripes::Stripe;
  using Texts =
      std::conditional_t<Types::kTextKeys,
                         TextBoxes<Platform, Allocator, Tuning>, NoTexts>;

  explicit Holdings(const Allocator& of_tree)
      : allocator(of_tree),
        stripes(allocator),
        extents(allocator),
        texts(allocator) {}

  // Of the tree that holds this from now on: one that is equal to the last.
  // No other thread may use it.
  void Use(const Allocator& of_tree) {
    std::destroy_at(std::addressof(allocator));
    std::construct_at(std::addressof(allocator), of_tree);
  }

  // Of boxes that lie by themselves.
  size_t BytesApart() const { return stripes.Sum(&Stripe::box_bytes); }

  // Objects that are retired and not freed.
  size_t RetiredCount() const {
    size_t count = parts.count();
    stripes.ForEach(
        [&](const Stripe& stripe) { count += stripe.boxes.count(); });
    return count;
  }
  size_t RetiredBytes() const {
    size_t bytes = parts.bytes();
    stripes.ForEach(
        [&](const Stripe& stripe) { bytes += stripe.boxes.bytes(); });
    return bytes;
  }

  // The figures that are counted, not those that are looked up.
  MapStats Counters() const {
    MapStats stats;
    stats.entries = stripes.Sum(&Stripe::entries);
    stats.rebalances = stripes.Sum(&Stripe::rebalances);
    stats.rebuilds = rebuilds.LoadRelaxed();
    stats.retries = stripes.Sum(&Stripe::retries);
    stats.retired_bytes = RetiredBytes();
    return stats;
  }

  MemoryUsage Usage() const {
    MemoryUsage usage;
    usage.extent_bytes = extents.bytes();
    usage.directory_bytes = directory_bytes.LoadRelaxed() + stripes.bytes() +
                            LineAllocator<Allocator>::Taken(sizeof(Holdings));
    usage.box_bytes = BytesApart() + texts.page_bytes();
    usage.allocated_bytes =
        usage.extent_bytes + usage.directory_bytes + usage.box_bytes;
    usage.retired_bytes = RetiredBytes();
    return usage;
  }

  Allocator allocator;  // the others' memory comes from this one
  AllStripes stripes;
  ExtentMemory<Types> extents;
  [[no_unique_address]] Texts texts;
  Atomic<uint32_t> to_move;  // extents, see Tree::to_move()
  Atomic<uint32_t> rebuilds;
  Atomic<size_t> directory_bytes;
  Parts parts;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_HOLDINGS_H_
