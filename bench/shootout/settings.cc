// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/settings.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/key_set.h"
#include "bench/keys/key_sources.h"
#include "bench/keys/record.h"
#include "bench/keys/row.h"
#include "bench/report/output_file.h"
#include "bench/shootout/contestant.h"
#include "bench/shootout/contestants/contestants.h"
#include "bench/shootout/mix.h"
#include "bench/shootout/ycsb.h"

namespace pma::bench {
namespace {

constexpr double kMaxSeconds = 3600;
constexpr size_t kMaxThreads = 1024;
constexpr int kMaxRepeats = 99;

// Looks up the names of a comma list in `all`; an empty list means all.
template <class T, class Range>
absl::StatusOr<std::vector<const T*>> ParseNames(std::string_view flag,
                                                 std::string_view list,
                                                 const Range& all) {
  std::vector<const T*> chosen;
  if (list.empty()) {
    for (const T& item : all) chosen.push_back(&item);
    return chosen;
  }
  const auto name_of = [](std::string* out, const T& item) {
    out->append(item.name);
  };
  for (const std::string_view name : absl::StrSplit(list, ',')) {
    const auto found =
        std::find_if(all.begin(), all.end(),
                     [name](const T& item) { return item.name == name; });
    if (found == all.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, ": there is no '", name, "', only ",
                       absl::StrJoin(all, ", ", name_of)));
    }
    if (std::find(chosen.begin(), chosen.end(), &*found) != chosen.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, ": '", name, "' is named twice"));
    }
    chosen.push_back(&*found);
  }
  return chosen;
}

absl::StatusOr<std::vector<size_t>> ParseThreads(std::string_view list,
                                                 size_t core_count) {
  std::vector<size_t> counts;
  if (list.empty()) return std::vector<size_t>{core_count};
  for (const std::string_view item : absl::StrSplit(list, ',')) {
    uint64_t count = 0;
    if (!absl::SimpleAtoi(item, &count) || count < 1 || count > kMaxThreads) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--threads: '", item, "' is no number from 1 to ", kMaxThreads));
    }
    if (std::find(counts.begin(), counts.end(), count) != counts.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--threads: ", count, " is named twice"));
    }
    counts.push_back(count);
  }
  return counts;
}

// Maps without a lock race only when they are alone with their thread.
absl::StatusOr<std::vector<const Contestant*>> ParseMaps(
    std::string_view list, const std::vector<size_t>& thread_counts) {
  auto maps = ParseNames<Contestant>("maps", list, AllContestants());
  if (!maps.ok()) return maps.status();
  if (list.empty()) {
    std::erase_if(*maps, [](const Contestant* m) { return !m->by_default; });
  }
  const bool has_one_thread =
      std::find(thread_counts.begin(), thread_counts.end(), 1) !=
      thread_counts.end();
  if (has_one_thread) return maps;
  if (!list.empty()) {
    for (const Contestant* map : *maps) {
      if (map->single_threaded) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--maps: '", map->name, "' has no lock, it needs --threads=1"));
      }
    }
  }
  std::erase_if(*maps, [](const Contestant* m) { return m->single_threaded; });
  return maps;
}

std::string CallersPath(std::string_view path,
                        const Surroundings& surroundings) {
  if (path.starts_with('/')) return std::string(path);
  return absl::StrCat(surroundings.caller_directory, "/", path);
}

// Reads --keys, but for the file that it may name.
absl::StatusOr<KeySource> ParseKeyForm(std::string_view keys,
                                       const Surroundings& surroundings) {
  if (keys == "geoip") {
    const std::string& path = surroundings.geoip_path;
    return KeySource{.form = KeyForm::kGeoip, .path = path, .shown_path = path};
  }
  if (keys == "words") {
    const std::string& path = surroundings.words_path;
    return KeySource{.form = KeyForm::kWords, .path = path, .shown_path = path};
  }
  if (keys == "urls") {
    const std::string& path = surroundings.words_path;
    return KeySource{.form = KeyForm::kUrls, .path = path, .shown_path = path};
  }
  for (const KeyDistribution& distribution : KeyDistributions()) {
    if (keys != distribution.name) continue;
    return KeySource{.form = KeyForm::kGenerated,
                     .distribution = &distribution};
  }
  for (const TypedKeySource& typed : TypedKeySources()) {
    if (keys != typed.name) continue;
    return KeySource{.form = KeyForm::kTyped, .typed = &typed};
  }

  constexpr std::pair<std::string_view, KeyForm> kFileForms[] = {
      {"text:", KeyForm::kText},
      {"numbers:", KeyForm::kNumbers},
      {"sosd:", KeyForm::kSosd}};
  for (const auto& [prefix, form] : kFileForms) {
    if (!keys.starts_with(prefix)) continue;
    const std::string_view file = keys.substr(prefix.size());
    if (file.empty()) break;
    return KeySource{.form = form,
                     .path = CallersPath(file, surroundings),
                     .shown_path = std::string(file)};
  }
  const auto name_of = [](std::string* out, const auto& item) {
    out->append(item.name);
  };
  return absl::InvalidArgumentError(
      absl::StrCat("--keys: '", keys, "' is none of geoip, words, urls, ",
                   absl::StrJoin(KeyDistributions(), ", ", name_of), ", ",
                   absl::StrJoin(TypedKeySources(), ", ", name_of),
                   ", text:FILE, numbers:FILE and sosd:FILE"));
}

bool HasAnyCount(const KeySource& source) {
  return source.form == KeyForm::kGenerated || source.form == KeyForm::kUrls ||
         source.form == KeyForm::kTyped;
}

absl::StatusOr<KeySource> ParseKeySource(const FlagValues& flags,
                                         const Surroundings& surroundings) {
  absl::StatusOr<KeySource> source = ParseKeyForm(flags.keys, surroundings);
  if (!source.ok()) return source;
  source->seed = flags.seed;
  if (!flags.n.has_value()) return source;
  if (!HasAnyCount(*source)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--n: only for generated keys, not for --keys=", flags.keys));
  }
  if (*flags.n < 1 || *flags.n > kMaxKeyCount) {
    return absl::InvalidArgumentError(
        absl::StrCat("--n: ", *flags.n, " is not from 1 to ", kMaxKeyCount));
  }
  source->generated_count = *flags.n;
  return source;
}

// Keys and mixes of --workload. Other keys may be named beside it, of which
// there are as many as it says where that can be chosen.
absl::Status ApplyWorkload(FlagValues& flags, const Surroundings& surroundings,
                           Settings& settings) {
  if (!flags.mixes.empty() || flags.n.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--workload: names its own mix and number of keys, without ",
        flags.n.has_value() ? "--n" : "--mixes"));
  }
  auto workload = ReadYcsbWorkload(CallersPath(flags.workload, surroundings),
                                   flags.workload);
  if (!workload.ok()) return workload.status();
  settings.workload = std::make_shared<YcsbWorkload>(*std::move(workload));
  settings.mixes = {FindMix("load"), MixOf(*settings.workload)};
  if (flags.keys.empty()) {
    flags.keys = settings.workload->ordered_keys ? "dense" : "uniform";
  }
  settings.value_bytes = settings.workload->value_bytes;
  const auto source = ParseKeyForm(flags.keys, surroundings);
  if (source.ok() && HasAnyCount(*source)) {
    flags.n = settings.workload->record_count;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ParseOutputPath(std::string_view flag,
                                            std::string_view path,
                                            const Surroundings& surroundings) {
  if (path.empty()) return std::string();
  std::string absolute = CallersPath(path, surroundings);
  if (absl::Status status = CheckWritable(flag, absolute); !status.ok()) {
    return status;
  }
  return absolute;
}

}  // namespace

absl::StatusOr<Settings> ParseSettings(FlagValues flags,
                                       const Surroundings& surroundings) {
  Settings settings;
  if (!(flags.seconds > 0 && flags.seconds <= kMaxSeconds)) {
    return absl::InvalidArgumentError(absl::StrCat("--seconds: ", flags.seconds,
                                                   " is not above 0 and up to ",
                                                   kMaxSeconds));
  }
  settings.seconds_per_mix = flags.seconds;
  if (flags.repeats < 1 || flags.repeats > kMaxRepeats) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--repeats: ", flags.repeats, " is not from 1 to ", kMaxRepeats));
  }
  settings.repeats = static_cast<size_t>(flags.repeats);
  settings.seed = flags.seed;

  auto thread_counts = ParseThreads(flags.threads, surroundings.core_count);
  if (!thread_counts.ok()) return thread_counts.status();
  settings.thread_counts = *std::move(thread_counts);

  auto maps = ParseMaps(flags.maps, settings.thread_counts);
  if (!maps.ok()) return maps.status();
  settings.maps = *std::move(maps);
  settings.maps_are_named = !flags.maps.empty();

  if (flags.workload.empty()) {
    auto mixes = ParseNames<Mix>("mixes", flags.mixes, AllMixes());
    if (!mixes.ok()) return mixes.status();
    settings.mixes = *std::move(mixes);
    if (flags.mixes.empty()) {
      std::erase_if(settings.mixes,
                    [](const Mix* m) { return !m->by_default; });
    }
  } else if (absl::Status status = ApplyWorkload(flags, surroundings, settings);
             !status.ok()) {
    return status;
  }
  if (flags.keys.empty()) flags.keys = "geoip";
  if (flags.value_bytes.has_value()) {
    if (*flags.value_bytes < sizeof(Record) ||
        *flags.value_bytes > kMaxRowBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("--value_bytes: ", *flags.value_bytes, " is not from ",
                       sizeof(Record), " to ", kMaxRowBytes));
    }
    settings.value_bytes = *flags.value_bytes;
  }

  auto key_source = ParseKeySource(flags, surroundings);
  if (!key_source.ok()) return key_source.status();
  settings.key_source = *std::move(key_source);

  auto json_path = ParseOutputPath("json", flags.json, surroundings);
  if (!json_path.ok()) return json_path.status();
  settings.json_path = *std::move(json_path);

  auto report_path = ParseOutputPath("report", flags.report, surroundings);
  if (!report_path.ok()) return report_path.status();
  settings.report_path = *std::move(report_path);
  if (!settings.json_path.empty() &&
      settings.json_path == settings.report_path) {
    return absl::InvalidArgumentError("--json and --report name one file");
  }
  return settings;
}

absl::Status KeepMapsFor(const AnyKeySet& keys, Settings& settings) {
  const auto races = [&](const Contestant* map) {
    return map->RacesOn(keys, settings.value_bytes);
  };
  const std::string with_values =
      settings.value_bytes == sizeof(Record)
          ? ""
          : absl::StrCat(" with values of ", settings.value_bytes, " bytes");
  if (settings.maps_are_named) {
    for (const Contestant* map : settings.maps) {
      if (races(map)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("--maps: '", map->name, "' does not race on ",
                       InfoOf(keys).key_type, with_values));
    }
  }
  std::erase_if(settings.maps, std::not_fn(races));
  if (settings.maps.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--keys: no map races on ", InfoOf(keys).key_type,
                     with_values, " (--value_bytes=", sizeof(Record), ")"));
  }
  return absl::OkStatus();
}

}  // namespace pma::bench
