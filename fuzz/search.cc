// SPDX-License-Identifier: Apache-2.0

// search COUNT [FIRST] [--kind=map|epoch] [--seconds=S] [--first=FIRST]
//
// Runs random programs FIRST, FIRST+1, ... on the map or on the reclamation
// scheme alone, COUNT of them or as many as the seconds allow, and stops at one
// that fails, which it makes small and prints. The last line says how many ran
// clean and how fast. Exit code: 0 all clean, 1 a failure, 2 wrong arguments.

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/report.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/random_frame.h"
#include "fuzz/sim/simulation.h"

namespace pma::programs {
namespace {

struct Arguments {
  uint64_t count = std::numeric_limits<uint64_t>::max();
  uint64_t first = 0;
  uint64_t seconds = 0;  // 0: as long as it takes
  bool epoch = false;
};

bool Number(std::string_view text, uint64_t* number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool ConsumePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

std::optional<Arguments> Parse(int argc, char** argv) {
  Arguments arguments;
  int positional = 0;
  bool bounded = false;
  for (int i = 1; i < argc; ++i) {
    std::string_view text = argv[i];
    bool good = true;
    if (ConsumePrefix(&text, "--kind=")) {
      arguments.epoch = text == "epoch";
      good = arguments.epoch || text == "map";
    } else if (ConsumePrefix(&text, "--seconds=")) {
      good = Number(text, &arguments.seconds) && arguments.seconds > 0;
      bounded = true;
    } else if (ConsumePrefix(&text, "--first=")) {
      good = Number(text, &arguments.first);
    } else if (positional == 0) {
      good = Number(text, &arguments.count);
      bounded = true;
      ++positional;
    } else {
      good = positional++ == 1 && Number(text, &arguments.first);
    }
    if (!good) return std::nullopt;
  }
  if (!bounded) return std::nullopt;
  return arguments;
}

template <class Program>
int Search(const Arguments& arguments) {
  using Clock = std::chrono::steady_clock;
  sim::Simulation& simulation = TheSimulation();
  const auto start = Clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  uint64_t steps = 0;
  uint64_t searched = 0;
  uint64_t done = 0;
  for (; done < arguments.count; ++done) {
    if (arguments.seconds != 0 && done % 256 == 0 &&
        elapsed() >= static_cast<double>(arguments.seconds)) {
      break;
    }
    const auto number = arguments.first + done;
    const auto program = RandomProgramOf<Program>(number);
    const auto outcome = Execute(simulation, program);
    steps += outcome.steps;
    if constexpr (requires { outcome.searched; }) searched += outcome.searched;
    if (!outcome.ok()) {
      std::printf("program %llu\n%s", static_cast<unsigned long long>(number),
                  Explain(simulation, program).c_str());
      return 1;
    }
  }
  const double seconds = elapsed();
  std::printf(
      "%llu programs clean, %.0f a second, %.1f million accesses a second, "
      "%llu "
      "needed a search for their order\n",
      static_cast<unsigned long long>(done),
      static_cast<double>(done) / seconds,
      static_cast<double>(steps) / seconds / 1e6,
      static_cast<unsigned long long>(searched));
  return 0;
}

}  // namespace
}  // namespace pma::programs

int main(int argc, char** argv) {
  using namespace pma::programs;  // NOLINT: a main function
  const std::optional<Arguments> arguments = Parse(argc, argv);
  if (!arguments.has_value()) {
    std::fprintf(stderr,
                 "search: usage: search COUNT [FIRST] [--kind=map|epoch] "
                 "[--seconds=S] [--first=FIRST]\n");
    return 2;
  }
  return arguments->epoch ? Search<pma::epoch_programs::Program>(*arguments)
                          : Search<pma::map_programs::Program>(*arguments);
}
