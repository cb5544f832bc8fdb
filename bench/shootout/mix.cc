// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/mix.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace pma::bench {
namespace {

constexpr std::array kMixes = {
    Mix{.name = "load",
        .description = "Insert every key once, in random order"},
    Mix{.name = "ycsb_a",
        .description = "50 % reads, 50 % updates, Zipf keys",
        .read_percent = 50,
        .update_percent = 50},
    Mix{.name = "ycsb_b",
        .description = "95 % reads, 5 % updates, Zipf keys",
        .read_percent = 95,
        .update_percent = 5},
    Mix{.name = "ycsb_c",
        .description = "Reads only, Zipf keys",
        .read_percent = 100},
    Mix{.name = "ycsb_d",
        .description = "95 % reads of the latest keys, 5 % inserts",
        .read_percent = 95,
        .insert_percent = 5,
        .key_choice = KeyChoice::kLatest},
    Mix{.name = "ycsb_e",
        .description = "95 % scans of 1 to 100 entries, 5 % inserts",
        .insert_percent = 5,
        .scan_percent = 95,
        .scan_length_min = 1,
        .scan_length_max = 100},
    Mix{.name = "ycsb_f",
        .description = "50 % reads, 50 % read-modify-writes, Zipf keys",
        .read_percent = 50,
        .read_modify_write_percent = 50},
    Mix{.name = "floor",
        .description = "The greatest key at or below a random query",
        .floor_percent = 100,
        .key_choice = KeyChoice::kUniform},
    Mix{.name = "scan100",
        .description = "Scans of 100 entries from a random key",
        .scan_percent = 100,
        .key_choice = KeyChoice::kUniform,
        .scan_length_min = 100,
        .scan_length_max = 100,
        .counts_entries = true,
        .stream_length = size_t{1} << 18},
    Mix{.name = "scan10k",
        .description = "Scans of 10,000 entries from a random key",
        .scan_percent = 100,
        .key_choice = KeyChoice::kUniform,
        .scan_length_min = 10'000,
        .scan_length_max = 10'000,
        .counts_entries = true,
        .operations_per_sample = 1,
        .stream_length = size_t{1} << 13},
    Mix{.name = "fullscan",
        .description = "Scans of the whole map",
        .full_scan_percent = 100,
        .key_choice = KeyChoice::kUniform,
        .counts_entries = true,
        .operations_per_sample = 1,
        .stream_length = 1},
    Mix{.name = "hit",
        .description = "Reads only, uniform keys",
        .read_percent = 100,
        .key_choice = KeyChoice::kUniform,
        .by_default = false},
    Mix{.name = "miss",
        .description = "Reads of keys that are not there",
        .miss_percent = 100,
        .key_choice = KeyChoice::kUniform,
        .by_default = false},
    Mix{.name = "erase",
        .description = "Erase every key once, in random order",
        .by_default = false},
};

}  // namespace

std::span<const Mix> AllMixes() { return kMixes; }

const Mix* FindMix(std::string_view name) {
  for (const Mix& mix : kMixes) {
    if (mix.name == name) return &mix;
  }
  return nullptr;
}

}  // namespace pma::bench
