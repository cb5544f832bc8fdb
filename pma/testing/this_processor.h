// SPDX-License-Identifier: Apache-2.0

// Skips a program's tests if it was compiled for another processor than this
// one.

#ifndef PMA_TESTING_THIS_PROCESSOR_H_
#define PMA_TESTING_THIS_PROCESSOR_H_

#include "gtest/gtest.h"

namespace pma::testing {

class ThisProcessor : public ::testing::Environment {
 public:
  void SetUp() override {
#if defined(__AVX512F__)
    if (!__builtin_cpu_supports("avx512f")) {
      GTEST_SKIP() << "this processor has no AVX-512";
    }
#elif defined(__AVX2__)
    if (!__builtin_cpu_supports("avx2")) {
      GTEST_SKIP() << "this processor has no AVX2";
    }
#endif
  }
};
inline const ::testing::Environment* const kThisProcessor =
    ::testing::AddGlobalTestEnvironment(new ThisProcessor);

}  // namespace pma::testing

#endif  // PMA_TESTING_THIS_PROCESSOR_H_
