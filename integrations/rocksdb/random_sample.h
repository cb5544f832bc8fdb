// SPDX-License-Identifier: Apache-2.0

// Some of the records of a memtable, each as likely as any other.

#ifndef INTEGRATIONS_ROCKSDB_RANDOM_SAMPLE_H_
#define INTEGRATIONS_ROCKSDB_RANDOM_SAMPLE_H_

#include <cstdint>
#include <random>
#include <unordered_set>

namespace pma_rocksdb {

// Is shown `left` records, one after the other, and takes `wanted` of them.
class RandomSample {
 public:
  RandomSample(uint64_t left, uint64_t wanted,
               std::unordered_set<const char*>& taken)
      : left_(left), wanted_(wanted), taken_(taken) {
    taken_.clear();
  }

  // False if it wants no more.
  bool Look(const char* record) {
    if (left_ == 0 || wanted_ == 0) return false;
    // As likely as leaves enough for the rest.
    if (random_() % left_ < wanted_) {
      taken_.insert(record);
      --wanted_;
    }
    return --left_ > 0 && wanted_ > 0;
  }

 private:
  uint64_t left_;
  uint64_t wanted_;
  std::unordered_set<const char*>& taken_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_RANDOM_SAMPLE_H_
