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
// destruction, move, swap and check_invariants(), which need the maps to
// themselves.
//
// CONSISTENCY. Operations on one key, the neighbours, pops, snapshot scans and
// clear are linearizable; operations on many entries are so for each of them.
// Other scans are sorted and free of duplicates and read each segment at one
// instant; an entry present throughout a scan is visited exactly once, one
// absent throughout never. They read up to four segments before they show them,
// so that a callback may still be shown what it has just erased. Cursors and
// views promise what scans do (pma/cursor.h).
//
// PROGRESS. Reads (find, contains, visit, the neighbours, scans, cursors) are
// lock-free and wait for no one: a writer stopped at any point leaves either
// the old cells or a complete image of the new ones to read; a read starts
// again only when some other thread has completed a change. Writers wait for a
// writer of the same segment, for the rebalance of the window or extent it lies
// in (which in turn waits for writers in there), for clear, for the copying of
// a snapshot, and for memory, which allocators hand out under locks.
// (snapshot_scan may hold writers up, but waits for none of them for long.)
//
// CALLBACKS run on validated entries (copies of inline ones, pinned boxes of
// others) with no lock held and may call the map. References passed to them are
// valid until they return.
//
// EXCEPTIONS from allocation, from the comparator and from copies and moves of
// keys and values leave the map as it was, or, in operations on many entries,
// with a part of them done. Nothing else throws, except std::invalid_argument
// where that is said, and std::length_error for a string of more than 2^31 - 1
// characters as a key, and in a thread that comes to its first map while 65536
// others that have used one are alive. In a program without
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
// rebalance, the comparator while a snapshot is taken, entries are merged or a
// range is erased: they may use other maps, but must not write to this one, nor
// wait for a thread that does.
//
// KEYS AND VALUES. Keys with an encoding (pma/key_encoding.h) lie inline, and
// are shown as an equivalent of what was inserted. Of other types trivially
// copyable ones of up to 32 bytes lie inline, all else in a box of its own.
// Keys must be copyable: bounds of segments are copies of keys, which outlive
// the entry they came from (so what a key merely points to, such as a
// string_view's characters, must stay valid until the map is cleared or
// destroyed). Values need only be movable; members that return a value need it
// copyable. Every key value is allowed; NaN is not ordered by std::less and so
// not a key.
//
// ALLOCATORS. Any allocator of the standard's will do, also one that ignores
// alignments beyond std::max_align_t's, one whose pointers are of a class, and
// one that cannot be default-constructed; it is used by many threads at once if
// the map is. Boxed keys and values, and the copies of keys, are constructed
// and destroyed by std::allocator_traits, so that std::pmr::string gets the
// map's memory resource, and std::scoped_allocator_adaptor works; what lies
// inline is not. Maps are moved, assigned and swapped as the standard's
// containers are, and select_on_... is asked by clone().
//
// COSTS. N entries, segments of C cells (56 for 8-byte keys and values): lookup
// O(log N); insert and erase O(C) plus amortized O(log^2 N) moves for the worst
// order of insertion, and about none for ascending and descending runs; scans
// O(log N + entries visited), sequential in memory.

#ifndef PMA_CONCURRENT_MAP_H_
#define PMA_CONCURRENT_MAP_H_

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/read/layout.h"
#include "pma/internal/store/invariants.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/write/bulk_load.h"
#include "pma/internal/write/rebuild.h"
#include "pma/map/base.h"
#include "pma/map/bulk.h"
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
//
// The members are written down by what they are for: here those of the map as a
// whole, the others in map/lookups.h, map/ranges.h, map/cursors.h,
// map/snapshots.h, map/updates.h, map/read_modify_write.h and map/bulk.h.
template <class Key, class Value, class Compare = std::less<>,
          class Allocator = std::allocator<std::byte>,
          class Tuning = DefaultTuning>
class ConcurrentMap
    : public internal::MapBulk<
          internal::CheckedTypes<Key, Value, Compare, Allocator, Tuning>> {
  using Types = internal::CheckedTypes<Key, Value, Compare, Allocator, Tuning>;
  using Base = internal::MapBulk<Types>;
  using Base::FromEnd;
  using Base::tree_;
  using MovableTree = internal::MovableTree<Types>;
  friend struct testing::MapPeer;

 public:
  using key_type = Key;
  using mapped_type = Value;
  using key_compare = Compare;
  using allocator_type = Allocator;

  // An empty map allocates nothing.
  ConcurrentMap()
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
      : Base(Compare(), Allocator()) {}
  explicit ConcurrentMap(const Compare& compare)
    requires std::default_initializable<Allocator>
      : Base(compare, Allocator()) {}
  explicit ConcurrentMap(const Allocator& allocator)
    requires std::default_initializable<Compare>
      : Base(Compare(), allocator) {}
  ConcurrentMap(const Compare& compare, const Allocator& allocator)
      : Base(compare, allocator) {}

  // Takes everything from `other` and leaves it empty. O(1). No other thread
  // may use either map.
  ConcurrentMap(ConcurrentMap&&) noexcept = default;
  // Takes everything, with an allocator. If that does not equal the other one,
  // entries come one by one into memory of its own, keys copied, values moved:
  // O(N); if that throws, `other` has all its entries, some values moved from.
  ConcurrentMap(ConcurrentMap&& other,
                const Allocator& allocator) noexcept(MovableTree::kAlwaysEqual)
      : Base(std::move(other.tree_), allocator) {}
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

  // A map of the entries of a range: pairs, or whatever has a .first and a
  // .second, views and move iterators included. Each key must be greater than
  // the one before, else std::invalid_argument names the first element that is
  // not. Faster than any other way to fill a map, and packed: nine cells of ten
  // are in use.
  template <class Range>
  static ConcurrentMap from_sorted(Range&& range)
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator>
  {
    return from_sorted(std::forward<Range>(range), Compare(), Allocator());
  }
  template <class Range>
  static ConcurrentMap from_sorted(Range&& range, const Compare& compare)
    requires std::default_initializable<Allocator>
  {
    return from_sorted(std::forward<Range>(range), compare, Allocator());
  }
  template <class Range>
  static ConcurrentMap from_sorted(Range&& range, const Allocator& allocator)
    requires std::default_initializable<Compare>
  {
    return from_sorted(std::forward<Range>(range), Compare(), allocator);
  }
  template <class Range>
  static ConcurrentMap from_sorted(Range&& range, const Compare& compare,
                                   const Allocator& allocator) {
    static_assert(internal::CheckSorted<Range, Key, Value>());
    ConcurrentMap map(compare, allocator);
    internal::LoadSorted(map.tree_, "from_sorted", std::forward<Range>(range));
    return map;
  }
  static ConcurrentMap from_sorted(
      std::initializer_list<std::pair<Key, Value>> entries,
      const Compare& compare = Compare(),
      const Allocator& allocator = Allocator())
    requires std::default_initializable<Compare> &&
             std::default_initializable<Allocator> &&
             std::copy_constructible<Value>
  {
    return from_sorted<std::initializer_list<std::pair<Key, Value>>&>(
        entries, compare, allocator);
  }

  // A packed map with the entries that a scan shows: sorted, each that is there
  // throughout, none that is absent throughout, those of a segment as of one
  // instant. It has a copy of the comparator and, as the standard's containers
  // have when they are copied, of the allocator.
  ConcurrentMap clone() const
    requires std::copy_constructible<Value>
  {
    ConcurrentMap map(
        key_comp(),
        std::allocator_traits<Allocator>::select_on_container_copy_construction(
            get_allocator()));
    if (!tree_.HasHoldings()) return map;
    internal::BulkLoader<Types> loader(map.tree_, "clone");
    const auto add = [&](const auto& shown, const Value& value) {
      const Key& key = Key(shown);
      loader.Add(std::pair<const Key&, const Value&>(key, value));
    };
    internal::ScanAll(tree_, add);
    loader.Finish();
    return map;
  }

  // --- The whole map --------------------------------------------------------

  // The number of entries: exact when no thread writes, otherwise off by at
  // most the operations under way, and never negative. O(1).
  size_t size() const { return tree_.EntryCount(); }

  // Whether there was an instant at which the map held nothing. Linearizable.
  bool empty() const {
    const auto ignore = [](const auto&, const Value&) {};
    return !internal::Nearest<Types, internal::Direction::kForward>(
        tree_, FromEnd(), ignore);
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

  // How the map is laid out, and what has been done to keep it so.
  // O(N / C), and waits for no one.
  MapStats stats() const { return internal::StatsOf(tree_); }

  // Calls f(size_t extent, std::span<const uint8_t> fills) for each extent in
  // key order, with the number of entries in each of its segments. While a
  // window moves, its segments count as empty.
  template <class Function>
  void visit_layout(Function&& f) const {
    static_assert(internal::CheckLayoutVisitor<Function>());
    internal::VisitLayout(tree_, f);
  }

  // For tests: whether no invariant is violated; else `violation`, if any, gets
  // the first that is. Requires that no other thread uses the map. O(N).
  bool check_invariants(std::string* violation = nullptr) const {
    std::string first = CheckInvariants();
    const bool all_hold = first.empty();
    if (violation != nullptr) *violation = std::move(first);
    return all_hold;
  }
  // The same by its old name, for one version: an empty string, or the first
  // violated invariant.
  std::string CheckInvariants() const {
    return internal::InvariantChecker<Types>(tree_).Check();
  }
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_CONCURRENT_MAP_H_
