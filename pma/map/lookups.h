// SPDX-License-Identifier: Apache-2.0

// Looking up keys.

#ifndef PMA_MAP_LOOKUPS_H_
#define PMA_MAP_LOOKUPS_H_

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/read/find.h"
#include "pma/internal/store/entries.h"
#include "pma/internal/store/requirements.h"
#include "pma/map/base.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class MapLookups : public MapBase<Types> {
  using Base = MapBase<Types>;
  using Key = typename Types::Key;
  using ShownKey = typename Types::ShownKey;
  using Value = typename Types::Value;

 public:
  // A copy of the value of `q`, if present.
  template <class Query = Key>
    requires kLookup<Types, Query> && std::copy_constructible<Value>
  std::optional<Value> find(const Query& q) const {
    std::optional<Value> result;
    visit(q, [&](const Value& value) { result.emplace(value); });
    return result;
  }

  // Whether `q` is present.
  template <class Query = Key>
    requires kLookup<Types, Query>
  bool contains(const Query& q) const {
    return visit(q, [](const Value&) {});
  }

  // Calls f(const Value&) with the value of `q`, if present; returns whether it
  // was. The value is the one at some instant during the call, and stays so
  // while `f` runs even if another thread replaces or erases it meanwhile.
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool visit(const Query& q, Function&& f) const {
    static_assert(internal::CheckVisitor<Function, Value>());
    return WithProbe(
        q, [&](const auto& probe) { return internal::Visit(tree_, probe, f); });
  }

  // As visit(), calling f(const Key&, const Value&): with the key that is
  // stored, which may differ from `q` although they compare equal.
  template <class Query = Key, class Function>
    requires kLookup<Types, Query>
  bool visit_entry(const Query& q, Function&& f) const {
    static_assert(internal::CheckEntryVisitor<Function, ShownKey, Value>());
    auto&& show = internal::OfKeyAndValue<Types>(f);
    return WithProbe(q, [&](const auto& probe) {
      return internal::VisitEntry(tree_, probe, show);
    });
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

  // Calls f(i, const Value&) for each keys[i] that is present, in the order of
  // `keys`; returns how many were. As find_batch(), but copies no value.
  template <class Function>
  size_t visit_batch(std::span<const Key> keys, Function&& f) const {
    static_assert(internal::CheckBatchVisitor<Function, Value>());
    size_t found = 0;
    internal::FindBatch(
        tree_, keys,
        [&](size_t i, const Value& value) {
          f(i, value);
          ++found;
        },
        [](size_t) {});
    return found;
  }

 protected:
  using Base::Base;
  using Base::tree_;
  using Base::WithProbe;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_MAP_LOOKUPS_H_
