// SPDX-License-Identifier: Apache-2.0

// The structure that programs work on (program.h), the calls, and the checks.

#ifndef PMA_FUZZ_EPOCH_PROGRAMS_WORLD_H_
#define PMA_FUZZ_EPOCH_PROGRAMS_WORLD_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/epoch_programs/program.h"
#include "fuzz/sim/atomic.h"
#include "fuzz/sim/simulation.h"
#include "pma/internal/reclaim/epoch.h"
#include "pma/internal/reclaim/limbo.h"
#include "pma/internal/reclaim/thread_record.h"

namespace pma::epoch_programs {

// The rules of epoch.h, and ways to break them, to see that it is noticed.
struct Rules {
  static constexpr bool kRootIsCovered = true;      // rule 1
  static constexpr bool kStartsAgainAtRoot = true;  // rule 2
  static constexpr bool kExtendsAndGoesOn = false;  // instead of rule 2
  static constexpr bool kWaitsForGuards = true;     // else frees at once
  static constexpr bool kRetires = true;
  static constexpr bool kKnowsBirth = true;
};

template <class Platform, class RulesOf = Rules>
class World {
  using Guard = internal::Guard<Platform>;
  using Clock = internal::EpochClock<Platform>;
  using Registry = internal::ThreadRegistry<Platform>;
  using Record = internal::ThreadRecord<Platform>;
  using Reservations = internal::Reservations<Platform>;
  using Retirable = internal::Retirable;
  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

 public:
  explicit World(const Program& program) : program_(program) {}

  // Runs as fiber 0.
  void Main() {
    SetUp();
    sim::Simulation& simulation = *sim::Simulation::Current();
    simulation.ForgetTrace();
    running_ = program_.fibers.size();
    threads_left_ = sim::kMaxFibers - 1 - running_;
    for (size_t f = 0; f < program_.fibers.size(); ++f) {
      sim::Spawn([this, f] { RunCalls(f, 0); });
    }
    if (running_ > 0) simulation.Block(&running_);
    // From here on this fiber comes after all that those did which have ended,
    // or stopped: it need not see what they left, but no more than that.
    arrivals_.FetchAdd(0, sim::Order::kAcquire);
    for (unsigned round = 0; round < 2 * Program::kKeys; ++round) {
      ReplaceNode();
      Put(round % Program::kKeys);
      Collect();
    }
    CollectAlways();
    CheckGarbage();
    released_ = true;
    simulation.Unblock(&released_);
    sim::JoinAll();
    last_stop_ = 0;
    CollectAlways();
    CheckGarbage();
    TearDown();
  }

 private:
  // Who holds what is decided by their epochs, so that few births suffice.
  static constexpr uint32_t kBirthsPerEpoch = 3;
  static constexpr size_t kInterval = 2;
  static constexpr size_t kBytes = 64;  // of each object
  static constexpr uintptr_t kFrozen = 1;

  struct Box : Retirable {
    explicit Box(uint64_t tag_to_be) : tag(tag_to_be) {}
    uint64_t born = 0;
    sim::Var<uint64_t> tag;
  };
  struct Node : Retirable {
    uint64_t born = 0;
    sim::Var<uint64_t> tag{kNodeTag};
    // Addresses of boxes; frozen ones are odd.
    std::array<Atomic<uintptr_t>, Program::kKeys> slots;
  };
  enum Kind : size_t { kNodes, kBoxes, kKinds };

  static constexpr uint64_t kNodeTag = 1000;
  static constexpr uint64_t kSideTag = 2000;

  // --- Births and deaths ----------------------------------------------------

  template <class T, class... Arguments>
  T* Make(const char* name, Arguments... arguments) {
    T* object = ::new (sim::Allocator<T>().allocate(1)) T(arguments...);
    object->born = Clock::Now();
    object->stamp = RulesOf::kKnowsBirth ? object->born : 1;
    sim::Simulation& simulation = *sim::Simulation::Current();
    if (simulation.tracing()) {
      sim::Simulation::RealHeap real_heap;
      simulation.Name(&object->tag, name + std::to_string(++made_) + ".tag");
      if constexpr (requires { object->slots; }) {
        simulation.NameArray(&object->slots, sizeof(uintptr_t), Program::kKeys,
                             name + std::to_string(made_) + ".slot");
      }
    }
    auto* const record = Registry::CurrentIfAny();
    if (record != nullptr && ++record->births >= kBirthsPerEpoch) {
      record->births = 0;
      Clock::Advance(object->born);
    }
    return object;
  }
  template <class T>
  static void Destroy(T* object) {
    object->~T();
    sim::Allocator<T>().deallocate(object, 1);
  }
  auto FreeFunction() {
    return [this](Retirable* object, size_t kind) {
      {
        sim::Simulation::RealHeap real_heap;
        garbage_.erase(object);
      }
      if (kind == kNodes) {
        Destroy(static_cast<Node*>(object));
      } else {
        Destroy(static_cast<Box*>(object));
      }
      return kBytes;
    };
  }

  template <class T>
  void Retire(T* object, Kind kind) {
    {
      sim::Simulation::RealHeap real_heap;
      garbage_[object] = object->born;
    }
    if constexpr (!RulesOf::kRetires) {
      return;
    } else if constexpr (!RulesOf::kWaitsForGuards) {
      FreeFunction()(object, kind);
    } else {
      if (limbo_[kind].Retire(object, kind, kBytes)) due_ = true;
    }
  }

  // --- Following pointers ---------------------------------------------------

  Node* LoadRoot(const Guard& guard) {
    for (;;) {
      Node* node = root_.LoadAcquire();
      if (!RulesOf::kRootIsCovered || guard.Covers()) return node;
    }
  }

  Box* Follow(const Guard& guard, unsigned key) {
    for (;;) {
      Node* node = LoadRoot(guard);
      const uint64_t end = guard.End();
      sim::Check(node->tag.Read() == kNodeTag, "the root leads to a node");
      auto* box = AsBox(node->slots[key].LoadAcquire());
      if constexpr (RulesOf::kExtendsAndGoesOn) {
        while (!guard.Covers()) box = AsBox(node->slots[key].LoadAcquire());
      } else if constexpr (RulesOf::kStartsAgainAtRoot) {
        if (!Guard::StillAt(end)) continue;
      }
      Use(box, key);
      return box;
    }
  }
  static Box* AsBox(uintptr_t slot) {
    return reinterpret_cast<Box*>(slot & ~kFrozen);
  }
  static void Use(Box* box, uint64_t tag) {
    if (box == nullptr) return;
    sim::Check(box->tag.Read() == tag, "a pointer leads to what it led to");
  }

  // --- The calls ------------------------------------------------------------

  void Put(unsigned key) {
    Guard guard;
    Exchange(guard, key, Make<Box>("box", uint64_t{key}));
  }
  void Erase(unsigned key) {
    Guard guard;
    Exchange(guard, key, nullptr);
  }
  void Exchange(Guard& guard, unsigned key, Box* box) {
    const auto wanted = reinterpret_cast<uintptr_t>(box);
    for (;;) {
      Node* node = LoadRoot(guard);
      uintptr_t slot = node->slots[key].LoadAcquire();
      while ((slot & kFrozen) == 0) {
        if (!node->slots[key].CompareExchangeAcqRel(slot, wanted)) continue;
        if (slot != 0) Retire(AsBox(slot), kBoxes);
        CollectIfDue(guard);
        return;
      }
      Replace(node);  // it is being replaced: nobody waits for the other
    }
  }

  void ReplaceNode() {
    Guard guard;
    Replace(LoadRoot(guard));
    CollectIfDue(guard);
  }
  void Replace(Node* node) {
    Node* copy = Make<Node>("node");
    for (unsigned key = 0; key < Program::kKeys; ++key) {
      uintptr_t slot = node->slots[key].LoadAcquire();
      while ((slot & kFrozen) == 0 &&
             !node->slots[key].CompareExchangeAcqRel(slot, slot | kFrozen)) {
      }
      copy->slots[key].StoreRelaxed(slot & ~kFrozen);
    }
    if (root_.CompareExchangeAcqRel(node, copy)) {
      Retire(node, kNodes);
    } else {
      Destroy(copy);
    }
  }

  void ReadSide() {
    Guard guard;
    Box* box = side_.LoadAcquire();
    // Too young to be followed, perhaps; then the next one may do.
    if (!guard.Covers()) {
      box = side_.LoadAcquire();
      if (!Guard::StillAt(guard.End())) return;
    }
    Use(box, kSideTag);
  }
  void ReplaceSide() {
    Guard guard;
    Retire(side_.ExchangeAcqRel(Make<Box>("side", kSideTag)), kBoxes);
    CollectIfDue(guard);
  }

  // The guard's holder follows nothing any more.
  void CollectIfDue(Guard& guard) {
    if (!std::exchange(due_, false)) return;
    for (auto& limbo : limbo_) limbo.Collect(&guard.record(), FreeFunction());
  }
  // Both lists at the price of one look.
  void Collect() {
    const auto nodes = limbo_[kNodes].TakeIfWorthIt(nullptr);
    const auto boxes = limbo_[kBoxes].TakeIfWorthIt(nullptr);
    Sift(nodes, boxes);
  }
  void CollectAlways() {
    for (auto& limbo : limbo_) limbo.Collect(nullptr, FreeFunction());
  }
  template <class Taken>
  void Sift(const Taken& nodes, const Taken& boxes) {
    if (nodes.empty() && boxes.empty()) return;
    const Reservations reservations(nullptr, /*may_interrupt=*/false);
    limbo_[kNodes].Sift(nodes, reservations, FreeFunction());
    limbo_[kBoxes].Sift(boxes, reservations, FreeFunction());
  }

  void Find(Action action, unsigned key) {
    Guard guard;
    Box* const box = Follow(guard, key);
    switch (action) {
      case Action::kFindTwo:
        Follow(guard, (key + 1) % Program::kKeys);
        Use(box, key);
        break;
      case Action::kFindNested: {
        Guard inner;
        Follow(guard, (key + 1) % Program::kKeys);
        inner.Refresh();  // which it may not do
        Use(box, key);
        break;
      }
      case Action::kFindRefreshed:
        guard.Refresh();
        Follow(guard, key);
        break;
      case Action::kCollectGuarded:
        CollectAlways();
        break;
      case Action::kCollectExcepted:
        for (auto& limbo : limbo_) {
          limbo.Collect(&guard.record(), FreeFunction());
        }
        Follow(guard, key);
        return;
      case Action::kStop:
        Stop(guard);
        break;
      default:
        break;
    }
    if (action != Action::kFindRefreshed) Use(box, key);
  }

  // The others need not wait for this one, however long it stays.
  void Stop(const Guard& guard) {
    if (released_) return;
    last_stop_ = std::max(last_stop_, guard.End());
    Arrive();
    sim::Simulation::Current()->Block(&released_);
  }

  void Do(const Call& call) {
    switch (call.kind) {
      case Action::kPut:
        return Put(call.key);
      case Action::kErase:
        return Erase(call.key);
      case Action::kReplaceNode:
        return ReplaceNode();
      case Action::kReadSide:
        return ReadSide();
      case Action::kReplaceSide:
        return ReplaceSide();
      case Action::kCollect:
        return CollectAlways();
      case Action::kCollectIfWorthIt:
        return Collect();
      default:
        return Find(call.kind, call.key);
    }
  }

  // --- The fibers -----------------------------------------------------------

  void RunCalls(size_t fiber, size_t first) {
    const std::vector<Call>& calls = program_.fibers[fiber];
    for (size_t i = first; i < calls.size(); ++i) {
      Show(calls[i]);
      if (calls[i].kind != Action::kExitThread) {
        Do(calls[i]);
      } else if (threads_left_ > 0) {
        --threads_left_;
        sim::Spawn([this, fiber, i] { RunCalls(fiber, i + 1); });
        return;  // and the new thread may find the record of this one
      }
    }
    Arrive();
  }
  void Arrive() {
    if (released_) return;
    arrivals_.FetchAdd(1, sim::Order::kAcqRel);
    if (--running_ == 0) sim::Simulation::Current()->Unblock(&running_);
  }

  void Show(const Call& call) {
    sim::Simulation& simulation = *sim::Simulation::Current();
    if (!simulation.tracing()) return;
    NameRecords(simulation);
    sim::Simulation::RealHeap real_heap;
    simulation.Note(std::string(NameOf(call.kind)) + " " +
                    std::to_string(call.key));
  }
  void NameRecords(sim::Simulation& simulation) {
    const sim::Simulation::Outside outside;
    for (Record* record = Registry::Head(); record != nullptr;
         record = record->next) {
      const std::string thread = "thread" + std::to_string(record->slot);
      simulation.Name(&record->low, thread + ".low");
      simulation.Name(&record->high, thread + ".high");
      simulation.Name(&record->fenced, thread + ".fenced");
    }
  }

  // --- Beginning and end ----------------------------------------------------

  void SetUp() {
    sim::Simulation& simulation = *sim::Simulation::Current();
    Guard guard;
    Clock::Now();
    simulation.NameLastAccess("clock");
    Registry::Head();
    simulation.NameLastAccess("records");
    simulation.Name(&root_, "root");
    simulation.Name(&side_, "side");
    simulation.Name(&arrivals_, "arrivals");
    for (const auto& [limbo, name] :
         {std::pair(&limbo_[kNodes], "limbo of nodes"),
          std::pair(&limbo_[kBoxes], "limbo of boxes")}) {
      simulation.NameArray(limbo, sizeof(uint64_t),
                           sizeof(*limbo) / sizeof(uint64_t), name);
    }
    Node* node = Make<Node>("node");
    for (unsigned key = 0; key < Program::kKeys; ++key) {
      if (key >= program_.prefill_count) break;
      node->slots[key].StoreRelaxed(
          reinterpret_cast<uintptr_t>(Make<Box>("box", uint64_t{key})));
    }
    side_.StoreRelease(Make<Box>("side", kSideTag));
    root_.StoreRelease(node);
  }

  // What is retired and not free is held by a reader that has stopped, and no
  // younger than its reservation.
  void CheckGarbage() {
    for (const auto& [object, born] : garbage_) {
      sim::Check(born <= last_stop_,
                 last_stop_ == 0
                     ? "garbage is left although nobody holds it"
                     : "a stopped reader holds what was made after it stopped");
    }
  }

  void TearDown() {
    Node* node = root_.LoadAcquire();
    for (auto& slot : node->slots) {
      Box* box = AsBox(slot.LoadAcquire());
      if (box != nullptr) Destroy(box);
    }
    Destroy(node);
    Destroy(side_.LoadAcquire());
    sim::Check(sim::Simulation::Current()->heap().live_blocks() == 0,
               "memory is left behind");
  }

  const Program& program_;
  Atomic<Node*> root_;
  Atomic<Box*> side_;
  std::array<internal::Limbo<Platform, kKinds, internal::Every<kInterval>>,
             kKinds>
      limbo_;
  sim::Atomic<uint32_t> arrivals_;

  // Not part of the execution, and decided by it alone.
  std::map<Retirable*, uint64_t> garbage_;  // and when it was born
  uint64_t last_stop_ = 0;  // the last epoch reserved by one that has stopped
  size_t running_ = 0;
  size_t threads_left_ = 0;
  size_t made_ = 0;
  bool due_ = false;
  bool released_ = false;
};

template <class Platform, class RulesOf = Rules>
programs::Executed ExecuteIn(sim::Simulation& simulation,
                             const Program& program, bool trace) {
  World<Platform, RulesOf> world(program);
  sim::Options options;
  options.schedule = {program.mode, program.schedule};
  options.stale = program.stale;
  options.max_steps = 50000;
  options.trace = trace;
  Platform::set_light_fence(program.light_fence);
  const sim::Execution execution =
      simulation.Run(options, [&world] { world.Main(); });
  programs::Executed executed;
  executed.hash = execution.hash;
  executed.steps = execution.steps;
  executed.sparse = simulation.chooser().AsSparse();
  if (trace) executed.trace = simulation.Trace();
  if (!execution.ok()) executed.failure = execution.message + "\n";
  return executed;
}

}  // namespace pma::epoch_programs

#endif  // PMA_FUZZ_EPOCH_PROGRAMS_WORLD_H_
