// SPDX-License-Identifier: Apache-2.0

// operator new and delete of a binary in which programs under simulation take
// all their memory from the simulated heap, so that an access to freed memory
// of whatever origin is seen. Link it in; there is nothing to include.

#include <cstddef>
#include <cstdlib>
#include <new>

#include "fuzz/sim/simulation.h"

namespace {

using pma::sim::Heap;
using pma::sim::Simulation;

void* New(std::size_t bytes, std::size_t align) {
  if (Simulation::TakesNew()) {
    return Simulation::Current()->Allocate(bytes, align, Heap::Owner::kNew);
  }
  void* memory =
      align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
          ? std::malloc(bytes == 0 ? 1 : bytes)
          : std::aligned_alloc(align, (bytes + align - 1) / align * align);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* NewOrNull(std::size_t bytes, std::size_t align) noexcept {
  try {
    return New(bytes, align);
  } catch (...) {
    return nullptr;
  }
}

void Delete(void* memory) {
  // Not only while memory is taken from there: blocks of the simulated heap
  // may be given back under a RealHeap scope, and after their execution.
  if (!Simulation::FreeIfOwned(memory)) std::free(memory);
}

constexpr std::size_t kAlign = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

void* operator new(std::size_t bytes) { return New(bytes, kAlign); }
void* operator new[](std::size_t bytes) { return New(bytes, kAlign); }
void* operator new(std::size_t bytes, std::align_val_t align) {
  return New(bytes, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t bytes, std::align_val_t align) {
  return New(bytes, static_cast<std::size_t>(align));
}
// The ones that do not throw come from the same place, for the same deletes.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return NewOrNull(bytes, kAlign);
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return NewOrNull(bytes, kAlign);
}
void* operator new(std::size_t bytes, std::align_val_t align,
                   const std::nothrow_t&) noexcept {
  return NewOrNull(bytes, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t bytes, std::align_val_t align,
                     const std::nothrow_t&) noexcept {
  return NewOrNull(bytes, static_cast<std::size_t>(align));
}

void operator delete(void* memory) noexcept { Delete(memory); }
void operator delete[](void* memory) noexcept { Delete(memory); }
void operator delete(void* memory, std::size_t) noexcept { Delete(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  Delete(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  Delete(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  Delete(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  Delete(memory);
}
