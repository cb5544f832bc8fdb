// SPDX-License-Identifier: Apache-2.0

// Cursors: positions in a map that is changed meanwhile, and views of ranges.
//
//   for (auto [key, value] : map.range(10, 20)) ...
//   for (auto cursor = map.cursor(10); cursor.valid(); cursor.next()) ...
//
// A cursor owns copies of the entries of one segment, up to some sixty, and
// steps through them; at their end it copies those of the next. Between two
// calls it holds no lock, no guard and nothing of the thread's: it may be kept
// for hours, moved to another thread, held across co_await, and it survives
// every change of the map, clear() included. It refers to the map object, which
// must outlive it and whose content it follows, whatever is moved or swapped.
//
// PROMISE. That of a scan, for as long as it goes in one direction: ascending
// (or descending) keys without duplicates; an entry that is there throughout is
// met, one that is absent throughout is not; the entries of one segment are
// those of one instant. So an entry it stands at may have been erased or
// replaced meanwhile: refresh() looks again, visit() at the value there now.
//
// THREAD SAFETY. As a container of the standard's: one thread at a time.
//
// EXCEPTIONS from copies of keys and values, from comparisons and from
// allocation leave the cursor where it was, and valid if it was.
//
// COSTS. A step costs some one and a half times what an entry of a scan does,
// and every fifty steps a guard and a copy of a segment; seek() is a look-up
// and such a copy. A cursor takes two segments' worth of memory, from the
// global operator new.

#ifndef PMA_CURSOR_H_
#define PMA_CURSOR_H_

#include <cassert>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/read/cursor_state.h"
#include "pma/internal/read/find.h"
#include "pma/internal/read/with_probe.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"

namespace pma::inline PMA_VARIANT {

// An entry where a cursor stands: `first`, the key, and `second`, the value, or
// both by a structured binding. They lie in the cursor, valid until it moves.
// (It is no pair, but derives from one, where the library does not say what a
// pair of references and a pair of objects have in common, as input iterators
// need. It does so from C++23 on, and the reference is the pair itself.)
template <class Key, class Value>
struct EntryReference : std::pair<const Key&, const Value&> {
  EntryReference(const Key& key, const Value& value)
      : std::pair<const Key&, const Value&>(key, value) {}
};

}  // namespace pma::inline PMA_VARIANT

// Those of its base: with them std::apply and std::views::keys take it, too.
template <class Key, class Value>
struct std::tuple_size<pma::EntryReference<Key, Value>>
    : std::tuple_size<std::pair<const Key&, const Value&>> {};
template <size_t kIndex, class Key, class Value>
struct std::tuple_element<kIndex, pma::EntryReference<Key, Value>>
    : std::tuple_element<kIndex, std::pair<const Key&, const Value&>> {};

namespace pma::inline PMA_VARIANT {

// The iterator of a cursor and of views: it stands where they do, and moves
// them. So there is one pass only, and std::input_iterator says so.
template <class Walker>
class EntryIterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = typename Walker::value_type;
  using reference = typename Walker::reference;

  // Of no walker, or of one, which must outlive it.
  EntryIterator() = default;
  explicit EntryIterator(Walker& walker) : walker_(&walker) {}

  // The entry; a step; and whether the walk is at its end.
  reference operator*() const { return walker_->entry(); }
  EntryIterator& operator++() {
    walker_->Step();
    return *this;
  }
  void operator++(int) { walker_->Step(); }
  friend bool operator==(const EntryIterator& it, std::default_sentinel_t) {
    return it.AtEnd();
  }

 private:
  bool AtEnd() const { return !walker_->valid(); }

  Walker* walker_ = nullptr;
};

template <class Types>
class Cursor {
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using Direction = internal::Direction;
  using Side = internal::Side;
  using State = internal::CursorState<Types>;
  using PairOfReferences = std::pair<const Key&, const Value&>;
  static constexpr bool kHasValues = State::kHasValues;

 public:
  // Of keys alone in a set, and where values cannot be copied.
  using reference = std::conditional_t<
      kHasValues,
      std::conditional_t<std::common_reference_with<PairOfReferences&&,
                                                    std::pair<Key, Value>&>,
                         PairOfReferences, EntryReference<Key, Value>>,
      const Key&>;
  using value_type = std::conditional_t<kHasValues, std::pair<Key, Value>, Key>;
  using iterator = EntryIterator<Cursor>;

  // Of no map: only good to be assigned to.
  Cursor() = default;
  // By map.cursor().
  explicit Cursor(const internal::Tree<Types>& tree)
      : state_(std::make_unique<State>(tree)) {}

  // The cursor that is moved from is of no map.
  Cursor(Cursor&& other) noexcept
      : state_(std::move(other.state_)),
        entries_(std::exchange(other.entries_, {})),
        at_(std::exchange(other.at_, 0)) {}
  Cursor& operator=(Cursor&& other) noexcept {
    state_ = std::move(other.state_);
    entries_ = std::exchange(other.entries_, {});
    at_ = std::exchange(other.at_, 0);
    return *this;
  }

  // --- Where it stands ------------------------------------------------------

  // Whether it stands at an entry. Otherwise only seeking helps.
  bool valid() const { return at_ < entries_.size; }

  // The entry it stands at, as it was when it was copied. Requires valid();
  // references are good until the cursor moves.
  const Key& key() const {
    assert(valid());
    return entries_.keys[at_];
  }
  const Value& value() const
    requires kHasValues
  {
    assert(valid());
    return entries_.values[at_];
  }
  reference entry() const {
    if constexpr (kHasValues) {
      return reference(key(), value());
    } else {
      return key();
    }
  }

  // The key so many steps ahead, or behind if negative, if it is among those
  // that have been copied with the one it stands at; else null. For who fetches
  // ahead what keys point to. Good until the cursor moves beyond these.
  const Key* peek(std::ptrdiff_t steps) const {
    const size_t i = at_ + static_cast<size_t>(steps);
    return i < entries_.size ? entries_.keys + i : nullptr;
  }

  // Calls f(const Value&) with the value that the key has in the map now; false
  // if it is absent. As the map's visit().
  template <class Function>
    requires(!internal::kIsSet<Types>)
  bool visit(Function&& f) const {
    static_assert(internal::CheckVisitor<Function, Value>());
    return internal::WithProbe<Types>(key(), [&](const auto& probe) {
      return internal::Visit(state_->tree(), probe, f);
    });
  }

  // --- Seeking --------------------------------------------------------------

  // To the first entry with a key >= q; to the last with a key <= q; to the
  // first or last of all. Returns valid().
  template <class Query = Key>
    requires internal::kLookup<Types, Query>
  bool seek(const Query& q) {
    return Seek<Direction::kForward, Side::kBefore>(q);
  }
  template <class Query = Key>
    requires internal::kLookup<Types, Query>
  bool seek_for_prev(const Query& q) {
    return Seek<Direction::kBackward, Side::kAfter>(q);
  }
  bool seek_to_first() {
    return Found<Direction::kForward>(
        state_->template Seek<Direction::kForward>(Start()));
  }
  bool seek_to_last() {
    return Found<Direction::kBackward>(
        state_->template Seek<Direction::kBackward>(Start()));
  }

  // Looks at the map again: seeks the key it stands at. True if that is still
  // there; else it stands at the next entry, if any.
  bool refresh() {
    if (!valid()) return false;
    // It stays where it lies until the next segment is copied.
    const Key& was = key();
    if (!seek(was)) return false;
    return !state_->tree().order().compare()(was, key());
  }

  // --- Stepping -------------------------------------------------------------

  // To the next entry, or the one before, if any; not valid otherwise. Requires
  // valid().
  PMA_ALWAYS_INLINE void next() {
    assert(valid());
    if (at_ + 1 < entries_.size) [[likely]] {
      ++at_;
    } else {
      Found<Direction::kForward>(state_->template Next<Direction::kForward>());
    }
  }
  PMA_ALWAYS_INLINE void prev() {
    assert(valid());
    if (at_ > 0) [[likely]] {
      --at_;
    } else {
      Found<Direction::kBackward>(
          state_->template Next<Direction::kBackward>());
    }
  }

  // --- A range, from where it stands ----------------------------------------

  // Iterating moves the cursor.
  iterator begin() { return iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  template <class, class, class, internal::Direction>
  friend class EntryView;
  friend iterator;

  using KeyProbe = typename Types::Order::template ProbeFor<Key>;
  using Start = internal::Start<KeyProbe>;

  void Step() { next(); }

  template <Direction kDirection, Side kSide, class Query>
  bool Seek(const Query& q) {
    return internal::WithProbe<Types>(q, [&](const auto& probe) {
      return Found<kDirection>(state_->template Seek<kDirection>(
          internal::Start<std::remove_cvref_t<decltype(probe)>>{&probe,
                                                                kSide}));
    });
  }
  // Part of its caller, as are steps: where all of a loop is in one function,
  // the cursor is in registers.
  template <Direction kDirection>
  PMA_ALWAYS_INLINE bool Found(const internal::CopiedEntries<Types>& entries) {
    entries_ = entries;
    at_ = kDirection == Direction::kForward || entries.size == 0
              ? 0
              : entries.size - 1;
    return valid();
  }

  std::unique_ptr<State> state_;
  internal::CopiedEntries<Types> entries_;
  size_t at_ = 0;  // of them
};

// In place of a bound.
struct Unbounded {};

// The entries of [low, high) in one direction, as a view of one pass: it owns a
// cursor, which begin() sets to the first of them. Its bounds are copies; what
// they point to must outlive it, as the map must. Moving a view ends its
// iterators.
template <class Types, class Low, class High, internal::Direction kDirection>
class EntryView : public std::ranges::view_base {
  static constexpr bool kForward = kDirection == internal::Direction::kForward;

 public:
  using reference = typename Cursor<Types>::reference;
  using value_type = typename Cursor<Types>::value_type;
  using iterator = EntryIterator<EntryView>;

  // By map.all(), range() or reversed().
  EntryView(const internal::Tree<Types>& tree, Low low, High high)
      : tree_(&tree), low_(std::move(low)), high_(std::move(high)) {}

  // Seeks the first entry; again, if called again.
  iterator begin() {
    using internal::Side;
    if (cursor_.state_ == nullptr) cursor_ = Cursor<Types>(*tree_);
    if constexpr (kForward && std::is_same_v<Low, Unbounded>) {
      cursor_.seek_to_first();
    } else if constexpr (kForward) {
      cursor_.template Seek<kDirection, Side::kBefore>(low_);
    } else {
      cursor_.template Seek<kDirection, Side::kBefore>(high_);
    }
    Cut();
    return iterator(*this);
  }
  // Where the range ends, wherever that is.
  std::default_sentinel_t end() const { return {}; }

 private:
  friend iterator;

  bool valid() const { return cursor_.valid(); }
  reference entry() const { return cursor_.entry(); }
  void Step() {
    if constexpr (kForward) {
      if (cursor_.at_ + 1 < cursor_.entries_.size) [[likely]] {
        ++cursor_.at_;
        return;
      }
      cursor_.next();
    } else {
      if (cursor_.at_ > 0) [[likely]] {
        --cursor_.at_;
        return;
      }
      cursor_.prev();
    }
    Cut();
  }

  // Of the entries that have just been copied, leaves those within the far
  // bound. If a comparison throws, none.
  void Cut() {
    auto copied = std::exchange(cursor_.entries_, {});
    if (copied.size == 0) return;
    const auto& less = tree_->order().compare();
    if constexpr (kForward && !std::is_same_v<High, Unbounded>) {
      internal::WithProbe<Types>(high_, [&](const auto& high) {
        const auto before = [&](size_t i) {
          return less(copied.keys[i], high.key());
        };
        if (before(copied.size - 1)) [[likely]]
          return;
        copied.size = internal::PartitionPoint(copied.size, before);
        cursor_.state_->EndHere();
      });
    } else if constexpr (!kForward) {
      internal::WithProbe<Types>(low_, [&](const auto& low) {
        const auto before = [&](size_t i) {
          return less(copied.keys[i], low.key());
        };
        if (!before(0)) [[likely]]
          return;
        const size_t below = internal::PartitionPoint(copied.size, before);
        copied.keys += below;
        if (copied.values != nullptr) copied.values += below;
        copied.size -= below;
        cursor_.state_->EndHere();
      });
    }
    cursor_.template Found<kDirection>(copied);
  }

  const internal::Tree<Types>* tree_;
  Low low_;
  High high_;
  Cursor<Types> cursor_;
};

}  // namespace pma::inline PMA_VARIANT

#endif  // PMA_CURSOR_H_
