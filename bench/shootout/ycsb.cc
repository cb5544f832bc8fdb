// SPDX-License-Identifier: Apache-2.0

#include "bench/shootout/ycsb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/keys/record.h"
#include "bench/keys/row.h"
#include "bench/shootout/mix.h"

namespace pma::bench {
namespace {

// Lines "key=value" or "key: value"; # and ! begin comments. A later line
// replaces an earlier one.
class Properties {
 public:
  explicit Properties(std::string_view text) {
    for (std::string_view line : absl::StrSplit(text, '\n')) {
      line = absl::StripAsciiWhitespace(line);
      if (line.empty() || line.front() == '#' || line.front() == '!') continue;
      const size_t end = line.find_first_of("=: \t");
      const std::string_view key = line.substr(0, end);
      std::string_view value;
      if (end != line.npos) {
        value = line.substr(end);
        value.remove_prefix(
            std::min(value.find_first_not_of(" \t"), value.size()));
        if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
          value.remove_prefix(1);
        }
      }
      values_[std::string(key)] =
          std::string(absl::StripAsciiWhitespace(value));
    }
  }

  std::string Text(const std::string& key, std::string_view otherwise) const {
    const auto found = values_.find(key);
    return found == values_.end() ? std::string(otherwise) : found->second;
  }
  bool Has(const std::string& key) const { return values_.contains(key); }

  // Writes what the property says, if it is there.
  absl::Status Read(const std::string& key, uint64_t most,
                    uint64_t& number) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return absl::OkStatus();
    if (!absl::SimpleAtoi(found->second, &number) || number > most) {
      return absl::InvalidArgumentError(
          absl::StrCat(key, "=", found->second, " is no number up to ", most));
    }
    return absl::OkStatus();
  }
  absl::Status Read(const std::string& key, double& share) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return absl::OkStatus();
    if (!absl::SimpleAtod(found->second, &share) || !(share >= 0) ||
        !std::isfinite(share)) {
      return absl::InvalidArgumentError(
          absl::StrCat(key, "=", found->second, " is no proportion"));
    }
    return absl::OkStatus();
  }

 private:
  std::map<std::string, std::string> values_;
};

constexpr size_t kKinds = 5;
constexpr std::array<std::string_view, kKinds> kKindNames = {
    "reads", "updates", "scans", "inserts", "read-modify-writes"};

// Whole per cents that add up to a hundred; what is there at all has one.
std::array<int, kKinds> PerCents(const std::array<double, kKinds>& shares) {
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::array<int, kKinds> percents{};
  for (size_t i = 0; i < kKinds; ++i) {
    const double exact = shares[i] / sum * 100;
    percents[i] =
        shares[i] > 0 ? std::max(1, static_cast<int>(std::lround(exact))) : 0;
  }
  *std::max_element(percents.begin(), percents.end()) +=
      100 - std::accumulate(percents.begin(), percents.end(), 0);
  return percents;
}

absl::Status ReadKinds(const Properties& properties, YcsbWorkload& workload) {
  std::array<double, kKinds> shares = {0.95, 0.05, 0, 0, 0};
  const std::array<const char*, kKinds> names = {
      "readproportion", "updateproportion", "scanproportion",
      "insertproportion", "readmodifywriteproportion"};
  for (size_t i = 0; i < kKinds; ++i) {
    if (absl::Status status = properties.Read(names[i], shares[i]);
        !status.ok()) {
      return status;
    }
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (!(sum > 0)) {
    return absl::InvalidArgumentError("all proportions are zero");
  }
  const std::array<int, kKinds> percents = PerCents(shares);
  for (size_t i = 0; i < kKinds; ++i) {
    if (std::abs(shares[i] / sum * 100 - percents[i]) > 0.01) {
      workload.notes.push_back(absl::StrCat(names[i], "=", shares[i],
                                            " is raced as ", percents[i],
                                            " %: all are whole per cents"));
    }
    if (percents[i] > 0) {
      absl::StrAppend(&workload.description,
                      workload.description.empty() ? "" : ", ", percents[i],
                      " % ", kKindNames[i]);
    }
  }
  Mix& mix = workload.mix;
  mix.read_percent = percents[0];
  mix.update_percent = percents[1];
  mix.scan_percent = percents[2];
  mix.insert_percent = percents[3];
  mix.read_modify_write_percent = percents[4];
  return absl::OkStatus();
}

absl::Status ReadDistributions(const Properties& properties,
                               YcsbWorkload& workload) {
  Mix& mix = workload.mix;
  const std::string keys = properties.Text("requestdistribution", "uniform");
  if (keys == "uniform") {
    mix.key_choice = KeyChoice::kUniform;
  } else if (keys == "zipfian") {
    mix.key_choice = KeyChoice::kZipf;
  } else if (keys == "latest") {
    mix.key_choice = KeyChoice::kLatest;
    if (mix.updates() || mix.scan_percent > 0) {
      return absl::InvalidArgumentError(
          "requestdistribution=latest is for reads and inserts only here");
    }
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("requestdistribution=", keys,
                     " is none of uniform, zipfian and latest"));
  }
  absl::StrAppend(&workload.description, ", ", keys, " keys");

  uint64_t least = 1;
  uint64_t most = 1000;
  constexpr uint64_t kLongest = std::numeric_limits<uint16_t>::max();
  for (const auto& [key, number] :
       {std::pair("minscanlength", &least), {"maxscanlength", &most}}) {
    if (absl::Status status = properties.Read(key, kLongest, *number);
        !status.ok()) {
      return status;
    }
  }
  const std::string lengths =
      properties.Text("scanlengthdistribution", "uniform");
  if (lengths != "uniform" && lengths != "zipfian") {
    return absl::InvalidArgumentError(absl::StrCat(
        "scanlengthdistribution=", lengths, " is none of uniform and zipfian"));
  }
  if (mix.scan_percent == 0) return absl::OkStatus();
  if (least < 1 || least > most) {
    return absl::InvalidArgumentError(absl::StrCat("minscanlength=", least,
                                                   " and maxscanlength=", most,
                                                   " are no lengths of scans"));
  }
  mix.scan_length_min = static_cast<uint16_t>(least);
  mix.scan_length_max = static_cast<uint16_t>(most);
  mix.zipf_scan_lengths = lengths == "zipfian";
  absl::StrAppend(&workload.description, ", scans of ", least, " to ", most,
                  " entries, ", lengths);
  return absl::OkStatus();
}

absl::Status ReadSizes(const Properties& properties, YcsbWorkload& workload) {
  constexpr uint64_t kAny = std::numeric_limits<uint32_t>::max();
  uint64_t fields = 10;
  uint64_t field_bytes = 100;
  const struct {
    const char* key;
    uint64_t* number;
  } sizes[] = {{"recordcount", &workload.record_count},
               {"operationcount", &workload.mix.operation_count},
               {"fieldcount", &fields},
               {"fieldlength", &field_bytes}};
  for (const auto& [key, number] : sizes) {
    if (absl::Status status = properties.Read(key, kAny, *number);
        !status.ok()) {
      return status;
    }
  }
  if (workload.record_count == 0) {
    return absl::InvalidArgumentError("recordcount is missing, or 0");
  }
  const uint64_t bytes = fields * field_bytes;
  if (bytes > kMaxRowBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("fieldcount=", fields, " times fieldlength=", field_bytes,
                     " is more than ", kMaxRowBytes, " bytes"));
  }
  workload.value_bytes = std::max<uint64_t>(bytes, sizeof(Record));
  workload.notes.push_back(absl::StrCat("a value is ", fields, " fields of ",
                                        field_bytes,
                                        " bytes, read and written as one"));
  const std::string order = properties.Text("insertorder", "hashed");
  if (order != "hashed" && order != "ordered") {
    return absl::InvalidArgumentError(
        absl::StrCat("insertorder=", order, " is none of hashed and ordered"));
  }
  workload.ordered_keys = order == "ordered";
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<YcsbWorkload> ParseYcsbWorkload(std::string_view name,
                                               std::string_view text) {
  if (FindMix(name) != nullptr) {
    return absl::InvalidArgumentError(
        "the file has the name of a mix, which its results would be taken for");
  }
  const Properties properties(text);
  const std::string workload_class =
      properties.Text("workload", "CoreWorkload");
  if (!workload_class.ends_with("CoreWorkload")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "workload=", workload_class, " is not YCSB's CoreWorkload"));
  }
  YcsbWorkload workload;
  workload.name = std::string(name);
  for (const auto read : {&ReadKinds, &ReadDistributions, &ReadSizes}) {
    if (absl::Status status = read(properties, workload); !status.ok()) {
      return status;
    }
  }
  return workload;
}

absl::StatusOr<YcsbWorkload> ReadYcsbWorkload(const std::string& path,
                                              std::string_view shown_path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("--workload: cannot read ", shown_path));
  }
  auto workload = ParseYcsbWorkload(
      shown_path.substr(shown_path.find_last_of('/') + 1), text);
  if (!workload.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--workload: ", shown_path, ": ", workload.status().message()));
  }
  return workload;
}

const Mix* MixOf(YcsbWorkload& workload) {
  workload.mix.name = workload.name;
  workload.mix.description = workload.description;
  return &workload.mix;
}

}  // namespace pma::bench
