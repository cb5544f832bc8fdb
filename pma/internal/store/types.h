// SPDX-License-Identifier: Apache-2.0

// The types one map is made of, in one bundle.

#ifndef PMA_INTERNAL_STORE_TYPES_H_
#define PMA_INTERNAL_STORE_TYPES_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/platform.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/headed_separators.h"
#include "pma/internal/store/key_number.h"
#include "pma/internal/store/key_order.h"
#include "pma/internal/store/segment.h"
#include "pma/internal/store/separators.h"

namespace pma::inline PMA_VARIANT::internal {

template <class KeyType, class ValueType, class CompareType,
          class AllocatorType, class TuningType>
struct MapTypes {
  using Key = KeyType;
  using Value = ValueType;
  using Compare = CompareType;
  using Allocator = AllocatorType;
  using Tuning = TuningType;
  using Platform = typename Tuning::Platform;

  using Order = KeyOrder<Key, Compare>;
  using KeyCodec = KeyCodecFor<Key, Compare>;
  using ValueCodec = ValueCodecFor<Value>;
  using SeparatorCodec = SeparatorCodecFor<Key, KeyCodec>;
  using KeyBits = typename KeyCodec::Bits;
  using ValueBits = typename ValueCodec::Bits;
  using SeparatorBits = typename SeparatorCodec::Bits;
  // What callbacks get of a key.
  using ShownKey = std::remove_cvref_t<decltype(Viewer<KeyCodec>().View(
      std::declval<const KeyBits&>()))>;

  static_assert(IsPlatform<Platform>);
  static_assert(IsCodec<KeyCodec, Key> && IsCodec<SeparatorCodec, Key> &&
                IsCodec<ValueCodec, Value>);

  // Keys that are searched as numbers of one word, and those.
  using Numbers = NumbersFor<Key, Compare>;
  using Number = typename Numbers::Number;
  static constexpr bool kNaturalKeys = Numbers::kOneWord;
  // Keys with heads (heads.h), which are searched likewise: strings, and
  // numbers of several words.
  static constexpr bool kTextKeys = Order::kText;
  static constexpr bool kLongKeys = Order::kNumbers && !Numbers::kOneWord;
  static constexpr bool kHeadedKeys = kTextKeys || kLongKeys;
  using Head = std::conditional_t<kNaturalKeys, Number, uint64_t>;
  // A value that one atomic store replaces.
  static constexpr bool kAtomicValue = ValueCodec::kUnits <= 1;

  static constexpr size_t kCells = Segment<MapTypes>::kCells;
};

template <class Types>
struct ChooseSeparators {
  using type = Separators<
      typename Types::Platform, typename Types::SeparatorCodec,
      std::conditional_t<Types::kNaturalKeys, typename Types::Number, void>>;
};
template <class Types>
  requires Types::kTextKeys
struct ChooseSeparators<Types> {
  using Codec = typename Types::SeparatorCodec;
  using type = HeadedSeparators<typename Types::Platform, Codec,
                                /*kTailWords=*/3, &Codec::WordsOf>;
};
template <class Types>
  requires Types::kLongKeys
struct ChooseSeparators<Types> {
  using Codec = typename Types::SeparatorCodec;
  static constexpr size_t kWords = Types::KeyCodec::kUnits;
  static NumberWords<kWords> WordsOf(const typename Codec::Bits& bits) {
    return {Types::Numbers::Of(Codec::View(bits))};
  }
  using type =
      HeadedSeparators<typename Types::Platform, Codec, kWords - 1, &WordsOf>;
};
template <class Types>
using SeparatorsFor = typename ChooseSeparators<Types>::type;

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_TYPES_H_
