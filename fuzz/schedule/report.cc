#include "fuzz/schedule/report.h"

#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

#include "fuzz/history/text_format.h"

namespace pma::schedule {
namespace {

// Pairs of a sparse schedule.
struct Pair {
  unsigned skip;
  uint8_t choice;
};

std::vector<Pair> PairsOf(const std::vector<uint8_t>& sparse) {
  std::vector<Pair> pairs;
  unsigned carried = 0;
  for (size_t i = 0; i + 1 < sparse.size(); i += 2) {
    if (sparse[i + 1] == 0) {
      carried += sparse[i] + 1u;  // it chooses nothing
    } else {
      pairs.push_back({carried + sparse[i], sparse[i + 1]});
      carried = 0;
    }
  }
  return pairs;
}

std::vector<uint8_t> BytesOf(const std::vector<Pair>& pairs) {
  std::vector<uint8_t> sparse;
  for (Pair pair : pairs) {
    for (; pair.skip > 0xff; pair.skip -= 0x100) {
      sparse.push_back(0xff);
      sparse.push_back(0);
    }
    sparse.push_back(static_cast<uint8_t>(pair.skip));
    sparse.push_back(pair.choice);
  }
  return sparse;
}

// Tries candidates and keeps each that fails alike.
class Minimiser {
 public:
  Minimiser(sim::Simulation& simulation, const Program& program, size_t budget)
      : simulation_(simulation), best_(program), budget_(budget) {
    const Outcome outcome = Execute(simulation_, program);
    kind_ = KindOf(outcome.failure);
    Keep(program, outcome);
  }

  Program Run() {
    for (bool smaller = true; smaller && budget_ > 0;) {
      smaller = DropFibers();
      smaller |= DropCalls();
      smaller |= DropPrefill();
      smaller |= DropDecisions();
    }
    return best_;
  }

 private:
  // With another program the decisions fall elsewhere, so that many schedules
  // may have to be tried.
  static constexpr int kSchedules = 60;

  void Keep(const Program& program, const Outcome& outcome) {
    best_ = program;
    best_.mode = sim::Mode::kSparse;
    best_.schedule = outcome.sparse;
  }

  bool Fails(const Program& candidate) {
    if (budget_ == 0) return false;
    --budget_;
    const Outcome outcome = Execute(simulation_, candidate);
    if (outcome.ok() || KindOf(outcome.failure) != kind_) return false;
    Keep(candidate, outcome);
    return true;
  }

  bool FailsUnderSomeSchedule(Program candidate) {
    if (Fails(candidate)) return true;
    candidate.mode = sim::Mode::kPct;
    for (int i = 0; i < kSchedules; ++i) {
      ++seed_;
      candidate.schedule = {
          0,
          0,
          0,
          0,
          0,
          0,
          static_cast<uint8_t>(seed_ >> 8),
          static_cast<uint8_t>(seed_),
          static_cast<uint8_t>(seed_ % 6),          // change points
          static_cast<uint8_t>(seed_ % 4 * 16),     // stale loads of 256
          static_cast<uint8_t>(1 << (seed_ % 7))};  // where the changes are
      if (Fails(candidate)) return true;
    }
    return false;
  }

  bool DropFibers() {
    bool dropped = false;
    for (size_t f = best_.fibers.size(); f-- > 0 && best_.fibers.size() > 2;) {
      Program candidate = best_;
      candidate.fibers.erase(candidate.fibers.begin() +
                             static_cast<std::ptrdiff_t>(f));
      dropped |= FailsUnderSomeSchedule(std::move(candidate));
    }
    return dropped;
  }

  bool DropCalls() {
    bool dropped = false;
    for (size_t f = 0; f < best_.fibers.size(); ++f) {
      for (size_t i = best_.fibers[f].size();
           i-- > 0 && best_.fibers[f].size() > 1;) {
        Program candidate = best_;
        auto& calls = candidate.fibers[f];
        calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(i));
        dropped |= FailsUnderSomeSchedule(std::move(candidate));
      }
    }
    return dropped;
  }

  bool DropPrefill() {
    bool dropped = false;
    for (unsigned step = best_.prefill_count; step > 0; step /= 2) {
      while (best_.prefill_count >= step) {
        Program candidate = best_;
        candidate.prefill_count =
            static_cast<uint8_t>(candidate.prefill_count - step);
        if (!FailsUnderSomeSchedule(std::move(candidate))) break;
        dropped = true;
      }
    }
    return dropped;
  }

  // From the end, so that those before stay what they are.
  bool DropDecisions() {
    bool dropped = false;
    for (size_t i = PairsOf(best_.schedule).size(); i-- > 0;) {
      std::vector<Pair> pairs = PairsOf(best_.schedule);
      if (i >= pairs.size()) continue;
      Program candidate = best_;
      if (i + 1 < pairs.size()) pairs[i + 1].skip += pairs[i].skip + 1;
      pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(i));
      const size_t before = PairsOf(best_.schedule).size();
      candidate.schedule = BytesOf(pairs);
      const Program kept = best_;
      if (Fails(candidate)) {
        // What it decides when the schedule is at its end counts, too.
        if (PairsOf(best_.schedule).size() < before) {
          dropped = true;
        } else {
          best_ = kept;
        }
      }
    }
    return dropped;
  }

  sim::Simulation& simulation_;
  Program best_;
  std::string kind_;
  size_t budget_;
  unsigned seed_ = 0;
};

std::string TestCase(const Program& program) {
  std::string text = "  ExpectPasses({";
  const std::vector<uint8_t> bytes = Encode(program);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) text += i % 16 == 0 ? ",\n                " : ", ";
    text += std::to_string(bytes[i]);
  }
  return "TEST(ScheduleRegressionTest, NameWhatItShows) {\n" + text +
         "});\n}\n";
}

}  // namespace

std::string KindOf(const std::string& failure) {
  std::string kind;
  for (const char c : failure.substr(0, failure.find('\n'))) {
    if (c == ',') break;
    if (!std::isdigit(static_cast<unsigned char>(c))) kind += c;
  }
  return kind;
}

Program Minimise(sim::Simulation& simulation, const Program& program,
                 size_t max_executions) {
  return Minimiser(simulation, program, max_executions).Run();
}

std::string Report(sim::Simulation& simulation, const Program& program) {
  static const char* const kStorageNames[] = {
      "inline", "boxed values", "boxed keys", "boxed keys and values"};
  const Outcome outcome = Execute(simulation, program, /*trace=*/true);
  std::string text = outcome.ok() ? "passes\n" : outcome.failure;
  text += "\n" + std::to_string(program.fibers.size()) + " fibers, " +
          std::to_string(program.CallCount()) + " calls, " +
          std::to_string(program.InitialKeys().size()) + " initial entries, " +
          kStorageNames[static_cast<size_t>(program.storage)] + ", " +
          std::to_string(PairsOf(outcome.sparse).size()) +
          " decisions that are not the dull ones" +
          (program.stale ? "" : ", newest values only") + "\n\n";
  if (outcome.ok() || !outcome.history.operations.empty()) {
    text += history::PrintHistory(outcome.history) + "\n";
  }
  return text + outcome.trace + "\n" + TestCase(program);
}

}  // namespace pma::schedule
