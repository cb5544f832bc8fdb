// SPDX-License-Identifier: Apache-2.0

// The results as JSON: for --json, and as the data inside the HTML report.

#ifndef BENCH_JSON_H_
#define BENCH_JSON_H_

#include <string>

#include "bench/environment.h"
#include "bench/result.h"

namespace pma::bench {

// `indent` < 0 writes one line.
std::string ResultJson(const Results& results, int indent);

// The machine and the build alone, for programs with results of another kind.
std::string EnvironmentJsonText(const Environment& env);

}  // namespace pma::bench

#endif  // BENCH_JSON_H_
