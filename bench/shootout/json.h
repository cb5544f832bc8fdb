// SPDX-License-Identifier: Apache-2.0

// The results as JSON: for --json, and as the data inside the report page.

#ifndef BENCH_SHOOTOUT_JSON_H_
#define BENCH_SHOOTOUT_JSON_H_

#include <string>

#include "bench/shootout/result.h"

namespace pma::bench {

// `indent` < 0 writes one line.
std::string ResultJson(const Results& results, int indent);

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_JSON_H_
