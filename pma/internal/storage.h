// How keys and values become the atomic words of a cell.
//
//   Inline    trivially copyable, up to 32 bytes: the object's own bytes, in
//             one unit of 1, 2, 4 or 8 bytes or in several 8-byte words
//   Prefixed  std::string keys in their natural order: the first 8 characters
//             as a big-endian number, then a box; most comparisons end at the
//             number
//   Boxed     everything else: one word, the address of an immutable box that
//             is reclaimed by epochs
//
// `Bits` is a cell's content in a register or on the stack. Bits of more than
// one unit may be torn when read from a live segment: they must be validated
// before they are viewed.
//
// SYNC-3: StoreRelease / LoadAcquire of the last unit in an ordered Column:
//         whoever finds a box sees it constructed, and whoever reads a value
//         replaced in place sees what its writer had done before.

#ifndef PMA_INTERNAL_STORAGE_H_
#define PMA_INTERNAL_STORAGE_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "pma/internal/limbo.h"
#include "pma/internal/search.h"

namespace pma::inline PMA_VARIANT::internal {

inline constexpr size_t kMaxInlineBytes = 32;

template <class Type>
inline constexpr bool kFitsInline =
    std::is_trivially_copyable_v<Type> && std::is_copy_constructible_v<Type> &&
    sizeof(Type) <= kMaxInlineBytes;

template <class Type>
struct InlineCodec {
  static constexpr bool kBoxed = false;
  static constexpr size_t kBytes = std::is_empty_v<Type> ? 0 : sizeof(Type);
  using Unit = std::conditional_t<
      kBytes == 1, uint8_t,
      std::conditional_t<kBytes == 2, uint16_t,
                         std::conditional_t<kBytes == 4, uint32_t, uint64_t>>>;
  static constexpr size_t kUnits = (kBytes + sizeof(Unit) - 1) / sizeof(Unit);
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(const Type& value) {
    Bits bits{};
    if constexpr (kUnits > 0) {
      std::memcpy(bits.data(), std::addressof(value), sizeof(Type));
    }
    return bits;
  }
  static Type View(const Bits& bits) {
    std::array<std::byte, sizeof(Type)> bytes{};
    if constexpr (kUnits > 0)
      std::memcpy(bytes.data(), bits.data(), sizeof(Type));
    return std::bit_cast<Type>(bytes);
  }
};

// The value is the allocator's to construct and to destroy (tree.h).
template <class Type>
struct Box : Retirable {
  Box() {}
  ~Box() {}
  union {
    Type value;
  };
};

// Bytes that a value owns beside its own, as far as one can know.
template <class Type>
size_t OwnedBytes(const Type&) {
  return 0;
}
template <class Char, class Traits, class Allocator>
size_t OwnedBytes(const std::basic_string<Char, Traits, Allocator>& text) {
  return text.capacity() * sizeof(Char);
}
template <class Type, class Allocator>
size_t OwnedBytes(const std::vector<Type, Allocator>& elements) {
  return elements.capacity() * sizeof(Type);
}

template <class Type>
struct BoxedCodec {
  static constexpr bool kBoxed = true;
  using Unit = uint64_t;
  static constexpr size_t kUnits = 1;
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(Box<Type>* box) {
    return {reinterpret_cast<uintptr_t>(box)};
  }
  static Box<Type>* BoxOf(const Bits& bits) {
    return reinterpret_cast<Box<Type>*>(
        static_cast<uintptr_t>(bits[kUnits - 1]));
  }
  static const Type& View(const Bits& bits) { return BoxOf(bits)->value; }
};

// The first eight characters; orders like the string where it differs.
inline uint64_t PrefixOf(std::string_view text) {
  char characters[8] = {};
  text.copy(characters, sizeof(characters));
  uint64_t prefix = 0;
  for (const char character : characters) {
    prefix = (prefix << 8) | static_cast<unsigned char>(character);
  }
  return prefix;
}

struct PrefixedCodec {
  static constexpr bool kBoxed = true;
  using Unit = uint64_t;
  static constexpr size_t kUnits = 2;
  using Bits = std::array<Unit, kUnits>;

  static Bits Encode(Box<std::string>* box) {
    return {PrefixOf(box->value), reinterpret_cast<uintptr_t>(box)};
  }
  static Box<std::string>* BoxOf(const Bits& bits) {
    return reinterpret_cast<Box<std::string>*>(static_cast<uintptr_t>(bits[1]));
  }
  static const std::string& View(const Bits& bits) {
    return BoxOf(bits)->value;
  }
};

template <class Key, class Compare>
inline constexpr bool kHasPrefix =
    std::is_same_v<Key, std::string> &&
    (std::is_same_v<Compare, std::less<>> ||
     std::is_same_v<Compare, std::less<std::string>>);

template <class Key, class Compare>
using KeyCodecFor = std::conditional_t<
    kHasPrefix<Key, Compare>, PrefixedCodec,
    std::conditional_t<kFitsInline<Key>, InlineCodec<Key>, BoxedCodec<Key>>>;

template <class Value>
using ValueCodecFor = std::conditional_t<kFitsInline<Value>, InlineCodec<Value>,
                                         BoxedCodec<Value>>;

// A key in a separator. Separators are compared without validation on the way
// down, so a multi-word inline key, which could be torn, lies in a box there. A
// prefix and a box of different separators may be met together: both then come
// from within the window being moved, and lead into it, as either would alone.
template <class Key, class KeyCodec>
using SeparatorCodecFor =
    std::conditional_t<KeyCodec::kBoxed || KeyCodec::kUnits == 1, KeyCodec,
                       BoxedCodec<Key>>;

// A key whose every read is whole: it may be compared before validation.
template <class Codec>
inline constexpr bool kNeverTorn = !Codec::kBoxed && Codec::kUnits == 1;

// What is looked for, with its prefix if the keys have one. A number is held by
// value, so that a search keeps it in a register.
template <class Query, bool kPrefixed>
struct Probe {
  explicit Probe(const Query& q) : key(q) {}
  const Query& key;
};
template <class Query>
  requires std::is_arithmetic_v<Query>
struct Probe<Query, false> {
  explicit Probe(const Query& q) : key(WithoutAssumptions(q)) {}
  const Query key;
};
template <class Query>
struct Probe<Query, true> {
  explicit Probe(const Query& q) : key(q), prefix(PrefixOf(q)) {}
  const Query& key;
  uint64_t prefix;
};

// A number that is sought where kWideRegisters (wide.h): whoever gets one need
// not ask.
template <class Query>
struct WideProbe : Probe<Query, false> {
  explicit WideProbe(const Probe<Query, false>& probe)
      : Probe<Query, false>(probe) {}
};
template <class ProbeT>
inline constexpr bool kIsWide = false;
template <class Query>
inline constexpr bool kIsWide<WideProbe<Query>> = true;

// A copy as a probe that may be used anywhere.
template <class Query, bool kPrefixed>
Probe<Query, kPrefixed> AnyProbe(const Probe<Query, kPrefixed>& probe) {
  return probe;
}
template <class ProbeT>
using AnyProbeFor = decltype(AnyProbe(std::declval<const ProbeT&>()));

// The order of cells and separators against probes.
template <class Key, class Compare>
class KeyOrder {
 public:
  KeyOrder() = default;
  explicit KeyOrder(const Compare& compare) : compare_(compare) {}

  static constexpr bool kPrefixed = kHasPrefix<Key, Compare>;
  template <class Query>
  using ProbeFor =
      Probe<Query,
            kPrefixed && std::is_convertible_v<const Query&, std::string_view>>;

  // stored < probe
  template <class Codec, class Query, bool kP>
  bool Before(const typename Codec::Bits& stored,
              const Probe<Query, kP>& probe) const {
    if constexpr (kP) {
      if (stored[0] != probe.prefix) return stored[0] < probe.prefix;
    }
    return compare_(Codec::View(stored), probe.key);
  }
  // probe < stored
  template <class Codec, class Query, bool kP>
  bool After(const typename Codec::Bits& stored,
             const Probe<Query, kP>& probe) const {
    if constexpr (kP) {
      if (stored[0] != probe.prefix) return probe.prefix < stored[0];
    }
    return compare_(probe.key, Codec::View(stored));
  }

  const Compare& compare() const { return compare_; }

  // An order of the standard library's.
  static constexpr bool kOfStandard =
      std::is_same_v<Compare, std::less<>> ||
      std::is_same_v<Compare, std::less<Key>> ||
      std::is_same_v<Compare, std::greater<>> ||
      std::is_same_v<Compare, std::greater<Key>>;

  // For assertions: whether what is put or erased has a place in the order. NaN
  // has none, nor has what a comparator takes to be less than itself.
  template <class Query>
  bool Admits(const Query& q) const {
    if constexpr (kOfStandard && std::is_floating_point_v<Query>) {
      return q == q;
    } else if constexpr (std::is_same_v<Query, Key>) {
      return !compare_(q, q);
    } else {
      return true;
    }
  }

  // Probes that the processor can compare with cells by itself.
  template <class ProbeT>
  static constexpr bool kNatural = kNaturalOrder<Key, Compare> &&
                                   std::is_base_of_v<Probe<Key, false>, ProbeT>;

 private:
  [[no_unique_address]] Compare compare_;
};

// Access to an array of atomic cells of one codec. Arrays whose cells are
// replaced or read outside a version window are `kOrdered`.
template <class Platform, class Codec, bool kOrdered>
struct CellArray {
  using Bits = typename Codec::Bits;
  using Unit = typename Platform::template Atomic<typename Codec::Unit>;

  static Bits Load(const Unit* units, size_t cell) {
    Bits bits{};
    if constexpr (Codec::kUnits > 0) {
      units += cell * Codec::kUnits;
      for (size_t u = 0; u < kLast; ++u) bits[u] = units[u].LoadRelaxed();
      if constexpr (kOrdered) {
        bits[kLast] = units[kLast].LoadAcquire();  // SYNC-3
      } else {
        bits[kLast] = units[kLast].LoadRelaxed();
      }
    }
    return bits;
  }

  static void Store(Unit* units, size_t cell, const Bits& bits) {
    if constexpr (Codec::kUnits > 0) {
      units += cell * Codec::kUnits;
      for (size_t u = 0; u < kLast; ++u) units[u].StoreRelaxed(bits[u]);
      if constexpr (kOrdered) {
        units[kLast].StoreRelease(bits[kLast]);  // SYNC-3
      } else {
        units[kLast].StoreRelaxed(bits[kLast]);
      }
    }
  }

 private:
  static constexpr size_t kLast = Codec::kUnits - 1;
};

// `kCells` cells in place; nothing at all for the values of a set.
template <class Platform, class Codec, size_t kCells, bool kOrdered>
class Column {
  using Cells = CellArray<Platform, Codec, kOrdered>;

 public:
  using Bits = typename Codec::Bits;
  Bits Load(size_t cell) const { return Cells::Load(units_.data(), cell); }
  void Store(size_t cell, const Bits& bits) {
    Cells::Store(units_.data(), cell, bits);
  }

  // Copies cells [from, to) of `source`, another column, to cell `at` and on.
  void CopyFrom(const Column& source, size_t from, size_t to, size_t at) {
    CopyWords((to - from) * Codec::kUnits, CopyOf(source, from, at));
  }
  // The words of such a copy.
  auto CopyOf(const Column& source, size_t from, size_t at) {
    return WordCopy{source.units_.data() + from * Codec::kUnits,
                    units_.data() + at * Codec::kUnits};
  }
  // Copies cells [from, to) to memory of the thread's own, to be looked at when
  // they have been validated, and what they point to after an acquire fence
  // (SYNC-3).
  void CopyTo(Bits* target, size_t from, size_t to) const {
    if constexpr (Codec::kUnits > 0) {
      CopyOut(units_.data() + from * Codec::kUnits, target->data(),
              (to - from) * Codec::kUnits);
    }
  }
  // Writes `bits`, of a single unit, to all cells from `from` on.
  void Fill(size_t from, const Bits& bits) {
    FillWords(units_.data() + from, kCells - from, bits[0]);
  }
  // The cells as words, for a search.
  const typename Cells::Unit* units() const { return units_.data(); }

 private:
  [[no_unique_address]] std::array<typename Cells::Unit, kCells * Codec::kUnits>
      units_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORAGE_H_
