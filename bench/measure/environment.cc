// SPDX-License-Identifier: Apache-2.0

#include "bench/measure/environment.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pma/internal/machine/compare16.h"

namespace pma::bench {
namespace {

std::string CpuName() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) {
      const size_t start = line.find(": ");
      if (start != line.npos) return line.substr(start + 2);
    }
  }
  return "unknown processor";
}

// The chosen word of "always [madvise] never".
std::string HugePages() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string line;
  std::getline(file, line);
  const size_t open = line.find('[');
  const size_t close = line.find(']');
  if (open == line.npos || close == line.npos) return "unknown";
  return line.substr(open + 1, close - open - 1);
}

std::string Compiler() {
#if defined(__clang__)
  return absl::StrCat("clang ", __clang_version__);
#else
  return absl::StrCat("gcc ", __VERSION__);
#endif
}

constexpr std::string_view kAvx512 = "AVX-512";

constexpr std::string_view VectorUnit() {
#if defined(__AVX512F__)
  return kAvx512;
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__SSE4_2__)
  return "SSE4.2";
#elif defined(__ARM_NEON)
  return "NEON";
#else
  return "baseline of the architecture";
#endif
}

constexpr bool IsOptimized() {
#if defined(__OPTIMIZE__) && defined(NDEBUG)
  return true;
#else
  return false;
#endif
}

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  const size_t length =
      std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &utc);
  return std::string(text, length);
}

}  // namespace

Environment DescribeEnvironment(std::string command_line) {
  Environment env;
  env.cpu = CpuName();
  env.core_count = std::thread::hardware_concurrency();
  env.memory_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                     static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
  if (utsname name; uname(&name) == 0) {
    env.kernel =
        absl::StrCat(name.sysname, " ", name.release, " ", name.machine);
  }
  env.compiler = Compiler();
  env.vector_unit = std::string(VectorUnit());
  if (internal::kWideRegisters && VectorUnit() != kAvx512) {
    absl::StrAppend(&env.vector_unit, ", the map ", kAvx512);
  }
  env.huge_pages = HugePages();
  env.date = UtcNow();
  env.optimized = IsOptimized();
  env.command_line = std::move(command_line);
  return env;
}

}  // namespace pma::bench
