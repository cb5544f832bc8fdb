// SPDX-License-Identifier: Apache-2.0

#include "fuzz/endurance/flat.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace pma::endurance {
namespace {

// Pairs grow with the square: a night's measurements are made fewer first.
constexpr std::size_t kMostPoints = 500;

// At most kMostPoints medians of neighbours.
std::vector<double> Thinned(const std::vector<double>& values) {
  const std::size_t each = (values.size() + kMostPoints - 1) / kMostPoints;
  if (each <= 1) return values;
  std::vector<double> medians;
  for (std::size_t i = 0; i + each <= values.size(); i += each) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(i);
    medians.push_back(
        Median({first, first + static_cast<std::ptrdiff_t>(each)}));
  }
  return medians;
}

// Three standard errors of the rise of a line through `points`, whose distance
// from it is as if by chance: its deviation, from the median distance (of a
// normal distribution, by the factor), times sqrt(12 / n).
double ByChance(const std::vector<double>& points, double slope) {
  std::vector<double> rests;
  for (std::size_t i = 0; i < points.size(); ++i) {
    rests.push_back(points[i] - slope * static_cast<double>(i));
  }
  const double middle = Median(rests);
  for (double& rest : rests) rest = std::abs(rest - middle);
  const double deviation = 1.4826 * Median(std::move(rests));
  return 3 * deviation * std::sqrt(12 / static_cast<double>(points.size()));
}

}  // namespace

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Trend JudgeSecondHalf(const std::vector<double>& bytes,
                      const Allowance& allowance) {
  const std::vector<double> half(
      bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2),
      bytes.end());
  Trend trend;
  if (half.size() < Trend::kLeastMeasured) return trend;
  const std::vector<double> points = Thinned(half);
  std::vector<double> slopes;
  slopes.reserve(points.size() * (points.size() - 1) / 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      slopes.push_back((points[j] - points[i]) / static_cast<double>(j - i));
    }
  }
  trend.judged = true;
  trend.median = Median(points);
  const double slope = Median(std::move(slopes));
  trend.growth = slope * static_cast<double>(points.size() - 1);
  trend.allowed = std::max(allowance.part * trend.median + allowance.bytes,
                           ByChance(points, slope));
  trend.at_middle = trend.median - trend.growth / 2;
  return trend;
}

}  // namespace pma::endurance
