// SPDX-License-Identifier: Apache-2.0

// Workloads as YCSB (https://github.com/brianfrankcooper/YCSB) describes them:
// a file of Java properties for its CoreWorkload.

#ifndef BENCH_SHOOTOUT_YCSB_H_
#define BENCH_SHOOTOUT_YCSB_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/shootout/mix.h"

namespace pma::bench {

struct YcsbWorkload {
  std::string name;         // the file's
  std::string description;  // one line
  uint64_t record_count = 0;
  size_t value_bytes = 0;  // fieldcount * fieldlength, and at least a record's
  bool ordered_keys = false;  // insertorder=ordered: 0, 1, 2, ...
  // What is not raced as the file says it, a line each.
  std::vector<std::string> notes;
  // Its name and description are views, which MixOf() sets.
  Mix mix;
};

// Reads recordcount, operationcount, the proportions (of reads, updates, scans,
// insertions, read-modify-writes), requestdistribution (uniform, zipfian,
// latest), the lengths of scans and their distribution (uniform, zipfian),
// insertorder, fieldcount and fieldlength, with YCSB's defaults. Other
// properties do not concern maps. An error names the property.
// The name must not be that of a mix.
absl::StatusOr<YcsbWorkload> ParseYcsbWorkload(std::string_view name,
                                               std::string_view text);

// Reads it from a file; `shown_path` is what the user called that.
absl::StatusOr<YcsbWorkload> ReadYcsbWorkload(const std::string& path,
                                              std::string_view shown_path);

// Its mix, for as long as it stays where it is.
const Mix* MixOf(YcsbWorkload& workload);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_YCSB_H_
