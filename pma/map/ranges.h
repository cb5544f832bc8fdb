// SPDX-License-Identifier: Apache-2.0

// Neighbours of a key, and ranges of them.

#ifndef PMA_MAP_RANGES_H_
#define PMA_MAP_RANGES_H_

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "pma/internal/read/columns.h"
#include "pma/internal/read/count.h"
#include "pma/internal/read/nearest.h"
#include "pma/internal/read/scan.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"
#include "pma/map/lookups.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class MapRanges : public MapLookups<Types> {
  using Base = MapLookups<Types>;
  using Key = typename Types::Key;
  using ShownKey = typename Types::ShownKey;
  using Value = typename Types::Value;
  using Entry = internal::Entry<Types>;

 public:
  // --- Neighbours -----------------------------------------------------------

  // Calls f(const Key&, const Value&) with the entry of the least or greatest
  // key; returns whether there is one. The entry is the one at some instant
  // during the call, and stays so while `f` runs.
  template <class Function>
  bool visit_first(Function&& f) const {
    return VisitAtEnd<Direction::kForward>(f);
  }
  template <class Function>
  bool visit_last(Function&& f) const {
    return VisitAtEnd<Direction::kBackward>(f);
  }

  // Likewise with the entry of the greatest key <= q, least >= q, greatest < q,
  // least > q.
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool visit_floor(const Query& q, Function&& f) const {
    return VisitNearest<Direction::kBackward, Side::kAfter>(q, f);
  }
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool visit_ceiling(const Query& q, Function&& f) const {
    return VisitNearest<Direction::kForward, Side::kBefore>(q, f);
  }
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool visit_lower(const Query& q, Function&& f) const {
    return VisitNearest<Direction::kBackward, Side::kBefore>(q, f);
  }
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool visit_higher(const Query& q, Function&& f) const {
    return VisitNearest<Direction::kForward, Side::kAfter>(q, f);
  }

  // Copies of these entries, pairs of a key and a value, if there are any.
  std::optional<Entry> first() const
    requires std::copy_constructible<Value>
  {
    return Kept([&](const auto& keep) { visit_first(keep); });
  }
  std::optional<Entry> last() const
    requires std::copy_constructible<Value>
  {
    return Kept([&](const auto& keep) { visit_last(keep); });
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<Entry> floor(const Query& q) const {
    return Kept([&](const auto& keep) { visit_floor(q, keep); });
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<Entry> ceiling(const Query& q) const {
    return Kept([&](const auto& keep) { visit_ceiling(q, keep); });
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<Entry> lower(const Query& q) const {
    return Kept([&](const auto& keep) { visit_lower(q, keep); });
  }
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<Entry> higher(const Query& q) const {
    return Kept([&](const auto& keep) { visit_higher(q, keep); });
  }

  // --- Ranges ---------------------------------------------------------------
  //
  // `f` is called as f(const Key&, const Value&) and returns void, or a bool
  // that is false to end the scan. All return the number of entries visited.

  // Entries in [lo, hi), ascending; scan_reverse: descending.
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t scan(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, ShownKey, Value>());
    return ScanBetween<Direction::kForward>(lo, hi, f);
  }
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t scan_reverse(const Low& lo, const High& hi, Function&& f) const {
    static_assert(internal::CheckScanner<Function, ShownKey, Value>());
    return ScanBetween<Direction::kBackward>(lo, hi, f);
  }

  // All entries, ascending.
  template <class Function>
  size_t scan(Function&& f) const {
    static_assert(internal::CheckScanner<Function, ShownKey, Value>());
    auto&& show = internal::OfKeyAndValue<Types>(f);
    return internal::ScanAll(tree_, show);
  }

  // Entries with keys >= lo, ascending.
  template <class Low = Key, class Function>
    requires kLookup<Types, Low>
  size_t scan_from(const Low& lo, Function&& f) const {
    return scan_n(lo, internal::kNoLimit, f);
  }

  // The first `limit` entries with keys >= lo, ascending. A scan that knows its
  // length from the beginning fetches and copies no more than it needs.
  template <class Low = Key, class Function>
    requires kLookup<Types, Low>
  size_t scan_n(const Low& lo, size_t limit, Function&& f) const {
    return ScanFirst<Direction::kForward, Side::kBefore>(lo, limit, f);
  }

  // Entries with keys > lo, ascending.
  template <class Low = Key, class Function>
    requires kLookup<Types, Low>
  size_t scan_after(const Low& lo, Function&& f) const {
    return ScanFirst<Direction::kForward, Side::kAfter>(lo, kNoLimit, f);
  }

  // Entries with keys <= hi, descending: all, or the first `limit`.
  template <class High = Key, class Function>
    requires kLookup<Types, High>
  size_t scan_reverse_from(const High& hi, Function&& f) const {
    return scan_reverse_n(hi, internal::kNoLimit, f);
  }
  template <class High = Key, class Function>
    requires kLookup<Types, High>
  size_t scan_reverse_n(const High& hi, size_t limit, Function&& f) const {
    return ScanFirst<Direction::kBackward, Side::kAfter>(hi, limit, f);
  }

  // --- Columns --------------------------------------------------------------
  //
  // As scan(), by arrays: `f` is called as f(std::span<const Key>,
  // std::span<const Value>), both of one length, and returns void, or a bool
  // that is false to end the scan. The runs are of a few hundred entries, so
  // that a loop over a column is worth its beginning and end, and are valid
  // until `f` returns. For keys and values that lie in the map (trivially
  // copyable, up to 32 bytes). Both return the number of entries shown.

  // Entries in [lo, hi), ascending.
  template <class Low = Key, class High = Key, class Function>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t scan_columns(const Low& lo, const High& hi, Function&& f) const {
    return ShowColumns(f, [&](auto& visitor) {
      return WithProbe(lo, [&](const auto& from) {
        return WithProbe(hi, [&](const auto& to) {
          return internal::ScanSegmentsBetween<Types, Direction::kForward>(
              tree_, from, to, visitor);
        });
      });
    });
  }

  // All entries, ascending.
  template <class Function>
  size_t scan_columns(Function&& f) const {
    return ShowColumns(
        f, [&](auto& visitor) { return internal::ScanAll(tree_, visitor); });
  }

  // --- Counting -------------------------------------------------------------

  // How many entries there are in [lo, hi), with the promise of a scan: what is
  // there throughout is counted once, what is absent throughout never. Segments
  // are counted by their words, so that it takes O(log N + entries / C).
  template <class Low = Key, class High = Key>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t count_range(const Low& lo, const High& hi) const {
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::CountBetween(tree_, from, to);
      });
    });
  }

  // About as many: exactly so, if nobody writes and the keys lie in one extent
  // (up to some ten thousand entries) or in neighbouring ones. Else these two
  // extents are counted, and those in between, E of them, estimated by sixteen
  // segments each: of what random insertions and erasures leave, and runs, that
  // is off by less than a tenth. At worst, where others aim at just those
  // segments, an estimate is anything up to what an extent holds.
  // O(log N + E).
  template <class Low = Key, class High = Key>
    requires kLookup<Types, Low> && kLookup<Types, High>
  size_t approximate_count(const Low& lo, const High& hi) const {
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::ApproximateCount(tree_, from, to);
      });
    });
  }

  // n - 1 ascending keys that cut the map into n parts of entries, for as many
  // threads: those before the first key, those from it on and before the
  // second, ... If nobody writes, no two parts differ by more than one entry
  // more or less. Fewer keys if there are not so many entries. O(N / C), as
  // count_range() of everything.
  std::vector<Key> split_keys(size_t n) const {
    return internal::SplitKeys(tree_, n);
  }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
  using typename Base::KeyProbe;

  static Start<KeyProbe> FromEnd() { return {}; }

 private:
  template <Direction kDirection, class Low, class High, class Function>
  size_t ScanBetween(const Low& lo, const High& hi, Function& f) const {
    auto&& show = internal::OfKeyAndValue<Types>(f);
    return WithProbe(lo, [&](const auto& from) {
      return WithProbe(hi, [&](const auto& to) {
        return internal::ScanBetween<Types, kDirection>(tree_, from, to, show);
      });
    });
  }

  template <Direction kDirection, Side kSide, class Query, class Function>
  size_t ScanFirst(const Query& q, size_t limit, Function& f) const {
    static_assert(internal::CheckScanner<Function, ShownKey, Value>());
    auto&& show = internal::OfKeyAndValue<Types>(f);
    return WithProbe(q, [&](const auto& from) {
      return internal::ScanFirst<Types, kDirection, kSide>(tree_, from, limit,
                                                           show);
    });
  }

  // Calls scan(visitor) with a visitor that shows columns to `f`.
  template <class Function, class Scan>
  static size_t ShowColumns(Function& f, Scan scan) {
    static_assert(kHasColumns<Types>,
                  "pma: scan_columns() needs keys and values that lie in the "
                  "map: trivially copyable ones of up to 32 bytes, and keys "
                  "with an encoding and a trivial destructor");
    static_assert(internal::CheckColumnScanner<Function, Key, Value>());
    if constexpr (kHasColumns<Types>) {
      auto&& show = internal::OfKeyAndValue<Types>(f);
      ColumnVisitor<Types, std::remove_reference_t<decltype(show)>> visitor(
          show);
      return scan(visitor);
    }
    return 0;
  }

  // `f`, whose result is nobody's business.
  template <class Function>
  static decltype(auto) WithoutResult(Function& f) {
    if constexpr (std::is_void_v<std::invoke_result_t<
                      Function&, const ShownKey&, const Value&>>) {
      return (f);
    } else {
      return [&f](const ShownKey& key, const Value& value) {
        static_cast<void>(f(key, value));
      };
    }
  }

  template <Direction kDirection, class Function>
  bool VisitAtEnd(Function& f) const {
    static_assert(internal::CheckEntryVisitor<Function, ShownKey, Value>());
    auto&& of_both = internal::OfKeyAndValue<Types>(f);
    auto&& show = WithoutResult(of_both);
    return internal::Nearest<Types, kDirection>(tree_, FromEnd(), show);
  }
  template <Direction kDirection, Side kSide, class Query, class Function>
  bool VisitNearest(const Query& q, Function& f) const {
    static_assert(internal::CheckEntryVisitor<Function, ShownKey, Value>());
    auto&& of_both = internal::OfKeyAndValue<Types>(f);
    auto&& show = WithoutResult(of_both);
    return WithProbe(q, [&](const auto& probe) {
      return internal::WithWideProbe<Types>(
          probe, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
            return internal::NearestToKey<Types, kDirection, kSide>(
                tree_, sought, show);
          });
    });
  }

  // A copy of the entry that `find(keep)` shows to keep(), if any.
  template <class Find>
  static std::optional<Entry> Kept(const Find& find) {
    std::optional<Entry> entry;
    const auto keep = [&](const auto&... shown) { entry.emplace(shown...); };
    find(keep);
    return entry;
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_RANGES_H_
