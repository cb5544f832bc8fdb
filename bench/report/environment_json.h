// SPDX-License-Identifier: Apache-2.0

// The machine and the build as JSON, as every result of ours begins.

#ifndef BENCH_REPORT_ENVIRONMENT_JSON_H_
#define BENCH_REPORT_ENVIRONMENT_JSON_H_

#include <string>

#include "bench/measure/environment.h"
#include "nlohmann/json.hpp"

namespace pma::bench {

// Fields stay in the order of writing: a reader meets the environment first.
using Json = nlohmann::ordered_json;

Json EnvironmentJson(const Environment& env);

// `indent` < 0 writes one line. A file name or command line need not be UTF-8:
// replaces what is not.
std::string JsonText(const Json& json, int indent);

}  // namespace pma::bench

#endif  // BENCH_REPORT_ENVIRONMENT_JSON_H_
