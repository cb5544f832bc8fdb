// SPDX-License-Identifier: Apache-2.0

// What a map requires of its types and of callbacks: each is a sentence, and
// the first thing that a compiler says about whoever does not meet it.
//
// All functions return true; what they have to say they say while they are
// compiled.

#ifndef PMA_INTERNAL_STORE_REQUIREMENTS_H_
#define PMA_INTERNAL_STORE_REQUIREMENTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/entries.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Part>
concept IsWholeObject = std::is_object_v<Part> && !std::is_array_v<Part> &&
                        requires { sizeof(Part); };

// By std::less, which says that it orders everything.
template <class Key>
concept HasOrder =
    requires(const Key& a, const Key& b) { static_cast<bool>(a < b); };

template <class Key, class Value>
consteval bool CheckKeyAndValue() {
  static_assert(IsWholeObject<Key>,
                "pma: keys must be objects of a complete type, no references "
                "or arrays");
  static_assert(IsWholeObject<Value>,
                "pma: values must be objects of a complete type, no references "
                "or arrays (an empty struct makes the map a set)");
  if constexpr (IsWholeObject<Key>) {
    static_assert(
        std::is_copy_constructible_v<Key>,
        "pma: keys must be copyable, for the map keeps copies of some "
        "as bounds");
  }
  return true;
}

template <class Key, class Compare>
consteval bool CheckCompare() {
  if constexpr (std::is_same_v<Compare, std::less<>> ||
                std::is_same_v<Compare, std::less<Key>>) {
    static_assert(HasOrder<Key>,
                  "pma: keys need an order: an operator< of const keys, or a "
                  "Compare that is given to the map");
  } else if constexpr (std::is_invocable_v<const Compare&, const Key&,
                                           const Key&>) {
    static_assert(
        std::is_invocable_r_v<bool, const Compare&, const Key&, const Key&>,
        "pma: Compare must return bool");
  } else {
    constexpr bool kIfChangeable =
        std::is_invocable_v<Compare&, const Key&, const Key&>;
    constexpr bool kOfChangeable = std::is_invocable_v<Compare&, Key&, Key&>;
    static_assert(!kIfChangeable,
                  "pma: Compare must be callable when it is const: mark its "
                  "operator() const");
    static_assert(kIfChangeable || !kOfChangeable,
                  "pma: Compare must take keys by const reference or by value");
    static_assert(kIfChangeable || kOfChangeable,
                  "pma: Compare must be callable with two keys");
  }
  return true;
}

template <class Allocator>
consteval bool CheckAllocator() {
  static_assert(
      requires(Allocator allocator) {
        typename Allocator::value_type;
        allocator.allocate(size_t{1});
      }, "pma: Allocator must be an allocator, like std::allocator<std::byte>");
  return true;
}

// Of what a transparent comparator is to find.
template <class Key, class Compare, class Query>
consteval bool CheckQuery() {
  static_assert(
      std::is_invocable_r_v<bool, const Compare&, const Key&, const Query&> &&
          std::is_invocable_r_v<bool, const Compare&, const Query&, const Key&>,
      "pma: what is sought must be comparable with keys, by Compare and both "
      "ways round");
  return true;
}

template <class Function, class Value>
consteval bool CheckVisitor() {
  static_assert(std::is_invocable_v<Function&, const Value&>,
                "pma: what visits a value must be callable as "
                "f(const Value&)");
  return true;
}

template <class Function, class Value>
consteval bool CheckUpdater() {
  static_assert(std::is_invocable_r_v<Value, Function&, const Value&>,
                "pma: what updates a value must be callable as "
                "f(const Value&) and return the new one");
  return true;
}

template <class Function, class Value>
consteval bool CheckComputer() {
  static_assert(
      std::is_invocable_r_v<std::optional<Value>, Function&, const Value*>,
      "pma: what computes a value must be callable as f(const Value*), with "
      "null for none, and return a std::optional<Value>");
  return true;
}

template <class Predicate, class Value>
consteval bool CheckPredicate() {
  static_assert(std::is_invocable_r_v<bool, Predicate&, const Value&>,
                "pma: what chooses values must be callable as "
                "pred(const Value&) and return a bool");
  return true;
}

template <class Function, class Key, class Value>
consteval bool CheckEntryVisitor() {
  static_assert(std::is_invocable_v<Function&, const Key&, const Value&>,
                "pma: what visits an entry must be callable as "
                "f(const Key&, const Value&)");
  return true;
}

template <class Function, class Value>
consteval bool CheckBatchVisitor() {
  static_assert(std::is_invocable_v<Function&, size_t, const Value&>,
                "pma: what visits a batch must be callable as "
                "f(size_t, const Value&)");
  return true;
}

// Anything else that converts to bool could be meant as a result: a sum, say,
// which would end the scan at zero.
template <class Function, class Key, class Value>
consteval bool CheckScanner() {
  static_assert(std::is_invocable_v<Function&, const Key&, const Value&>,
                "pma: what scans entries must be callable as "
                "f(const Key&, const Value&)");
  if constexpr (std::is_invocable_v<Function&, const Key&, const Value&>) {
    using Result = std::invoke_result_t<Function&, const Key&, const Value&>;
    static_assert(std::is_void_v<Result> || std::is_same_v<Result, bool>,
                  "pma: what scans entries must return void, or a bool that is "
                  "false to end the scan");
  }
  return true;
}

template <class Function>
consteval bool CheckLayoutVisitor() {
  static_assert(
      std::is_invocable_v<Function&, size_t, std::span<const uint8_t>>,
      "pma: what visits the layout must be callable as "
      "f(size_t, std::span<const uint8_t>)");
  return true;
}

template <class Function, class Key, class Value>
consteval bool CheckColumnScanner() {
  using Keys = std::span<const Key>;
  using Values = std::span<const Value>;
  static_assert(std::is_invocable_v<Function&, Keys, Values>,
                "pma: what scans columns must be callable as "
                "f(std::span<const Key>, std::span<const Value>)");
  if constexpr (std::is_invocable_v<Function&, Keys, Values>) {
    using Result = std::invoke_result_t<Function&, Keys, Values>;
    static_assert(std::is_void_v<Result> || std::is_same_v<Result, bool>,
                  "pma: what scans columns must return void, or a bool that is "
                  "false to end the scan");
  }
  return true;
}

// Elements of a sorted range.
template <class Entry, class Key, class Value>
concept IsEntry = requires(Entry&& entry) {
  Key(static_cast<Entry&&>(entry).first);
  Value(static_cast<Entry&&>(entry).second);
};

template <class Range, class Key, class Value>
consteval bool CheckSorted() {
  static_assert(std::ranges::input_range<Range>,
                "pma: what is sorted must be a range");
  if constexpr (std::ranges::input_range<Range>) {
    static_assert(
        IsEntry<std::ranges::range_reference_t<Range>, Key, Value>,
        "pma: the elements of what is sorted must have a .first that makes a "
        "key and a .second that makes a value");
  }
  return true;
}

template <class Predicate, class Key, class Value>
consteval bool CheckEntryPredicate() {
  static_assert(
      std::is_invocable_r_v<bool, Predicate&, const Key&, const Value&>,
      "pma: what decides on entries must be callable as "
      "f(const Key&, const Value&) and return a bool");
  return true;
}

// --- Of sets, which show keys alone -----------------------------------------

template <class Function, class Key, class Value>
  requires kIsPresence<Value>
consteval bool CheckEntryVisitor() {
  static_assert(std::is_invocable_v<Function&, const Key&>,
                "pma: what visits a key of a set must be callable as "
                "f(const Key&)");
  return true;
}

template <class Function, class Key, class Value>
  requires kIsPresence<Value>
consteval bool CheckScanner() {
  static_assert(std::is_invocable_v<Function&, const Key&>,
                "pma: what scans a set must be callable as f(const Key&)");
  if constexpr (std::is_invocable_v<Function&, const Key&>) {
    using Result = std::invoke_result_t<Function&, const Key&>;
    static_assert(std::is_void_v<Result> || std::is_same_v<Result, bool>,
                  "pma: what scans a set must return void, or a bool that is "
                  "false to end the scan");
  }
  return true;
}

template <class Function, class Key, class Value>
  requires kIsPresence<Value>
consteval bool CheckColumnScanner() {
  using Keys = std::span<const Key>;
  static_assert(std::is_invocable_v<Function&, Keys>,
                "pma: what scans the column of a set must be callable as "
                "f(std::span<const Key>)");
  if constexpr (std::is_invocable_v<Function&, Keys>) {
    using Result = std::invoke_result_t<Function&, Keys>;
    static_assert(std::is_void_v<Result> || std::is_same_v<Result, bool>,
                  "pma: what scans the column of a set must return void, or a "
                  "bool that is false to end the scan");
  }
  return true;
}

template <class Range, class Key>
consteval bool CheckSortedKeys() {
  static_assert(std::ranges::input_range<Range>,
                "pma: what is sorted must be a range");
  if constexpr (std::ranges::input_range<Range>) {
    static_assert(
        std::is_constructible_v<Key, std::ranges::range_reference_t<Range>>,
        "pma: the elements of what is sorted must make keys");
  }
  return true;
}

template <class Predicate, class Key, class Value>
  requires kIsPresence<Value>
consteval bool CheckEntryPredicate() {
  static_assert(std::is_invocable_r_v<bool, Predicate&, const Key&>,
                "pma: what decides on keys of a set must be callable as "
                "f(const Key&) and return a bool");
  return true;
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_REQUIREMENTS_H_
