// SPDX-License-Identifier: Apache-2.0

// Which sanitizer this file is compiled with.

#ifndef FUZZ_SIM_SANITIZERS_H_
#define FUZZ_SIM_SANITIZERS_H_

#if defined(__SANITIZE_ADDRESS__)
#define FUZZ_SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FUZZ_SIM_ASAN 1
#endif
#endif

#if defined(FUZZ_SIM_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) \
  ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) \
  ((void)(address), (void)(bytes))
#endif

#endif  // FUZZ_SIM_SANITIZERS_H_
