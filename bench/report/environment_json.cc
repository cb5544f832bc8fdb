// SPDX-License-Identifier: Apache-2.0

#include "bench/report/environment_json.h"

#include <string>

#include "bench/measure/environment.h"
#include "nlohmann/json.hpp"

namespace pma::bench {

Json EnvironmentJson(const Environment& env) {
  return {{"cpu", env.cpu},
          {"cores", env.core_count},
          {"memory_bytes", env.memory_bytes},
          {"kernel", env.kernel},
          {"compiler", env.compiler},
          {"vector_unit", env.vector_unit},
          {"huge_pages", env.huge_pages},
          {"date", env.date},
          {"optimized", env.optimized},
          {"command_line", env.command_line}};
}

std::string JsonText(const Json& json, int indent) {
  return json.dump(indent, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace);
}

}  // namespace pma::bench
