// SPDX-License-Identifier: Apache-2.0

// Which store each load read: what tells one execution from another, whatever
// the order of steps that do not meet.
//
// A pair is a load's place in the code and that of the store it read, if that
// is another fiber's or not the newest. New pairs are what a fuzzer looks for.
// The class of an execution are all its loads and what they read: executions of
// one program with the same class have read the same everywhere.

#ifndef FUZZ_SIM_READS_FROM_H_
#define FUZZ_SIM_READS_FROM_H_

#include <cstddef>
#include <cstdint>

#include "fuzz/sim/buffer.h"
#include "fuzz/sim/clock.h"

namespace pma::sim {

class ReadsFrom {
 public:
  // An execution begins.
  void Begin() {
    origins_.clear();
    pairs_.clear();
    class_ = 0;
    for (uint32_t& count : accesses_) count = 0;
  }

  // `store` is the store's number, `site` is a place in the code.
  void Stored(int fiber, uint32_t store, const void* site) {
    while (origins_.size() <= store) origins_.push_back({});
    origins_[store] = {Offset(site), accesses_[fiber]++,
                       static_cast<uint32_t>(fiber)};
  }
  void Loaded(int fiber, uint32_t store, const void* site, bool stale) {
    const Origin origin = store < origins_.size() ? origins_[store] : Origin();
    const uint32_t index = accesses_[fiber]++;
    // A sum: the order in which fibers take their steps is not in it.
    class_ += Mix(Mix(static_cast<uint64_t>(fiber) << 32 | index) +
                  (static_cast<uint64_t>(origin.fiber) << 32 | origin.index));
    if (origin.fiber == static_cast<uint32_t>(fiber) && !stale) return;
    const uint64_t places =
        static_cast<uint64_t>(origin.site) << 32 | Offset(site);
    pairs_.push_back(Mix(places * 2 + (stale ? 1 : 0)));
  }

  // Of the execution so far; hashes.
  const Buffer<uint64_t>& pairs() const { return pairs_; }
  uint64_t execution_class() const { return class_; }

 private:
  static constexpr uint32_t kNobody = kMaxFibers;

  struct Origin {
    uint32_t site = 0;
    uint32_t index = 0;
    uint32_t fiber = kNobody;
  };

  // A place in the code, wherever the program was loaded.
  static uint32_t Offset(const void* site);
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  Buffer<Origin> origins_;
  Buffer<uint64_t> pairs_;
  uint64_t class_ = 0;
  uint32_t accesses_[kMaxFibers] = {};
};

}  // namespace pma::sim

#endif  // FUZZ_SIM_READS_FROM_H_
