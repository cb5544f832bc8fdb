// SPDX-License-Identifier: Apache-2.0

// Errors, for programs with exceptions and without.
//
// With exceptions an error throws. Without them (-fno-exceptions) it ends the
// program with one line on stderr that says why; what would have undone the
// work so far, or gone on without it, is then compiled and never runs.

#ifndef PMA_INTERNAL_MACHINE_EXCEPTIONS_H_
#define PMA_INTERNAL_MACHINE_EXCEPTIONS_H_

#include <cstdio>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/variant.h"

// A try block whose handler takes whatever comes and does not pass it on.
#if defined(__cpp_exceptions)
#define PMA_TRY try
#define PMA_CATCH_ALL catch (...)
#else
#define PMA_TRY if (true)
#define PMA_CATCH_ALL else
#endif

namespace pma::inline PMA_VARIANT::internal {

// Throws Exception(cause), which begins with "pma: ".
template <class Exception>
[[noreturn, gnu::cold, gnu::noinline]] void Throw(const char* cause) {
#if defined(__cpp_exceptions)
  if constexpr (std::is_constructible_v<Exception, const char*>) {
    throw Exception(cause);
  } else {
    throw Exception();
  }
#else
  std::fprintf(stderr, "%s\n", cause);
  std::abort();
#endif
}

[[noreturn]] inline void ThrowOutOfMemory() {
  Throw<std::bad_alloc>("pma: out of memory");
}

// Undoes, when the block is left, what had been done by then; not once it is
// dismissed.
template <class Undo>
class Rollback {
 public:
  explicit Rollback(Undo undo) : undo_(std::move(undo)) {}
  ~Rollback() {
    if (armed_) undo_();
  }
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;

  void Dismiss() { armed_ = false; }

 private:
  Undo undo_;
  bool armed_ = true;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_EXCEPTIONS_H_
