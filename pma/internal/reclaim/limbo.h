// SPDX-License-Identifier: Apache-2.0

// Retired memory, and when it may be freed.
//
// Retire() puts an unlinked object on a list: one compare-and-swap, no fence,
// nothing allocated. Now and then a thread that has retired something collects:
//
//   take the lists -> end the epoch -> fence -> look at all reservations
//   -> free what none of them meets -> put the rest back
//
// Memory counts as retired in the epoch that the collection ends: no guard
// whose reservation begins later can have found it.
//
// A thread that is not seen in a guard may be in one all the same, without a
// fence, of the epoch in which it last had one (epoch.h). So it counts as
// holding that epoch. Threads at work come to the next epoch at once, and the
// collector waits a microsecond for that. Others do not: then the system can be
// asked to execute a fence in all threads (`FenceHeavy`), after which all
// guards of the epochs so far are seen. A thread that stays idle is asked for
// only once: its next guard will have a fence. See docs/MEMORY_MODEL.md for the
// argument.
//
// It is time to look when an interval's worth of objects or of bytes has come
// together, or something is retired after ten milliseconds without a look (of
// many that wait, every sixteenth looks at the clock). What stays is looked at
// again after half as many retirements as stayed, or half as many bytes, so
// each retirement pays for a constant number of looks, and garbage is at most
// one and a half times what guards hold, plus one interval between looks.
//
// SYNC-14: the CAS in Push / ExchangeAcqRel in TakeLists: the object is
//         unlinked before the epoch ends and before the collector's fence.
// SYNC-21: the CAS in FenceAll / LoadAcquire in LookAt: what a heavy fence has
//         made seen is seen by other collectors, too.

#ifndef PMA_INTERNAL_RECLAIM_LIMBO_H_
#define PMA_INTERNAL_RECLAIM_LIMBO_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "pma/internal/machine/backoff.h"
#include "pma/internal/machine/platform.h"
#include "pma/internal/reclaim/epoch.h"

namespace pma::inline PMA_VARIANT::internal {

// The epochs of an object's birth and retirement in one word: the retirement in
// 48 bits (nine years of a million epochs a second), the age in 16, rounded up
// by less than one part in 512. Rounding up is safe: the object seems older.
//
//   | retired : 48 | shift : 6 | age >> shift : 10 |
class Lifespan {
 public:
  Lifespan(uint64_t born, uint64_t retired) {
    assert(born <= retired);  // nothing is made after it has been unlinked
    const uint64_t age = retired - born;
    int shift = std::max(0, static_cast<int>(std::bit_width(age)) - kDigits);
    uint64_t digits = (age >> shift) + ((age & Ones(shift)) != 0 ? 1 : 0);
    if (digits > Ones(kDigits)) digits = (digits + 1) >> 1, ++shift;
    assert(digits <= Ones(kDigits) && shift < 64 && retired >> 48 == 0);
    word_ = retired << 16 | static_cast<uint64_t>(shift) << kDigits | digits;
  }
  explicit Lifespan(uint64_t word) : word_(word) {}

  uint64_t word() const { return word_; }
  uint64_t retired() const { return word_ >> 16; }
  uint64_t born() const {
    const uint64_t age = (word_ & Ones(kDigits)) << (word_ >> kDigits & 63);
    return age < retired() ? retired() - age : 0;
  }

 private:
  static constexpr int kDigits = 10;
  static constexpr uint64_t Ones(int count) {
    return (uint64_t{1} << count) - 1;
  }
  uint64_t word_;
};

// Base of everything that can be retired.
struct Retirable {
  Retirable* next_retired = nullptr;
  // The epoch of birth, or of some moment before; set before the object is
  // published. On a list of those that wait, the lifespan.
  uint64_t stamp = 0;
};

// All guards' reservations at one moment, of which kMost are kept apart.
template <class Platform, size_t kMost = 128>
class Reservations {
 public:
  using Record = ThreadRecord<Platform>;

  struct Reservation {
    uint64_t low;
    uint64_t high;
    const Record* record;
  };

  // Ends the epoch, and looks. `except` is left out: a thread that will not
  // follow what it has loaded so far. Threads that may be in guards that are
  // not seen get a little time to come to the new epoch. If one does not, and
  // if it `may_interrupt` the processors that run threads, the system is asked
  // to execute a fence in all of them. Else such a thread counts as holding
  // what it might hold.
  Reservations(const Record* except, bool may_interrupt)
      : epoch_(EpochClock<Platform>::End()) {
    Platform::FenceSeqCst();  // SYNC-1
    Backoff<Platform> backoff;
    int waits = Platform::HasLightFence() ? kWaits : 0;
    for (const Record* record = ThreadRegistry<Platform>::Head();
         record != nullptr; record = record->next) {
      if (record == except) continue;
      for (;;) {
        const Sight sight = LookAt(*record);
        const bool certain = sight.seen || sight.low > epoch_;
        if (!certain && sight.high > epoch_) continue;  // it just came there
        if (!certain && waits > 0) {
          --waits;
          backoff.Wait();
        } else if (!certain && may_interrupt) {
          FenceAll();
          may_interrupt = false;
        } else {
          Add({sight.low, sight.high, record});
          break;
        }
      }
    }
  }

  uint64_t epoch() const { return epoch_; }

  // One by which a guard may have a pointer to memory of this lifespan, or
  // null.
  const Reservation* Meeting(Lifespan lifespan) const {
    const uint64_t born = lifespan.born();
    const uint64_t retired = lifespan.retired();
    for (size_t i = 0; i < size_; ++i) {
      if (all_[i].low <= retired && born <= all_[i].high) return &all_[i];
    }
    return nullptr;
  }

 private:
  static constexpr int kWaits = 6;  // twice as long each time: a microsecond

  // What a thread holds, or, if no guard of it is seen, may hold.
  struct Sight {
    uint64_t low;
    uint64_t high;
    bool seen;
  };
  static Sight LookAt(const Record& record) {
    // In this order. What a heavy fence has made seen is seen after `settled`;
    // and what is found later belongs to the reservation that is found, or to
    // one after it.
    const uint64_t settled = Settled().LoadAcquire();    // SYNC-21
    const uint64_t first = record.fenced.LoadAcquire();  // SYNC-20
    const uint64_t low = record.low.LoadAcquire();       // SYNC-2
    const uint64_t last = record.fenced.LoadAcquire();   // SYNC-20
    if (low != 0) return {low, record.high.LoadRelaxed(), true};
    if (last < settled) return {kNever, kNever, true};
    return {first, last, false};
  }
  static constexpr uint64_t kNever = ~uint64_t{0};

  // Without effect if the system does not do it any more.
  void FenceAll() {
    if (!Platform::FenceHeavy()) return;  // SYNC-1
    uint64_t before = Settled().LoadRelaxed();
    while (before <= epoch_ &&
           !Settled().CompareExchangeAcqRel(before, epoch_ + 1)) {  // SYNC-21
    }
  }

  static auto& Settled() { return process_state<Platform>.settled; }

  void Add(const Reservation& added) {
    assert(added.low <= added.high);
    if (added.low > epoch_) return;  // meets nothing that has retired
    // Guards of one epoch are as good as one of them.
    for (size_t i = 0; i < size_; ++i) {
      if (all_[i].low == added.low && all_[i].high == added.high) return;
    }
    if (size_ < kMost) {
      all_[size_++] = added;
      return;
    }
    // More than there is room for: the last one stands for all of them.
    Reservation& last = all_[kMost - 1];
    last.low = std::min(last.low, added.low);
    last.high = std::max(last.high, added.high);
  }

  const uint64_t epoch_;
  size_t size_ = 0;
  std::array<Reservation, kMost> all_;
};

// An interval between looks that is always the same.
template <size_t kObjects>
constexpr size_t Every() {
  return kObjects;
}

// Retired objects of kKinds kinds; it is time to look after so many as
// kInterval() says. All members may run at the same time, from any thread,
// unless they say otherwise; none of them waits for another.
template <class Platform, size_t kKinds, size_t (*kInterval)(),
          size_t kReservations = 128>
class Limbo {
  using Lists = std::array<Retirable*, kKinds>;

 public:
  using Record = ThreadRecord<Platform>;

  // Requires that `object`, of `bytes` bytes, has been unlinked. True if it is
  // time to collect.
  bool Retire(Retirable* object, size_t kind, size_t bytes) {
    assert(object != nullptr && kind < kKinds);
    // Counted before others can find it, and free it and take it off the count.
    const Tally added(1, bytes);
    const Tally now = Tally(tally_.FetchAddRelaxed(added.word())) + added;
    Push(fresh_[kind], object, object);
    if (now.count() >= look_at_.LoadRelaxed() ||
        now.bytes() >= look_at_bytes_.LoadRelaxed()) {
      return true;
    }
    // Where few wait, there may be no further one for long.
    const size_t few = std::min<size_t>(16, kInterval());
    if (now.count() >= few && now.count() % few != 0) [[likely]]
      return false;
    return HasWaited(now.count());
  }

  size_t count() const { return Tally(tally_.LoadRelaxed()).count(); }
  size_t bytes() const { return Tally(tally_.LoadRelaxed()).bytes(); }

  // Frees what no guard can see any more, by free(Retirable*, kind), which
  // returns the bytes that Retire() was told. `except` as for Reservations.
  template <class Free>
  void Collect(const Record* except, Free free) {
    const Taken taken = Take();
    Sift(taken,
         Reservations<Platform, kReservations>(except, /*may_interrupt=*/true),
         free);
  }

  // Collect() in its steps, for several lists at the price of one look: what
  // has been taken from a list before the look must be sifted by it. A look is
  // not worth it if as much as at the last one would be found to be held.
  struct Taken {
    Lists fresh{};
    Lists waiting{};
    bool empty() const { return fresh == Lists{} && waiting == Lists{}; }
  };
  Taken Take() { return {TakeLists(fresh_), TakeLists(waiting_)}; }
  Taken TakeIfWorthIt(const Record* except) {
    const bool held = holder_.LoadAcquire() != except && !HolderHasLeft() &&
                      count() < look_at_.LoadRelaxed() &&
                      bytes() < look_at_bytes_.LoadRelaxed();
    return held ? Taken{} : Take();
  }
  template <class Free>
  void Sift(const Taken& taken,
            const Reservations<Platform, kReservations>& reservations,
            Free free) {
    if (taken.empty()) return;
    Stamp(taken.fresh, reservations.epoch());
    Lists held{};
    size_t held_count = 0;
    Tally freed;
    const typename Reservations<Platform, kReservations>::Reservation* oldest =
        nullptr;
    for (size_t kind = 0; kind < kKinds; ++kind) {
      for (Retirable* object : {taken.waiting[kind], taken.fresh[kind]}) {
        while (object != nullptr) {
          Retirable* next = object->next_retired;
          const auto* met = reservations.Meeting(Lifespan(object->stamp));
          if (met == nullptr) {
            freed = freed + Tally(1, free(object, kind));
          } else {
            object->next_retired = held[kind];
            held[kind] = object;
            ++held_count;
            if (oldest == nullptr || met->low < oldest->low) oldest = met;
          }
          object = next;
        }
      }
    }
    PutBack(waiting_, held);
    holder_low_.StoreRelaxed(oldest == nullptr ? 0 : oldest->low);
    holder_.StoreRelease(oldest == nullptr ? nullptr : oldest->record);
    const Tally before(tally_.FetchAddRelaxed(-freed.word()));
    assert(before.count() >= freed.count() && before.bytes() >= freed.bytes());
    const size_t held_bytes = before.bytes() - freed.bytes();
    look_at_.StoreRelaxed(held_count + std::max(kInterval(), held_count / 2));
    look_at_bytes_.StoreRelaxed(
        held_count == 0
            ? kIntervalBytes
            : held_bytes + std::max(kIntervalBytes, held_bytes / 2));
    looked_.StoreRelaxed(Platform::Milliseconds());
  }

  // Frees everything. Requires that no other thread uses the map.
  template <class Free>
  void CollectAll(Free free) {
    for (auto* heads : {&fresh_, &waiting_}) {
      const Lists lists = TakeLists(*heads);
      for (size_t kind = 0; kind < kKinds; ++kind) {
        for (Retirable* object = lists[kind]; object != nullptr;) {
          Retirable* next = object->next_retired;
          free(object, kind);
          object = next;
        }
      }
    }
    tally_.StoreRelaxed(0);
  }

 private:
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;
  using Heads = std::array<Atomic<Retirable*>, kKinds>;

  // Bytes between looks, and milliseconds: little beside what any map has, and
  // much beside what a look costs.
  static constexpr size_t kIntervalBytes = size_t{64} << 10;
  static constexpr uint64_t kPatience = 10;

  // A number of objects and their bytes in one word, so that one instruction
  // counts both.
  //
  //   | bytes / 64, rounded up : 34 | objects : 30 |
  class Tally {
   public:
    Tally() = default;
    explicit Tally(uint64_t word) : word_(word) {}
    Tally(size_t count, size_t bytes)
        : word_(uint64_t{(bytes + kUnit - 1) / kUnit} << kShift | count) {}

    uint64_t word() const { return word_; }
    size_t count() const { return word_ & ((uint64_t{1} << kShift) - 1); }
    size_t bytes() const { return (word_ >> kShift) * kUnit; }
    friend Tally operator+(Tally a, Tally b) {
      return Tally(a.word_ + b.word_);
    }

   private:
    static constexpr int kShift = 30;
    static constexpr size_t kUnit = 64;
    uint64_t word_ = 0;
  };

  // Those that have just been taken retired in the epoch that has ended.
  static void Stamp(const Lists& fresh, uint64_t ended) {
    for (Retirable* object : fresh) {
      for (; object != nullptr; object = object->next_retired) {
        object->stamp = Lifespan(object->stamp, ended).word();
      }
    }
  }

  // Puts a chain of objects on a list.
  static void Push(Atomic<Retirable*>& head, Retirable* first,
                   Retirable* last) {
    Retirable* rest = head.LoadRelaxed();
    do {
      last->next_retired = rest;
    } while (!head.CompareExchangeAcqRel(rest, first));  // SYNC-14
  }
  static Lists TakeLists(Heads& heads) {
    Lists lists{};
    for (size_t kind = 0; kind < kKinds; ++kind) {
      if (heads[kind].LoadRelaxed() == nullptr) continue;
      lists[kind] = heads[kind].ExchangeAcqRel(nullptr);  // SYNC-14
    }
    return lists;
  }
  static void PutBack(Heads& heads, const Lists& lists) {
    for (size_t kind = 0; kind < kKinds; ++kind) {
      if (lists[kind] == nullptr) continue;
      Retirable* last = lists[kind];
      while (last->next_retired != nullptr) last = last->next_retired;
      Push(heads[kind], lists[kind], last);
    }
  }

  // Out of line, for it is rarely asked and costs as much as the rest.
  [[gnu::noinline]] bool HasWaited(size_t count) const {
    return HolderHasLeft() &&
           (count % kInterval() == 0 ||
            Platform::Milliseconds() - looked_.LoadRelaxed() >= kPatience);
  }

  // Whether the guard that held the oldest part back has gone since.
  bool HolderHasLeft() const {
    const Record* holder = holder_.LoadAcquire();
    return holder == nullptr ||
           holder->low.LoadRelaxed() != holder_low_.LoadRelaxed();
  }

  Heads fresh_;    // stamped with their birth
  Heads waiting_;  // stamped with their lifespan
  Atomic<uint64_t> tally_;
  // When to look again; when the last look was, and who stood in its way.
  Atomic<size_t> look_at_{kInterval()};
  Atomic<size_t> look_at_bytes_{kIntervalBytes};
  Atomic<uint64_t> looked_;
  Atomic<const Record*> holder_;
  Atomic<uint64_t> holder_low_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_RECLAIM_LIMBO_H_
