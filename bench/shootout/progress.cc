// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/progress.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/measure/durations.h"
#include "bench/shootout/result.h"

namespace pma::bench {

Progress::Progress(FILE* out, bool live, double expected_seconds,
                   size_t step_count, double seconds_per_mix)
    : out_(out),
      live_(live),
      expected_seconds_(expected_seconds),
      step_count_(step_count),
      seconds_per_mix_(seconds_per_mix),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { Clear(); }

void Progress::OnStart(std::string_view map, std::string_view mix) {
  doing_ = absl::StrCat(map, " ", mix);
  if (live_) Draw(0);
}

void Progress::OnProgress(double seconds) {
  if (live_) Draw(std::min(1.0, seconds / seconds_per_mix_));
}

void Progress::OnTrial(const Trial& trial) {
  ++steps_done_;
  if (live_) {
    Draw(0);
    return;
  }
  const std::string rate = trial.available
                               ? absl::StrFormat("%10.2f M/s", trial.rate / 1e6)
                               : absl::StrFormat("%10s", "n/a");
  absl::FPrintF(out_, "[%*d/%d] %-18s %-9s %s\n",
                static_cast<int>(absl::StrCat(step_count_).size()), steps_done_,
                step_count_, trial.map, trial.mix, rate);
  std::fflush(out_);
}

void Progress::Clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", out_);
  std::fflush(out_);
  drawn_ = false;
}

double Progress::ElapsedSeconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                       start_)
      .count();
}

void Progress::Draw(double fraction_of_step) {
  const double done =
      std::min(1.0, (static_cast<double>(steps_done_) + fraction_of_step) /
                        static_cast<double>(step_count_));
  // The first estimate counts until the pace is known.
  const double paced = ElapsedSeconds() / std::max(done, 1e-3);
  const double total = expected_seconds_ * (1 - done) + paced * done;
  const double left = total * (1 - done);

  constexpr size_t kBarWidth = 28;
  const auto filled = static_cast<size_t>(done * kBarWidth);
  std::string bar;
  for (size_t i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  absl::FPrintF(out_, "\r%s %3.0f %%  %-27s %s left\x1b[K", bar, done * 100,
                doing_, FormatSeconds(left));
  std::fflush(out_);
  drawn_ = true;
}

}  // namespace pma::bench
