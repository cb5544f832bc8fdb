// Short lists on the heap, while an extent is rebuilt: not in memory of the
// user's allocator, which there may be too little of.

#ifndef PMA_INTERNAL_LIST_H_
#define PMA_INTERNAL_LIST_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "pma/internal/blocks.h"
#include "pma/internal/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// std::allocator, but for what happens without exceptions (exceptions.h).
template <class T>
class ListAllocator {
  using Blocks = BlockAllocator<T, std::allocator<T>>;

 public:
  using value_type = T;

  ListAllocator() = default;
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  ListAllocator(const ListAllocator<U>&) {}

  T* allocate(size_t count) {
    return static_cast<T*>(Blocks({}).Allocate(count * sizeof(T)));
  }
  void deallocate(T* list, size_t count) {
    Blocks({}).Free(list, count * sizeof(T));
  }
  friend bool operator==(const ListAllocator&, const ListAllocator&) = default;
};

template <class T>
using List = std::vector<T, ListAllocator<T>>;

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_LIST_H_
