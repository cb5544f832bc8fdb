// SPDX-License-Identifier: Apache-2.0

// Taking an entry out of the map and handing it to the caller: the one of a
// key, the first, or the last.
//
// What can be copied is copied before it is erased. What cannot is moved from
// after it has been erased, once no reader looks at it any more.

#ifndef PMA_INTERNAL_WRITE_TAKE_H_
#define PMA_INTERNAL_WRITE_TAKE_H_

#include <cassert>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/read/nearest.h"
#include "pma/internal/reclaim/await_readers.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/modify.h"

namespace pma::inline PMA_VARIANT::internal {

// Whether values are handed over as copies.
template <class Types>
inline constexpr bool kTakesCopies =
    std::copy_constructible<typename Types::Value>;

// A value on its way from the map to `taken`.
template <class Types>
class Takeover {
  using Value = typename Types::Value;
  static_assert(
      kTakesCopies<Types> ||
          (std::is_nothrow_move_constructible_v<Value> &&
           std::is_nothrow_move_constructible_v<typename Types::Key>),
      "pma: a value that cannot be copied is taken by moving it, and its key, "
      "which must not throw");

 public:
  // Before each attempt to erase it: emplace(value) keeps a copy.
  template <class Emplace>
  void Begin(const typename Types::ValueBits& value, const Emplace& emplace) {
    if constexpr (kTakesCopies<Types>) {
      const Value& there = Types::ValueCodec::View(value);
      emplace(there);
    } else {
      bits_ = value;
    }
  }
  // After the guard under which it was erased: emplace(value&&) takes it.
  template <class Emplace>
  void Finish(Tree<Types>& tree, const Emplace& emplace) {
    if constexpr (!kTakesCopies<Types>) {
      auto* const box = Types::ValueCodec::BoxOf(bits_);
      internal::AwaitReaders<typename Types::Platform,
                             Types::Tuning::kReservationsApart>(box->stamp);
      const auto* const own =
          ThreadRegistry<typename Types::Platform>::CurrentIfAny();
      const bool guarded = own != nullptr && own->guarded();
      assert(!guarded &&
             "pma: extract(), pop_first() and pop_last() of values that cannot "
             "be copied must not be called from a callback");
      // Who does it all the same is shown what has been moved from.
      const Rollback free([&] {
        guarded ? tree.RetireValue(nullptr, bits_) : tree.DestroyValue(bits_);
      });
      emplace(std::move(box->value));
    }
  }

 private:
  typename Types::ValueBits bits_{};
};

// Erases the probed key's entry and hands its value over, if there is one.
template <class Types, class ProbeT>
void Extract(Tree<Types>& tree, const ProbeT& probe,
             std::optional<typename Types::Value>& taken) {
  const auto emplace = [&](auto&& value) {
    taken.reset();
    taken.emplace(std::forward<decltype(value)>(value));
  };
  struct Change : NoValue<Types> {
    explicit Change(const decltype(emplace)& keeps) : keep(keeps) {}
    Fate Decide(const typename Types::ValueBits* now) {
      takeover.Begin(*now, keep);
      return Fate::kErased;
    }
    const decltype(emplace)& keep;
    Takeover<Types> takeover;
  };
  Change change(emplace);
  if (internal::ModifyPresent(tree, probe, change,
                              /*keeps_value=*/!kTakesCopies<Types>) ==
      Done::kErased) {
    change.takeover.Finish(tree, emplace);
  } else {
    taken.reset();
  }
}

// Erases the probed key's entry in a set and hands over the key that was there,
// if there was one.
template <class Types, class ProbeT>
void ExtractKey(Tree<Types>& tree, const ProbeT& probe,
                std::optional<typename Types::Key>& taken) {
  assert(tree.order().Admits(probe.key()) &&
         "pma: this is NaN, or Compare takes a key to be less than itself");
  EntryWriter<Types> writer(tree);
  for (;;) {
    taken.reset();
    const Located<Types> found =
        internal::Locate<Purpose::kMove>(tree, writer.guard(), probe);
    if (!found.present) return;
    if (!writer.MayChange(found.word)) continue;
    // It is erased only if the segment still is as it was found: the key that
    // is copied here is the one that goes.
    const Segment<Types>& segment =
        found.place.extent->segment(found.place.segment);
    const auto bits = segment.keys.Load(found.rank);
    if (!SegmentRead<Types>(segment, found.place.root, found.word)
             .Unchanged()) {
      continue;
    }
    taken.emplace(Types::KeyCodec::View(bits));
    if (writer.Erase(found)) return;
  }
}

// The entry at one end of the map, as found in the segment at that end.
template <class Types>
struct EndEntry {
  Located<Types> found;
  typename Types::KeyBits key{};
};

// Finds the last entry in one direction, if it lies in the segment at that end
// of the map: then the segment's word vouches for there being none beyond it.
// No if some other thread is at work there, or has been. `count` is of that
// segment.
template <class Types, Direction kDirection>
bool FindAtEnd(Directory<Types>& directory, EntryWriter<Types>& writer,
               EndEntry<Types>& end, size_t& count) {
  constexpr bool kFirst = kDirection == Direction::kForward;
  Place<Types>& place = end.found.place;
  place = Place<Types>(&directory, writer.guard());
  place.position = kFirst ? 0 : directory.count() - 1;
  place.extent = directory.extent(place.position);
  place.segment = kFirst ? 0 : place.extent->active() - 1;
  const Segment<Types>& segment = place.extent->segment(place.segment);
  const SegmentRead<Types> read(segment, place.root);
  const Word word = read.word();
  if (!writer.MayChange(word)) return false;
  count = word.count();
  if (count > 0) {
    end.found.word = word;
    end.found.rank = kFirst ? 0 : count - 1;
    end.found.present = true;
    end.found.value = segment.values.Load(end.found.rank);
    end.key = segment.keys.Load(end.found.rank);
  }
  // What follows the last segment that owns keys comes under its word.
  const bool at_end = kFirst || place.extent->active() == place.segment + 1;
  return read.Unchanged() && at_end;
}

// Sees to it that the segment at one end of the map holds entries, if any does.
template <class Types, Direction kDirection>
[[gnu::cold]] void FillEnd(Tree<Types>& tree,
                           Guard<typename Types::Platform>& guard,
                           const Place<Types>& place) {
  if (!Rebalancer<Types>(tree, guard)
           .FillEmptied(*place.extent, place.segment)) {
    ExtentRebuilder<Types>(tree, guard)
        .DropEmptyEnd(kDirection == Direction::kForward);
  }
}

// Erases the first entry in one direction and hands it over, if there is one.
template <class Types, Direction kDirection>
void Pop(Tree<Types>& tree, std::optional<Entry<Types>>& taken) {
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using Probe = typename Types::Order::template ProbeFor<Key>;
  Takeover<Types> takeover;
  std::optional<Key> key;
  const auto try_to_erase = [&] {
    EntryWriter<Types> writer(tree);
    for (;;) {
      Directory<Types>* const directory = tree.LoadDirectory(writer.guard());
      if (directory == nullptr) return false;
      EndEntry<Types> end;
      size_t count = 0;
      if (!internal::FindAtEnd<Types, kDirection>(*directory, writer, end,
                                                  count)) {
        continue;
      }
      if (count == 0) {
        const auto ignore = [](const auto&, const Value&) {};
        if (!internal::Nearest<Types, kDirection>(tree, Start<Probe>(),
                                                  ignore)) {
          return false;
        }
        internal::FillEnd<Types, kDirection>(tree, writer.guard(),
                                             end.found.place);
        continue;
      }
      const Key& there = Types::KeyCodec::View(end.key);
      takeover.Begin(end.found.value, [&](const auto& value) {
        taken.reset();
        const auto keep = [&](const auto&... shown) {
          taken.emplace(shown...);
        };
        internal::OfKeyAndValue<Types>(keep)(there, value);
      });
      if constexpr (!kTakesCopies<Types>) key.emplace(there);
      if (writer.Erase(end.found, /*keeps_value=*/!kTakesCopies<Types>)) {
        return true;
      }
    }
  };
  taken.reset();
  if (try_to_erase()) {
    takeover.Finish(tree, [&](auto&& value) {
      taken.emplace(std::move(*key), std::forward<decltype(value)>(value));
    });
  } else {
    taken.reset();
  }
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_TAKE_H_
