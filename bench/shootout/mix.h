// SPDX-License-Identifier: Apache-2.0

// The mixes that maps race on: what share of which operation, on which keys.

#ifndef BENCH_SHOOTOUT_MIX_H_
#define BENCH_SHOOTOUT_MIX_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pma::bench {

enum class OpKind : uint8_t {
  kRead,
  kMiss,  // a read of a key that is not there
  kUpdate,
  kReadModifyWrite,
  kInsert,
  kErase,
  kScan,
  kFloor,
  kFullScan,
};

enum class KeyChoice {
  kUniform,
  kZipf,    // YCSB's skew of 0.99, popular keys scattered over the key space
  kLatest,  // YCSB's "latest": the most recent insert is the most popular
};

// Percentages add up to 100, except for load and erase (all zero), which insert
// or erase every key of the key set once.
struct Mix {
  std::string_view name;
  std::string_view description;
  int read_percent = 0;
  int miss_percent = 0;
  int update_percent = 0;
  int read_modify_write_percent = 0;
  int insert_percent = 0;
  int scan_percent = 0;
  int floor_percent = 0;
  int full_scan_percent = 0;
  KeyChoice key_choice = KeyChoice::kZipf;
  // Entries per scan: in [min, max], uniform or not.
  uint16_t scan_length_min = 0;
  uint16_t scan_length_max = 0;
  bool zipf_scan_lengths = false;  // the shortest are the most frequent
  // The rate counts entries visited instead of operations.
  bool counts_entries = false;
  // One of how many operations is timed (see race_loop.h).
  size_t operations_per_sample = 16;
  // Of all threads, after which the race ends before its time; 0: it does not.
  uint64_t operation_count = 0;
  // Operations prepared per thread.
  size_t stream_length = size_t{1} << 20;
  // False: raced only where it is named.
  bool by_default = true;

  bool is_load() const { return name == "load"; }
  bool is_erase() const { return name == "erase"; }
  bool walks_all_keys() const { return is_load() || is_erase(); }
  bool inserts() const { return insert_percent > 0; }
  bool updates() const {
    return update_percent + read_modify_write_percent > 0;
  }
};

// In the order in which they are raced.
std::span<const Mix> AllMixes();

// Null when there is no such mix.
const Mix* FindMix(std::string_view name);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_MIX_H_
