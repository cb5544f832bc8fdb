// SPDX-License-Identifier: Apache-2.0

// Changing an entry as a function of what it is, and taking entries out.

#ifndef PMA_MAP_READ_MODIFY_WRITE_H_
#define PMA_MAP_READ_MODIFY_WRITE_H_

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/read/position.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/write/decide.h"
#include "pma/internal/write/modify.h"
#include "pma/internal/write/take.h"
#include "pma/map/updates.h"

namespace pma::inline PMA_VARIANT::internal {

// All are linearizable: the change is made at one instant, at which the value
// is still the one that it was made of.
//
// FUNCTIONS given to them run with nothing held: the value is read, the
// function called, and what it returns is put if the entry's segment has not
// changed meanwhile; else again. So a function may be called several times, and
// must have no effect but its result. It may read any map, and write to others,
// but not to this one, which builds with assertions notice. What it is given
// stays valid until it returns. If it throws, nothing has happened. A round is
// lost only to a change of another thread's, so some thread always gets on.
//
// KEYS AND VALUES that are not needed are neither copied nor moved from, as by
// insert(). A key that is present stays as it is.
template <class Types>
class MapReadModifyWrite : public MapUpdates<Types> {
  using Base = MapUpdates<Types>;
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using Entry = internal::Entry<Types>;
  // What extract() returns of an entry.
  using Extracted = std::conditional_t<kIsSet<Types>, Key, Value>;

 public:
  // Inserts `value` unless the key is present. The value that is there
  // afterwards, and whether it is new. (If a move of it throws, on its way out,
  // the entry is there all the same.)
  std::pair<Value, bool> find_or_insert(Key key, Value value)
    requires kInline<Types>
  {
    return FindOrInsert(key, value);
  }
  template <class KeyArg = Key, class ValueArg = Value>
    requires(!kInline<Types>) && kPutsKey<Types, KeyArg> &&
            kPutsValue<Types, ValueArg> && std::copy_constructible<Value>
  std::pair<Value, bool> find_or_insert(KeyArg&& key, ValueArg&& value) {
    return FindOrInsert(std::forward<KeyArg>(key),
                        std::forward<ValueArg>(value));
  }

  // Inserts `value` unless the key is present; calls f(const Value&), once, if
  // it is. True if inserted.
  template <class Function>
    requires kInline<Types>
  bool insert_or_visit(Key key, Value value, Function&& f) {
    return InsertOrVisit(key, value, f);
  }
  template <class KeyArg = Key, class ValueArg = Value, class Function>
    requires(!kInline<Types>) && kPutsKey<Types, KeyArg> &&
            kPutsValue<Types, ValueArg>
  bool insert_or_visit(KeyArg&& key, ValueArg&& value, Function&& f) {
    return InsertOrVisit(std::forward<KeyArg>(key),
                         std::forward<ValueArg>(value), f);
  }

  // Puts `value`, whether or not the key is present; returns what was there.
  std::optional<Value> exchange(Key key, Value value)
    requires kInline<Types>
  {
    return Exchange(key, value);
  }
  template <class KeyArg = Key, class ValueArg = Value>
    requires(!kInline<Types>) && kPutsKey<Types, KeyArg> &&
            kPutsValue<Types, ValueArg> && std::copy_constructible<Value>
  std::optional<Value> exchange(KeyArg&& key, ValueArg&& value) {
    return Exchange(std::forward<KeyArg>(key), std::forward<ValueArg>(value));
  }

  // Replaces the value of `q` by f(const Value&), if present; returns whether
  // it was.
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool update(const Query& q, Function&& f) {
    static_assert(internal::CheckUpdater<Function, Value>());
    UpdateChange change(tree_, f);
    return ChangePresent(q, change) == Done::kReplaced;
  }

  // Inserts `init` if the key is absent, else replaces the value by
  // f(const Value&). True if inserted.
  template <class Function>
    requires kInline<Types>
  bool upsert(Key key, Value init, Function&& f) {
    return Upsert(key, init, f);
  }
  template <class KeyArg = Key, class ValueArg = Value, class Function>
    requires(!kInline<Types>) && kPutsKey<Types, KeyArg> &&
            kPutsValue<Types, ValueArg>
  bool upsert(KeyArg&& key, ValueArg&& init, Function&& f) {
    return Upsert(std::forward<KeyArg>(key), std::forward<ValueArg>(init), f);
  }

  // As of std::atomic: replaces the value of `q` by `desired` if it equals
  // `expected`. If not, `expected` becomes what is there. True if replaced;
  // false, and `expected` is untouched, if `q` is absent.
  template <class Query = Key>
    requires kLookup<Types, Query> && kInline<Types> &&
             std::equality_comparable<Value> && std::is_copy_assignable_v<Value>
  bool compare_exchange(const Query& q, Value& expected, Value desired) {
    return CompareExchange(q, expected, desired);
  }
  template <class Query = Key, class ValueArg = Value>
    requires kLookup<Types, Query> &&
             (!kInline<Types>) && kPutsValue<Types, ValueArg> &&
             std::equality_comparable<Value> && std::is_copy_assignable_v<Value>
  bool compare_exchange(const Query& q, Value& expected, ValueArg&& desired) {
    return CompareExchange(q, expected, std::forward<ValueArg>(desired));
  }

  // Puts what f(const Value*) returns, a std::optional<Value>; given null if
  // the key is absent. Nothing means that the entry is erased, or stays absent.
  // Returns what is there afterwards.
  template <class Function>
    requires kInline<Types>
  std::optional<Value> compute(Key key, Function&& f) {
    return Compute(key, f);
  }
  template <class KeyArg = Key, class Function>
    requires(!kInline<Types>) && kPutsKey<Types, KeyArg> &&
            std::copy_constructible<Value>
  std::optional<Value> compute(KeyArg&& key, Function&& f) {
    return Compute(std::forward<KeyArg>(key), f);
  }

  // Erases the entry of `q` if pred(const Value&) holds. True if erased.
  template <class Query = Key, class Predicate>
    requires kLookup<Types, Query> && (!kIsSet<Types>)
  bool erase_if(const Query& q, Predicate&& pred) {
    static_assert(internal::CheckPredicate<Predicate, Value>());
    EraseIfChange change(tree_, pred);
    return ChangePresent(q, change) == Done::kErased;
  }

  // --- Taking entries out ---------------------------------------------------
  //
  // Each entry goes to one caller. A value that cannot be copied is moved from,
  // when no reader can look at it any more: these wait, then, for all threads
  // that were reading any map, callbacks included. So they must not be called
  // from a callback or a function that decides, or two of them could wait for
  // each other; builds with assertions notice.

  // Erases the entry of `q`, and returns its value.
  template <class Query = Key>
    requires kLookup<Types, Query>
  std::optional<Extracted> extract(const Query& q) {
    std::optional<Extracted> taken;
    WithProbe(q, [&](const auto& probe) {
      if constexpr (kIsSet<Types>) {
        internal::ExtractKey(tree_, probe, taken);
      } else {
        internal::Extract(tree_, probe, taken);
      }
    });
    return taken;
  }

  // Erases the entry with the least or greatest key, and returns it, a pair. Of
  // emptied segments at that end others are moved to it: amortized O(1) moves.
  std::optional<Entry> pop_first() {
    std::optional<Entry> taken;
    internal::Pop<Types, Direction::kForward>(tree_, taken);
    return taken;
  }
  std::optional<Entry> pop_last() {
    std::optional<Entry> taken;
    internal::Pop<Types, Direction::kBackward>(tree_, taken);
    return taken;
  }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
  using Base::WithSought;

 private:
  template <class KeyArg, class ValueArg>
  std::pair<Value, bool> FindOrInsert(KeyArg&& key, ValueArg&& value) {
    std::optional<Value> after;
    const bool inserted = Change(
        std::forward<KeyArg>(key), std::forward<ValueArg>(value),
        [&](const auto& make) { return FindOrPutChange(tree_, make, after); });
    return {std::move(*after), inserted};
  }
  template <class KeyArg, class ValueArg, class Function>
  bool InsertOrVisit(KeyArg&& key, ValueArg&& value, Function& f) {
    static_assert(internal::CheckVisitor<Function, Value>());
    return Change(
        std::forward<KeyArg>(key), std::forward<ValueArg>(value),
        [&](const auto& make) { return VisitOrPutChange(tree_, make, f); });
  }
  template <class KeyArg, class ValueArg>
  std::optional<Value> Exchange(KeyArg&& key, ValueArg&& value) {
    std::optional<Value> before;
    Change(
        std::forward<KeyArg>(key), std::forward<ValueArg>(value),
        [&](const auto& make) { return ExchangeChange(tree_, make, before); });
    return before;
  }
  template <class KeyArg, class ValueArg, class Function>
  bool Upsert(KeyArg&& key, ValueArg&& init, Function& f) {
    static_assert(internal::CheckUpdater<Function, Value>());
    return Change(
        std::forward<KeyArg>(key), std::forward<ValueArg>(init),
        [&](const auto& make) { return UpsertChange(tree_, make, f); });
  }
  template <class Query, class ValueArg>
  bool CompareExchange(const Query& q, Value& expected, ValueArg&& desired) {
    const auto make = [&] {
      return tree_.MakeValue(std::forward<ValueArg>(desired));
    };
    CompareExchangeChange change(tree_, make, expected);
    return ChangePresent(q, change) == Done::kReplaced;
  }
  template <class KeyArg, class Function>
  std::optional<Value> Compute(KeyArg&& key, Function& f) {
    static_assert(internal::CheckComputer<Function, Value>());
    std::optional<Value> after;
    ComputeChange change(tree_, f, after);
    WithSought(std::forward<KeyArg>(key), [&](const auto& sought,
                                              const auto& make_key) {
      return internal::ModifyQuickly(tree_, sought, make_key, change);
    });
    return after;
  }

  // Makes the change that change_of(make) is of a key that is put if absent,
  // where make() makes the value that `value` stands for. True if inserted.
  template <class KeyArg, class ValueArg, class ChangeOf>
  bool Change(KeyArg&& key, ValueArg&& value, ChangeOf change_of) {
    const auto make = [&] {
      return tree_.MakeValue(std::forward<ValueArg>(value));
    };
    auto change = change_of(make);
    return WithSought(std::forward<KeyArg>(key), [&](const auto& sought,
                                                     const auto& make_key) {
             return internal::ModifyQuickly(tree_, sought, make_key, change);
           }) == Done::kInserted;
  }

  template <class Query, class AnyChange>
  Done ChangePresent(const Query& q, AnyChange& change) {
    return WithProbe(q, [&](const auto& probe) {
      return internal::ModifyPresentQuickly(tree_, probe, change);
    });
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_READ_MODIFY_WRITE_H_
