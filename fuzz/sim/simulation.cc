// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/simulation.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace pma::sim {
namespace {

constexpr uint32_t Bit(int fiber) { return uint32_t{1} << fiber; }

const char* NameOf(Violation violation) {
  switch (violation) {
    case Violation::kNone:
      break;
    case Violation::kRace:
      return "data race";
    case Violation::kFreeRace:
      return "freed while in use: an access does not happen before the free";
    case Violation::kUseAfterFree:
      return "use after free";
    case Violation::kNobodysMemory:
      return "access outside of every allocated block";
    case Violation::kBadFree:
      return "free of what is not a live block";
    case Violation::kTooLong:
      return "more synchronization than the clocks can count";
  }
  return "";
}

}  // namespace

Simulation::Simulation()
    : next_simulation_(first_simulation_), memory_(heap_, chooser_) {
  first_simulation_ = this;
}

Simulation::~Simulation() {
  Simulation** link = &first_simulation_;
  while (*link != this) link = &(*link)->next_simulation_;
  *link = next_simulation_;
}

Execution Simulation::Run(const Options& options, std::function<void()> main) {
  if (current_simulation_ != nullptr) std::abort();  // it would not be alone
  chooser_.Start(options.schedule);
  heap_.Reset();
  memory_.Begin(options.stale);
  stale_ = options.stale;
  started_ = finished_ = runnable_ = spinning_ = 0;
  idle_rounds_ = 0;
  steps_ = 0;
  max_steps_ = options.max_steps;
  hash_ = 0;
  tracing_ = options.trace;
  events_.clear();
  notes_.clear();
  names_.clear();
  execution_ = {};
  if (reads_from_ != nullptr) reads_from_->Begin();

  current_simulation_ = this;
  current_ = 0;
  StartThread(0, std::move(main));
  takes_new_ = true;
  threads_[0].fiber.SwitchFrom(native_);
  takes_new_ = false;
  memory_.End();
  current_simulation_ = nullptr;
  execution_.hash = hash_;
  execution_.steps = steps_;
  return std::move(execution_);
}

void Simulation::StartThread(int number, std::function<void()> body) {
  Thread& thread = threads_[number];
  thread.body = std::move(body);
  thread.blocked_on = nullptr;
  thread.accessed = false;
  thread.last_exchange = 0;
  thread.exit_count = 0;
  std::memset(thread.locals, 0, sizeof(thread.locals));
  thread.fiber.Prepare(&FiberMain);
  started_ |= Bit(number);
  finished_ &= ~Bit(number);
  runnable_ |= Bit(number);
}

void Simulation::FiberMain() {
  Simulation& simulation = *current_simulation_;
  Thread& thread = simulation.threads_[simulation.current_];
  thread.fiber.Entered();
  bool threw = false;
  try {
    thread.body();
    while (thread.exit_count > 0) thread.exits[--thread.exit_count]();
  } catch (...) {
    threw = true;
  }
  if (threw) simulation.Fail(Outcome::kFailed, "an exception left the fiber");
  simulation.Finish();
}

void Simulation::Finish() {
  Record(Event::Kind::kExit, Order::kRelaxed, {}, 0);
  {
    RealHeap real_heap;
    threads_[current_].body = nullptr;
  }
  finished_ |= Bit(current_);
  runnable_ &= ~Bit(current_);
  if (current_ == 0) {
    if (finished_ != started_) {
      Fail(Outcome::kFailed, "fiber 0 has ended before the others: JoinAll()");
    }
    Leave();
  }
  if (threads_[0].blocked_on == this && (finished_ | Bit(0)) == started_) {
    Unblock(this);
  }
  const int next = PickNext();
  Fiber& from = threads_[current_].fiber;
  current_ = next;
  threads_[next].fiber.SwitchFromFinished(from);
}

void Simulation::SpawnThread(std::function<void()> body) {
  if (started_ == Bit(0)) TellWatcher(/*concurrent=*/true);
  int number = 0;
  while (number < kMaxFibers && (started_ & Bit(number)) != 0) ++number;
  if (number == kMaxFibers) {
    Fail(Outcome::kFailed, "more fibers at once than the simulation has");
  }
  StartThread(number, std::move(body));
  memory_.Start(number, current_);
  Record(Event::Kind::kSpawn, Order::kRelaxed, {},
         static_cast<uint64_t>(number));
}

void Simulation::JoinAll() {
  if (current_ != 0) Fail(Outcome::kFailed, "only fiber 0 joins the others");
  if ((finished_ | Bit(0)) != started_) Block(this);
  for (uint32_t left = started_ & ~Bit(0); left != 0; left &= left - 1) {
    memory_.Join(0, std::countr_zero(left));
  }
  if (started_ != Bit(0)) TellWatcher(/*concurrent=*/false);
  started_ = Bit(0);
  finished_ = 0;
}

// --- Scheduling -------------------------------------------------------------

void Simulation::CountStep() {
  if (++steps_ > max_steps_) [[unlikely]] {
    Fail(Outcome::kLivelock, "livelock: more accesses than are allowed");
  }
}

void Simulation::BeforeAccess() {
  CountStep();
  const uint32_t runnable = runnable_;
  if ((runnable & (runnable - 1)) != 0) {
    const int next = chooser_.ChooseFiber(current_, runnable);
    if (next != current_) SwitchTo(next);
  }
  threads_[current_].accessed = true;
}

void Simulation::SwitchTo(int next) {
  Fiber& from = threads_[current_].fiber;
  current_ = next;
  threads_[next].fiber.SwitchFrom(from);
}

// The fiber that goes on when the running one cannot.
int Simulation::PickNext() {
  if (runnable_ == 0) {
    if (spinning_ == 0 || ++idle_rounds_ > kMaxIdleRounds) {
      SetDeadlock();
      Leave();
    }
    // They may have seen old values only, and may not wait for ever for what
    // has happened long since.
    memory_.set_stale(false);
    runnable_ = std::exchange(spinning_, 0);
  }
  return chooser_.ChooseFiber(current_, runnable_);
}

void Simulation::WakeSpinning() {
  runnable_ |= std::exchange(spinning_, 0);
  idle_rounds_ = 0;
  memory_.set_stale(stale_);
}

void Simulation::Yield() {
  CountStep();
  Thread& thread = threads_[current_];
  if (!thread.accessed) return;  // nothing can have come of it
  thread.accessed = false;
  Record(Event::Kind::kYield, Order::kRelaxed, {}, 0);
  spinning_ |= Bit(current_);
  runnable_ &= ~Bit(current_);
  const int next = PickNext();
  if (next != current_) SwitchTo(next);
}

void Simulation::Block(const void* object) {
  Record(Event::Kind::kBlock, Order::kRelaxed, {}, 0);
  threads_[current_].blocked_on = object;
  runnable_ &= ~Bit(current_);
  SwitchTo(PickNext());
}

void Simulation::Unblock(const void* object) {
  for (uint32_t left = started_ & ~finished_; left != 0; left &= left - 1) {
    const int fiber = std::countr_zero(left);
    if (threads_[fiber].blocked_on != object) continue;
    threads_[fiber].blocked_on = nullptr;
    runnable_ |= Bit(fiber);
  }
}

// --- The end ----------------------------------------------------------------

void Simulation::Fail(Outcome outcome, const char* message) {
  SetFailure(outcome, message);
  Leave();
}

// Not in Fail(): that has no strings of its own, whose memory would be lost
// when it leaves.
void Simulation::SetFailure(Outcome outcome, const char* message) {
  takes_new_ = false;
  execution_.outcome = outcome;
  execution_.message = "fiber " + std::to_string(current_) + ": " + message;
}

// Goes back to Run() for good.
void Simulation::Leave() {
  finished_ |= Bit(current_);
  Fiber& from = threads_[current_].fiber;
  if (execution_.ok()) {
    native_.SwitchFromFinished(from);
  } else {
    native_.SwitchFrom(from);
  }
  std::abort();
}

void Simulation::FailMemory() {
  SetMemoryFailure();
  Leave();
}

void Simulation::SetMemoryFailure() {
  takes_new_ = false;
  const Memory::Verdict& verdict = memory_.verdict();
  std::string message = NameOf(verdict.violation);
  message += ", at " + Describe(verdict.location, verdict.address);
  if (verdict.other >= 0) {
    message += ", with fiber " + std::to_string(verdict.other);
  }
  SetFailure(Outcome::kMemory, message.c_str());
}

void Simulation::SetDeadlock() {
  takes_new_ = false;
  std::string message = "deadlock:";
  for (uint32_t left = started_ & ~finished_; left != 0; left &= left - 1) {
    const int fiber = std::countr_zero(left);
    message += " fiber " + std::to_string(fiber);
    message += threads_[fiber].blocked_on == this      ? " joins the others,"
               : threads_[fiber].blocked_on != nullptr ? " is blocked,"
                                                       : " spins,";
  }
  message.back() = '.';
  SetFailure(Outcome::kDeadlock, message.c_str());
}

// --- Accesses ---------------------------------------------------------------

uint64_t Simulation::Load(const void* address, size_t bytes, Order order) {
  BeforeAccess();
  const Access access = memory_.Load(current_, address, bytes, order);
  Record(Event::Kind::kLoad, order, access, 0);
  AfterAccess(access);
  Loaded(access, __builtin_return_address(0));
  return access.value;
}

void Simulation::Store(void* address, size_t bytes, uint64_t value,
                       Order order) {
  BeforeAccess();
  const Access access = memory_.Store(current_, address, bytes, value, order);
  Record(Event::Kind::kStore, order, access, 0);
  AfterAccess(access);
  Stored(__builtin_return_address(0));
}

uint64_t Simulation::Modify(void* address, size_t bytes, Operation operation,
                            uint64_t operand, Order order) {
  BeforeAccess();
  const Access access =
      memory_.Modify(current_, address, bytes, operation, operand, order);
  Record(Event::Kind::kModify, order, access, operand);
  AfterAccess(access);
  ReplacedBy(access, __builtin_return_address(0));
  return access.value;
}

bool Simulation::CompareExchange(void* address, size_t bytes,
                                 uint64_t* expected, uint64_t desired,
                                 Order success, Order failure) {
  BeforeAccess();
  const Access access = memory_.CompareExchange(
      current_, address, bytes, *expected, desired, success, failure);
  Record(access.stored ? Event::Kind::kExchanged : Event::Kind::kNotExchanged,
         access.stored ? success : failure, access, desired);
  AfterAccess(access);
  *expected = access.value;
  if (access.stored) {
    threads_[current_].last_exchange = steps_;
    ReplacedBy(access, __builtin_return_address(0));
  } else {
    Loaded(access, __builtin_return_address(0));
  }
  return access.stored;
}

void Simulation::Construct(void* address, size_t bytes, uint64_t value) {
  const Access access = memory_.Construct(current_, address, bytes, value);
  Record(Event::Kind::kConstruct, Order::kRelaxed, access, 0);
  AfterAccess(access);
  Stored(__builtin_return_address(0));
}

void Simulation::FenceAcquire() {
  memory_.FenceAcquire(current_);
  Record(Event::Kind::kFenceAcquire, Order::kAcquire, {}, 0);
}

void Simulation::FenceRelease() {
  memory_.FenceRelease(current_);
  Record(Event::Kind::kFenceRelease, Order::kRelease, {}, 0);
  AfterAccess({});
}

void Simulation::FenceSeqCst() {
  BeforeAccess();
  memory_.FenceSeqCst(current_);
  Record(Event::Kind::kFenceSeqCst, Order::kAcqRel, {}, 0);
  AfterAccess({});
}

void Simulation::FenceAll() {
  FenceSeqCst();
  for (int fiber = 0; fiber < kMaxFibers; ++fiber) {
    // One that has ended passed such a fence when it gave up the processor.
    if (fiber == current_ || (started_ & Bit(fiber)) == 0) continue;
    BeforeAccess();
    memory_.FenceSeqCst(fiber);
    AfterAccess({});
  }
  FenceSeqCst();
}

void Simulation::ReadPlain(const void* address, size_t bytes) {
  const Access access = memory_.ReadPlain(current_, address, bytes);
  Record(Event::Kind::kReadPlain, Order::kRelaxed, access, 0);
  AfterAccess(access);
}

void Simulation::WritePlain(const void* address, size_t bytes) {
  const Access access = memory_.WritePlain(current_, address, bytes);
  Record(Event::Kind::kWritePlain, Order::kRelaxed, access, 0);
  AfterAccess(access);
}

// --- Memory and fibers' own things ------------------------------------------

void* Simulation::Allocate(size_t bytes, size_t align, Heap::Owner owner) {
  void* block = heap_.Allocate(bytes, align, owner);
  if (block == nullptr) {
    Fail(Outcome::kFailed, "the simulated heap is exhausted");
  }
  return block;
}

void Simulation::Free(void* begin) {
  memory_.Free(current_, begin);
  Access access;
  access.value = reinterpret_cast<uintptr_t>(begin);
  Record(Event::Kind::kFree, Order::kRelaxed, access, 0);
  AfterAccess({});
}

bool Simulation::FreeIfOwned(void* begin) {
  for (Simulation* s = first_simulation_; s != nullptr;
       s = s->next_simulation_) {
    if (!s->heap_.Owns(begin)) continue;
    if (s == current_simulation_) s->Free(begin);
    return true;
  }
  return false;
}

int Simulation::NewLocalSlot() {
  static int next = 0;
  if (next == kMaxLocals) std::abort();
  return next++;
}

void Simulation::AtExit(void (*function)()) {
  Thread& thread = threads_[current_];
  for (int i = 0; i < thread.exit_count; ++i) {
    if (thread.exits[i] == function) return;
  }
  if (thread.exit_count == kMaxExits) std::abort();
  thread.exits[thread.exit_count++] = function;
}

void Simulation::Name(const void* address, const std::string& name) {
  RealHeap real_heap;
  names_.emplace_back(address, name);
}

void Simulation::NameLastAccess(const std::string& name) {
  if (!tracing_ || events_.empty()) return;
  Name(memory_.AddressOf(events_.back().access.location), name);
}

void Simulation::NameArray(const void* begin, size_t bytes, size_t count,
                           const std::string& name) {
  for (size_t i = 0; i < count; ++i) {
    Name(static_cast<const std::byte*>(begin) + i * bytes,
         name + " " + std::to_string(i));
  }
}

void Simulation::Note(const std::string& text) {
  if (!tracing_) return;
  RealHeap real_heap;
  notes_.push_back(text);
  // Not by Record(): the hash is the same with and without a trace.
  events_.push_back({Event::Kind::kNote,
                     static_cast<uint8_t>(current_),
                     Order::kRelaxed,
                     {},
                     notes_.size() - 1});
}

}  // namespace pma::sim
