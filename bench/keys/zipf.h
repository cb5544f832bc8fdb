// SPDX-License-Identifier: Apache-2.0

// Zipf-distributed ranks: rank r (0 is the most popular) is drawn with
// probability proportional to 1 / (r + 1)^theta.
//
// Rejection-inversion (Hoermann, Derflinger, "Rejection-inversion to generate
// variates from monotone discrete distributions", 1996): exact, constant
// set-up and constant expected cost for any n, where YCSB's own generator sums
// n powers first.

#ifndef BENCH_KEYS_ZIPF_H_
#define BENCH_KEYS_ZIPF_H_

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "bench/keys/random.h"

namespace pma::bench {

// YCSB's default skew.
inline constexpr double kYcsbTheta = 0.99;

class Zipf {
 public:
  // count > 0, theta > 0.
  explicit Zipf(uint64_t count, double theta = kYcsbTheta)
      : count_(static_cast<double>(count)),
        theta_(theta),
        integral_at_first_(Integral(1.5) - 1),
        integral_at_last_(Integral(count_ + 0.5)),
        accept_below_(2 - IntegralInverse(Integral(2.5) - Density(2))) {}

  uint64_t operator()(Random& random) const {
    for (;;) {
      const double u = integral_at_last_ +
                       random.Unit() * (integral_at_first_ - integral_at_last_);
      const double x = IntegralInverse(u);
      double k = std::floor(x + 0.5);
      k = std::clamp(k, 1.0, count_);
      if (k - x <= accept_below_ || u >= Integral(k + 0.5) - Density(k)) {
        return static_cast<uint64_t>(k) - 1;
      }
    }
  }

 private:
  double Density(double x) const { return std::exp(-theta_ * std::log(x)); }

  // The antiderivative of Density, written with expm1/log1p so that theta = 1
  // is no singularity.
  double Integral(double x) const {
    const double log_x = std::log(x);
    const double t = (1 - theta_) * log_x;
    return (std::abs(t) > 1e-8 ? std::expm1(t) / t : 1 + t / 2) * log_x;
  }

  double IntegralInverse(double y) const {
    double t = y * (1 - theta_);
    t = std::max(t, -1.0);  // rounding may step over the pole
    return std::exp((std::abs(t) > 1e-8 ? std::log1p(t) / t : 1 - t / 2) * y);
  }

  double count_;
  double theta_;
  double integral_at_first_;
  double integral_at_last_;
  double accept_below_;
};

}  // namespace pma::bench

#endif  // BENCH_KEYS_ZIPF_H_
