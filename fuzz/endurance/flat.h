// SPDX-License-Identifier: Apache-2.0

// Whether a series of measurements grows.
//
// The rule: in the second half, when the working set has long been there, the
// straight line through the measurements rises by no more than a part of their
// median and some bytes, or than chance explains: three standard errors of such
// a line through waves of that height. The line is that of Theil and Sen: the
// median of the slopes between all pairs, which neither waves nor a few wild
// measurements bend. A leak rises without end, and chance shrinks with the
// number of measurements; so given time, it is seen.

#ifndef FUZZ_ENDURANCE_FLAT_H_
#define FUZZ_ENDURANCE_FLAT_H_

#include <cstddef>
#include <vector>

namespace pma::endurance {

struct Allowance {
  double part = 0.05;  // of the median of the second half
  double bytes = 64 * 1024;
};

struct Trend {
  // False if there are fewer than kLeastMeasured in the second half: then
  // nothing else is known.
  bool judged = false;
  double median = 0;
  double growth = 0;   // of the line, from the middle to the end
  double allowed = 0;  // growth
  double at_middle = 0;

  bool flat() const { return !judged || growth <= allowed; }

  static constexpr std::size_t kLeastMeasured = 15;
};

// `bytes` are measured at equal distances.
Trend JudgeSecondHalf(const std::vector<double>& bytes,
                      const Allowance& allowance);

// 0 of an empty list.
double Median(std::vector<double> values);

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_FLAT_H_
