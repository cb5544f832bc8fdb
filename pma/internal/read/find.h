// SPDX-License-Identifier: Apache-2.0

// Looking up one key, or many at once.
//
// Here and everywhere, QuickX may decline, and X is complete: it never does.
//
//   short way      complete way    the short way declines if
//
//   QuickGuard     Guard           the thread has a guard, or has had none in
//                                  this epoch (epoch.h)
//   TryQuick       a Guard, and    the guard does, or the directory is younger
//                  LoadDirectory   than it, or the filler is sought (descend.h)
//   QuickLeads     Leads           never: for natural keys but the filler
//   QuickLocate    LocateByView,   a writer is at work in the segment or has
//                  both in Locate  changed it, or the descent was misled; not
//                                  for keys that may be torn (locate.h)
//   QuickFind      FindInline      any of these does; it goes on there itself
//   QuickRead,     a SegmentWalk   a writer is at work, a segment has changed,
//   QuickShow                      or more segments are needed than a few
//                                  (short_range.h)

#ifndef PMA_INTERNAL_READ_FIND_H_
#define PMA_INTERNAL_READ_FIND_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "pma/internal/read/locate.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// The value of the probed key, which the guard protects.
template <class Types, class ProbeT>
PMA_ALWAYS_INLINE inline std::optional<typename Types::ValueBits> Find(
    const Tree<Types>& tree, const Guard<typename Types::Platform>& guard,
    const ProbeT& probe) {
  const Located<Types> found =
      internal::Locate<Purpose::kCell>(tree, guard, probe);
  if (!found.present) return std::nullopt;
  return found.value;
}

// Finds under a guard of its own, for values that are copies.
template <class Types, class ProbeT>
[[gnu::noinline]] std::optional<typename Types::ValueBits> FindInline(
    const Tree<Types>& tree, ProbeT probe) {
  const Guard<typename Types::Platform> guard;
  return internal::Find(tree, guard, probe);
}

// The short way; see the table above for when it declines. Out of line, with
// all it takes and returns in registers where the key is a number and the value
// a word; nothing but jumps leads out of it, so that it need not save any.
template <class Types, class ProbeT>
[[gnu::noinline]] std::optional<typename Types::ValueBits> QuickFind(
    const Tree<Types>& tree, ProbeT probe) {
  if constexpr (Types::Order::template kNatural<ProbeT>) {
    Located<Types> found;
    if (internal::TryQuick(tree, &probe,
                           [&](const auto&, const Place<Types>& place)
                               PMA_ALWAYS_INLINE_LAMBDA {
                                 found.place = place;
                                 return internal::QuickLocate(
                                     Purpose::kCell, tree, probe, found);
                               })) [[likely]] {
      if (!found.present) return std::nullopt;
      return found.value;
    }
  }
  return internal::FindInline(tree, internal::AnyProbe(probe));
}

// Calls f(const Value&) on the value of the probed key, under no guard if it is
// a copy. False if absent.
template <class Types, class ProbeT, class Function>
PMA_ALWAYS_INLINE inline bool Visit(const Tree<Types>& tree,
                                    const ProbeT& probe, Function&& f) {
  const auto show = [&](const auto& value) {
    if (!value.has_value()) return false;
    const typename Types::Value& there = Types::ValueCodec::View(*value);
    f(there);
    return true;
  };
  if constexpr (Types::ValueCodec::kBoxed) {
    const Guard<typename Types::Platform> guard;
    return show(internal::Find(tree, guard, probe));
  } else {
    return show(internal::WithWideProbe<Types>(
        probe, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
          return internal::QuickFind(tree, sought);
        }));
  }
}

// Calls f(const Key&, const Value&) on the entry of the probed key, as it is
// stored. False if absent.
template <class Types, class ProbeT, class Function>
bool VisitEntry(const Tree<Types>& tree, const ProbeT& probe, Function& f) {
  const Guard<typename Types::Platform> guard;
  const auto found =
      internal::Locate<Purpose::kCell, Types, ProbeT, LocatedEntry<Types>>(
          tree, guard, probe);
  if (!found.present) return false;
  [[maybe_unused]] Viewer<typename Types::KeyCodec> viewer;
  const typename Types::ShownKey& key = viewer.View(found.key);
  const typename Types::Value& value = Types::ValueCodec::View(found.value);
  f(key, value);
  return true;
}

// --- Many look-ups at once, overlapped in memory -------------------------
//
// A look-up in a large map is a chain of cache misses: the extent, its
// separators, the segment. A group of look-ups takes each step together and
// asks for the memory of the next step before going on, so that the group waits
// about as long as one look-up does.

// Look-ups in flight at once: enough to fill the processor's queue of misses.
inline constexpr size_t kBatchGroup = 16;

// Descends with one group of keys, key_of(i), in the directory of `root`, and
// fetches their segments, or what a look-up needs of them: place_of(i) is
// where. No place for the filler. For keys that are never torn.
template <Purpose kPurpose, class Types, class KeyOf, class PlaceOf>
PMA_ALWAYS_INLINE inline void DescendGroup(const Tree<Types>& tree,
                                           const Place<Types>& root,
                                           size_t count, const KeyOf& key_of,
                                           const PlaceOf& place_of) {
  using ProbeT = typename Types::Order::template ProbeFor<typename Types::Key>;
  for (size_t i = 0; i < count; ++i) {
    decltype(auto) key = key_of(i);
    const ProbeT probe(key);
    if (internal::IsFiller<Types>(probe)) continue;
    Place<Types>& place = place_of(i);
    place = root;
    place.FindExtent(
        internal::QuickLeads<false, Types>(tree.order(), root.root, probe));
    place.extent->PrefetchIndex();
  }
  for (size_t i = 0; i < count; ++i) {
    decltype(auto) key = key_of(i);
    const ProbeT probe(key);
    Place<Types>& place = place_of(i);
    if (place.extent == nullptr) continue;
    place.FindSegment(
        internal::QuickLeads<false, Types>(tree.order(), root.root, probe));
    const Segment<Types>& segment = place.extent->segment(place.segment);
    if constexpr (kPurpose == Purpose::kCell && Segment<Types>::kSearched) {
      segment.PrefetchHeader();
    } else {
      segment.PrefetchAll();
    }
  }
  if constexpr (kPurpose == Purpose::kCell && Segment<Types>::kSearched) {
    for (size_t i = 0; i < count; ++i) {
      const Place<Types>& place = place_of(i);
      if (place.extent == nullptr) continue;
      const Segment<Types>& segment = place.extent->segment(place.segment);
      const ProbeT probe(key_of(i));
      if constexpr (Types::kHeadedKeys) {
        segment.template PrefetchGroup<false>(
            probe.words().Word(segment.skip(), 0));
      } else {
        segment.template PrefetchGroup<kIsWide<ProbeT>>(probe.number);
      }
    }
  }
  if constexpr (kPurpose == Purpose::kCell && Types::kTextKeys) {
    for (size_t i = 0; i < count; ++i) {
      const Place<Types>& place = place_of(i);
      if (place.extent == nullptr) continue;
      internal::FetchText(ProbeT(key_of(i)),
                          place.extent->segment(place.segment));
    }
  }
}

// Looks up one group of keys, at most kBatchGroup. Calls found(i, value) or
// absent(i) for each.
template <class Types, class Found, class Absent>
void FindGroup(const Tree<Types>& tree,
               std::span<const typename Types::Key> keys, Found& found,
               Absent& absent) {
  using ValueCodec = typename Types::ValueCodec;
  using ProbeT = typename Types::Order::template ProbeFor<typename Types::Key>;
  assert(keys.size() <= kBatchGroup);
  Guard<typename Types::Platform> guard;
  std::array<Located<Types>, kBatchGroup> places;
  const Place<Types> root(tree.LoadDirectory(guard), guard);
  if (kHasQuickWays<Types> && root.directory != nullptr) {
    internal::DescendGroup<Purpose::kCell>(
        tree, root, keys.size(),
        [&](size_t i) -> const auto& { return keys[i]; },
        [&](size_t i) -> auto& { return places[i].place; });
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    const ProbeT probe(keys[i]);
    if constexpr (kHasQuickWays<Types>) {
      Located<Types>& located = places[i];
      if (root.directory == nullptr ||
          (located.place.extent != nullptr &&
           internal::SearchQuickly(
               Purpose::kCell, tree, probe,
               located.place.extent->segment(located.place.segment), located)))
          [[likely]] {
        if (located.present) {
          found(i, ValueCodec::View(located.value));
        } else {
          absent(i);
        }
        continue;
      }
    }
    if (const auto value = internal::Find(tree, guard, probe)) {
      found(i, ValueCodec::View(*value));
    } else {
      absent(i);
    }
  }
}

// Looks up all keys. Calls found(i, value) or absent(i) for each, in order.
template <class Types, class Found, class Absent>
void FindBatch(const Tree<Types>& tree,
               std::span<const typename Types::Key> keys, Found found,
               Absent absent) {
  for (size_t begin = 0; begin < keys.size(); begin += kBatchGroup) {
    const size_t size = std::min(kBatchGroup, keys.size() - begin);
    auto found_here = [&](size_t i, const typename Types::Value& value) {
      found(begin + i, value);
    };
    auto absent_here = [&](size_t i) { absent(begin + i); };
    internal::FindGroup(tree, keys.subspan(begin, size), found_here,
                        absent_here);
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_READ_FIND_H_
