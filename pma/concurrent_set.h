// SPDX-License-Identifier: Apache-2.0

// pma::ConcurrentSet: an ordered set that many threads read, write and scan at
// once. It is a ConcurrentMap whose values take no memory: all that is said of
// threads, consistency, progress, exceptions and memory in concurrent_map.h
// holds of it.
//
//   pma::ConcurrentSet<uint64_t> set;
//   set.insert(3);
//   std::optional<uint64_t> next = set.ceiling(2);
//   set.scan(0, 100, [](uint64_t key) { ... });
//   for (uint64_t key : set.range(0, 100)) ...
//
// A set of std::pair<Key, uint64_t> serves as a multimap.

#ifndef PMA_CONCURRENT_SET_H_
#define PMA_CONCURRENT_SET_H_

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "pma/concurrent_map.h"
#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"
#include "pma/options.h"

namespace pma::inline PMA_VARIANT {

// The parameters are those of a ConcurrentMap.
//
// So are the members named by `using`, and what is said of them there, in
// map/*.h; but where a map shows a key and a value, a set shows the key: a
// callback is called as f(const Key&), std::optional<Key> is returned, and
// cursors and views refer to const Key&.
template <class Key, class Compare = std::less<>,
          class Allocator = std::allocator<std::byte>,
          class Tuning = DefaultTuning>
class ConcurrentSet
    : ConcurrentMap<Key, internal::Presence, Compare, Allocator, Tuning> {
  using Presence = internal::Presence;
  using Map = ConcurrentMap<Key, Presence, Compare, Allocator, Tuning>;

  // A range of keys as one of entries.
  template <class Range>
  static auto AsEntries(Range& keys) {
    static_assert(internal::CheckSortedKeys<Range&, Key>());
    return std::views::transform(
        std::ranges::ref_view<std::remove_reference_t<Range>>(keys),
        // What is made on the way is held, what lies there is referred to.
        [](std::ranges::range_reference_t<Range&> key) {
          using Reference = std::ranges::range_reference_t<Range&>;
          return std::pair<Reference, Presence>(std::forward<Reference>(key),
                                                Presence());
        });
  }

  explicit ConcurrentSet(Map&& map) : Map(std::move(map)) {}

 public:
  using key_type = Key;
  using value_type = Key;
  using key_compare = Compare;
  using allocator_type = Allocator;

  // An empty set allocates nothing.
  ConcurrentSet()
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
      : Map(Compare(), Allocator()) {}
  explicit ConcurrentSet(const Compare& compare)
    requires std::default_initializable<Allocator>
      : Map(compare, Allocator()) {}
  explicit ConcurrentSet(const Allocator& allocator)
    requires std::default_initializable<Compare>
      : Map(Compare(), allocator) {}
  ConcurrentSet(const Compare& compare, const Allocator& allocator)
      : Map(compare, allocator) {}

  // As the map's.
  ConcurrentSet(ConcurrentSet&&) noexcept = default;
  ConcurrentSet(ConcurrentSet&& other, const Allocator& allocator) noexcept(
      std::is_nothrow_constructible_v<Map, Map&&, const Allocator&>)
      : Map(std::move(other), allocator) {}
  ConcurrentSet& operator=(ConcurrentSet&&) noexcept(
      std::is_nothrow_move_assignable_v<Map>) = default;
  ConcurrentSet(const ConcurrentSet&) = delete;
  ConcurrentSet& operator=(const ConcurrentSet&) = delete;
  ~ConcurrentSet() = default;
  void swap(ConcurrentSet& other) noexcept { Map::swap(other); }
  friend void swap(ConcurrentSet& a, ConcurrentSet& b) noexcept { a.swap(b); }

  // A set of the keys of a range, each greater than the one before, else
  // std::invalid_argument names the first that is not.
  template <class Range>
  static ConcurrentSet from_sorted(Range&& keys)
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
  {
    return from_sorted(std::forward<Range>(keys), Compare(), Allocator());
  }
  template <class Range>
  static ConcurrentSet from_sorted(Range&& keys, const Compare& compare,
                                   const Allocator& allocator) {
    return ConcurrentSet(Map::from_sorted(AsEntries(keys), compare, allocator));
  }
  static ConcurrentSet from_sorted(std::initializer_list<Key> keys)
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
  {
    return from_sorted<std::initializer_list<Key>&>(keys);
  }
  // A packed set with the keys that a scan shows.
  ConcurrentSet clone() const { return ConcurrentSet(Map::clone()); }

  // --- Single keys ----------------------------------------------------------

  // Inserts unless the key is present. True if inserted.
  bool insert(const Key& key) { return Map::insert(key, Presence()); }
  bool insert(Key&& key) { return Map::insert(std::move(key), Presence()); }
  // Of what a key can be made of, if the comparator compares it with keys.
  template <class Query>
    requires(!std::is_same_v<std::remove_cvref_t<Query>, Key> &&
             !std::is_convertible_v<const Query&, Key> &&
             requires(Map& map, const Query& q) { map.insert(q, Presence()); })
  bool insert(const Query& q) {
    return Map::insert(q, Presence());
  }

  // Erases `q`: whether it was present, or the key that was.
  using Map::erase;
  using Map::extract;
  // Whether `q` is present, and what key is stored then.
  using Map::contains;
  using Map::visit_entry;

  // --- Both ends, neighbours ------------------------------------------------

  // The least key and the greatest.
  using Map::first;
  using Map::last;
  using Map::visit_first;
  using Map::visit_last;
  // The same, erased.
  using Map::pop_first;
  using Map::pop_last;
  // The greatest key <= q, least >= q, greatest < q, least > q.
  using Map::ceiling;
  using Map::floor;
  using Map::higher;
  using Map::lower;
  using Map::visit_ceiling;
  using Map::visit_floor;
  using Map::visit_higher;
  using Map::visit_lower;

  // --- Ranges ---------------------------------------------------------------

  // Keys, one by one and ascending: all, those in [lo, hi), from lo on, the
  // first so many of these, those after lo.
  using Map::scan;
  using Map::scan_after;
  using Map::scan_from;
  using Map::scan_n;
  // Descending: those in [lo, hi), from hi on, the first so many of these.
  using Map::scan_reverse;
  using Map::scan_reverse_from;
  using Map::scan_reverse_n;
  // As std::span<const Key>, many at a time.
  using Map::scan_columns;
  // As of one instant.
  using Map::snapshot_scan;

  // Positions among the keys, and views of ranges (pma/cursor.h).
  using Map::all;
  using Map::cursor;
  using Map::range;
  using Map::reversed;
  using typename Map::Cursor;

  // How many there are in a range, and keys that cut the set into equal parts.
  using Map::approximate_count;
  using Map::count_range;
  using Map::split_keys;

  // --- Many at once ---------------------------------------------------------

  // As the map's, of ranges of keys.
  template <class Range>
  size_t insert_sorted(Range&& keys) {
    return Map::insert_sorted(AsEntries(keys));
  }
  size_t insert_sorted(std::initializer_list<Key> keys) {
    return Map::insert_sorted(AsEntries(keys));
  }
  // Erases the keys in [lo, hi); those for which pred(const Key&) holds; those
  // of a batch.
  using Map::erase_batch;
  using Map::erase_if;
  using Map::erase_range;
  // Inserts the keys of a batch, as the map's.
  size_t insert_batch(std::span<const Key> keys, std::span<bool> results = {}) {
    return InPieces(
        keys, results, [&](std::span<const Key> some, std::span<bool> answers) {
          return Map::insert_batch(some, std::span(kPresent).first(some.size()),
                                   answers);
        });
  }
  // Looks up keys[i], for all i; returns how many are present, and writes
  // results[i] if there are results.
  size_t contains_batch(std::span<const Key> keys,
                        std::span<bool> results = {}) const {
    return InPieces(
        keys, results, [&](std::span<const Key> some, std::span<bool> answers) {
          std::array<std::optional<Presence>, kPiece> found;
          Map::find_batch(some, std::span(found).first(some.size()));
          size_t count = 0;
          for (size_t i = 0; i < some.size(); ++i) {
            count += found[i].has_value();
            if (!answers.empty()) answers[i] = found[i].has_value();
          }
          return count;
        });
  }

  // --- The whole set --------------------------------------------------------

  // How many keys there are; and to be rid of them.
  using Map::clear;
  using Map::empty;
  using Map::size;
  // Memory, and how it is laid out.
  using Map::memory_usage;
  using Map::reclaim;
  using Map::reserve;
  using Map::shrink_to_fit;
  using Map::stats;
  using Map::visit_layout;
  // What it compares with, and allocates from.
  using Map::get_allocator;
  using Map::key_comp;
  // For tests.
  using Map::check_invariants;
  using Map::CheckInvariants;

 private:
  // Keys of a batch that are taken at a time: those that have a value to go
  // with them.
  static constexpr size_t kPiece = 64;
  static constexpr std::array<Presence, kPiece> kPresent{};

  // Adds up do_some(keys, results) of a few keys at a time.
  template <class DoSome>
  static size_t InPieces(std::span<const Key> keys, std::span<bool> results,
                         const DoSome& do_some) {
    if (!results.empty() && results.size() != keys.size()) {
      internal::Throw<std::invalid_argument>(
          "pma: a batch needs as many results as keys, or none");
    }
    size_t count = 0;
    for (size_t begin = 0; begin < keys.size(); begin += kPiece) {
      const size_t size = std::min(kPiece, keys.size() - begin);
      count += do_some(
          keys.subspan(begin, size),
          results.empty() ? std::span<bool>() : results.subspan(begin, size));
    }
    return count;
  }
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_CONCURRENT_SET_H_
