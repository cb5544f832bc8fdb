// SPDX-License-Identifier: Apache-2.0

// What the simulated fuzzers do in a second, and how many different executions
// that is.
//
//   figures [--seconds=16] [--kind=map|epoch] [--program=N]
//
// Runs random programs, or one program under random schedules, and prints a
// line after 1, 2, 4, 8, ... seconds of the processor's time: executions,
// accesses, distinct pairs of a load and the store it read, and distinct
// classes of executions (see sim/reads_from.h; of a program that has run once,
// there is one).

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_format.h"
#include "fuzz/epoch_programs/execute.h"
#include "fuzz/epoch_programs/program.h"
#include "fuzz/map_programs/execute.h"
#include "fuzz/map_programs/program.h"
#include "fuzz/map_programs/report.h"
#include "fuzz/programs/fuzz_target.h"
#include "fuzz/programs/random_frame.h"
#include "fuzz/sim/reads_from.h"
#include "fuzz/sim/simulation.h"
#include "pma/testing/random.h"

ABSL_FLAG(double, seconds, 16, "how long to run");
ABSL_FLAG(std::string, kind, "map", "programs on the map, or on epoch");
ABSL_FLAG(std::optional<uint64_t>, program, std::nullopt,
          "run this random program only, under random schedules");

namespace pma::programs {
namespace {

double Now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class Figures {
 public:
  template <class Program>
  bool Measure(double seconds, std::optional<uint64_t> only) {
    sim::Simulation& simulation = TheSimulation();
    sim::ReadsFrom reads_from;
    simulation.set_reads_from(&reads_from);
    absl::PrintF("%8s %12s %12s %10s %12s\n", "seconds", "executions",
                 "accesses", "pairs", "classes");
    const double start = Now();
    double line_at = 1;
    bool clean = true;
    for (uint64_t i = 0; clean && Now() - start < seconds; ++i) {
      auto program = RandomProgramOf<Program>(only.value_or(i));
      if (only.has_value()) {
        testing::Random random(i);
        RandomiseSchedule(random, program.mode, program.schedule);
      }
      const auto executed = Execute(simulation, program);
      Count(executed.steps, reads_from, only.value_or(i));
      clean = executed.ok();
      if (!clean) absl::PrintF("%s\n", Explain(simulation, program));
      if (Now() - start >= line_at) {
        Print(line_at);
        line_at *= 2;
      }
    }
    simulation.set_reads_from(nullptr);
    const double took = Now() - start;
    absl::PrintF("%.0f executions a second, %.2f million accesses a second\n",
                 static_cast<double>(executions_) / took,
                 static_cast<double>(accesses_) / took / 1e6);
    return clean;
  }

 private:
  void Count(uint32_t steps, const sim::ReadsFrom& reads_from,
             uint64_t program) {
    ++executions_;
    accesses_ += steps;
    pairs_.insert(reads_from.pairs().begin(), reads_from.pairs().end());
    classes_.insert(testing::Random(program).Next() ^
                    reads_from.execution_class());
  }
  void Print(double seconds) const {
    absl::PrintF("%8.0f %12d %12d %10d %12d\n", seconds, executions_, accesses_,
                 pairs_.size(), classes_.size());
  }

  uint64_t executions_ = 0;
  uint64_t accesses_ = 0;
  std::unordered_set<uint64_t> pairs_;
  std::unordered_set<uint64_t> classes_;
};

int Refuse(const std::string& message) {
  absl::FPrintF(stderr, "figures: %s\n", message);
  return 2;
}

int Main(int argc, char** argv) {
  absl::SetProgramUsageMessage("measures the simulated fuzzers");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  if (arguments.size() > 1) {
    return Refuse(std::string("unexpected argument '") + arguments[1] + "'");
  }
  const double seconds = absl::GetFlag(FLAGS_seconds);
  if (!(seconds > 0 && seconds <= 1e6)) {
    return Refuse("--seconds takes a number above 0, up to 1000000");
  }
  const std::string kind = absl::GetFlag(FLAGS_kind);
  const std::optional<uint64_t> only = absl::GetFlag(FLAGS_program);
  Figures figures;
  if (kind == "map")
    return figures.Measure<map_programs::Program>(seconds, only) ? 0 : 1;
  if (kind == "epoch") {
    return figures.Measure<epoch_programs::Program>(seconds, only) ? 0 : 1;
  }
  return Refuse("--kind is map or epoch");
}

}  // namespace
}  // namespace pma::programs

int main(int argc, char** argv) { return pma::programs::Main(argc, argv); }
