// SPDX-License-Identifier: Apache-2.0

// A tree that is moved, assigned and swapped with its allocator as the
// standard's containers are. No other thread may use any of the trees.

#ifndef PMA_INTERNAL_WRITE_MOVABLE_TREE_H_
#define PMA_INTERNAL_WRITE_MOVABLE_TREE_H_

#include <cassert>
#include <memory>
#include <utility>

#include "pma/internal/machine/variant.h"
#include "pma/internal/read/find.h"
#include "pma/internal/read/scan.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/put_erase.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class MovableTree : public Tree<Types> {
  using Base = Tree<Types>;
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using Allocator = typename Types::Allocator;
  using Traits = std::allocator_traits<Allocator>;

 public:
  static constexpr bool kAlwaysEqual = Traits::is_always_equal::value;
  static constexpr bool kAssignedInOne =
      kAlwaysEqual || Traits::propagate_on_container_move_assignment::value;

  using Base::Base;

  // Takes everything from `other`.
  MovableTree(MovableTree&& other) noexcept
      : Base(other.order().compare(), other.allocator()) {
    this->TakeFrom(other);
  }
  // Takes everything, or the entries one by one if `allocator` cannot free the
  // memory they lie in.
  MovableTree(MovableTree&& other,
              const Allocator& allocator) noexcept(kAlwaysEqual)
      : Base(other.order().compare(), allocator) {
    if (other.CanGiveTo(allocator)) {
      this->TakeFrom(other);
    } else if constexpr (!kAlwaysEqual) {
      MoveEntriesFrom(other);
    }
  }
  MovableTree& operator=(MovableTree&& other) noexcept(kAssignedInOne) {
    if (this == &other) return *this;
    if constexpr (Traits::propagate_on_container_move_assignment::value) {
      Become(other, other.allocator());
    } else if (other.CanGiveTo(this->allocator())) {
      Become(other, this->allocator());
    } else if constexpr (!kAlwaysEqual) {
      MovableTree built(std::move(other), this->allocator());
      Become(built, this->allocator());
    }
    return *this;
  }

  void Swap(MovableTree& other) noexcept {
    constexpr bool kPropagates = Traits::propagate_on_container_swap::value;
    assert(kPropagates || other.CanGiveTo(this->allocator()));
    if (this == &other) return;
    MovableTree mine(std::move(*this));
    Become(other, kPropagates ? other.allocator() : this->allocator());
    other.Become(mine, kPropagates ? mine.allocator() : other.allocator());
  }

 private:
  // Whether `allocator` can free what this tree holds.
  bool CanGiveTo(const Allocator& allocator) const {
    if constexpr (kAlwaysEqual) {
      return true;
    } else {
      return allocator == this->allocator();
    }
  }
  // Becomes what `other` is, which is left empty, with an allocator that can
  // free what `other` holds. (By value: it may be this tree's.)
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  void Become(MovableTree& other, Allocator allocator) noexcept {
    std::destroy_at(this);
    std::construct_at(this, other.order().compare(), allocator);
    this->TakeFrom(other);
  }
  // Makes the entries of `other`, which is left empty, anew in memory of this
  // tree's allocator.
  void MoveEntriesFrom(MovableTree& other) {
    const auto move = [this](const auto& key, const Value& value) {
      internal::Put(
          *this, key, /*replace=*/false, [&] { return this->MakeKey(key); },
          // It lies in a box that nobody else looks at, or in a copy.
          [&] {
            return this->MakeValue(std::move(const_cast<Value&>(value)));
          });
    };
    internal::ScanAll(other, move);
    other.Reset();
  }
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_MOVABLE_TREE_H_
