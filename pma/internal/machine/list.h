// SPDX-License-Identifier: Apache-2.0

// Short lists on the heap, while an extent is rebuilt: not in memory of the
// user's allocator, which there may be too little of.

#ifndef PMA_INTERNAL_MACHINE_LIST_H_
#define PMA_INTERNAL_MACHINE_LIST_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// std::allocator, but for what happens without exceptions (exceptions.h).
template <class Type>
class ListAllocator {
  using Blocks = BlockAllocator<Type, std::allocator<Type>>;

 public:
  using value_type = Type;

  ListAllocator() = default;
  template <class Other>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  ListAllocator(const ListAllocator<Other>&) {}

  Type* allocate(size_t count) {
    return static_cast<Type*>(Blocks({}).Allocate(count * sizeof(Type)));
  }
  void deallocate(Type* list, size_t count) {
    Blocks({}).Free(list, count * sizeof(Type));
  }
  friend bool operator==(const ListAllocator&, const ListAllocator&) = default;
};

template <class Type>
using List = std::vector<Type, ListAllocator<Type>>;

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_LIST_H_
