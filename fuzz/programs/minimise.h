// SPDX-License-Identifier: Apache-2.0

// A failing program made small.

#ifndef PMA_FUZZ_PROGRAMS_MINIMISE_H_
#define PMA_FUZZ_PROGRAMS_MINIMISE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/programs/frame.h"
#include "fuzz/programs/report_parts.h"
#include "fuzz/programs/sparse.h"
#include "fuzz/sim/simulation.h"

namespace pma::programs {

// Tries candidates and keeps each that fails alike.
template <class Program>
class Minimiser {
 public:
  Minimiser(sim::Simulation& simulation, const Program& program, size_t budget)
      : simulation_(simulation), best_(program), budget_(budget) {
    const auto outcome = Execute(simulation_, program);
    kind_ = KindOf(outcome.failure);
    Keep(program, outcome);
  }

  Program Run() {
    OrderLoads();
    for (bool smaller = true; smaller && budget_ > 0;) {
      smaller = DropFibers();
      smaller |= DropCalls();
      smaller |= DropPrefill();
      smaller |= LowerKeys();
      smaller |= DropDecisions();
    }
    return best_;
  }

 private:
  // With another program the decisions fall elsewhere, so that many schedules
  // may have to be tried.
  static constexpr int kSchedules = 60;

  void Keep(const Program& program, const Executed& outcome) {
    best_ = program;
    best_.mode = sim::Mode::kSparse;
    best_.schedule = outcome.sparse;
  }

  bool Fails(const Program& candidate) {
    if (budget_ == 0) return false;
    --budget_;
    const auto outcome = Execute(simulation_, candidate);
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
    for (size_t f = best_.fibers.size();
         f-- > 0 && best_.fibers.size() > Program::kMinFibers;) {
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

  // A report without old values is easier to read.
  void OrderLoads() {
    if (!best_.stale) return;
    Program candidate = best_;
    candidate.stale = false;
    FailsUnderSomeSchedule(std::move(candidate));
  }

  // Small keys, and the same ones again.
  bool LowerKeys() {
    bool lowered = false;
    for (size_t f = 0; f < best_.fibers.size(); ++f) {
      for (size_t i = 0; i < best_.fibers[f].size(); ++i) {
        for (const unsigned key :
             {0u, best_.fibers[f][i].key / 2u, best_.fibers[f][i].key - 1u}) {
          if (key >= best_.fibers[f][i].key) continue;
          Program candidate = best_;
          candidate.fibers[f][i].key = static_cast<uint8_t>(key);
          if (!Fails(candidate)) continue;
          lowered = true;
          break;
        }
      }
    }
    return lowered;
  }

  // Many at once while that works, then one by one; from the end, so that
  // those before stay what they are.
  bool DropDecisions() {
    bool dropped = false;
    size_t chunk = std::max<size_t>(1, PairsOf(best_.schedule).size() / 2);
    for (;; chunk /= 2) {
      for (size_t end = PairsOf(best_.schedule).size(); end > 0;) {
        const size_t begin = end - std::min(end, chunk);
        dropped |= DropDecisions(begin, end);
        end = std::min(begin, PairsOf(best_.schedule).size());
      }
      if (chunk == 1) return dropped;
    }
  }
  bool DropDecisions(size_t begin, size_t end) {
    std::vector<SparsePair> pairs = PairsOf(best_.schedule);
    const size_t before = pairs.size();
    unsigned skipped = 0;
    for (size_t i = begin; i < end; ++i) skipped += pairs[i].skip + 1;
    if (end < pairs.size()) pairs[end].skip += skipped;
    pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(begin),
                pairs.begin() + static_cast<std::ptrdiff_t>(end));
    Program candidate = best_;
    candidate.schedule = BytesOf(pairs);
    const Program kept = best_;
    if (!Fails(candidate)) return false;
    // What it decides when the schedule is at its end counts, too.
    if (PairsOf(best_.schedule).size() < before) return true;
    best_ = kept;
    return false;
  }

  sim::Simulation& simulation_;
  Program best_;
  std::string kind_;
  size_t budget_;
  unsigned seed_ = 0;
};

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_MINIMISE_H_
