// SPDX-License-Identifier: Apache-2.0

// Durations as a person reads them.

#ifndef BENCH_MEASURE_DURATIONS_H_
#define BENCH_MEASURE_DURATIONS_H_

#include <string>

namespace pma::bench {

// Three significant digits, which is all that a measurement is good for.
std::string ThreeDigits(double value);

// With three significant digits and a unit: "412 ns", "1.30 ms".
std::string FormatNanoseconds(double nanoseconds);

// "1 min 50 s"
std::string FormatSeconds(double seconds);

}  // namespace pma::bench

#endif  // BENCH_MEASURE_DURATIONS_H_
