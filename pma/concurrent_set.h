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
#include <string>
#include <type_traits>
#include <utility>

#include "pma/concurrent_map.h"
#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/store/requirements.h"
#include "pma/options.h"
#include "pma/stats.h"

namespace pma::inline PMA_VARIANT {

// The parameters are those of a ConcurrentMap.
template <class Key, class Compare = std::less<>,
          class Allocator = std::allocator<std::byte>,
          class Tuning = DefaultTuning>
class ConcurrentSet {
  struct Nothing {};
  using Map = ConcurrentMap<Key, Nothing, Compare, Allocator, Tuning>;

  // What a key of a set may be sought by.
  template <class Query>
  static constexpr bool kLookup = requires {
    typename Compare::is_transparent;
  } || std::is_convertible_v<const Query&, Key>;

  // What shows entries of the map to f(const Key&).
  template <class Function>
  static auto OfKeys(Function& f) {
    static_assert(internal::CheckKeyScanner<Function, Key>());
    return [&f](const Key& key, const Nothing&) { return f(key); };
  }
  static std::optional<Key> KeyOf(
      std::optional<std::pair<Key, Nothing>> entry) {
    if (!entry.has_value()) return std::nullopt;
    return std::move(entry->first);
  }
  // A range of keys as one of entries.
  template <class Range>
  static auto AsEntries(Range& keys) {
    static_assert(internal::CheckSortedKeys<Range&, Key>());
    return std::views::transform(
        std::ranges::ref_view<std::remove_reference_t<Range>>(keys),
        // What is made on the way is held, what lies there is referred to.
        [](std::ranges::range_reference_t<Range&> key) {
          using Reference = std::ranges::range_reference_t<Range&>;
          return std::pair<Reference, Nothing>(std::forward<Reference>(key),
                                               Nothing());
        });
  }

  explicit ConcurrentSet(Map&& map) : map_(std::move(map)) {}

 public:
  using key_type = Key;
  using value_type = Key;
  using key_compare = Compare;
  using allocator_type = Allocator;

  // An empty set allocates nothing.
  ConcurrentSet()
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
      : map_(Compare(), Allocator()) {}
  explicit ConcurrentSet(const Compare& compare)
    requires std::default_initializable<Allocator>
      : map_(compare, Allocator()) {}
  explicit ConcurrentSet(const Allocator& allocator)
    requires std::default_initializable<Compare>
      : map_(Compare(), allocator) {}
  ConcurrentSet(const Compare& compare, const Allocator& allocator)
      : map_(compare, allocator) {}

  // As the map's.
  ConcurrentSet(ConcurrentSet&&) noexcept = default;
  ConcurrentSet& operator=(ConcurrentSet&&) noexcept(
      std::is_nothrow_move_assignable_v<Map>) = default;
  ConcurrentSet(const ConcurrentSet&) = delete;
  ConcurrentSet& operator=(const ConcurrentSet&) = delete;
  ~ConcurrentSet() = default;
  void swap(ConcurrentSet& other) noexcept { map_.swap(other.map_); }
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
  ConcurrentSet clone() const { return ConcurrentSet(map_.clone()); }

  // --- Single keys ----------------------------------------------------------

  // Inserts unless the key is present. True if inserted.
  bool insert(const Key& key) { return map_.insert(key, Nothing()); }
  bool insert(Key&& key) { return map_.insert(std::move(key), Nothing()); }
  // Of what a key can be made of, if the comparator compares it with keys.
  template <class Query>
    requires(!std::is_same_v<std::remove_cvref_t<Query>, Key> &&
             !std::is_convertible_v<const Query&, Key> &&
             requires(Map& map, const Query& q) { map.insert(q, Nothing()); })
  bool insert(const Query& q) {
    return map_.insert(q, Nothing());
  }
  // Erases `q`. True if it was present.
  template <class Query = Key>
    requires kLookup<Query>
  bool erase(const Query& q) {
    return map_.erase(q);
  }
  // Whether `q` is present.
  template <class Query = Key>
    requires kLookup<Query>
  bool contains(const Query& q) const {
    return map_.contains(q);
  }

  // --- Neighbours -----------------------------------------------------------

  // The least key and the greatest.
  std::optional<Key> first() const { return KeyOf(map_.first()); }
  std::optional<Key> last() const { return KeyOf(map_.last()); }
  // The greatest key <= q, least >= q, greatest < q, least > q.
  template <class Query = Key>
    requires kLookup<Query>
  std::optional<Key> floor(const Query& q) const {
    return KeyOf(map_.floor(q));
  }
  template <class Query = Key>
    requires kLookup<Query>
  std::optional<Key> ceiling(const Query& q) const {
    return KeyOf(map_.ceiling(q));
  }
  template <class Query = Key>
    requires kLookup<Query>
  std::optional<Key> lower(const Query& q) const {
    return KeyOf(map_.lower(q));
  }
  template <class Query = Key>
    requires kLookup<Query>
  std::optional<Key> higher(const Query& q) const {
    return KeyOf(map_.higher(q));
  }

  // --- Ranges ---------------------------------------------------------------
  //
  // As the map's; `f` is called as f(const Key&).
  template <class Function>
  size_t scan(Function&& f) const {
    return map_.scan(OfKeys(f));
  }
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Low> && kLookup<High>
  size_t scan(const Low& lo, const High& hi, Function&& f) const {
    return map_.scan(lo, hi, OfKeys(f));
  }
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Low> && kLookup<High>
  size_t scan_reverse(const Low& lo, const High& hi, Function&& f) const {
    return map_.scan_reverse(lo, hi, OfKeys(f));
  }
  template <class Low = Key, class Function>
    requires kLookup<Low>
  size_t scan_from(const Low& lo, Function&& f) const {
    return map_.scan_from(lo, OfKeys(f));
  }
  template <class Low = Key, class Function>
    requires kLookup<Low>
  size_t scan_n(const Low& lo, size_t limit, Function&& f) const {
    return map_.scan_n(lo, limit, OfKeys(f));
  }

  // --- Many at once ---------------------------------------------------------
  //
  // As the map's.
  template <class Range>
  size_t insert_sorted(Range&& keys) {
    return map_.insert_sorted(AsEntries(keys));
  }
  size_t insert_sorted(std::initializer_list<Key> keys) {
    return map_.insert_sorted(AsEntries(keys));
  }
  template <class Low = Key, class High = Key>
    requires kLookup<Low> && kLookup<High>
  size_t erase_range(const Low& lo, const High& hi) {
    return map_.erase_range(lo, hi);
  }
  // Erases the keys for which pred(const Key&) holds.
  template <class Predicate>
  size_t erase_if(Predicate pred) {
    return map_.erase_if(
        [&pred](const Key& key, const Nothing&) { return pred(key); });
  }
  size_t insert_batch(std::span<const Key> keys, std::span<bool> results = {}) {
    return InPieces(keys, results, [&](auto some, auto answers) {
      return map_.insert_batch(some, std::span(kNothings).first(some.size()),
                               answers);
    });
  }
  // Looks up keys[i], for all i; returns how many are present, and writes
  // results[i] if there are results.
  size_t contains_batch(std::span<const Key> keys,
                        std::span<bool> results = {}) const {
    return InPieces(keys, results, [&](auto some, auto answers) {
      std::array<std::optional<Nothing>, kPiece> found;
      map_.find_batch(some, std::span(found).first(some.size()));
      size_t count = 0;
      for (size_t i = 0; i < some.size(); ++i) {
        count += found[i].has_value();
        if (!answers.empty()) answers[i] = found[i].has_value();
      }
      return count;
    });
  }
  size_t erase_batch(std::span<const Key> keys, std::span<bool> results = {}) {
    return map_.erase_batch(keys, results);
  }

  // --- The whole set --------------------------------------------------------
  //
  // As the map's.
  size_t size() const { return map_.size(); }
  bool empty() const { return map_.empty(); }
  void clear() { map_.clear(); }
  size_t reclaim() { return map_.reclaim(); }
  void shrink_to_fit() { map_.shrink_to_fit(); }
  void reserve(size_t keys) { map_.reserve(keys); }
  MemoryUsage memory_usage() const { return map_.memory_usage(); }
  key_compare key_comp() const { return map_.key_comp(); }
  allocator_type get_allocator() const { return map_.get_allocator(); }
  std::string CheckInvariants() const { return map_.CheckInvariants(); }

 private:
  // Keys of a batch that are taken at a time: those that have a value to go
  // with them.
  static constexpr size_t kPiece = 64;
  static constexpr std::array<Nothing, kPiece> kNothings{};

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

  Map map_;
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_CONCURRENT_SET_H_
