// SPDX-License-Identifier: Apache-2.0

// A reference to something callable, whatever its type: for functions that are
// called rarely, so that their code is there once and not for each caller.

#ifndef PMA_INTERNAL_MACHINE_FUNCTION_REF_H_
#define PMA_INTERNAL_MACHINE_FUNCTION_REF_H_

#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// Of what is called with these arguments and returns nothing. What it refers to
// must outlive it, as the argument of a call does.
template <class... Args>
class FunctionRef {
 public:
  template <class Function>
  FunctionRef(
      const Function& function)  // NOLINT: converts, as an argument does
      : function_(&function), call_([](const void* f, Args... args) {
          (*static_cast<const Function*>(f))(args...);
        }) {}

  void operator()(Args... args) const { call_(function_, args...); }

 private:
  const void* function_;
  void (*call_)(const void*, Args...);
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_MACHINE_FUNCTION_REF_H_
