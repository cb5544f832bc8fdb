// SPDX-License-Identifier: Apache-2.0

// A growing array that takes its memory from malloc.
//
// The simulator's own state must not come from operator new, which a binary may
// have replaced by the simulated heap (replace_new.cc).

#ifndef FUZZ_SIM_BUFFER_H_
#define FUZZ_SIM_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

namespace pma::sim {

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

  void clear() { size_ = 0; }
  void pop_back() { --size_; }
  // The new element is not initialised.
  T& Append() {
    if (size_ == capacity_) [[unlikely]] {
      Grow();
    }
    return data_[size_++];
  }
  void push_back(const T& value) { Append() = value; }

 private:
  [[gnu::noinline]] void Grow() {
    capacity_ = capacity_ == 0 ? 64 : 2 * capacity_;
    void* grown =
        std::realloc(static_cast<void*>(data_), capacity_ * sizeof(T));
    if (grown == nullptr) std::abort();
    data_ = static_cast<T*>(grown);
  }

  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_BUFFER_H_
