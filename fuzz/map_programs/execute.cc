// SPDX-License-Identifier: Apache-2.0

#include "fuzz/map_programs/execute.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "fuzz/history/calls.h"
#include "fuzz/history/linearizability.h"
#include "fuzz/history/precedence.h"
#include "fuzz/history/text_format.h"
#include "fuzz/map_programs/name_parts.h"
#include "fuzz/programs/sim_platform.h"
#include "pma/concurrent_map.h"
#include "pma/key_encoding.h"
#include "pma/testing/map_peer.h"

namespace pma::map_programs {
namespace {

using history::Arguments;
using history::Entry;
using history::OperationKind;
using sim::Simulation;

// A word that the map keeps in a box, because it is not trivially copyable.
class BoxedWord {
 public:
  BoxedWord(uint64_t word) : word_(word) {}  // NOLINT: stands for the word
  // NOLINTNEXTLINE(modernize-use-equals-default): not trivial
  BoxedWord(const BoxedWord& other) : word_(other.word_) {}
  BoxedWord& operator=(const BoxedWord& other) = default;
  operator uint64_t() const { return word_; }  // NOLINT

  friend bool operator<(const BoxedWord& a, const BoxedWord& b) {
    return a.word_ < b.word_;
  }

 private:
  uint64_t word_;
};

// A word that the map keeps as two, of which neighbours share the first.
class LongWord {
 public:
  LongWord(uint64_t word) : word_(word) {}     // NOLINT: stands for the word
  operator uint64_t() const { return word_; }  // NOLINT

 private:
  uint64_t word_;
};

// A word that the map keeps as text: most begin alike, some with what others
// are, some differ in their last character, some have NULs, one is empty.
class TextWord {
 public:
  TextWord(uint64_t word) {  // NOLINT: stands for the word
    if (word == 0) return;
    const auto high = static_cast<unsigned>(std::min<uint64_t>(word / 4, 17));
    const bool alike = high < kFirstOther;
    size_ = alike ? kAlike : 1;
    std::fill_n(text_.begin(), size_, alike ? 'k' : 'z');
    text_[size_++] = static_cast<char>(33 + 13 * high);  // up to 254
    if (word % 4 > 0) text_[size_++] = word % 4 == 3 ? '\1' : '\0';
    if (word % 4 == 2) text_[size_++] = '\0';
  }
  explicit TextWord(std::string_view text)
      : size_(static_cast<uint8_t>(text.copy(text_.data(), text_.size()))) {}
  operator uint64_t() const {  // NOLINT
    if (size_ == 0) return 0;
    const size_t at = text_[0] == 'k' ? kAlike : 1;
    const uint64_t high = (static_cast<unsigned char>(text_[at]) - 33) / 13;
    const uint64_t more = size_ - at - 1;
    return high * 4 + (more == 1 && text_[at + 1] == '\1' ? 3 : more);
  }
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  // Longer than a head.
  static constexpr size_t kAlike = 10;
  static constexpr unsigned kFirstOther = 14;

  std::array<char, kAlike + 3> text_{};
  uint8_t size_ = 0;
};

}  // namespace
}  // namespace pma::map_programs

template <>
struct pma::KeyEncoding<pma::map_programs::LongWord> {
  using Image = std::array<uint64_t, 2>;
  static Image Encode(uint64_t word) noexcept { return {word / 8, word % 8}; }
  static pma::map_programs::LongWord Decode(const Image& image) noexcept {
    return image[0] * 8 + image[1];
  }
};

template <>
struct pma::KeyEncoding<pma::map_programs::TextWord> {
  using Key = pma::map_programs::TextWord;
  static std::string_view Encode(const Key& key) noexcept { return key.text(); }
  static Key Decode(std::string_view text) { return Key(text); }
};

namespace pma::map_programs {
namespace {

template <class Key, class Value>
using Map = ConcurrentMap<Key, Value, std::less<>, sim::Allocator<std::byte>,
                          programs::SimTuning>;

// Collects what a scan visits. Owns no memory: the execution may end amid the
// scan, and nothing is unwound then.
class SeenInPlace {
 public:
  explicit SeenInPlace(size_t limit = ~size_t{0}) : limit_(limit) {}
  template <class K, class V>
  bool operator()(const K& key, const V& value) {
    sim::Check(count_ < entries_.size(), "a scan shows more than there can be");
    entries_[count_++] = {key, value};
    return count_ < limit_;
  }
  history::Result Take() const {
    Simulation::RealHeap real_heap;
    return history::Entries({entries_.begin(), entries_.begin() + count_});
  }

 private:
  size_t limit_;
  size_t count_ = 0;
  std::array<Entry, size_t{2} * Program::kKeys> entries_;
};

// --- The execution -----------------------------------------------------------

// One call, and when it was, in the terms of happens-before.
struct Recorded {
  history::Operation operation;
  sim::Clock known;    // when it was invoked
  sim::Tick returned;  // of its fiber, when it returned
  uint32_t published;  // the step of its fiber's last compare-and-swap
};

template <class M>
class Run {
 public:
  explicit Run(const Program& program)
      : program_(program), recorded_(program.fibers.size() + 1) {}

  // Runs as fiber 0.
  void Main() {
    {
      M map;
      for (const history::Key key : program_.InitialKeys()) {
        sim::Check(map.insert(key, kInitialValue + key),
                   "an initial entry is inserted");
      }
      Simulation::Current()->ForgetTrace();
      for (size_t f = 0; f < program_.fibers.size(); ++f) {
        sim::Spawn([this, &map, f] {
          for (size_t i = 0; i < program_.fibers[f].size(); ++i) {
            const Call& call = program_.fibers[f][i];
            Do(map, f + 1, call.kind, call.ArgumentsFor((f + 1) * 100 + i));
          }
        });
      }
      sim::JoinAll();
      Do(map, 0, OperationKind::kScanAll, {});
      Do(map, 0, OperationKind::kSize, {});
      CheckNoReservationIsLeft();
      const std::string violation = map.CheckInvariants();
      if (!violation.empty()) {
        Simulation::Current()->Fail(sim::Outcome::kFailed, violation.c_str());
      }
    }
    sim::Check(Simulation::Current()->heap().live_blocks() == 0,
               "the map leaves memory behind");
  }

  // What was recorded, in the order of return.
  std::vector<Recorded> Take() {
    std::vector<Recorded> all;
    for (auto& of_fiber : recorded_) {
      std::move(of_fiber.begin(), of_fiber.end(), std::back_inserter(all));
    }
    std::ranges::sort(all, [](const Recorded& a, const Recorded& b) {
      return a.operation.returned < b.operation.returned;
    });
    return all;
  }

 private:
  static constexpr uint64_t kInitialValue = 1000;

  // A guard that outlives its operation would hold memory back for good.
  static void CheckNoReservationIsLeft() {
    for (const auto* record =
             testing::MapPeer::Threads<programs::SimPlatform>();
         record != nullptr; record = record->next) {
      sim::Check(record->low.LoadRelaxed() == 0,
                 "no reservation is left when all operations are over");
    }
  }

  void Do(M& map, size_t fiber, OperationKind kind,
          const Arguments& arguments) {
    Simulation& simulation = *Simulation::Current();
    Recorded record;
    record.operation = {.kind = kind,
                        .thread = static_cast<uint32_t>(fiber),
                        .invoked = stamp_++,
                        .arguments = arguments};
    record.known = simulation.HappenedBefore();
    if (simulation.tracing()) {
      NameParts(simulation, map);
      Simulation::RealHeap real_heap;
      simulation.Note(history::PrintCall(record.operation));
    }
    history::Result result = history::CallOn<SeenInPlace>(map, kind, arguments);
    if (simulation.tracing()) NameParts(simulation, map);
    Simulation::RealHeap real_heap;
    record.operation.result = std::move(result);
    record.operation.returned = stamp_++;
    record.returned = simulation.Moment();
    record.published = simulation.last_exchange();
    if (simulation.tracing()) {
      simulation.Note("= " + history::PrintResult(record.operation));
    }
    recorded_[fiber].push_back(std::move(record));
  }

  const Program& program_;
  uint64_t stamp_ = 0;
  std::vector<std::vector<Recorded>> recorded_;
};

void Judge(const Program& program, const std::vector<Recorded>& recorded,
           Judged& outcome) {
  history::History& history = outcome.history;
  for (const history::Key key : program.InitialKeys()) {
    history.initial[key] = 1000 + key;
  }
  for (const Recorded& record : recorded) {
    history.operations.push_back(record.operation);
  }
  const auto precedence =
      program.stale ? history::Precedence::By(
                          history.operations,
                          [&](size_t a, size_t b) {
                            const uint32_t fiber = recorded[a].operation.thread;
                            return recorded[a].returned <=
                                   recorded[b].known[static_cast<int>(fiber)];
                          })
                    : history::Precedence::ByTime(history.operations);
  // Indices are distinct, so that this order is total, too.
  std::vector<std::pair<uint32_t, size_t>> order;
  for (size_t i = 0; i < recorded.size(); ++i) {
    order.emplace_back(recorded[i].published, i);
  }
  std::ranges::sort(order);
  std::vector<size_t> published;
  for (const auto& [step, i] : order) published.push_back(i);
  const history::Judgement judgement =
      history::CheckLinearizable(history, precedence, published);
  outcome.searched = !judgement.by_replay;
  if (judgement.verdict == history::Verdict::kViolation) {
    outcome.failure = "not linearizable:\n" + judgement.explanation;
  }
}

template <class M>
Judged ExecuteOn(sim::Simulation& simulation, const Program& program,
                 bool trace) {
  Run<M> run(program);
  sim::Options options;
  options.schedule = {program.mode, program.schedule};
  options.stale = program.stale;
  options.max_steps = 200000;
  options.trace = trace;
  programs::SimPlatform::set_light_fence(program.light_fence);
  programs::SimPlatform::set_long_epochs(program.long_epochs());
  programs::SimPlatform::set_moving_texts(program.moving_texts());
  const sim::Execution execution =
      simulation.Run(options, [&run] { run.Main(); });
  Judged outcome;
  outcome.hash = execution.hash;
  outcome.steps = execution.steps;
  outcome.sparse = simulation.chooser().AsSparse();
  if (trace) outcome.trace = simulation.Trace();
  if (execution.ok()) {
    Judge(program, run.Take(), outcome);
  } else {
    outcome.failure = execution.message + "\n";
  }
  return outcome;
}

// Each kind of storage is a map of its own to compile. A target that needs but
// one names it: //fuzz/mutants has one for every planted bug.
constexpr bool IsCompiled([[maybe_unused]] Storage storage) {
#ifdef PMA_ONLY_STORAGE
  return storage == Storage{PMA_ONLY_STORAGE};
#else
  return true;
#endif
}

template <bool kCompiled, class Key, class Value>
Judged ExecuteIf([[maybe_unused]] Simulation& simulation,
                 [[maybe_unused]] const Program& program,
                 [[maybe_unused]] bool trace) {
  if constexpr (kCompiled) {
    return ExecuteOn<Map<Key, Value>>(simulation, program, trace);
  } else {
    std::fprintf(stderr, "this kind of storage has not been compiled\n");
    std::exit(2);
  }
}

}  // namespace

Judged Execute(sim::Simulation& simulation, const Program& program,
               bool trace) {
  switch (program.storage) {
    case Storage::kInline:
      return ExecuteIf<IsCompiled(Storage::kInline), uint64_t, uint64_t>(
          simulation, program, trace);
    case Storage::kLongKeyAndBoxedValue:
      return ExecuteIf<IsCompiled(Storage::kLongKeyAndBoxedValue), LongWord,
                       BoxedWord>(simulation, program, trace);
    case Storage::kBoxedKey:
      return ExecuteIf<IsCompiled(Storage::kBoxedKey), BoxedWord, uint64_t>(
          simulation, program, trace);
    case Storage::kTextAndBoxedValue:
      return ExecuteIf<IsCompiled(Storage::kTextAndBoxedValue), TextWord,
                       BoxedWord>(simulation, program, trace);
  }
  return {};
}

}  // namespace pma::map_programs
