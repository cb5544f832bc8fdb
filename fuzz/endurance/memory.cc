// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/memory.h"

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "fuzz/endurance/flat.h"

namespace pma::endurance {
namespace {

std::vector<double> Column(const std::vector<Sample>& samples,
                           double Sample::* member) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const Sample& sample : samples) values.push_back(sample.*member);
  return values;
}

std::string GrowthOf(const char* what, const Trend& trend) {
  if (trend.flat()) return "";
  constexpr double kMiB = 1024 * 1024;
  return absl::StrFormat(
      "memory grows: %s by %.3f MiB in the second half, of %.3f; %.3f allowed",
      what, trend.growth / kMiB, trend.median / kMiB, trend.allowed / kMiB);
}

}  // namespace

Sample MedianOf(const std::vector<Sample>& samples) {
  Sample median = samples.back();  // time and steps go on
  for (double Sample::* member :
       {&Sample::allocated, &Sample::retired, &Sample::live, &Sample::resident,
        &Sample::entries}) {
    median.*member = Median(Column(samples, member));
  }
  return median;
}

std::string MemoryTrends::Growth() const {
  for (const std::string& growth :
       {GrowthOf("what the allocator has given out", live),
        GrowthOf("what the maps say they have", allocated),
        GrowthOf("the process", resident)}) {
    if (!growth.empty()) return growth;
  }
  return "";
}

MemoryTrends JudgeMemory(const std::vector<Sample>& samples,
                         const Allowance& allowance) {
  Allowance resident = allowance;
  resident.bytes += kResidentBytes;
  return {JudgeSecondHalf(Column(samples, &Sample::live), allowance),
          JudgeSecondHalf(Column(samples, &Sample::allocated), allowance),
          JudgeSecondHalf(Column(samples, &Sample::resident), resident)};
}

}  // namespace pma::endurance
