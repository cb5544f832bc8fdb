// SPDX-License-Identifier: Apache-2.0

// What the user sees while the maps race: a live bar on a terminal, plain lines
// otherwise.

#ifndef BENCH_SHOOTOUT_PROGRESS_H_
#define BENCH_SHOOTOUT_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "bench/shootout/contestant.h"
#include "bench/shootout/result.h"

namespace pma::bench {

class Progress : public RaceObserver {
 public:
  // `live` draws a bar; `expected_seconds` is a first estimate of the whole.
  Progress(FILE* out, bool live, double expected_seconds, size_t step_count,
           double seconds_per_mix);
  ~Progress() override;

  void OnStart(std::string_view map, std::string_view mix) override;
  void OnProgress(double seconds) override;
  void OnTrial(const Trial& trial) override;

  // Takes the bar off the screen, for the output that follows.
  void Clear();

 private:
  double ElapsedSeconds() const;
  void Draw(double fraction_of_step);

  FILE* const out_;
  const bool live_;
  const double expected_seconds_;
  const size_t step_count_;  // mixes to run, over all maps
  const double seconds_per_mix_;
  const std::chrono::steady_clock::time_point start_;
  std::string doing_;
  size_t steps_done_ = 0;
  bool drawn_ = false;
};

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_PROGRESS_H_
