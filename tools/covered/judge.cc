// SPDX-License-Identifier: Apache-2.0

#include "tools/covered/judge.h"

#include <cstddef>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tools/covered/profile.h"

namespace pma::covered {
namespace {

// The reasons, and which of them were needed.
class Reasons {
 public:
  explicit Reasons(const std::string& text) {
    std::size_t number = 0;
    for (const std::string_view line : absl::StrSplit(text, '\n')) {
      ++number;
      if (absl::StripAsciiWhitespace(line).empty() || line[0] == '#') continue;
      // The code in the middle may hold bars itself.
      const std::size_t first = line.find(" | ");
      const std::size_t last = line.rfind(" | ");
      if (first == line.npos || first == last) {
        throw std::invalid_argument(
            absl::StrCat("reasons, line ", number, ": not FILE | LINE | why"));
      }
      keys_.emplace(
          line.substr(0, first),
          absl::StripAsciiWhitespace(line.substr(first + 3, last - first - 3)));
    }
  }

  bool Has(const std::string& file, std::string_view line) {
    const std::pair key(file, std::string(absl::StripAsciiWhitespace(line)));
    if (keys_.find(key) == keys_.end()) return false;
    used_.insert(key);
    return true;
  }

  std::vector<std::string> Unused() const {
    std::vector<std::string> unused;
    for (const auto& key : keys_) {
      if (!used_.contains(key)) {
        unused.push_back(absl::StrCat("a reason is not needed: ", key.first,
                                      " | ", key.second));
      }
    }
    return unused;
  }

 private:
  std::set<std::pair<std::string, std::string>> keys_;
  std::set<std::pair<std::string, std::string>> used_;
};

struct Sums {
  std::size_t lines = 0;
  std::size_t ran = 0;
  std::size_t branches = 0;
  std::size_t taken = 0;

  void Add(const Sums& other) {
    lines += other.lines;
    ran += other.ran;
    branches += other.branches;
    taken += other.taken;
  }
};

double Percent(std::size_t part, std::size_t all) {
  return all == 0
             ? 100
             : 100.0 * static_cast<double>(part) / static_cast<double>(all);
}

std::string Row(const std::string& name, const Sums& sums) {
  return absl::StrFormat("%-46s %6d %6d %6.1f %9d %6d %6.1f\n", name,
                         sums.lines, sums.ran, Percent(sums.ran, sums.lines),
                         sums.branches, sums.taken,
                         Percent(sums.taken, sums.branches));
}

Sums SumsOf(const FileProfile& profile) {
  Sums sums;
  for (const auto& [line, has_run] : profile.Lines()) {
    ++sums.lines;
    sums.ran += has_run ? 1 : 0;
  }
  for (const auto& [condition, outcomes] : profile.conditions) {
    sums.branches += 2;
    sums.taken += outcomes.taken();
  }
  return sums;
}

// Says of each stretch of lines that did not run whether it has a reason.
void JudgeStretches(const Source& source, const FileProfile& profile,
                    Reasons& reasons, std::vector<std::string>& failures) {
  std::size_t first = 0;  // of the stretch at hand; 0 if there is none
  std::size_t count = 0;
  const auto end_stretch = [&] {
    if (first == 0) return;
    const std::string& text = source.lines.at(first - 1);
    if (!reasons.Has(source.path, text) && !reasons.Has(source.path, "*")) {
      failures.push_back(absl::StrFormat(
          "%s:%d: never ran, without a reason: %s (%d lines)", source.path,
          first, absl::StripAsciiWhitespace(text), count));
    }
    first = count = 0;
  };
  for (const auto& [line, has_run] : profile.Lines()) {
    if (has_run) {
      end_stretch();
    } else {
      if (first == 0) first = line;
      ++count;
    }
  }
  end_stretch();
}

std::string UntakenOf(const Source& source, const FileProfile& profile) {
  std::string untaken;
  for (const auto& [condition, outcomes] : profile.conditions) {
    if (outcomes.taken() == 2) continue;
    absl::StrAppendFormat(
        &untaken, "%s:%d:%d: never %s: %s\n", source.path, condition[0],
        condition[1],
        outcomes.was_true    ? "false"
        : outcomes.was_false ? "true"
                             : "asked",
        absl::StripAsciiWhitespace(source.lines.at(condition[0] - 1)));
  }
  return untaken;
}

const FileProfile* Find(const Profile& profile, const std::string& path) {
  for (const auto& [name, file] : profile) {
    if (name == path || absl::EndsWith(name, "/" + path)) return &file;
  }
  return nullptr;
}

void CheckLimit(const char* what, double percent, double limit,
                std::vector<std::string>& failures) {
  if (percent >= limit) return;
  failures.push_back(absl::StrFormat("%.2f %% of the %s, of %g %% at least",
                                     percent, what, limit));
}

}  // namespace

Judgement Judge(const std::vector<Source>& sources, const Profile& profile,
                const std::string& reasons_text, const Limits& limits) {
  Judgement judgement;
  Reasons reasons(reasons_text);
  Sums all;
  judgement.table =
      absl::StrFormat("%-46s %6s %6s %6s %9s %6s %6s\n", "file", "lines", "ran",
                      "%", "branches", "taken", "%");
  for (const Source& source : sources) {
    const FileProfile* const file = Find(profile, source.path);
    if (file == nullptr) {
      if (!reasons.Has(source.path, "-")) {
        judgement.failures.push_back(source.path +
                                     ": nothing of it was compiled");
      }
      continue;
    }
    const Sums sums = SumsOf(*file);
    judgement.table += Row(source.path, sums);
    all.Add(sums);
    JudgeStretches(source, *file, reasons, judgement.failures);
    judgement.untaken += UntakenOf(source, *file);
  }
  judgement.table += "\n" + Row("all", all);
  CheckLimit("lines", Percent(all.ran, all.lines), limits.lines,
             judgement.failures);
  CheckLimit("branches", Percent(all.taken, all.branches), limits.branches,
             judgement.failures);
  judgement.notes = reasons.Unused();
  return judgement;
}

}  // namespace pma::covered
