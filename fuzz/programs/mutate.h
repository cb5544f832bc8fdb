// SPDX-License-Identifier: Apache-2.0

// Mutations that know what a program is made of. libFuzzer's own know bytes
// only: an inserted byte moves all that follows to another meaning.

#ifndef PMA_FUZZ_PROGRAMS_MUTATE_H_
#define PMA_FUZZ_PROGRAMS_MUTATE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/programs/frame.h"
#include "fuzz/programs/random_frame.h"
#include "pma/testing/random.h"

namespace pma::programs {

// What a mutation may be. Each is a member function of Mutator.
enum class Mutation : uint8_t {
  kAddCall,
  kRemoveCall,
  kChangeKind,
  kChangeKey,
  kNeighbouringKey,
  kKeyOfAnotherCall,
  kCopyCall,
  kSwapFibers,
  kAddFiber,
  kRemoveFiber,
  kTweakDecision,
  kInsertDecisions,
  kDeleteDecisions,
  kCopyDecisions,
  kNewSchedule,
  kChangeSetting,
};
inline constexpr size_t kMutations = 16;

// Mutates bytes in place, which need not be a program's, up to a size; returns
// the new one. (libFuzzer's LLVMFuzzerMutate.)
using MutateBytes = size_t (*)(uint8_t* data, size_t size, size_t max_size);

// The same choices from the same seed.
template <class Program>
class Mutator {
  using CallType = typename decltype(Program::fibers)::value_type::value_type;

 public:
  Mutator(Program program, uint64_t seed)
      : program_(std::move(program)), random_(seed) {}

  const Program& program() const { return program_; }

  // False if there was nothing to be done.
  bool Apply(Mutation mutation) {
    switch (mutation) {
      case Mutation::kAddCall:
        return InsertCall(NewCall());
      case Mutation::kRemoveCall:
        return RemoveCall();
      case Mutation::kChangeKind:
        AnyCall().kind = NewCall().kind;
        return true;
      case Mutation::kChangeKey:
        AnyCall().key = NewCall().key;
        return true;
      case Mutation::kNeighbouringKey:
        return StepKey();
      case Mutation::kKeyOfAnotherCall:
        AnyCall().key = AnyCall().key;
        return true;
      case Mutation::kCopyCall:
        return InsertCall(AnyCall());
      case Mutation::kSwapFibers:
        return SwapFibers();
      case Mutation::kAddFiber:
        return AddFiber();
      case Mutation::kRemoveFiber:
        return RemoveFiber();
      case Mutation::kChangeSetting:
        ChangeSetting();
        return true;
      case Mutation::kNewSchedule:
        RandomiseSchedule(random_, program_.mode, program_.schedule);
        return true;
      default:
        return MutateSchedule(mutation);
    }
  }

  // One to four mutations. `max_size` is of the bytes; a schedule that is too
  // long for it is cut.
  void ApplySome(size_t max_size) {
    for (size_t left = 1 + random_.Below(4); left > 0;) {
      if (Apply(static_cast<Mutation>(random_.Below(kMutations)))) --left;
    }
    FitInto(max_size);
  }

  // Fibers of another program, and the end of its schedule.
  void CrossWith(const Program& other, size_t max_size) {
    for (auto& calls : program_.fibers) {
      if (random_.Below(2) == 0) continue;
      calls = other.fibers[random_.Below(other.fibers.size())];
    }
    if (program_.mode == other.mode && random_.Below(2) == 0) {
      auto& schedule = program_.schedule;
      const size_t kept = random_.Below(schedule.size() + 1);
      schedule.resize(kept);
      if (kept < other.schedule.size()) {
        schedule.insert(
            schedule.end(),
            other.schedule.begin() + static_cast<std::ptrdiff_t>(kept),
            other.schedule.end());
      }
    }
    FitInto(max_size);
  }

  // The schedule, by bytes.
  void MutateScheduleBytes(MutateBytes mutate, size_t max_size) {
    const size_t others =
        EncodeFrame(program_).size() - program_.schedule.size();
    if (others >= max_size) return;
    const size_t size = program_.schedule.size();
    program_.schedule.resize(std::max(size, max_size - others));
    program_.schedule.resize(
        mutate(program_.schedule.data(), size, max_size - others));
  }

 private:
  // --- Calls and fibers -----------------------------------------------------

  std::vector<CallType>& AnyFiber() {
    return program_.fibers[random_.Below(program_.fibers.size())];
  }
  CallType& AnyCall() {
    auto& calls = AnyFiber();
    return calls[random_.Below(calls.size())];
  }
  CallType NewCall() {
    CallType call;
    call.kind =
        static_cast<decltype(call.kind)>(random_.Below(Program::KindCount()));
    call.key = static_cast<uint8_t>(random_.Below(Program::kKeys));
    return call;
  }
  bool InsertCall(CallType call) {
    auto& calls = AnyFiber();
    if (calls.size() == Program::kMaxCalls) return false;
    calls.insert(At(calls, random_.Below(calls.size() + 1)), call);
    return true;
  }
  bool RemoveCall() {
    auto& calls = AnyFiber();
    if (calls.size() == 1) return false;
    calls.erase(At(calls, random_.Below(calls.size())));
    return true;
  }
  bool StepKey() {
    uint8_t& key = AnyCall().key;
    const unsigned step = random_.Below(2) == 0 ? 1 : Program::kKeys - 1;
    key = static_cast<uint8_t>((key + step) % Program::kKeys);
    return true;
  }
  bool SwapFibers() {
    auto& one = AnyFiber();
    auto& other = AnyFiber();
    if (&one == &other) return false;
    one.swap(other);
    return true;
  }
  bool AddFiber() {
    if (program_.fibers.size() == Program::kMaxFibers) return false;
    program_.fibers.push_back({NewCall()});
    return true;
  }
  bool RemoveFiber() {
    auto& fibers = program_.fibers;
    if (fibers.size() == Program::kMinFibers) return false;
    fibers.erase(At(fibers, random_.Below(fibers.size())));
    return true;
  }

  // One bit of what is not said by fibers: how loads and fences behave, and
  // the kind's own.
  void ChangeSetting() {
    const size_t choice = random_.Below(12);
    switch (choice) {
      case 0:
        program_.stale = !program_.stale;
        break;
      case 1:
        program_.light_fence = !program_.light_fence;
        break;
      case 2:
      case 3:
        program_.SetOwn(program_.OwnBits() ^ (1u << (choice - 2)),
                        program_.OwnByte());
        break;
      default:
        program_.SetOwn(
            program_.OwnBits(),
            static_cast<uint8_t>(program_.OwnByte() ^ (1u << (choice - 4))));
    }
  }

  // --- The schedule ---------------------------------------------------------

  // Pairs stay pairs in a sparse schedule.
  size_t Unit() const { return program_.mode == sim::Mode::kSparse ? 2 : 1; }

  bool MutateSchedule(Mutation mutation) {
    auto& schedule = program_.schedule;
    // A schedule of priorities has a fixed number of bytes.
    if (mutation == Mutation::kTweakDecision ||
        program_.mode == sim::Mode::kPct) {
      if (schedule.empty()) return false;
      Tweak(schedule[random_.Below(schedule.size())]);
      return true;
    }
    const size_t units = schedule.size() / Unit();
    const size_t begin = random_.Below(units + 1) * Unit();
    const size_t count = 1 + random_.Below(8);
    if (mutation == Mutation::kInsertDecisions) {
      std::vector<uint8_t> fresh(count * Unit());
      for (uint8_t& byte : fresh) byte = random_.Byte();
      schedule.insert(At(schedule, begin), fresh.begin(), fresh.end());
      return true;
    }
    if (begin == units * Unit()) return false;
    const size_t end = std::min(begin + count * Unit(), units * Unit());
    if (mutation == Mutation::kDeleteDecisions) {
      schedule.erase(At(schedule, begin), At(schedule, end));
    } else {
      const std::vector<uint8_t> copy(At(schedule, begin), At(schedule, end));
      schedule.insert(At(schedule, random_.Below(units + 1) * Unit()),
                      copy.begin(), copy.end());
    }
    return true;
  }
  void Tweak(uint8_t& byte) {
    switch (random_.Below(4)) {
      case 0:
        byte = random_.Byte();
        break;
      case 1:
        ++byte;
        break;
      case 2:
        --byte;
        break;
      default:
        byte ^= 0x80;  // a dense decision becomes the dull one, or another
    }
  }

  void FitInto(size_t max_size) {
    const size_t size = EncodeFrame(program_).size();
    if (size <= max_size) return;
    auto& schedule = program_.schedule;
    schedule.resize(schedule.size() -
                    std::min(schedule.size(), size - max_size));
  }

  template <class T>
  static auto At(T& sequence, size_t i) {
    return sequence.begin() + static_cast<std::ptrdiff_t>(i);
  }

  Program program_;
  testing::Random random_;
};

// A prefix of a program's bytes is a program, too.
inline size_t CopyOut(std::span<const uint8_t> bytes, uint8_t* out,
                      size_t max_size) {
  const size_t size = std::min(bytes.size(), max_size);
  std::copy_n(bytes.begin(), size, out);
  return size;
}

// The bytes of a mutated program in place of those at `data`; returns how many.
// `mutate` may be null.
template <class Program>
size_t MutateProgram(uint8_t* data, size_t size, size_t max_size, uint64_t seed,
                     MutateBytes mutate) {
  testing::Random random(~seed);
  const size_t choice = random.Below(16);
  if (mutate != nullptr && choice == 0) return mutate(data, size, max_size);
  Mutator<Program> mutator(DecodeFrame<Program>({data, size}), seed);
  if (mutate != nullptr && choice == 1) {
    mutator.MutateScheduleBytes(mutate, max_size);
  } else {
    mutator.ApplySome(max_size);
  }
  return CopyOut(EncodeFrame(mutator.program()), data, max_size);
}

template <class Program>
size_t CrossPrograms(std::span<const uint8_t> one,
                     std::span<const uint8_t> other, uint8_t* out,
                     size_t max_size, uint64_t seed) {
  Mutator<Program> mutator(DecodeFrame<Program>(one), seed);
  mutator.CrossWith(DecodeFrame<Program>(other), max_size);
  return CopyOut(EncodeFrame(mutator.program()), out, max_size);
}

}  // namespace pma::programs

#endif  // PMA_FUZZ_PROGRAMS_MUTATE_H_
