#include "fuzz/schedule/program.h"

#include <algorithm>

namespace pma::schedule {
namespace {

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint8_t Next() {
    if (bytes_.empty()) return 0;
    const uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  std::span<const uint8_t> Rest() const { return bytes_; }

 private:
  std::span<const uint8_t> bytes_;
};

constexpr sim::Mode kModes[] = {sim::Mode::kDense, sim::Mode::kPct,
                                sim::Mode::kSparse, sim::Mode::kDense};

}  // namespace

// Ranges reach a quarter of all keys; stopped scans stop after three.
history::Arguments Call::ArgumentsFor(uint64_t unique_value) const {
  using history::ArgumentForm;
  switch (history::SpecOf(kind).arguments) {
    case ArgumentForm::kNone:
      return {};
    case ArgumentForm::kKey:
      return {key};
    case ArgumentForm::kKeyValue:
      return {key, unique_value};
    case ArgumentForm::kRange:
      return {key, key + Program::kKeys / 4u};
    case ArgumentForm::kRangeAndLimit:
      return {key, key + Program::kKeys / 4u, 3};
  }
  return {};
}

std::vector<history::Key> Program::InitialKeys() const {
  std::vector<history::Key> keys;
  const unsigned count = std::min<unsigned>(prefill_count, kKeys / 2);
  for (unsigned i = 0; i < count; ++i) {
    switch (prefill) {
      case Prefill::kAscending:
        keys.push_back(2 * i);
        break;
      case Prefill::kDescending:
        keys.push_back(2 * (count - 1 - i));
        break;
      case Prefill::kInterleaved:
        keys.push_back(2 * (i % 2 == 0 ? i / 2 : (count + i) / 2));
        break;
      case Prefill::kOneEnd:
        keys.push_back(kKeys - 1 - i);
        break;
    }
  }
  return keys;
}

size_t Program::CallCount() const {
  size_t count = 0;
  for (const auto& calls : fibers) count += calls.size();
  return count;
}

Program Decode(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  Program program;
  const uint8_t head = reader.Next();
  program.mode = kModes[head & 3];
  program.stale = (head & 4) == 0;
  program.light_fence = (head & 8) == 0;
  const size_t fibers = 2 + (head >> 4 & 3) % 3;
  program.storage = static_cast<Storage>(head >> 6);
  const uint8_t fill = reader.Next();
  program.prefill = static_cast<Prefill>(fill & 3);
  program.prefill_count = fill >> 2;
  const size_t operations = history::AllOperations().size();
  for (size_t f = 0; f < fibers; ++f) {
    std::vector<Call>& calls = program.fibers.emplace_back();
    const size_t count = 1 + reader.Next() % Program::kMaxCalls;
    for (size_t i = 0; i < count; ++i) {
      const uint8_t kind = reader.Next();
      const uint8_t key = reader.Next();
      calls.push_back({static_cast<history::OperationKind>(kind % operations),
                       static_cast<uint8_t>(key % Program::kKeys)});
    }
  }
  program.schedule.assign(reader.Rest().begin(), reader.Rest().end());
  return program;
}

std::vector<uint8_t> Encode(const Program& program) {
  std::vector<uint8_t> bytes;
  const auto* mode =
      std::find(std::begin(kModes), std::end(kModes), program.mode);
  bytes.push_back(static_cast<uint8_t>(
      (mode - std::begin(kModes)) | (program.stale ? 0 : 4) |
      (program.light_fence ? 0 : 8) | (program.fibers.size() - 2) << 4 |
      static_cast<unsigned>(program.storage) << 6));
  bytes.push_back(
      static_cast<uint8_t>(static_cast<unsigned>(program.prefill) |
                           static_cast<unsigned>(program.prefill_count) << 2));
  for (const auto& calls : program.fibers) {
    bytes.push_back(static_cast<uint8_t>(calls.size() - 1));
    for (const Call& call : calls) {
      bytes.push_back(static_cast<uint8_t>(call.kind));
      bytes.push_back(call.key);
    }
  }
  bytes.insert(bytes.end(), program.schedule.begin(), program.schedule.end());
  return bytes;
}

}  // namespace pma::schedule
