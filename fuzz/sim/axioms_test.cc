// SPDX-License-Identifier: Apache-2.0

// The memory model a second time: not as a machine, but as the axioms of the
// standard, checked on every candidate execution of random small programs. Both
// must allow the same outcomes.
//
// A candidate execution says for each read which store it reads (rf), for each
// location in which order its stores lie (mo), and in which order the seq_cst
// fences do (S). It is allowed if
//
//   coherence   no event happens before one that it follows in rf, mo or fr
//   atomicity   a read-modify-write comes right after the store it reads
//   fences      if fence X happens before A, A comes before B in rf, mo or fr,
//               and B happens before fence Y, then X is before Y in S
//
// and if it can be run at all by a machine that never looks ahead: some order
// of all events agrees with program order, rf and S, and has no store that lies
// later in mo before a read-modify-write. (README.md: what is not covered.)

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "fuzz/sim/atomic.h"
#include "fuzz/sim/explore.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"

namespace pma::sim {
namespace {

enum class Kind { kInit, kLoad, kStore, kExchange, kFence };
enum class Fence { kAcquire, kRelease, kSeqCst };

struct Step {
  Kind kind = Kind::kInit;
  int thread = -1;  // -1: before all threads
  int location = 0;
  Order order = Order::kRelaxed;
  Fence fence = Fence::kAcquire;

  bool reads() const { return kind == Kind::kLoad || kind == Kind::kExchange; }
  bool writes() const {
    return kind == Kind::kStore || kind == Kind::kExchange ||
           kind == Kind::kInit;
  }
};

constexpr int kLocations = 2;

// Events 0 and 1 are the initial values; each store writes its own number.
using Events = std::vector<Step>;

// What each read returned, in the order of events, then the final values.
using Answers = std::vector<int>;

// --- The axioms --------------------------------------------------------------

// A set of pairs of events.
class Relation {
 public:
  explicit Relation(size_t n) : rows_(n) {}
  void Add(size_t a, size_t b) { rows_[a] |= 1u << b; }
  bool Has(size_t a, size_t b) const { return (rows_[a] >> b & 1) != 0; }
  void Add(const Relation& other) {
    for (size_t i = 0; i < rows_.size(); ++i) rows_[i] |= other.rows_[i];
  }
  void Close() {
    for (size_t k = 0; k < rows_.size(); ++k) {
      for (auto& row : rows_) {
        if ((row >> k & 1) != 0) row |= rows_[k];
      }
    }
  }
  bool Cyclic() const {
    Relation closed = *this;
    closed.Close();
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (closed.Has(i, i)) return true;
    }
    return false;
  }

 private:
  std::vector<uint32_t> rows_;
};

class Candidate {
 public:
  explicit Candidate(const Events& events)
      : events_(events), reads_from_(events.size()) {}

  std::vector<size_t>& reads_from() { return reads_from_; }
  std::vector<size_t>& modification_order(int location) {
    return modification_order_[location];
  }
  std::vector<size_t>& fence_order() { return fence_order_; }

  bool Allowed() const {
    if (!Plausible()) return false;
    const size_t n = events_.size();
    const Relation happens_before = HappensBefore();
    Relation communication(n);  // rf, mo, fr
    for (size_t a = 0; a < n; ++a) {
      for (size_t b = 0; b < n; ++b) {
        if (a == b) continue;
        if (events_[b].reads() && reads_from_[b] == a) communication.Add(a, b);
        if (Before(a, b)) communication.Add(a, b);
        if (events_[a].reads() && Before(reads_from_[a], b)) {
          communication.Add(a, b);
        }
      }
    }
    communication.Close();
    for (size_t a = 0; a < n; ++a) {
      if (happens_before.Has(a, a) || communication.Has(a, a)) return false;
      for (size_t b = 0; b < n; ++b) {
        if (happens_before.Has(a, b) && communication.Has(b, a)) return false;
      }
    }
    return FencesAgree(happens_before, communication) && Runs();
  }

  Answers Outcome() const {
    Answers outcome;
    for (size_t e = 0; e < events_.size(); ++e) {
      if (events_[e].reads()) outcome.push_back(Value(reads_from_[e]));
    }
    for (const auto& order : modification_order_) {
      outcome.push_back(Value(order.back()));
    }
    return outcome;
  }

  static int Value(size_t store) {
    return store < kLocations ? 0 : static_cast<int>(store);
  }

 private:
  // Atomicity, and the part of coherence that rules out most candidates.
  bool Plausible() const {
    for (size_t a = kLocations; a < events_.size(); ++a) {
      if (events_[a].kind == Kind::kExchange &&
          Position(reads_from_[a]) + 1 != Position(a)) {
        return false;
      }
      for (size_t b = a + 1; b < events_.size(); ++b) {
        if (InProgramOrder(a, b) && Before(b, a)) return false;
      }
    }
    return true;
  }

  // Program order: events of one thread stand in it.
  bool InProgramOrder(size_t a, size_t b) const {
    if (events_[a].kind == Kind::kInit) return events_[b].kind != Kind::kInit;
    return a < b && events_[a].thread == events_[b].thread;
  }
  size_t Position(size_t store) const {
    const auto& order = modification_order_[events_[store].location];
    return static_cast<size_t>(std::ranges::find(order, store) - order.begin());
  }
  // In modification order.
  bool Before(size_t a, size_t b) const {
    return events_[a].writes() && events_[b].writes() &&
           events_[a].location == events_[b].location &&
           Position(a) < Position(b);
  }

  // Whether what `head` releases is acquired by a read of `store`.
  bool InReleaseSequence(size_t head, size_t store) const {
    while (store != head) {
      if (events_[store].kind != Kind::kExchange) return false;
      store = reads_from_[store];
    }
    return true;
  }
  bool IsFence(size_t e, Fence fence) const {
    return events_[e].kind == Kind::kFence &&
           (events_[e].fence == fence || events_[e].fence == Fence::kSeqCst);
  }

  Relation HappensBefore() const {
    const size_t n = events_.size();
    Relation relation(n);
    for (size_t a = 0; a < n; ++a) {
      for (size_t b = 0; b < n; ++b) {
        if (InProgramOrder(a, b)) relation.Add(a, b);
      }
    }
    for (size_t store = kLocations; store < n; ++store) {
      for (size_t load = kLocations; load < n; ++load) {
        if (!events_[store].writes() || !events_[load].reads()) continue;
        // An exchange does not synchronize with itself.
        if (store == load || !InReleaseSequence(store, reads_from_[load])) {
          continue;
        }
        for (size_t a = kLocations; a <= store; ++a) {
          const bool releases = a == store ? Releases(events_[a].order)
                                           : IsFence(a, Fence::kRelease) &&
                                                 InProgramOrder(a, store);
          if (!releases) continue;
          for (size_t b = load; b < n; ++b) {
            const bool acquires = b == load ? Acquires(events_[b].order)
                                            : IsFence(b, Fence::kAcquire) &&
                                                  InProgramOrder(load, b);
            if (acquires) relation.Add(a, b);
          }
        }
      }
    }
    relation.Close();
    return relation;
  }

  bool FencesAgree(const Relation& happens_before,
                   const Relation& communication) const {
    // `y` comes before `x` in S: nothing may lead from `x` to `y`.
    for (size_t i = 0; i < fence_order_.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const size_t x = fence_order_[i];
        const size_t y = fence_order_[j];
        if (happens_before.Has(x, y)) return false;
        for (size_t a = 0; a < events_.size(); ++a) {
          if (!happens_before.Has(x, a)) continue;
          for (size_t b = 0; b < events_.size(); ++b) {
            if (communication.Has(a, b) && happens_before.Has(b, y)) {
              return false;
            }
          }
        }
      }
    }
    return true;
  }

  bool Runs() const {
    Relation order(events_.size());
    for (size_t a = 0; a < events_.size(); ++a) {
      for (size_t b = 0; b < events_.size(); ++b) {
        if (a == b) continue;
        if (InProgramOrder(a, b)) order.Add(a, b);
        if (events_[b].reads() && reads_from_[b] == a) order.Add(a, b);
        if (events_[a].kind == Kind::kExchange && Before(a, b)) {
          order.Add(a, b);
        }
      }
    }
    for (size_t i = 1; i < fence_order_.size(); ++i) {
      order.Add(fence_order_[i - 1], fence_order_[i]);
    }
    return !order.Cyclic();
  }

  const Events& events_;
  std::vector<size_t> reads_from_;
  std::vector<size_t> modification_order_[kLocations];
  std::vector<size_t> fence_order_;
};

std::set<Answers> AllowedByTheAxioms(const Events& events) {
  std::set<Answers> outcomes;
  Candidate candidate(events);
  std::vector<size_t> reads;
  for (size_t e = 0; e < events.size(); ++e) {
    if (events[e].reads()) reads.push_back(e);
    if (events[e].writes()) {
      candidate.modification_order(events[e].location).push_back(e);
    }
    if (events[e].kind == Kind::kFence && events[e].fence == Fence::kSeqCst) {
      candidate.fence_order().push_back(e);
    }
  }
  // The initial value is always first.
  auto& x = candidate.modification_order(0);
  auto& y = candidate.modification_order(1);
  auto& fences = candidate.fence_order();
  const std::function<void(size_t)> choose_reads = [&](size_t i) {
    if (i == reads.size()) {
      if (candidate.Allowed()) outcomes.insert(candidate.Outcome());
      return;
    }
    for (const size_t store :
         candidate.modification_order(events[reads[i]].location)) {
      if (store == reads[i]) continue;
      candidate.reads_from()[reads[i]] = store;
      choose_reads(i + 1);
    }
  };
  do {
    do {
      do {
        choose_reads(0);
      } while (std::ranges::next_permutation(fences).found);
    } while (std::next_permutation(y.begin() + 1, y.end()));
  } while (std::next_permutation(x.begin() + 1, x.end()));
  return outcomes;
}

// --- The simulator -----------------------------------------------------------

std::set<Answers> SeenInSimulation(const Events& events, int threads) {
  std::set<Answers> outcomes;
  Simulation simulation;
  const auto program = [&] {
    Atomic<int> locations[kLocations];
    std::vector<int> values(events.size());
    for (int thread = 0; thread < threads; ++thread) {
      Spawn([&, thread] {
        for (size_t e = 0; e < events.size(); ++e) {
          const Step& event = events[e];
          if (event.thread != thread) continue;
          Atomic<int>& location = locations[event.location];
          const int value = static_cast<int>(e);
          if (event.kind == Kind::kLoad) {
            values[e] = location.Load(event.order);
          } else if (event.kind == Kind::kStore) {
            location.Store(value, event.order);
          } else if (event.kind == Kind::kExchange) {
            values[e] = location.Exchange(value, event.order);
          } else if (event.fence == Fence::kAcquire) {
            FenceAcquire();
          } else if (event.fence == Fence::kRelease) {
            FenceRelease();
          } else {
            FenceSeqCst();
          }
        }
      });
    }
    JoinAll();
    Answers outcome;
    for (size_t e = 0; e < events.size(); ++e) {
      if (events[e].reads()) outcome.push_back(values[e]);
    }
    for (const auto& location : locations) {
      outcome.push_back(location.Load(Order::kRelaxed));
    }
    outcomes.insert(outcome);
  };
  ExploreAll(simulation, {}, program, [](const Execution& execution) {
    EXPECT_TRUE(execution.ok()) << execution.message;
    return execution.ok();
  });
  return outcomes;
}

// --- Random programs ---------------------------------------------------------

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  int Below(int bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<int>((state_ >> 33) % static_cast<uint64_t>(bound));
  }

 private:
  uint64_t state_;
};

Step RandomAccess(Random& random, int thread, int location) {
  Step step;
  step.thread = thread;
  step.location = location;
  switch (random.Below(8)) {
    case 0:
    case 1:
      step.kind = Kind::kExchange;
      step.order = static_cast<Order>(random.Below(4));
      break;
    case 2:
    case 3:
    case 4:
      step.kind = Kind::kLoad;
      step.order = random.Below(3) == 0 ? Order::kAcquire : Order::kRelaxed;
      break;
    default:
      step.kind = Kind::kStore;
      step.order = random.Below(3) == 0 ? Order::kRelease : Order::kRelaxed;
      break;
  }
  return step;
}

// Each thread goes from one location to the other and back, with a fence now
// and then on its way: nearly everything that is hard has that shape.
Events RandomProgram(Random& random, int threads) {
  Events events(kLocations);
  for (int location = 0; location < kLocations; ++location) {
    events[location].location = location;
  }
  const int accesses = threads == 2 ? 3 : 2;
  for (int thread = 0; thread < threads; ++thread) {
    int location = random.Below(kLocations);
    for (int i = 0; i < accesses; ++i) {
      if (i > 0 && random.Below(2) == 0) {
        Step fence;
        fence.kind = Kind::kFence;
        fence.thread = thread;
        fence.fence = static_cast<Fence>(std::min(random.Below(4), 2));
        events.push_back(fence);
      }
      events.push_back(RandomAccess(random, thread, location));
      if (random.Below(5) != 0) location = 1 - location;
    }
  }
  return events;
}

std::string Print(const Events& events) {
  static const char* const kOrders[] = {"rlx", "acq", "rel", "acq_rel"};
  std::string text;
  for (size_t e = kLocations; e < events.size(); ++e) {
    const Step& event = events[e];
    const std::string at(1, static_cast<char>('x' + event.location));
    const char* const order = kOrders[static_cast<int>(event.order)];
    text += "thread " + std::to_string(event.thread) + ": ";
    if (event.kind == Kind::kFence) {
      static const char* const kFences[] = {"acquire", "release", "seq_cst"};
      text += std::string("fence ") + kFences[static_cast<int>(event.fence)];
    } else if (event.kind == Kind::kLoad) {
      text += "load " + at + " " + order;
    } else {
      text += (event.kind == Kind::kStore ? "store " : "exchange ") + at + " " +
              std::to_string(e) + " " + order;
    }
    text += "\n";
  }
  return text;
}

std::string Print(const std::set<Answers>& outcomes) {
  std::string text;
  for (const Answers& outcome : outcomes) {
    for (const int value : outcome) text += std::to_string(value) + " ";
    text += "\n";
  }
  return text;
}

class AxiomsTest : public ::testing::TestWithParam<int> {};

TEST_P(AxiomsTest, AllowTheSameOutcomesAsTheSimulator) {
  const int threads = GetParam();
  const int programs =
      threads == 2 ? testing::Scaled(400, 100) : testing::Scaled(60, 15);
  size_t outcomes = 0;
  for (int program = 0; program < programs; ++program) {
    Random random(static_cast<uint64_t>(program * 10 + threads));
    const Events events = RandomProgram(random, threads);
    const auto allowed = AllowedByTheAxioms(events);
    const auto seen = SeenInSimulation(events, threads);
    ASSERT_EQ(Print(seen), Print(allowed)) << "program " << program << "\n"
                                           << Print(events);
    outcomes += allowed.size();
  }
  std::cout << programs << " programs, " << outcomes << " outcomes\n";
  EXPECT_GT(outcomes, static_cast<size_t>(programs));
}

INSTANTIATE_TEST_SUITE_P(Threads, AxiomsTest, ::testing::Values(2, 3),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace pma::sim
