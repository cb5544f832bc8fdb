// SPDX-License-Identifier: Apache-2.0

#include "tools/covered/profile.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

namespace pma::covered {
namespace {

using Json = nlohmann::json;
using Place = std::pair<std::size_t, std::size_t>;  // line, column

// From here to the next segment the code has run so often.
struct Segment {
  Place place;
  std::uint64_t count;
  bool has_count;  // false of what is no code
  bool is_entry;   // of a region
  bool is_gap;     // between statements

  explicit Segment(const Json& json)
      : place(json.at(0), json.at(1)),
        count(json.at(2)),
        has_count(json.at(3)),
        is_entry(json.at(4)),
        is_gap(json.at(5)) {}
};

// Lines with code from the segments, which are sorted, by LLVM's own rule
// (LineCoverageStats): a line has run as often as the region that goes on from
// the line before or the one of those that begin in it that ran most.
std::map<std::size_t, bool> LinesOf(const std::vector<Segment>& segments) {
  std::map<std::size_t, bool> lines;
  if (segments.empty()) return lines;
  const Segment* before = nullptr;
  std::size_t next = 0;
  const std::size_t last = segments.back().place.first;
  for (std::size_t line = segments.front().place.first; line <= last; ++line) {
    const std::size_t first = next;
    bool begins = false;
    std::uint64_t most = before != nullptr ? before->count : 0;
    for (; next < segments.size() && segments[next].place.first == line;
         ++next) {
      const Segment& segment = segments[next];
      if (!segment.has_count || !segment.is_entry || segment.is_gap) continue;
      begins = true;
      most = std::max(most, segment.count);
    }
    const bool skipped =
        next > first && !segments[first].has_count && segments[first].is_entry;
    const bool goes_on = before != nullptr && before->has_count;
    if (!skipped && (goes_on || begins)) lines[line] = most > 0;
    if (next > first) before = &segments[next - 1];
  }
  return lines;
}

bool HasRun(const std::vector<Segment>& segments, const Place& place) {
  const auto after = std::upper_bound(
      segments.begin(), segments.end(), place,
      [](const Place& a, const Segment& b) { return a < b.place; });
  return after != segments.begin() && std::prev(after)->count > 0;
}

// Moves regions that begin after code has ended, have never run, and end where
// the next segment is, from `segments` to the bare ones.
void TakeBareOut(std::vector<Segment>& segments, FileProfile& profile) {
  std::vector<Segment> rest;
  bool outside = true;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& at = segments[i];
    const bool begins = at.has_count && at.is_entry && !at.is_gap;
    if (begins && outside && at.count == 0 && i + 1 < segments.size() &&
        !segments[i + 1].has_count && !segments[i + 1].is_entry) {
      profile.bare.emplace(at.place, segments[i + 1].place.first);
      ++i;
      continue;
    }
    if (begins) profile.known_starts.insert(at.place);
    outside = !at.has_count && !at.is_entry;
    rest.push_back(at);
  }
  segments = std::move(rest);
}

void AddFile(const Json& file, FileProfile& profile) {
  std::vector<Segment> segments;
  for (const Json& segment : file.at("segments")) {
    segments.emplace_back(segment);
  }
  TakeBareOut(segments, profile);
  for (const auto& [line, has_run] : LinesOf(segments)) {
    profile.known_lines[line] |= has_run;
  }
  std::map<Condition, Outcomes> conditions;
  for (const Json& branch : file.at("branches")) {
    Outcomes& outcomes =
        conditions[{branch.at(0), branch.at(1), branch.at(2), branch.at(3)}];
    outcomes.was_true |= branch.at(4).get<std::uint64_t>() > 0;
    outcomes.was_false |= branch.at(5).get<std::uint64_t>() > 0;
  }
  for (const auto& [condition, outcomes] : conditions) {
    // It has run, and was neither: the compiler knew.
    const Place place{condition[0], condition[1]};
    if (outcomes.taken() == 0 && HasRun(segments, place)) continue;
    Outcomes& sum = profile.conditions[condition];
    sum.was_true |= outcomes.was_true;
    sum.was_false |= outcomes.was_false;
  }
}

}  // namespace

std::map<std::size_t, bool> FileProfile::Lines() const {
  std::map<std::size_t, bool> lines = known_lines;
  for (const auto& [start, last] : bare) {
    if (known_starts.contains(start)) continue;
    for (std::size_t line = start.first; line <= last; ++line) {
      lines.emplace(line, false);
    }
  }
  return lines;
}

void AddProfile(const std::string& json, Profile& profile) {
  const Json parsed = Json::parse(json);
  for (const Json& file : parsed.at("data").at(0).at("files")) {
    AddFile(file, profile[file.at("filename")]);
  }
}

}  // namespace pma::covered
