// SPDX-License-Identifier: Apache-2.0

// Many entries at once.

#ifndef PMA_MAP_BULK_H_
#define PMA_MAP_BULK_H_

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/write/batch.h"
#include "pma/internal/write/erase_range.h"
#include "pma/internal/write/merge_sorted.h"
#include "pma/internal/write/pack.h"
#include "pma/map/read_modify_write.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class MapBulk : public MapReadModifyWrite<Types> {
  using Base = MapReadModifyWrite<Types>;
  using Key = typename Types::Key;
  using Value = typename Types::Value;

 public:
  // --- Ranges of entries ----------------------------------------------------

  // Inserts the entries of a range whose keys are not present; returns how many
  // that were. Its elements have a .first and a .second (pairs, views of them,
  // move iterators), and each key must be greater than the one before. Where
  // many come together it takes a fraction of the time of as many calls of
  // insert(). Each insertion is linearizable, the whole is not one instant.
  // Other threads may read and write meanwhile; writers wait while an extent is
  // rebuilt, some tens of microseconds, or a few hundred where thousands of
  // entries go between two others.
  //
  // Throws std::invalid_argument, which names the first element that is not
  // greater than the one before, when all elements before that have been
  // merged; and what allocation, the comparator, copies and moves throw: the
  // first so many elements have been merged then, and others moved from.
  template <class Range>
  size_t insert_sorted(Range&& range) {
    static_assert(internal::CheckSorted<Range, Key, Value>());
    return internal::InsertSorted(tree_, "insert_sorted",
                                  std::forward<Range>(range));
  }
  size_t insert_sorted(std::initializer_list<std::pair<Key, Value>> entries)
    requires std::copy_constructible<Value>
  {
    return internal::InsertSorted(tree_, "insert_sorted", entries);
  }

  // Erases all entries with keys in [lo, hi); returns how many. Each erasure is
  // linearizable, the whole is not one instant: what others insert meanwhile
  // may be erased or not. Extents that lie in the range are unlinked some at a
  // time, so that it takes O(log N + entries / segment). Throws what
  // allocation, the comparator and copies of keys throw; some entries may have
  // been erased then.
  template <class Low = Key, class High = Key>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t erase_range(const Low& lo, const High& hi) {
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::EraseRange(tree_, from, to);
      });
    });
  }

  // Erases all entries for which pred(const Key&, const Value&) holds; returns
  // how many. Each erasure is linearizable: the predicate held for the value
  // that the entry had at that instant. As a scan it comes to every entry that
  // is there throughout. The key is as the scan has shown it, even if one that
  // compares equal has taken its place since. `pred` runs with nothing held,
  // and more than once for an entry: it must have no effects, and may read any
  // map. If it throws, some entries may have been erased.
  using Base::erase_if;
  template <class Predicate>
  size_t erase_if(Predicate pred) {
    static_assert(
        internal::CheckEntryPredicate<Predicate, typename Types::ShownKey,
                                      Value>());
    auto&& chosen = internal::OfKeyAndValue<Types>(pred);
    return internal::EraseAllWhere(tree_, chosen);
  }

  // --- Many keys ------------------------------------------------------------
  //
  // One operation for each of keys[i], in their order: faster than as many
  // calls in maps larger than the caches, because the operations wait for
  // memory together. Each is linearizable; the batch is not one instant. All
  // return how many did what the single operation says "true" for, and write
  // that to results[i] if there are results. They throw std::invalid_argument,
  // and nothing has happened, if `values` are not as many as `keys`, or
  // `results` neither as many nor none; else what the single operations throw,
  // and those of the keys before have happened.

  // Inserts unless the key is present; counts those inserted.
  size_t insert_batch(std::span<const Key> keys, std::span<const Value> values,
                      std::span<bool> results = {})
    requires std::copy_constructible<Value>
  {
    CheckLengths(keys.size() == values.size() && Fits(keys, results),
                 "pma: insert_batch needs as many values as keys, and as many "
                 "results or none");
    return Batch<internal::Purpose::kMove>(keys, results, [&](size_t i) {
      return this->insert(keys[i], values[i]);
    });
  }

  // Inserts, or replaces the value of a key that is present; counts those
  // inserted.
  size_t assign_batch(std::span<const Key> keys, std::span<const Value> values,
                      std::span<bool> results = {})
    requires std::copy_constructible<Value>
  {
    CheckLengths(keys.size() == values.size() && Fits(keys, results),
                 "pma: assign_batch needs as many values as keys, and as many "
                 "results or none");
    return Batch<internal::kToReplace<Types>>(keys, results, [&](size_t i) {
      return this->insert_or_assign(keys[i], values[i]);
    });
  }

  // Erases; counts those that were present.
  size_t erase_batch(std::span<const Key> keys, std::span<bool> results = {}) {
    CheckLengths(Fits(keys, results),
                 "pma: erase_batch needs as many results as keys, or none");
    return Batch<internal::Purpose::kMove>(
        keys, results, [&](size_t i) { return this->erase(keys[i]); });
  }

  // --- Memory ---------------------------------------------------------------

  // Gives back all memory that can be: packs what is sparse, merges what fits
  // together, and frees what nobody reads and what reserve() has made. O(N);
  // writers wait for the extents that are being packed. Without memory for it,
  // what has not been packed stays as it was.
  void shrink_to_fit() { internal::ShrinkToFit(tree_); }

  // Makes memory for `entries` in all, and touches it, so that insertions need
  // not wait for the system. What lies in boxes is not among it, nor are maps
  // of less than half a megabyte or so; and what erasures empty is given back.
  // Throws what the allocator throws.
  void reserve(size_t entries) { internal::Reserve(tree_, entries); }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;

 private:
  static bool Fits(std::span<const Key> keys, std::span<bool> results) {
    return results.empty() || results.size() == keys.size();
  }
  static void CheckLengths(bool fit, const char* cause) {
    if (!fit) internal::Throw<std::invalid_argument>(cause);
  }

  template <internal::Purpose kPurpose, class Write>
  size_t Batch(std::span<const Key> keys, std::span<bool> results,
               const Write& write) {
    return internal::WriteBatch<kPurpose>(tree_, keys, [&](size_t i) {
      const bool done = write(i);
      if (!results.empty()) results[i] = done;
      return done;
    });
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_BULK_H_
