// SPDX-License-Identifier: Apache-2.0

// How much work a test may do in the binary it is compiled into.
//
// Sanitizers slow a test down by 2x (ASan, UBSan) to 20x (TSan). Tests ask for
// a size with Scaled(plain, sanitized) so that the whole matrix stays cheap.

#ifndef PMA_TESTING_BUILD_VARIANT_H_
#define PMA_TESTING_BUILD_VARIANT_H_

#if defined(__has_feature)
#define PMA_TESTING_HAS_FEATURE(x) __has_feature(x)
#else
#define PMA_TESTING_HAS_FEATURE(x) 0
#endif

namespace pma::testing {

#if defined(__SANITIZE_ADDRESS__) || PMA_TESTING_HAS_FEATURE(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#if defined(__SANITIZE_THREAD__) || PMA_TESTING_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#if PMA_TESTING_HAS_FEATURE(undefined_behavior_sanitizer)
inline constexpr bool kUndefinedSanitizer = true;
#else
inline constexpr bool kUndefinedSanitizer = false;
#endif

inline constexpr bool kSanitized =
    kAddressSanitizer || kThreadSanitizer || kUndefinedSanitizer;

template <class T>
constexpr T Scaled(T plain, T sanitized) {
  return kSanitized ? sanitized : plain;
}

}  // namespace pma::testing

#endif  // PMA_TESTING_BUILD_VARIANT_H_
