// SPDX-License-Identifier: Apache-2.0

// The kinds of keys that programs have, in the map and in its peers.

#ifndef BENCH_MICRO_KEY_KINDS_H_
#define BENCH_MICRO_KEY_KINDS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pma::bench {

// The names of all of them.
const std::vector<std::string>& AllKeyKinds();

// Registers the rows of a kind (key_rows.h), each map loaded with `count` keys,
// or fewer if there are not so many. Words and urls are made of the file named,
// which is read when a benchmark asks for it. False if there is no such kind.
bool RegisterKeyKind(std::string_view kind, size_t count,
                     const std::string& words_path);

}  // namespace pma::bench

#endif  // BENCH_MICRO_KEY_KINDS_H_
