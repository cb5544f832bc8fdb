// SPDX-License-Identifier: Apache-2.0

// One execution of a concurrent program: its fibers, in the order a schedule
// says, on simulated memory.
//
//   sim::Simulation simulation;
//   sim::Execution execution = simulation.Run({.schedule = schedule}, [] {
//     sim::Atomic<int> x, y;                    // this is fiber 0
//     sim::Spawn([&] { x.StoreRelease(1); });   // fiber 1
//     sim::Spawn([&] { y.StoreRelease(x.LoadAcquire()); });
//     sim::JoinAll();
//     sim::Check(y.LoadRelaxed() <= 1, "y is 0 or 1");
//   });
//   if (!execution.ok()) std::cerr << execution.message;
//
// The same schedule gives the same execution, and the same hash, every time.
// All of it happens on the calling thread; one simulation runs at a time.
//
// An execution that fails (a race, a deadlock, a failed Check, ...) ends where
// it is: its fibers are not unwound, and their destructors do not run.

#ifndef FUZZ_SIM_SIMULATION_H_
#define FUZZ_SIM_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/sim/buffer.h"
#include "fuzz/sim/chooser.h"
#include "fuzz/sim/clock.h"
#include "fuzz/sim/fiber.h"
#include "fuzz/sim/heap.h"
#include "fuzz/sim/memory.h"
#include "fuzz/sim/reads_from.h"

namespace pma::sim {

enum class Outcome : uint8_t {
  kDone,
  kMemory,    // a rule of memory was broken: a race, a use after free, ...
  kDeadlock,  // no fiber can go on
  kLivelock,  // more accesses than allowed
  kFailed,    // a Check did
};

struct Options {
  Schedule schedule;
  // Without, loads return the newest value: interleavings only.
  bool stale = true;
  uint32_t max_steps = 20000;
  // Records what Trace() prints.
  bool trace = false;
};

struct Execution {
  Outcome outcome = Outcome::kDone;
  std::string message;  // of a failure
  uint64_t hash = 0;    // of all that happened
  uint32_t steps = 0;   // accesses
  bool ok() const { return outcome == Outcome::kDone; }
};

// One line of a trace.
struct Event {
  enum class Kind : uint8_t {
    kLoad,
    kStore,
    kModify,
    kExchanged,     // a compare-and-swap that did
    kNotExchanged,  // ... and one that did not
    kConstruct,
    kFenceAcquire,
    kFenceRelease,
    kFenceSeqCst,
    kReadPlain,
    kWritePlain,
    kFree,
    kYield,
    kBlock,
    kSpawn,
    kExit,
    kNote,
  };
  Kind kind;
  uint8_t fiber;
  Order order;
  Access access;
  uint64_t operand;  // written by a read-modify-write; a note's number
};

class Simulation {
 public:
  Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  Execution Run(const Options& options, std::function<void()> main);

  // After Run: what was decided, and what happened.
  const Chooser& chooser() const { return chooser_; }
  const Heap& heap() const { return heap_; }
  // A page with a column for each fiber; only if options.trace.
  std::string Trace() const;

  // Of the executions from now on, what each load reads; null: nothing is kept.
  void set_reads_from(ReadsFrom* reads_from) { reads_from_ = reads_from; }

  // Told when fiber 0 is about to have others beside it (true), and when it has
  // joined them all; null: nobody is. An execution that fails ends between.
  using ConcurrencyWatcher = void (*)(bool concurrent);
  void set_concurrency_watcher(ConcurrencyWatcher watcher) {
    concurrency_watcher_ = watcher;
  }

  // What a location is called in traces and reports: the answer to its address,
  // empty if unknown. For the execution at hand, Name() comes first.
  using Namer = std::function<std::string(const void*)>;
  void set_namer(Namer namer) { namer_ = std::move(namer); }

  // --- For the program under simulation ------------------------------------

  // Null while none runs.
  static Simulation* Current() { return current_simulation_; }
  // Whether operator new is to take memory from the simulated heap.
  static bool TakesNew() { return takes_new_; }

  int fiber() const { return current_; }
  // A new fiber runs a copy of `body`. It begins when the schedule
  // says.
  template <class F>
  void Spawn(F&& body) {
    RealHeap real_heap;
    SpawnThread(std::function<void()>(std::forward<F>(body)));
  }
  // Fiber 0 waits for all others.
  void JoinAll();
  // Waits for others: goes on once some other fiber has changed memory. If
  // all wait like that it is a deadlock.
  void Yield();
  // Waits until Unblock() of the same object.
  void Block(const void* object);
  void Unblock(const void* object);

  uint64_t Load(const void* address, size_t bytes, Order order);
  void Store(void* address, size_t bytes, uint64_t value, Order order);
  uint64_t Modify(void* address, size_t bytes, Operation operation,
                  uint64_t operand, Order order);
  bool CompareExchange(void* address, size_t bytes, uint64_t* expected,
                       uint64_t desired, Order success, Order failure);
  void Construct(void* address, size_t bytes, uint64_t value);
  void FenceAcquire();
  void FenceRelease();
  void FenceSeqCst();
  // Every fiber executes a seq_cst fence at some point during this call.
  void FenceAll();
  void ReadPlain(const void* address, size_t bytes);
  void WritePlain(const void* address, size_t bytes);

  void* Allocate(size_t bytes, size_t align, Heap::Owner owner);
  void Free(void* begin);
  // True, and the block is freed, if it is one of the simulation at hand.
  // Blocks of an execution that has ended are gone already.
  static bool FreeIfOwned(void* begin);

  // A moment of this fiber, and whether a moment of another happens before
  // what this fiber does next.
  Tick Moment() { return memory_.Moment(current_); }
  const Clock& HappenedBefore() const {
    return memory_.HappenedBefore(current_);
  }
  uint32_t step() const { return steps_; }
  // The step of the running fiber's last compare-and-swap that exchanged.
  uint32_t last_exchange() const { return threads_[current_].last_exchange; }

  [[noreturn]] void Fail(Outcome outcome, const char* message);
  void Name(const void* address, const std::string& name);
  // Names `count` objects one after the other: "name 0", "name 1", ...
  void NameArray(const void* begin, size_t bytes, size_t count,
                 const std::string& name);
  // The location of the last access, for those that cannot be named from
  // outside; only while tracing.
  void NameLastAccess(const std::string& name);
  bool tracing() const { return tracing_; }
  void Note(const std::string& text);
  // Leaves what has happened so far out of the trace.
  void ForgetTrace() { events_.clear(); }

  // Storage of the running fiber, zero at its start; `slot` is one that
  // NewLocalSlot gave out.
  static constexpr size_t kLocalBytes = 32;
  static int NewLocalSlot();
  void* Local(int slot) { return threads_[current_].locals[slot]; }
  // Calls `function` when the running fiber ends, once however often asked.
  void AtExit(void (*function)());

  // While one lives, operator new is the ordinary one: for what a test keeps
  // beyond the execution. No simulated access may happen meanwhile.
  class RealHeap {
   public:
    RealHeap() : before_(std::exchange(takes_new_, false)) {}
    ~RealHeap() { takes_new_ = before_; }
    RealHeap(const RealHeap&) = delete;
    RealHeap& operator=(const RealHeap&) = delete;

   private:
    bool before_;
  };

  // While one lives, no access is part of the execution: atomics are ordinary
  // memory with their newest values. For a test that looks at a program from
  // the outside, to name what is there.
  class Outside {
   public:
    Outside() : simulation_(std::exchange(current_simulation_, nullptr)) {}
    ~Outside() { current_simulation_ = simulation_; }
    Outside(const Outside&) = delete;
    Outside& operator=(const Outside&) = delete;

   private:
    RealHeap real_heap_;
    Simulation* simulation_;
  };

 private:
  static constexpr int kMaxLocals = 8;
  static constexpr int kMaxExits = 8;
  // Rounds in which all spin and nothing changes before it is a deadlock: more
  // than a back-off has steps.
  static constexpr int kMaxIdleRounds = 64;

  struct Thread {
    Fiber fiber;
    std::function<void()> body;
    const void* blocked_on = nullptr;
    bool accessed = false;  // since it last yielded
    uint32_t last_exchange = 0;
    int exit_count = 0;
    void (*exits[kMaxExits])() = {};
    alignas(16) std::byte locals[kMaxLocals][kLocalBytes] = {};
  };

  static void FiberMain();
  void SpawnThread(std::function<void()> body);
  void StartThread(int number, std::function<void()> body);
  void Finish();
  // Everything before an access: the step is counted, others may run.
  void BeforeAccess();
  void AfterAccess(const Access& access) {
    if (memory_.verdict().violation != Violation::kNone) [[unlikely]] {
      FailMemory();
    }
    if (access.changed && (spinning_ | idle_rounds_) != 0) WakeSpinning();
  }
  void Loaded(const Access& access, const void* site) {
    if (reads_from_ == nullptr) return;
    reads_from_->Loaded(current_, access.store, site,
                        access.version != access.newest);
  }
  void Stored(const void* site) {
    if (reads_from_ == nullptr) return;
    reads_from_->Stored(current_, memory_.last_store(), site);
  }
  // A read-modify-write: it reads the newest store.
  void ReplacedBy(const Access& access, const void* site) {
    if (reads_from_ == nullptr) return;
    reads_from_->Loaded(current_, access.store, site, /*stale=*/false);
    Stored(site);
  }
  void TellWatcher(bool concurrent) {
    if (concurrency_watcher_ != nullptr) concurrency_watcher_(concurrent);
  }
  void CountStep();
  void WakeSpinning();
  int PickNext();
  void SwitchTo(int next);
  [[noreturn]] void Leave();
  [[noreturn]] void FailMemory();
  void SetFailure(Outcome outcome, const char* message);
  void SetMemoryFailure();
  void SetDeadlock();

  void Record(Event::Kind kind, Order order, const Access& access,
              uint64_t operand) {
    hash_ = (hash_ ^ (static_cast<uint64_t>(kind) |
                      static_cast<uint64_t>(current_) << 8 |
                      static_cast<uint64_t>(access.version) << 16 |
                      static_cast<uint64_t>(access.location) << 32)) *
            0x9e3779b97f4a7c15;
    hash_ ^= hash_ >> 29;
    if (tracing_) {
      events_.push_back(
          {kind, static_cast<uint8_t>(current_), order, access, operand});
    }
  }
  std::string Describe(uint32_t location, const void* address) const;
  std::string FormatEvent(const Event& event) const;

  static inline Simulation* current_simulation_ = nullptr;
  // The chain of all simulations, for FreeIfOwned.
  static inline Simulation* first_simulation_ = nullptr;
  Simulation* next_simulation_ = nullptr;
  static inline bool takes_new_ = false;

  Chooser chooser_;
  Heap heap_;
  Memory memory_;
  Fiber native_;
  Thread threads_[kMaxFibers];
  int current_ = 0;
  uint32_t started_ = 0;   // sets of fibers: not joined yet
  uint32_t finished_ = 0;  // ... and ended
  uint32_t runnable_ = 0;
  uint32_t spinning_ = 0;
  uint32_t idle_rounds_ = 0;
  uint32_t steps_ = 0;
  uint32_t max_steps_ = 0;
  uint64_t hash_ = 0;
  bool stale_ = true;
  bool tracing_ = false;
  Execution execution_;
  Buffer<Event> events_;
  std::vector<std::string> notes_;
  ReadsFrom* reads_from_ = nullptr;
  ConcurrencyWatcher concurrency_watcher_ = nullptr;
  std::vector<std::pair<const void*, std::string>> names_;
  Namer namer_;
};

// --- The same for the simulation at hand ------------------------------------

template <class F>
void Spawn(F&& body) {
  Simulation::Current()->Spawn(std::forward<F>(body));
}
inline void JoinAll() { Simulation::Current()->JoinAll(); }

// The execution fails unless `condition`.
inline void Check(bool condition, const char* what) {
  if (!condition) [[unlikely]] {
    Simulation::Current()->Fail(Outcome::kFailed, what);
  }
}

}  // namespace pma::sim

#endif  // FUZZ_SIM_SIMULATION_H_
