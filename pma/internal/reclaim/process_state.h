// SPDX-License-Identifier: Apache-2.0

// What the process has one of, whatever it is linked from: all maps of a
// program and of the shared objects it loads share it.
//
// Two copies would be silent corruption: a thread that reads a map by one copy
// is not seen by those that free its memory by the other. So it has default
// visibility whatever the compiler's flags say, which leads the dynamic linker
// to give one copy to all. Where it cannot (a program that exports nothing and
// hands a map to what it opens by dlopen, -Bsymbolic, version scripts, dlmopen)
// there are two, but each map knows the one it was made with, and the first
// operation by another ends the program with a message (CheckCopy in tree.h).
//
// A shared object that has used maps may be closed by dlclose() once the maps
// made by its code are destroyed. It then stays loaded until the threads that
// used maps through it have ended.

#ifndef PMA_INTERNAL_RECLAIM_PROCESS_STATE_H_
#define PMA_INTERNAL_RECLAIM_PROCESS_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "pma/internal/machine/platform.h"
#include "pma/internal/machine/variant.h"

namespace pma::inline PMA_VARIANT::internal {

// Threads that may use maps at the same time.
inline constexpr size_t kMaxThreads = size_t{1} << 16;

template <class Platform>
struct ThreadRecord;

// Constant-initialised, and never destroyed: maps may be used while the process
// runs its static constructors and destructors.
template <class Platform>
struct PMA_PROCESS_WIDE ProcessState {
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;
  using Record = ThreadRecord<Platform>;

  // The present epoch (epoch.h). Starts at 1: 0 is no epoch. In a cache line of
  // its own, for everybody reads it all the time.
  alignas(64) Atomic<uint64_t> epoch{1};

  // Guards of earlier epochs than this one are seen, or were before they ended
  // (limbo.h). Starts at 1: a thread whose `fenced` is 0 never had one without
  // a fence.
  alignas(64) Atomic<uint64_t> settled{1};

  // The records of threads (thread_record.h): the newest one, which links to
  // the others; those without an owner; and how many there are.
  Atomic<Record*> records;
  Atomic<uint64_t> free_records;
  Atomic<uint32_t> record_count;

  // The serial number given last, see NextFingerSerial in thread_record.h.
  Atomic<uint64_t> last_serial;
};

template <class Platform>
PMA_PROCESS_WIDE inline ProcessState<Platform> process_state;

// The record of each slot. Apart from the rest, for it is large, and nothing
// but zeros at first.
template <class Platform>
PMA_PROCESS_WIDE inline std::array<
    typename Platform::template Atomic<ThreadRecord<Platform>*>, kMaxThreads>
    thread_slots;

// A map has come to code that has a process state of its own.
[[noreturn, gnu::cold, gnu::noinline]] inline void EndForWrongCopy() {
  std::fputs(
      "pma: this map was made by another copy of the library, with which this "
      "one shares no memory of threads: using it here would corrupt it. Let "
      "the dynamic linker see one copy: link the program with -rdynamic "
      "(CMake: ENABLE_EXPORTS) or with the shared library itself, open shared "
      "libraries with RTLD_GLOBAL, and hide none of pma's symbols by "
      "-Bsymbolic or a version script.\n",
      stderr);
  std::abort();
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_RECLAIM_PROCESS_STATE_H_
