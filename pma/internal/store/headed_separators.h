// SPDX-License-Identifier: Apache-2.0

// Separators that are strings, or numbers of several words: their heads
// (heads.h) are searched as numbers of one. Where those are equal what follows
// is compared, the tail, which lies here, too, and only then the boxes.
//
// The heads are behind the first `skip` characters, which all separators have
// in common, and so have all keys between the fences of an extent. A directory
// has no fences: whoever searches there looks at the first characters, too.
//
// While a separator is replaced, its head, its tail and its box may be of
// different texts. A head or a box leads a key that is not of the moving window
// past it; the head of one with the tail of the other need not. So whoever must
// get on, although the writer may stop there for good, compares boxes alone.

#ifndef PMA_INTERNAL_STORE_HEADED_SEPARATORS_H_
#define PMA_INTERNAL_STORE_HEADED_SEPARATORS_H_

#include <cstddef>
#include <cstdint>
#include <new>

#include "pma/internal/machine/platform.h"
#include "pma/internal/store/codec.h"
#include "pma/internal/store/column.h"
#include "pma/internal/store/heads.h"
#include "pma/internal/store/search.h"
#include "pma/internal/store/separators.h"

namespace pma::inline PMA_VARIANT::internal {

// The interface of Separators (separators.h).
// words_of(bits) is what a separator consists of.
template <class Platform, class Codec, size_t kTailWords, auto words_of>
class alignas(64) HeadedSeparators {
  using HeadCodec = InlineCodec<uint64_t>;
  using Heads = Separators<Platform, HeadCodec, uint64_t>;
  using Boxes = CellArray<Platform, Codec, true>;
  using BoxUnit = typename Boxes::Unit;
  using Word = typename Platform::template Atomic<uint64_t>;

 public:
  using Bits = typename Codec::Bits;

  static constexpr size_t kAlign = Heads::kAlign;
  static constexpr size_t BytesFor(size_t capacity) {
    return sizeof(HeadedSeparators) - sizeof(Heads) +
           Heads::BytesFor(capacity) + BytesOf<Word>(capacity * kTailWords) +
           BytesOf<BoxUnit>(capacity);
  }

  // The object must be followed by its cells: BytesFor(capacity) in all.
  explicit HeadedSeparators(size_t capacity)
      : boxes_(reinterpret_cast<BoxUnit*>(reinterpret_cast<std::byte*>(this) +
                                          BytesFor(capacity) -
                                          BytesOf<BoxUnit>(capacity))),
        tails_(reinterpret_cast<Word*>(reinterpret_cast<std::byte*>(boxes_) -
                                       BytesOf<Word>(capacity * kTailWords))),
        heads_(capacity) {
    for (size_t i = 0; i < capacity; ++i) ::new (&boxes_[i]) BoxUnit();
    for (size_t i = 0; i < capacity * kTailWords; ++i)
      ::new (&tails_[i]) Word();
  }
  HeadedSeparators(const HeadedSeparators&) = delete;
  HeadedSeparators& operator=(const HeadedSeparators&) = delete;

  // Before they are published: what the first `count` have in common, and their
  // heads.
  void SetHeads(size_t skip, size_t count) {
    skip_ = skip;
    for (size_t i = 1; i < count; ++i) StoreHead(i, Load(i));
  }
  size_t skip() const { return skip_; }
  static auto WordsOf(const Bits& bits) { return words_of(bits); }

  Bits Load(size_t i) const { return Boxes::Load(boxes_, i); }
  void Store(size_t i, const Bits& bits) {
    if (i == 0) return;
    Boxes::Store(boxes_, i, bits);
    StoreHead(i, bits);
  }
  void Clear(size_t i) {
    heads_.Clear(i);
    Boxes::Store(boxes_, i, {});
  }

  template <class InUse, class Predicate>
  size_t FindLast(InUse in_use, const Predicate& predicate) const {
    if constexpr (requires { predicate.words(); }) {
      const auto words = predicate.words();
      const uint64_t head = words.Word(skip_, 0);
      if (head != kFiller) [[likely]] {
        const size_t last = heads_.FindLast(in_use, AtOrBefore{head});
        if (last == 0 || heads_.Load(last)[0] != head) return last;
        const size_t before = heads_.FindLast(in_use, Before{head});
        if (before >= last) [[unlikely]] {
          return last;
        }
        return before + internal::PartitionPoint(last - before, [&](size_t i) {
                 const size_t at = before + 1 + i;
                 const int order = CompareTail(words, at);
                 return order != 0 ? order > 0 : Is(predicate, at);
               });
      }
    }
    const size_t count = in_use();
    return count <= 1 ? 0 : internal::PartitionPoint(count - 1, [&](size_t i) {
      return Is(predicate, 1 + i);
    });
  }

  // How something that begins as all separators do compares with the `i`th, if
  // head and tail tell; else 0.
  template <class Words>
  int CompareHead(const Words& words, size_t i) const {
    const uint64_t head = words.Word(skip_, 0);
    const uint64_t there = heads_.Load(i)[0];
    if (head != there) return head < there ? -1 : 1;
    return CompareTail(words, i);
  }

  // True if the heads are those of the separators (quiescent).
  bool LevelsAgree(size_t count) const {
    for (size_t i = 1; i < count; ++i) {
      if (CompareHead(words_of(Load(i)), i) != 0) return false;
    }
    return heads_.LevelsAgree(count);
  }

  void PrefetchTop() const { heads_.PrefetchTop(); }

 private:
  static constexpr uint64_t kFiller = NaturalCells<Platform, uint64_t>::kFiller;

  // As in descend.h.
  struct AtOrBefore {
    static constexpr bool kStrict = false;
    static constexpr bool kWide = false;
    uint64_t key;
  };
  struct Before {
    static constexpr bool kStrict = true;
    static constexpr bool kWide = false;
    uint64_t key;
  };

  template <class Type>
  static constexpr size_t BytesOf(size_t count) {
    return (count * sizeof(Type) + kAlign - 1) / kAlign * kAlign;
  }

  void StoreHead(size_t i, const Bits& bits) {
    const auto words = words_of(bits);
    for (size_t w = 0; w < kTailWords; ++w) {
      tails_[i * kTailWords + w].StoreRelaxed(words.Word(skip_, w + 1));
    }
    heads_.Store(i, {words.Word(skip_, 0)});
  }
  // Of equal heads.
  template <class Words>
  int CompareTail(const Words& words, size_t i) const {
    for (size_t w = 0; w < kTailWords; ++w) {
      const uint64_t word = words.Word(skip_, w + 1);
      const uint64_t there = tails_[i * kTailWords + w].LoadRelaxed();
      if (word != there) return word < there ? -1 : 1;
    }
    return 0;
  }
  // What has been taken out of use leads anywhere.
  template <class Predicate>
  bool Is(const Predicate& predicate, size_t i) const {
    const Bits bits = Load(i);
    return bits != Bits{} && predicate(bits);
  }

  size_t skip_ = 0;  // constant once published
  BoxUnit* const boxes_;
  Word* const tails_;
  Heads heads_;  // the last member: its cells lie behind it
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_HEADED_SEPARATORS_H_
