// SPDX-License-Identifier: Apache-2.0

// pma::ConcurrentMap: an ordered map that many threads read, write and scan at
// once.
//
// Entries lie in key order in packed memory arrays (sorted arrays with gaps)
// under a small static search tree. Each segment of some fifty entries is
// guarded by one version+marker word; insertions rebalance windows of segments;
// memory is reclaimed by epochs. After Bender, Fineman, Gilbert, Kuszmaul,
// "Concurrent cache-oblivious B-trees" (SPAA 2005). docs/DESIGN.md is the tour.
//
//   pma::ConcurrentMap<uint64_t, uint64_t> map;
//   map.insert(3, 30);
//   map.insert_or_assign(7, 70);
//   std::optional<uint64_t> value = map.find(3);
//   map.scan(0, 100, [](uint64_t key, uint64_t value) { ... });
//
// THREAD SAFETY. Every member function may run at the same time as any other,
// from any number of threads and without registration, except construction,
// destruction, move, swap and CheckInvariants(), which need the maps to
// themselves.
//
// CONSISTENCY. Operations on one key, and first, last, floor, ceiling, lower,
// higher and clear, are linearizable. Scans are sorted and free of duplicates
// and read each segment at one instant; an entry present throughout a scan is
// visited exactly once, one absent throughout never. They read up to four
// segments before they show them, so that a callback may still be shown what it
// has just erased.
//
// PROGRESS. Reads (find, contains, visit, the neighbours, scans) are lock-free
// and wait for no one: a writer stopped at any point leaves either the old
// cells or a complete image of the new ones to read; a read starts again only
// when some other thread has completed a change. Writers wait for a writer of
// the same segment, for the rebalance of the window or extent it lies in (which
// in turn waits for writers in there), for clear, and for memory, which
// allocators hand out under locks.
//
// CALLBACKS run on validated entries (copies of inline ones, pinned boxes of
// others) with no lock held and may call the map. References passed to them are
// valid until they return.
//
// EXCEPTIONS from allocation, from the comparator and from copies and moves of
// keys and values leave the map as it was. Nothing else throws, except what
// find_batch() says, and std::length_error in a thread that comes to its first
// map while 65536 others that have used one are alive. In a program without
// exceptions (-fno-exceptions) each of these ends it, with a line on stderr
// that says why; an allocator of the user's must then give null, not throw.
//
// WHEN MEMORY IS FREED, and destructors of erased and replaced keys and values
// run: at the end of the operation that erased or replaced them if no other
// thread has ever used a map, or if it is time to look for garbage (after 256
// of them, 64 KiB, or ten milliseconds) and no reader holds them; else at the
// end of a later writing operation of the map, in reclaim() or in its
// destructor. They run on the thread of that operation, with no lock held.
//
// USER CODE. The copy constructor of keys and the allocator may run during a
// rebalance: they may use other maps, but must not write to this one.
//
// KEYS AND VALUES. Trivially copyable types of up to 32 bytes lie inline; all
// others in a box of their own. Keys must be copyable: bounds of segments are
// copies of keys, which outlive the entry they came from (so what a key merely
// points to, such as a string_view's characters, must stay valid until the map
// is cleared or destroyed). Values need only be movable; members that return a
// value need it copyable. Every key value is allowed; NaN is not ordered by
// std::less and so not a key.
//
// ALLOCATORS. Any allocator of the standard's will do, also one that ignores
// alignments beyond std::max_align_t's, one whose pointers are of a class, and
// one that cannot be default-constructed; it is used by many threads at once if
// the map is. Boxed keys and values, and the copies of keys, are constructed
// and destroyed by std::allocator_traits, so that std::pmr::string gets the
// map's memory resource, and std::scoped_allocator_adaptor works; what lies
// inline is not. Maps are moved, assigned and swapped as the standard's
// containers are; they are not copied, so select_on_... is never asked.
//
// COSTS. N entries, segments of C cells (63 for 8-byte keys and values): lookup
// O(log N); insert and erase O(C) plus amortized O(log^2 N) moves for the worst
// order of insertion, and about none for ascending and descending runs; scans
// O(log N + entries visited), sequential in memory.

#ifndef PMA_CONCURRENT_MAP_H_
#define PMA_CONCURRENT_MAP_H_

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/variant.h"
#include "pma/internal/read/find.h"
#include "pma/internal/read/nearest.h"
#include "pma/internal/read/scan.h"
#include "pma/internal/store/invariants.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/store/types.h"
#include "pma/internal/write/movable_tree.h"
#include "pma/internal/write/put_erase.h"
#include "pma/internal/write/rebuild.h"
#include "pma/options.h"
#include "pma/stats.h"

namespace pma::testing {
struct MapPeer;
}

namespace pma::inline PMA_VARIANT {

// `Compare` is a strict weak order; if it is transparent, `q`, `lo` and `hi`
// below may be anything it compares with keys, else anything that converts to
// a key. (Integers of another type cost nothing more if they fit.) All memory
// of the map comes from `Allocator`, rebound; what a thread needs for writing
// to any map (some 44 KB, kept for the next thread) and short lists during a
// rebuild do not. `Tuning` is for tests.
template <class Key, class Value, class Compare = std::less<>,
          class Allocator = std::allocator<std::byte>,
          class Tuning = DefaultTuning>
class ConcurrentMap {
  static_assert(internal::CheckKeyAndValue<Key, Value>());
  static_assert(internal::CheckCompare<Key, Compare>());
  static_assert(internal::CheckAllocator<Allocator>());

  using Types = internal::MapTypes<Key, Value, Compare, Allocator, Tuning>;
  using MovableTree = internal::MovableTree<Types>;
  using Direction = internal::Direction;
  using Side = internal::Side;

  static constexpr bool kTransparent =
      requires { typename Compare::is_transparent; };

  template <class Query>
  static constexpr bool kLookup =
      kTransparent || std::is_convertible_v<const Query&, Key>;

  // Cells without boxes: to copy one is nothing, and numbers that are passed by
  // value stay in registers.
  static constexpr bool kInline =
      !Types::KeyCodec::kBoxed && !Types::ValueCodec::kBoxed;

  // What values are made of; an allocator may add arguments for boxed ones.
  template <class... Args>
  static constexpr bool kMakesValue =
      std::disjunction_v<std::bool_constant<Types::ValueCodec::kBoxed &&
                                            !internal::kIsStandard<Allocator>>,
                         std::is_constructible<Value, Args...>>;

  // What is compared with keys before it is made one.
  template <class Query>
  static constexpr bool kMakesKey =
      kTransparent && Types::KeyCodec::kBoxed && !std::is_same_v<Query, Key> &&
      std::is_constructible_v<Key, const Query&> &&
      std::is_invocable_r_v<bool, const Compare&, const Query&, const Key&> &&
      std::is_invocable_r_v<bool, const Compare&, const Key&, const Query&>;

 public:
  using key_type = Key;
  using mapped_type = Value;
  using key_compare = Compare;
  using allocator_type = Allocator;

  // An empty map allocates nothing.
  ConcurrentMap()
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
      : tree_(Compare(), Allocator()) {}
  explicit ConcurrentMap(const Compare& compare)
    requires std::default_initializable<Allocator>
      : tree_(compare, Allocator()) {}
  explicit ConcurrentMap(const Allocator& allocator)
    requires std::default_initializable<Compare>
      : tree_(Compare(), allocator) {}
  ConcurrentMap(const Compare& compare, const Allocator& allocator)
      : tree_(compare, allocator) {}

  // Takes everything from `other` and leaves it empty. O(1). No other thread
  // may use either map.
  ConcurrentMap(ConcurrentMap&&) noexcept = default;
  // Takes everything, with an allocator. If that does not equal the other one,
  // entries come one by one into memory of its own, keys copied, values moved:
  // O(N); if that throws, `other` has all its entries, some values moved from.
  ConcurrentMap(ConcurrentMap&& other,
                const Allocator& allocator) noexcept(MovableTree::kAlwaysEqual)
      : tree_(std::move(other.tree_), allocator) {}
  // Replaces the content by that of `other`, which is left empty. The allocator
  // stays, or becomes a copy of the other one if it propagates. O(N), to free
  // what was there. If it stays and does not equal the other one, entries come
  // one by one, as above; if that throws, this map is as it was.
  ConcurrentMap& operator=(ConcurrentMap&&) noexcept(
      MovableTree::kAssignedInOne) = default;
  ConcurrentMap(const ConcurrentMap&) = delete;
  ConcurrentMap& operator=(const ConcurrentMap&) = delete;

  // Frees all entries. No other thread may use the map any more; threads that
  // used it may live on.
  ~ConcurrentMap() = default;

  // Exchanges contents and comparators, and allocators if they propagate; if
  // not, they must be equal. O(1). No other thread may use either map.
  void swap(ConcurrentMap& other) noexcept { tree_.Swap(other.tree_); }
  friend void swap(ConcurrentMap& a, ConcurrentMap& b) noexcept { a.swap(b); }

  // --- One key --------------------------------------------------------------

  // A copy of the value of `q`, if present.
  template <class Query = Key>
    requires kLookup<Query> && std::copy_constructible<Value>
  std::optional<Value> find(const Query& q) const {
    std::optional<Value> result;
    visit(q, [&](const Value& value) { result.emplace(value); });
    return result;
  }

  // Whether `q` is present.
  template <class Query = Key>
    requires kLookup<Query>
  bool contains(const Query& q) const {
    return visit(q, [](const Value&) {});
  }

  // Calls f(const Value&) with the value of `q`, if present; returns whether it
  // was. The value is the one at some instant during the call, and stays so
  // while `f` runs even if another thread replaces or erases it meanwhile.
  template <class Query = Key, class Function>
    requires kLookup<Query>
  bool visit(const Query& q, Function&& f) const {
    static_assert(internal::CheckVisitor<Function, Value>());
    return WithProbe(
        q, [&](const auto& probe) { return internal::Visit(tree_, probe, f); });
  }

  // Looks up keys[i] into values[i], for all i, in any order: as many calls of
  // find() but faster, up to several times in maps larger than the caches,
  // because the look-ups wait for memory together. Each is linearizable; the
  // batch is not one instant. Throws std::invalid_argument if the spans differ
  // in length, and otherwise what copying a value throws; what has been written
  // to `values` by then stays.
  void find_batch(std::span<const Key> keys,
                  std::span<std::optional<Value>> values) const
    requires std::copy_constructible<Value>
  {
    if (keys.size() != values.size()) {
      internal::Throw<std::invalid_argument>(
          "pma: find_batch needs as many values as keys");
    }
    internal::FindBatch(
        tree_, keys,
        [&](size_t i, const Value& value) { values[i].emplace(value); },
        [&](size_t i) { values[i].reset(); });
  }

  // What is not needed is neither copied nor moved from: the value if nothing
  // is inserted or assigned, the key if it is present; unless another thread
  // puts or erases the key at the same moment. Instead of a key, all three take
  // what one can be made of, if the comparator is transparent and compares it
  // with keys, and make the key only if it is absent.

  // Inserts unless the key is present. True if inserted.
  bool insert(Key key, Value value)
    requires kInline
  {
    return QuickPut(key, value, /*replace=*/false);
  }
  bool insert(const Key& key, const Value& value)
    requires(!kInline && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/false, key, value);
  }
  bool insert(const Key& key, Value&& value)
    requires(!kInline)
  {
    return Put(/*replace=*/false, key, std::move(value));
  }
  bool insert(Key&& key, const Value& value)
    requires(!kInline && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/false, std::move(key), value);
  }
  bool insert(Key&& key, Value&& value)
    requires(!kInline)
  {
    return Put(/*replace=*/false, std::move(key), std::move(value));
  }
  template <class Query>
    requires kMakesKey<Query> && std::copy_constructible<Value>
  bool insert(const Query& q, const Value& value) {
    return Put(/*replace=*/false, q, value);
  }
  template <class Query>
    requires kMakesKey<Query>
  bool insert(const Query& q, Value&& value) {
    return Put(/*replace=*/false, q, std::move(value));
  }

  // Inserts a value constructed from `args` unless the key is present. True if
  // inserted.
  template <class... Args>
    requires kInline && kMakesValue<Args...>
  bool try_emplace(Key key, Args&&... args) {
    return Put(/*replace=*/false, std::move(key), std::forward<Args>(args)...);
  }
  template <class... Args>
    requires(!kInline && kMakesValue<Args...>)
  bool try_emplace(const Key& key, Args&&... args) {
    return Put(/*replace=*/false, key, std::forward<Args>(args)...);
  }
  template <class... Args>
    requires(!kInline && kMakesValue<Args...>)
  bool try_emplace(Key&& key, Args&&... args) {
    return Put(/*replace=*/false, std::move(key), std::forward<Args>(args)...);
  }
  template <class Query, class... Args>
    requires kMakesKey<Query> && kMakesValue<Args...>
  bool try_emplace(const Query& q, Args&&... args) {
    return Put(/*replace=*/false, q, std::forward<Args>(args)...);
  }

  // Inserts, or replaces the value of a key that is present (which stays as it
  // is). True if inserted.
  bool insert_or_assign(Key key, Value value)
    requires kInline
  {
    return QuickPut(key, value, /*replace=*/true);
  }
  bool insert_or_assign(const Key& key, const Value& value)
    requires(!kInline && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/true, key, value);
  }
  bool insert_or_assign(const Key& key, Value&& value)
    requires(!kInline)
  {
    return Put(/*replace=*/true, key, std::move(value));
  }
  bool insert_or_assign(Key&& key, const Value& value)
    requires(!kInline && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/true, std::move(key), value);
  }
  bool insert_or_assign(Key&& key, Value&& value)
    requires(!kInline)
  {
    return Put(/*replace=*/true, std::move(key), std::move(value));
  }
  template <class Query>
    requires kMakesKey<Query> && std::copy_constructible<Value>
  bool insert_or_assign(const Query& q, const Value& value) {
    return Put(/*replace=*/true, q, value);
  }
  template <class Query>
    requires kMakesKey<Query>
  bool insert_or_assign(const Query& q, Value&& value) {
    return Put(/*replace=*/true, q, std::move(value));
  }

  // Erases the entry of `q`. True if it was present.
  template <class Query = Key>
    requires kLookup<Query>
  bool erase(const Query& q) {
    return WithProbe(q, [&](const auto& probe) {
      if constexpr (internal::kPlainCells<Types>) {
        return internal::WithWideProbe<Types>(
            probe, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
              return internal::QuickErase(tree_, sought);
            });
      } else {
        return internal::Erase(tree_, probe);
      }
    });
  }

  // --- Neighbours -----------------------------------------------------------

  // The entry with the least or greatest key.
  std::optional<std::pair<Key, Value>> first() const
    requires std::copy_constructible<Value>
  {
    return NearestToEnd<Direction::kForward>();
  }
  std::optional<std::pair<Key, Value>> last() const
    requires std::copy_constructible<Value>
  {
    return NearestToEnd<Direction::kBackward>();
  }

  // The entry with the greatest key <= q, least >= q, greatest < q, least > q.
  template <class Query = Key>
    requires kLookup<Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> floor(const Query& q) const {
    return NearestToKey<Direction::kBackward, Side::kAfter>(q);
  }
  template <class Query = Key>
    requires kLookup<Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> ceiling(const Query& q) const {
    return NearestToKey<Direction::kForward, Side::kBefore>(q);
  }
  template <class Query = Key>
    requires kLookup<Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> lower(const Query& q) const {
    return NearestToKey<Direction::kBackward, Side::kBefore>(q);
  }
  template <class Query = Key>
    requires kLookup<Query> && std::copy_constructible<Value>
  std::optional<std::pair<Key, Value>> higher(const Query& q) const {
    return NearestToKey<Direction::kForward, Side::kAfter>(q);
  }

  // --- Ranges ---------------------------------------------------------------
  //
  // `f` is called as f(const Key&, const Value&) and returns void, or a bool
  // that is false to end the scan. All return the number of entries visited.

  // Entries in [lo, hi), ascending; scan_reverse: descending.
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Low> && kLookup<High>
  size_t scan(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return ScanBetween<Direction::kForward>(lo, hi, f);
  }
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Low> && kLookup<High>
  size_t scan_reverse(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return ScanBetween<Direction::kBackward>(lo, hi, f);
  }

  // All entries, ascending.
  template <class Function>
  size_t scan(Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return internal::ScanAll(tree_, f);
  }

  // Entries with keys >= lo, ascending.
  template <class Low = Key, class Function>
    requires kLookup<Low>
  size_t scan_from(const Low& lo, Function&& f) const {
    return scan_n(lo, internal::kNoLimit, f);
  }

  // The first `limit` entries with keys >= lo, ascending. A scan that knows its
  // length from the beginning fetches and copies no more than it needs.
  template <class Low = Key, class Function>
    requires kLookup<Low>
  size_t scan_n(const Low& lo, size_t limit, Function&& f) const {
    static_assert(internal::CheckScanner<Function, Key, Value>());
    return WithProbe(lo, [&](const auto& from) {
      return internal::ScanFirst(tree_, from, limit, f);
    });
  }

  // --- The whole map --------------------------------------------------------

  // The number of entries: exact when no thread writes, otherwise off by at
  // most the operations under way, and never negative. O(1).
  size_t size() const { return tree_.EntryCount(); }

  // Whether there was an instant at which the map held nothing. Linearizable.
  bool empty() const {
    const auto ignore = [](const Key&, const Value&) {};
    return !internal::Nearest<Types, Direction::kForward>(tree_, FromEnd(),
                                                          ignore);
  }

  // Removes all entries at one instant. O(N); writers wait meanwhile.
  void clear() {
    internal::Guard<typename Types::Platform> guard;
    internal::ExtentRebuilder<Types>(tree_, guard).Clear();
  }

  // Frees all that has been erased, replaced or outgrown and that no reader can
  // see any more; returns how many keys, values and extents readers still hold
  // (this thread, too, if called from a callback). Operations do the same now
  // and then. O(threads + what waits), and possibly a system call.
  size_t reclaim() { return tree_.Reclaim(); }

  // What the map has allocated, compares with, and allocates from. O(1).
  MemoryUsage memory_usage() const { return tree_.Usage(); }
  key_compare key_comp() const { return tree_.order().compare(); }
  allocator_type get_allocator() const { return tree_.allocator(); }

  // For tests: an empty string, or the first violated invariant. Requires that
  // no other thread uses the map. O(N).
  std::string CheckInvariants() const {
    return internal::InvariantChecker<Types>(tree_).Check();
  }

 private:
  friend struct testing::MapPeer;

  using Order = typename Types::Order;
  using KeyProbe = typename Order::template ProbeFor<Key>;

  // Calls fn with a probe for `q`, in the cheapest form that orders alike.
  template <class Query, class Fn>
  static decltype(auto) WithProbe(const Query& q, Fn fn) {
    static_assert(!kTransparent || internal::CheckQuery<Key, Compare, Query>());
    if constexpr (std::is_same_v<Query, Key>) {
      return fn(KeyProbe(q));
    } else if constexpr (!kTransparent) {
      const Key& key = q;
      return fn(KeyProbe(key));
    } else if constexpr (internal::kNaturalOrder<Key, Compare> &&
                         internal::kIsOtherNumber<Key, Query>) {
      if (!internal::OrdersAsKey<Key>(q)) {
        return fn(typename Order::template ProbeFor<Query>(q));
      }
      return fn(KeyProbe(static_cast<Key>(q)));
    } else if constexpr (Order::kPrefixed &&
                         std::is_convertible_v<const Query&,
                                               std::string_view>) {
      const std::string_view text = q;
      return fn(typename Order::template ProbeFor<std::string_view>(text));
    } else {
      return fn(typename Order::template ProbeFor<Query>(q));
    }
  }

  // insert() and insert_or_assign(), the short way for types that have one.
  bool QuickPut(const Key& key, const Value& value, bool replace) {
    if constexpr (internal::kPlainCells<Types>) {
      return internal::WithWideProbe<Types>(
          KeyProbe(key), [&](const auto& probe) PMA_ALWAYS_INLINE_LAMBDA {
            return internal::QuickPut(tree_, probe, tree_.MakeValue(value),
                                      replace);
          });
    } else {
      return Put(replace, key, value);
    }
  }

  // Put() and try_emplace() of what the key and the value are made of.
  template <class KeyArg, class... Args>
  bool Put(bool replace, KeyArg&& key, Args&&... args) {
    const auto put = [&](const auto& sought) {
      return internal::Put(
          tree_, sought, replace,
          [&] { return tree_.MakeKey(std::forward<KeyArg>(key)); },
          [&] { return tree_.MakeValue(std::forward<Args>(args)...); });
    };
    if constexpr (std::is_same_v<std::remove_cvref_t<KeyArg>, Key>) {
      return put(key);
    } else {
      return WithProbe(key, [&](const auto& probe) { return put(probe.key); });
    }
  }

  static internal::Start<KeyProbe> FromEnd() { return {}; }

  template <Direction kDirection, class Low, class High, class Function>
  size_t ScanBetween(const Low& lo, const High& hi, Function& f) const {
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::ScanBetween<Types, kDirection>(tree_, from, to, f);
      });
    });
  }

  // A copy of the entry that `find(keep)` calls keep(key, value) on, if any.
  template <class Find>
  static std::optional<std::pair<Key, Value>> Kept(const Find& find) {
    std::optional<std::pair<Key, Value>> entry;
    const auto keep = [&](const Key& key, const Value& value) {
      entry.emplace(key, value);
    };
    find(keep);
    return entry;
  }
  template <Direction kDirection>
  std::optional<std::pair<Key, Value>> NearestToEnd() const {
    return Kept([&](const auto& keep) {
      internal::Nearest<Types, kDirection>(tree_, FromEnd(), keep);
    });
  }
  template <Direction kDirection, Side kSide, class Query>
  std::optional<std::pair<Key, Value>> NearestToKey(const Query& q) const {
    return Kept([&](const auto& keep) {
      WithProbe(q, [&](const auto& probe) {
        internal::WithWideProbe<Types>(
            probe, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
              internal::NearestToKey<Types, kDirection, kSide>(tree_, sought,
                                                               keep);
            });
      });
    });
  }

  MovableTree tree_;
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_CONCURRENT_MAP_H_
