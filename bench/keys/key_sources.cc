// SPDX-License-Identifier: Apache-2.0

#include "bench/keys/key_sources.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/keys/key_distributions.h"
#include "bench/keys/key_files.h"
#include "bench/keys/key_types.h"
#include "bench/keys/random.h"
#include "bench/keys/urls.h"

namespace pma::bench {
namespace {

constexpr std::string_view kIntegers = "64-bit integers";
constexpr std::string_view kStrings = "strings";

// Start address -> (last address, country).
AnyKeySet IpRangeKeySet(const std::vector<IpRange>& ranges,
                        const KeySource& source) {
  KeySet<uint64_t> set;
  set.info = {.name = "geoip",
              .description =
                  "IPv4 address ranges: start address to (last address, "
                  "country). A floor look-up tells the country of an address.",
              .source =
                  "Debian package tor-geoipdb: IPFire Location Database, "
                  "CC BY-SA 4.0",
              .key_type = std::string(kIntegers)};
  set.keys.reserve(ranges.size());
  set.records.reserve(ranges.size());
  for (const IpRange& range : ranges) {
    set.keys.push_back(range.first);
    set.records.push_back({range.last, range.country, 0});
  }
  set.probe_min = 0;
  set.probe_max = 0xffffffff;
  FinishKeySet(set, source.seed);
  return set;
}

AnyKeySet GeneratedKeySet(const KeySource& source) {
  const KeyDistribution& distribution = *source.distribution;
  return MakeKeySet<uint64_t>(
      {.name = std::string(distribution.name),
       .description = std::string(distribution.description),
       .source = absl::StrCat("generated, seed ", source.seed),
       .key_type = std::string(kIntegers)},
      distribution.make(source.generated_count, source.seed), source.seed);
}

template <class Key, class Order = std::less<>>
AnyKeySet TypedKeySet(const TypedKeySource& typed, const KeySource& source) {
  std::vector<Key> keys(source.generated_count);
  auto next = static_cast<uint32_t>(Random(source.seed).Next());
  for (Key& key : keys) key = TypedKeyOf<Key>(next++);
  return MakeKeySet<Key, Order>(
      {.name = std::string(typed.name),
       .description = std::string(typed.description),
       .source = absl::StrCat("generated, seed ", source.seed),
       .key_type = std::string(typed.key_type)},
      std::move(keys), source.seed);
}

constexpr TypedKeySource kTypedKeySources[] = {
    {"uuid", "Random UUIDs.", "structs of two 64-bit integers",
     &TypedKeySet<Uuid>},
    {"composite", "One of a thousand numbers, and an entry of it.",
     "pairs of 32-bit integers", &TypedKeySet<Composite>},
    {"tenants", "One of a thousand tenants, and a time within a year.",
     "pairs of 64-bit integers", &TypedKeySet<TenantTime>},
    {"timepoint", "Random times within 292 years of 1970.",
     "std::chrono::sys_time<std::chrono::nanoseconds>",
     &TypedKeySet<TimePoint>},
    {"descending", "Random 64-bit integers, the greatest first.",
     "64-bit integers in std::greater<>",
     &TypedKeySet<uint64_t, std::greater<>>},
};

absl::StatusOr<AnyKeySet> UrlKeySet(
    const Parsed<std::vector<std::string>>& words, const KeySource& source) {
  if (!words.value) return absl::InvalidArgumentError(words.error);
  if (std::ranges::none_of(*words.value, &IsUrlWord)) {
    return absl::InvalidArgumentError(absl::StrCat(
        source.shown_path, ": byte 0: no word of three to eight letters"));
  }
  return MakeKeySet<std::string>(
      {.name = "urls",
       .description = "Addresses of pages, which share long beginnings.",
       .source =
           absl::StrCat("generated, seed ", source.seed,
                        ", of words of Debian package wamerican-insane: SCOWL"),
       .key_type = std::string(kStrings)},
      MakeUrls(*words.value, source.generated_count, source.seed), source.seed);
}

template <class Key>
absl::StatusOr<AnyKeySet> FileKeySet(KeySetInfo info,
                                     Parsed<std::vector<Key>> keys,
                                     const KeySource& source) {
  if (!keys.value) return absl::InvalidArgumentError(keys.error);
  if (keys.value->size() > kMaxKeyCount) {
    return absl::InvalidArgumentError(
        absl::StrCat(source.shown_path, ": byte 0: ", keys.value->size(),
                     " keys, at most ", kMaxKeyCount, " can be raced"));
  }
  info.key_type =
      std::string(std::is_same_v<Key, uint64_t> ? kIntegers : kStrings);
  return MakeKeySet<Key>(std::move(info), *std::move(keys.value), source.seed);
}

}  // namespace

std::span<const TypedKeySource> TypedKeySources() { return kTypedKeySources; }

const KeySetInfo& InfoOf(const AnyKeySet& set) {
  return std::visit([](const auto& s) -> const KeySetInfo& { return s.info; },
                    set);
}

absl::StatusOr<AnyKeySet> LoadKeySet(const KeySource& source) {
  if (source.form == KeyForm::kGenerated) return GeneratedKeySet(source);
  if (source.form == KeyForm::kTyped)
    return source.typed->make(*source.typed, source);

  const std::string& shown = source.shown_path;
  const Parsed<std::string> file = ReadFile(source.path);
  if (!file.value) return absl::NotFoundError(file.error);
  const std::string& contents = *file.value;

  const KeySetInfo info = {
      .name = shown, .description = "Keys from a file.", .source = shown};
  switch (source.form) {
    case KeyForm::kGeoip: {
      const auto ranges = ParseGeoip(shown, contents);
      if (!ranges.value) return absl::InvalidArgumentError(ranges.error);
      return IpRangeKeySet(*ranges.value, source);
    }
    case KeyForm::kWords:
      return FileKeySet({.name = "words",
                         .description = "English words, names and inflections.",
                         .source = "Debian package wamerican-insane: SCOWL"},
                        ParseText(shown, contents), source);
    case KeyForm::kUrls:
      return UrlKeySet(ParseText(shown, contents), source);
    case KeyForm::kSosd:
      return FileKeySet(info, ParseSosd(shown, contents), source);
    case KeyForm::kNumbers:
      return FileKeySet(info, ParseNumbers(shown, contents), source);
    case KeyForm::kText:
      return FileKeySet(info, ParseText(shown, contents), source);
    case KeyForm::kGenerated:
    case KeyForm::kTyped:
      break;
  }
  return absl::InternalError("keys of an unknown form");
}

}  // namespace pma::bench
