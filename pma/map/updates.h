// SPDX-License-Identifier: Apache-2.0

// Changing the entry of one key.

#ifndef PMA_MAP_UPDATES_H_
#define PMA_MAP_UPDATES_H_

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/requirements.h"
#include "pma/internal/write/put_erase.h"
#include "pma/map/snapshots.h"

namespace pma::inline PMA_VARIANT::internal {

// NOLINTBEGIN(misc-redundant-expression): types may be equal.

// Cells without boxes: to copy one is nothing, and numbers that are passed by
// value stay in registers.
template <class Types>
inline constexpr bool kInline =
    !Types::KeyCodec::kBoxed && !Types::ValueCodec::kBoxed;

// What is compared with keys before it is made one.
template <class Types, class Query, class Key = typename Types::Key,
          class Compare = typename Types::Compare>
inline constexpr bool kMakesKey =
    kTransparent<Types> && Types::KeyCodec::kBoxed &&
    !std::is_same_v<Query, Key> && std::is_constructible_v<Key, const Query&> &&
    std::is_invocable_r_v<bool, const Compare&, const Query&, const Key&> &&
    std::is_invocable_r_v<bool, const Compare&, const Key&, const Query&>;

// NOLINTEND(misc-redundant-expression)

// Whether a key or a value can be put that is given as this.
template <class Types, class KeyArg>
inline constexpr bool kPutsKey =
    std::is_convertible_v<KeyArg, typename Types::Key> ||
    kMakesKey<Types, std::remove_cvref_t<KeyArg>>;
template <class Types, class ValueArg>
inline constexpr bool kPutsValue =
    std::is_convertible_v<ValueArg, typename Types::Value>;

template <class Types>
class MapUpdates : public MapSnapshots<Types> {
  using Base = MapSnapshots<Types>;
  using Allocator = typename Types::Allocator;
  using Compare = typename Types::Compare;
  using Key = typename Types::Key;
  using Value = typename Types::Value;

  // What values are made of; an allocator may add arguments for boxed ones.
  template <class... Args>
  static constexpr bool kMakesValue =
      std::disjunction_v<std::bool_constant<Types::ValueCodec::kBoxed &&
                                            !internal::kIsStandard<Allocator>>,
                         std::is_constructible<Value, Args...>>;

 public:
  // What is not needed is neither copied nor moved from: the value if nothing
  // is inserted or assigned, the key if it is present; unless another thread
  // puts or erases the key at the same moment. Instead of a key, all three take
  // what one can be made of, if the comparator is transparent and compares it
  // with keys, and make the key only if it is absent.

  // Inserts unless the key is present. True if inserted.
  bool insert(Key key, Value value)
    requires kInline<Types>
  {
    return QuickPut(key, value, /*replace=*/false);
  }
  bool insert(const Key& key, const Value& value)
    requires(!kInline<Types> && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/false, key, value);
  }
  bool insert(const Key& key, Value&& value)
    requires(!kInline<Types>)
  {
    return Put(/*replace=*/false, key, std::move(value));
  }
  bool insert(Key&& key, const Value& value)
    requires(!kInline<Types> && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/false, std::move(key), value);
  }
  bool insert(Key&& key, Value&& value)
    requires(!kInline<Types>)
  {
    return Put(/*replace=*/false, std::move(key), std::move(value));
  }
  template <class Query>
    requires kMakesKey<Types, Query> && std::copy_constructible<Value>
  bool insert(const Query& q, const Value& value) {
    return Put(/*replace=*/false, q, value);
  }
  template <class Query>
    requires kMakesKey<Types, Query>
  bool insert(const Query& q, Value&& value) {
    return Put(/*replace=*/false, q, std::move(value));
  }

  // Inserts a value constructed from `args` unless the key is present. True if
  // inserted.
  template <class... Args>
    requires kInline<Types> && kMakesValue<Args...>
  bool try_emplace(Key key, Args&&... args) {
    return Put(/*replace=*/false, std::move(key), std::forward<Args>(args)...);
  }
  template <class... Args>
    requires(!kInline<Types> && kMakesValue<Args...>)
  bool try_emplace(const Key& key, Args&&... args) {
    return Put(/*replace=*/false, key, std::forward<Args>(args)...);
  }
  template <class... Args>
    requires(!kInline<Types> && kMakesValue<Args...>)
  bool try_emplace(Key&& key, Args&&... args) {
    return Put(/*replace=*/false, std::move(key), std::forward<Args>(args)...);
  }
  template <class Query, class... Args>
    requires kMakesKey<Types, Query> && kMakesValue<Args...>
  bool try_emplace(const Query& q, Args&&... args) {
    return Put(/*replace=*/false, q, std::forward<Args>(args)...);
  }

  // Inserts, or replaces the value of a key that is present (which stays as it
  // is). True if inserted.
  bool insert_or_assign(Key key, Value value)
    requires kInline<Types>
  {
    return QuickPut(key, value, /*replace=*/true);
  }
  bool insert_or_assign(const Key& key, const Value& value)
    requires(!kInline<Types> && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/true, key, value);
  }
  bool insert_or_assign(const Key& key, Value&& value)
    requires(!kInline<Types>)
  {
    return Put(/*replace=*/true, key, std::move(value));
  }
  bool insert_or_assign(Key&& key, const Value& value)
    requires(!kInline<Types> && std::copy_constructible<Value>)
  {
    return Put(/*replace=*/true, std::move(key), value);
  }
  bool insert_or_assign(Key&& key, Value&& value)
    requires(!kInline<Types>)
  {
    return Put(/*replace=*/true, std::move(key), std::move(value));
  }
  template <class Query>
    requires kMakesKey<Types, Query> && std::copy_constructible<Value>
  bool insert_or_assign(const Query& q, const Value& value) {
    return Put(/*replace=*/true, q, value);
  }
  template <class Query>
    requires kMakesKey<Types, Query>
  bool insert_or_assign(const Query& q, Value&& value) {
    return Put(/*replace=*/true, q, std::move(value));
  }

  // Erases the entry of `q`. True if it was present.
  template <class Query = Key>
    requires kLookup<Types, Query>
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

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
  using typename Base::KeyProbe;

  // Calls fn(sought, make_key) with what is given as a key to find or put.
  template <class KeyArg, class Fn>
  auto WithSought(KeyArg&& key, Fn fn) {
    if constexpr (std::is_same_v<std::remove_cvref_t<KeyArg>, Key>) {
      return fn(key, [&] { return tree_.MakeKey(std::forward<KeyArg>(key)); });
    } else if constexpr (kMakesKey<Types, std::remove_cvref_t<KeyArg>>) {
      // As a constant: what is sought must stay what it is.
      const auto make = [&] { return tree_.MakeKey(std::as_const(key)); };
      return WithProbe(
          key, [&](const auto& probe) { return fn(probe.key(), make); });
    } else {
      Key made = std::forward<KeyArg>(key);
      return fn(std::as_const(made),
                [&] { return tree_.MakeKey(std::move(made)); });
    }
  }

 private:
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
    return WithSought(std::forward<KeyArg>(key), [&](const auto& sought,
                                                     const auto& make_key) {
      return internal::Put(tree_, sought, replace, make_key, [&] {
        return tree_.MakeValue(std::forward<Args>(args)...);
      });
    });
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_UPDATES_H_
