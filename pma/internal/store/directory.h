// SPDX-License-Identifier: Apache-2.0

// The directory: all extents in key order, in an immutable array.
//
// A change of extents publishes a new directory by one compare-and-swap of the
// tree's pointer and retires the old one. A reader works in the directory it
// loaded; extents replaced meanwhile are marked Dead only after the publication
// and stay readable, so what it finds there was current when it began.

#ifndef PMA_INTERNAL_STORE_DIRECTORY_H_
#define PMA_INTERNAL_STORE_DIRECTORY_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "pma/internal/store/extent.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class Directory : public Retirable {
 public:
  using Index = typename Extent<Types>::Index;

  static constexpr size_t BytesFor(size_t count) {
    return ExtentsOffset(count) + count * sizeof(Extent<Types>*);
  }

  // Constructs, in `memory` of BytesFor(count) bytes, the directory that holds
  // the extents of `old` (may be null) with `replaced_count` of them from
  // position `replaced` on replaced by `extents`.
  static Directory* Construct(void* memory, const Directory* old,
                              size_t replaced, size_t replaced_count,
                              std::span<Extent<Types>* const> extents) {
    const size_t old_count = old == nullptr ? 0 : old->count();
    assert(replaced + replaced_count <= old_count);
    auto* directory =
        ::new (memory) Directory(old_count - replaced_count + extents.size());
    size_t at = 0;
    for (size_t i = 0; i < replaced; ++i) directory->Set(at++, old->extent(i));
    for (Extent<Types>* extent : extents) directory->Set(at++, extent);
    for (size_t i = replaced + replaced_count; i < old_count; ++i) {
      directory->Set(at++, old->extent(i));
    }
    assert(at == directory->count());
    if constexpr (Types::kHeadedKeys) directory->SetHeads();
    return directory;
  }

  // What fingers know it by.
  uint64_t serial() const { return serial_; }

  size_t count() const { return count_; }
  size_t bytes() const { return BytesFor(count_); }
  Extent<Types>* extent(size_t i) const {
    assert(i < count_);
    return extents_[i];
  }

  // The position of the extent that owns a key.
  template <class Predicate>
  PMA_ALWAYS_INLINE size_t FindLast(const Predicate& predicate) const {
    if constexpr (Types::kHeadedKeys && requires { predicate.words(); }) {
      if (index_.skip() > 0) {
        // The directory has no fences that would say how all keys begin.
        const int order =
            predicate.CompareBeginning(index_.Load(1), index_.skip());
        if (order != 0) return order < 0 ? 0 : count_ - 1;
      }
    }
    return index_.FindLast([this] { return count_; }, predicate);
  }

  // True if the index repeats the extents' lower fences.
  bool IndexAgrees() const {
    for (size_t i = 1; i < count_; ++i) {
      if (index_.Load(i) != extents_[i]->lower().bits) return false;
    }
    return index_.LevelsAgree(count_);
  }

  // The position of `extent`, or count() if it is not (any more) here.
  size_t PositionOf(const Extent<Types>* extent) const {
    size_t i = 0;
    while (i < count_ && extents_[i] != extent) ++i;
    return i;
  }

 private:
  void SetHeads() {
    if (count_ < 2) return;
    index_.SetHeads(
        internal::CommonPrefix(Index::WordsOf(index_.Load(1)),
                               Index::WordsOf(index_.Load(count_ - 1))),
        count_);
  }
  static constexpr size_t ExtentsOffset(size_t count) {
    return sizeof(Directory) - sizeof(Index) + Index::BytesFor(count);
  }

  explicit Directory(size_t count)
      : count_(count),
        serial_(NextFingerSerial<typename Extent<Types>::Platform>()),
        extents_(reinterpret_cast<Extent<Types>**>(
            reinterpret_cast<std::byte*>(this) + ExtentsOffset(count))),
        index_(count) {}

  void Set(size_t i, Extent<Types>* extent) {
    extents_[i] = extent;
    index_.Store(i, extent->lower().bits);
  }

  size_t count_;
  const uint64_t serial_;
  Extent<Types>** extents_;
  Index index_;  // the last member: its cells lie behind it
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_DIRECTORY_H_
