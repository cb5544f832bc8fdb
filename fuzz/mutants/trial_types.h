// SPDX-License-Identifier: Apache-2.0

// The maps of the layers that run on the real platform: 64-bit keys and values,
// inline or in boxes as the target says by PMA_TRIAL_BOXES; or, for the layer
// of one thread, keys of several words by PMA_TRIAL_ENCODED.

#ifndef PMA_FUZZ_MUTANTS_TRIAL_TYPES_H_
#define PMA_FUZZ_MUTANTS_TRIAL_TYPES_H_

#include <compare>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <type_traits>

#include "pma/key_encoding.h"
#include "pma/testing/map_peer.h"

namespace pma::mutants {

// A word that the map keeps in a box, because it is not trivially copyable. It
// knows whether it still is one: whoever reads a freed box ends the process.
class CheckedWord {
 public:
  CheckedWord() : CheckedWord(0) {}
  CheckedWord(uint64_t word) : word_(word), check_(~word) {}  // NOLINT: stands
  CheckedWord(const CheckedWord& other) : CheckedWord(uint64_t{other}) {}
  CheckedWord& operator=(const CheckedWord& other) {
    word_ = other;
    check_ = ~word_;
    return *this;
  }
  ~CheckedWord() { check_ = word_; }

  operator uint64_t() const {  // NOLINT: for the word
    const uint64_t word = word_;
    if (check_ != ~word) std::abort();
    return word;
  }
  std::string Describe() const { return std::to_string(word_); }

 private:
  uint64_t word_;
  // Volatile, or the destructor's store would be one to an object that is gone.
  volatile uint64_t check_;
};

// A number as a key with an encoding of three words (key_encoding.h): one part
// may be negative, one is zero with either sign, and each of the later two lies
// in two words. Numbers that differ by a zero's sign are one key.
struct EncodedNumber {
  EncodedNumber(uint64_t n)  // NOLINT: stands for the number
      : high(static_cast<int16_t>(n % 3 - 1)),
        middle(n / 3 % 4 == 0   ? -0.0
               : n / 3 % 4 == 1 ? 0.0
                                : static_cast<double>(n / 3 % 4) - 2.5),
        low(n / 12 % 8 | n / 96 << 62) {}
  EncodedNumber() : EncodedNumber(0) {}

  friend auto operator<=>(const EncodedNumber&, const EncodedNumber&) = default;
  std::string Describe() const {
    return std::to_string(high) + "/" + std::to_string(middle) + "/" +
           std::to_string(low);
  }

  int16_t high;
  double middle;
  uint64_t low;
};

#ifdef PMA_TRIAL_BOXES
inline constexpr bool kBoxes = true;
#else
inline constexpr bool kBoxes = false;
#endif
using TrialWord = std::conditional_t<kBoxes, CheckedWord, uint64_t>;

#ifdef PMA_TRIAL_ENCODED
using TrialKey = EncodedNumber;
using TrialOrder = std::greater<>;
#else
using TrialKey = TrialWord;
using TrialOrder = std::less<>;
#endif

// A guard that outlives its operation would hold memory back for good. To be
// asked while no operation runs.
template <class Platform>
bool AnyReservationLeft() {
  for (const auto* record = testing::MapPeer::Threads<Platform>();
       record != nullptr; record = record->next) {
    if (record->low.LoadAcquire() != 0) return true;
  }
  return false;
}

}  // namespace pma::mutants

template <>
struct pma::KeyEncoding<pma::mutants::EncodedNumber>
    : pma::MembersEncoding<&pma::mutants::EncodedNumber::high,
                           &pma::mutants::EncodedNumber::middle,
                           &pma::mutants::EncodedNumber::low> {};

#endif  // PMA_FUZZ_MUTANTS_TRIAL_TYPES_H_
