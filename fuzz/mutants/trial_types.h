// SPDX-License-Identifier: Apache-2.0

// The maps of the layers that run on the real platform: 64-bit keys and values,
// inline or in boxes as the target says by PMA_TRIAL_BOXES.

#ifndef PMA_FUZZ_MUTANTS_TRIAL_TYPES_H_
#define PMA_FUZZ_MUTANTS_TRIAL_TYPES_H_

#include <cstdint>
#include <cstdlib>
#include <string>
#include <type_traits>

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

#ifdef PMA_TRIAL_BOXES
inline constexpr bool kBoxes = true;
#else
inline constexpr bool kBoxes = false;
#endif
using TrialWord = std::conditional_t<kBoxes, CheckedWord, uint64_t>;

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

#endif  // PMA_FUZZ_MUTANTS_TRIAL_TYPES_H_
