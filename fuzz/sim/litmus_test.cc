// SPDX-License-Identifier: Apache-2.0

// The memory model against the litmus tests of the field.
//
// Each row of the table is a small program. All its executions are run, and the
// outcomes seen must be exactly those that C++20 allows, except where the row
// says that the model does not cover them.
//
// An outcome is a string of digits: the registers, in the order in which the
// program's threads fill them, and then the final values of locations, where
// the row says so. `forbidden` and `not_modelled` are patterns, in which a dot
// is any digit. Every combination of the digits in `values` that matches none
// of them has to be seen.
//
// The names are those of Alglave, Maranget, Tautschnig, "Herding cats" (2014),
// and of the C++ literature (Batty et al., 2011; Lahav et al., 2017).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/sim/atomic.h"
#include "fuzz/sim/explore.h"
#include "gtest/gtest.h"
#include "pma/testing/build_variant.h"

namespace pma::sim {
namespace {

constexpr Order kRlx = Order::kRelaxed;
constexpr Order kAcq = Order::kAcquire;
constexpr Order kRel = Order::kRelease;
constexpr Order kAR = Order::kAcqRel;

// What the threads of a program share. Registers are their own business.
struct World {
  Atomic<int> x;
  Atomic<int> y;
  Atomic<int> z;
  int r0 = 0;
  int r1 = 0;
  int r2 = 0;
  int r3 = 0;

  int FinalX() const { return x.Load(kRlx); }
  int FinalY() const { return y.Load(kRlx); }
};

using Part = void (*)(World&);

struct Litmus {
  const char* name;
  // One for each thread.
  std::vector<Part> threads;
  // The digits of the outcome, once all threads have ended.
  std::vector<int (*)(World&)> outcome;
  // Which digits each may be.
  std::vector<std::string_view> values;
  std::vector<std::string_view> forbidden;
  std::vector<std::string_view> not_modelled = {};
};

int R0(World& w) { return w.r0; }
int R1(World& w) { return w.r1; }
int R2(World& w) { return w.r2; }
int R3(World& w) { return w.r3; }
int X(World& w) { return w.FinalX(); }
int Y(World& w) { return w.FinalY(); }

#define T(...) [](World& w) { __VA_ARGS__; }

const Litmus kLitmusTests[] = {
    // --- Message passing: the flag y says that x is ready ------------------
    {"MP",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+rel+acq",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+rel+rlx: the reader does not acquire",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.r0 = w.y.Load(kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+rlx+acq: the writer does not release",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+fence_rel+fence_acq",
     {T(w.x.Store(1, kRlx); FenceRelease(); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); FenceAcquire(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+rel+fence_acq",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.r0 = w.y.Load(kRlx); FenceAcquire(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+fence_rel+acq",
     {T(w.x.Store(1, kRlx); FenceRelease(); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+fence_rel+rlx: the acquire fence is missing",
     {T(w.x.Store(1, kRlx); FenceRelease(); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+rlx+fence_acq: the release fence is missing",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); FenceAcquire(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+fence_rel late: the fence comes after the flag",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRlx); FenceRelease()),
      T(w.r0 = w.y.Load(kRlx); FenceAcquire(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+fence_acq early: the fence comes before the flag is read",
     {T(w.x.Store(1, kRlx); FenceRelease(); w.y.Store(1, kRlx)),
      T(FenceAcquire(); w.r0 = w.y.Load(kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"MP+fences_sc",
     {T(w.x.Store(1, kRlx); FenceSeqCst(); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); FenceSeqCst(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+rmw_rel+rmw_acq: read-modify-writes synchronize too",
     {T(w.x.Store(1, kRlx); w.y.FetchAdd(1, kRel)),
      T(w.r0 = w.y.FetchAdd(0, kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+cas_acquire_on_failure",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.y.CompareExchange(w.r0, 2, kAR, kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"MP+cas_relaxed_on_failure",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.y.CompareExchange(w.r0, 2, kAR, kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},

    // --- Store buffering: each writes its own, then reads the other's ------
    {"SB",
     {T(w.x.Store(1, kRlx); w.r0 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"SB+rel+acq: release and acquire do not help",
     {T(w.x.Store(1, kRel); w.r0 = w.y.Load(kAcq)),
      T(w.y.Store(1, kRel); w.r1 = w.x.Load(kAcq))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"SB+rmw: nor does a read-modify-write that is not seq_cst",
     {T(w.x.Exchange(1, kAR); w.r0 = w.y.Load(kAcq)),
      T(w.y.Exchange(1, kAR); w.r1 = w.x.Load(kAcq))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"SB+fences_sc",
     {T(w.x.Store(1, kRlx); FenceSeqCst(); w.r0 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); FenceSeqCst(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"00"}},
    {"SB+one_fence_sc: both sides need one",
     {T(w.x.Store(1, kRlx); FenceSeqCst(); w.r0 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {}},
    {"SB+StoreThenFenceSeqCst",
     {T(w.x.StoreThenFenceSeqCst(1); w.r0 = w.y.Load(kRlx)),
      T(w.y.StoreThenFenceSeqCst(1); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"00"}},
    {"SB+fence_all: one thread's fence counts for all",
     {T(w.x.Store(1, kRlx); w.r0 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); Simulation::Current()->FenceAll();
        w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"00"}},
    {"3.SB+fences_sc: a ring of three",
     {T(w.x.Store(1, kRlx); FenceSeqCst(); w.r0 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); FenceSeqCst(); w.r1 = w.z.Load(kRlx)),
      T(w.z.Store(1, kRlx); FenceSeqCst(); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {"000"}},

    // --- Load buffering: a load would have to see the future ---------------
    {"LB",
     {T(w.r0 = w.x.Load(kRlx); w.y.Store(1, kRlx)),
      T(w.r1 = w.y.Load(kRlx); w.x.Store(1, kRlx))},
     {R0, R1},
     {"01", "01"},
     {},
     {"11"}},
    {"LB+acq+rel",
     {T(w.r0 = w.x.Load(kAcq); w.y.Store(1, kRel)),
      T(w.r1 = w.y.Load(kAcq); w.x.Store(1, kRel))},
     {R0, R1},
     {"01", "01"},
     {"11"}},
    {"LB+data: nothing comes out of thin air",
     {T(w.r0 = w.x.Load(kRlx); w.y.Store(w.r0, kRlx)),
      T(w.r1 = w.y.Load(kRlx); w.x.Store(w.r1, kRlx))},
     {R0, R1},
     {"01", "01"},
     {".1", "1."}},

    // --- Independent reads of independent writes ---------------------------
    {"IRIW",
     {T(w.x.Store(1, kRlx)), T(w.y.Store(1, kRlx)),
      T(w.r0 = w.x.Load(kRlx); w.r1 = w.y.Load(kRlx)),
      T(w.r2 = w.y.Load(kRlx); w.r3 = w.x.Load(kRlx))},
     {R0, R1, R2, R3},
     {"01", "01", "01", "01"},
     {}},
    {"IRIW+rel+acq: the readers need not agree",
     {T(w.x.Store(1, kRel)), T(w.y.Store(1, kRel)),
      T(w.r0 = w.x.Load(kAcq); w.r1 = w.y.Load(kAcq)),
      T(w.r2 = w.y.Load(kAcq); w.r3 = w.x.Load(kAcq))},
     {R0, R1, R2, R3},
     {"01", "01", "01", "01"},
     {}},
    {"IRIW+fences_sc: with fences they do",
     {T(w.x.Store(1, kRlx)), T(w.y.Store(1, kRlx)),
      T(w.r0 = w.x.Load(kRlx); FenceSeqCst(); w.r1 = w.y.Load(kRlx)),
      T(w.r2 = w.y.Load(kRlx); FenceSeqCst(); w.r3 = w.x.Load(kRlx))},
     {R0, R1, R2, R3},
     {"01", "01", "01", "01"},
     {"1010"}},
    {"IRIW+one_fence_sc",
     {T(w.x.Store(1, kRlx)), T(w.y.Store(1, kRlx)),
      T(w.r0 = w.x.Load(kRlx); FenceSeqCst(); w.r1 = w.y.Load(kRlx)),
      T(w.r2 = w.y.Load(kRlx); w.r3 = w.x.Load(kRlx))},
     {R0, R1, R2, R3},
     {"01", "01", "01", "01"},
     {}},
    {"RWC+fences_sc",
     {T(w.x.Store(1, kRlx)),
      T(w.r0 = w.x.Load(kRlx); FenceSeqCst(); w.r1 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); FenceSeqCst(); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {"100"}},
    {"RWC+acq+one_fence_sc",
     {T(w.x.Store(1, kRel)), T(w.r0 = w.x.Load(kAcq); w.r1 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); FenceSeqCst(); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {}},
    {"W+RWC+rel+acq+fences_sc",
     {T(w.x.Store(1, kRlx); w.z.Store(1, kRel)),
      T(w.r0 = w.z.Load(kAcq); FenceSeqCst(); w.r1 = w.y.Load(kRlx)),
      T(w.y.Store(1, kRlx); FenceSeqCst(); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {"100"}},

    // --- Coherence: one location has one order -----------------------------
    {"CoRR",
     {T(w.x.Store(1, kRlx)), T(w.r0 = w.x.Load(kRlx); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"01", "01"},
     {"10"}},
    {"CoRR2: two readers see two writes in one order",
     {T(w.x.Store(1, kRlx)), T(w.x.Store(2, kRlx)),
      T(w.r0 = w.x.Load(kRlx); w.r1 = w.x.Load(kRlx)),
      T(w.r2 = w.x.Load(kRlx); w.r3 = w.x.Load(kRlx))},
     {R0, R1, R2, R3},
     {"012", "012", "012", "012"},
     {"10..", "20..", "..10", "..20", "1221", "2112"}},
    {"CoRW: no load returns a later store of its own thread",
     {T(w.r0 = w.x.Load(kRlx); w.x.Store(1, kRlx))},
     {R0},
     {"01"},
     {"1"}},
    {"CoRW2: a store comes after what its thread has read",
     {T(w.r0 = w.x.Load(kRlx); w.x.Store(1, kRlx)), T(w.x.Store(2, kRlx))},
     {R0, X},
     {"02", "12"},
     {"22"}},
    {"CoWR: a load returns nothing older than its thread's own store",
     {T(w.x.Store(1, kRlx); w.r0 = w.x.Load(kRlx)), T(w.x.Store(2, kRlx))},
     {R0, X},
     {"012", "12"},
     {"0.", "21"}},
    {"CoWW",
     {T(w.x.Store(1, kRlx); w.x.Store(2, kRlx))},
     {X},
     {"012"},
     {"0", "1"}},

    // --- Orders of stores to two locations ---------------------------------
    {"2+2W",
     {T(w.x.Store(1, kRlx); w.y.Store(2, kRlx)),
      T(w.y.Store(1, kRlx); w.x.Store(2, kRlx))},
     {X, Y},
     {"12", "12"},
     {}},
    {"2+2W+rel: release stores may still be reordered",
     {T(w.x.Store(1, kRel); w.y.Store(2, kRel)),
      T(w.y.Store(1, kRel); w.x.Store(2, kRel))},
     {X, Y},
     {"12", "12"},
     {}},
    {"2+2W+fences_sc",
     {T(w.x.Store(1, kRlx); FenceSeqCst(); w.y.Store(2, kRlx)),
      T(w.y.Store(1, kRlx); FenceSeqCst(); w.x.Store(2, kRlx))},
     {X, Y},
     {"12", "12"},
     {"11"}},
    {"S",
     {T(w.x.Store(2, kRlx); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); w.x.Store(1, kRlx))},
     {R0, X},
     {"01", "12"},
     {}},
    {"S+rel+acq",
     {T(w.x.Store(2, kRlx); w.y.Store(1, kRel)),
      T(w.r0 = w.y.Load(kAcq); w.x.Store(1, kRlx))},
     {R0, X},
     {"01", "12"},
     {"12"}},
    {"R",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRlx)),
      T(w.y.Store(2, kRlx); w.r0 = w.x.Load(kRlx))},
     {R0, Y},
     {"01", "12"},
     {}},
    {"R+rel+acq: neither order helps",
     {T(w.x.Store(1, kRel); w.y.Store(1, kRel)),
      T(w.y.Store(2, kRel); w.r0 = w.x.Load(kAcq))},
     {R0, Y},
     {"01", "12"},
     {}},
    {"R+fences_sc",
     {T(w.x.Store(1, kRlx); FenceSeqCst(); w.y.Store(1, kRlx)),
      T(w.y.Store(2, kRlx); FenceSeqCst(); w.r0 = w.x.Load(kRlx))},
     {R0, Y},
     {"01", "12"},
     {"02"}},

    // --- Causality through a third thread ----------------------------------
    {"WRC",
     {T(w.x.Store(1, kRlx)), T(w.r0 = w.x.Load(kRlx); w.y.Store(1, kRlx)),
      T(w.r1 = w.y.Load(kRlx); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {}},
    {"WRC+rel+acq: what was read is passed on, even if it was read relaxed",
     {T(w.x.Store(1, kRlx)), T(w.r0 = w.x.Load(kRlx); w.y.Store(1, kRel)),
      T(w.r1 = w.y.Load(kAcq); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {"110"}},
    {"WWC",
     {T(w.x.Store(2, kRlx)), T(w.r0 = w.x.Load(kRlx); w.y.Store(1, kRlx)),
      T(w.r1 = w.y.Load(kRlx); w.x.Store(1, kRlx))},
     {R0, R1, X},
     {"012", "01", "12"},
     {},
     {"11."}},
    {"WWC+rel+acq",
     {T(w.x.Store(2, kRlx)), T(w.r0 = w.x.Load(kRlx); w.y.Store(1, kRel)),
      T(w.r1 = w.y.Load(kAcq); w.x.Store(1, kRlx))},
     {R0, R1, X},
     {"012", "01", "12"},
     {"212", "11."}},
    {"ISA2+rel+acq",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.r0 = w.y.Load(kAcq); w.z.Store(1, kRel)),
      T(w.r1 = w.z.Load(kAcq); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {"110"}},
    {"ISA2+relaxed in the middle",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.r0 = w.y.Load(kRlx); w.z.Store(1, kRel)),
      T(w.r1 = w.z.Load(kAcq); w.r2 = w.x.Load(kRlx))},
     {R0, R1, R2},
     {"01", "01", "01"},
     {}},

    // --- Release sequences --------------------------------------------------
    {"RelSeq+rmw: a read-modify-write goes on with the sequence",
     {T(w.x.Store(1, kRlx); w.y.Store(2, kRel)), T(w.y.FetchAdd(4, kRlx)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"0246", "01"},
     {"20", "60"}},
    {"RelSeq+fence+rmw: so it does after a release fence",
     {T(w.x.Store(1, kRlx); FenceRelease(); w.y.Store(2, kRlx)),
      T(w.y.FetchAdd(4, kRlx)),
      T(w.r0 = w.y.Load(kRlx); FenceAcquire(); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"0246", "01"},
     {"20", "60"}},
    {"RelSeq+cas: so does a compare-and-swap",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)),
      T(w.r2 = 1; w.y.CompareExchange(w.r2, 3, kRlx, kRlx)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"013", "01"},
     {"10", "30"}},
    {"RelSeq+own store: C++20 ends it at the thread's own next store",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel); w.y.Store(2, kRlx)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"012", "01"},
     {"10"}},
    {"RelSeq+foreign store: ... and at any other thread's",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRel)), T(w.y.Store(2, kRlx)),
      T(w.r0 = w.y.Load(kAcq); w.r1 = w.x.Load(kRlx))},
     {R0, R1},
     {"012", "01"},
     {"10"}},

    // --- Read-modify-writes --------------------------------------------------
    {"RMW: no two read the same store",
     {T(w.r0 = w.x.FetchAdd(1, kRlx)), T(w.r1 = w.x.FetchAdd(1, kRlx))},
     {R0, R1, X},
     {"01", "01", "2"},
     {"00.", "11."}},
    {"RMW+store: nothing comes between what is read and what is written",
     {T(w.r0 = w.x.Exchange(1, kRlx)), T(w.x.Store(2, kRlx))},
     {R0, X},
     {"02", "12"},
     {"01", "22"}},
    {"CAS: one of two wins",
     {T(w.r2 = 0; w.r0 = w.x.CompareExchange(w.r2, 1, kAR, kAcq)),
      T(w.r3 = 0; w.r1 = w.x.CompareExchange(w.r3, 2, kAR, kAcq))},
     {R0, R1},
     {"01", "01"},
     {"00", "11"}},
    {"CAS+stale: one that fails is a load, and may return an old value",
     {T(w.x.Store(1, kRlx); w.x.Store(2, kRlx); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); w.r1 = 2;
        w.x.CompareExchange(w.r1, 3, kRlx, kRlx))},
     {R0, R1},
     {"01", "012"},
     {}},
    {"RMW+late: a read-modify-write reads the last store there is",
     {T(w.x.Store(1, kRlx); w.y.Store(1, kRlx)),
      T(w.r0 = w.y.Load(kRlx); w.r1 = w.x.FetchAdd(2, kRlx))},
     {R0, R1},
     {"01", "01"},
     {},
     {"10"}},
};

#undef T

bool Matches(const std::string& outcome,
             const std::vector<std::string_view>& patterns) {
  for (const std::string_view pattern : patterns) {
    bool matches = outcome.size() == pattern.size();
    for (size_t i = 0; matches && i < outcome.size(); ++i) {
      matches = pattern[i] == '.' || pattern[i] == outcome[i];
    }
    if (matches) return true;
  }
  return false;
}

// Every combination of one digit of each of `values`.
std::set<std::string> Combinations(
    const std::vector<std::string_view>& values) {
  std::set<std::string> all = {""};
  for (const std::string_view digits : values) {
    std::set<std::string> longer;
    for (const std::string& prefix : all) {
      for (const char digit : digits) longer.insert(prefix + digit);
    }
    all = longer;
  }
  return all;
}

std::string Join(const std::set<std::string>& outcomes) {
  std::string text;
  for (const std::string& outcome : outcomes) text += " " + outcome;
  return text;
}

// Under a sanitizer, which looks for misuse by the simulator and not for
// outcomes, the longest programs stop after so many executions of up to half a
// million.
constexpr uint64_t kMostExecutions = testing::kSanitized ? 20000 : ~uint64_t{0};

class LitmusTest : public ::testing::TestWithParam<Litmus> {};

TEST_P(LitmusTest, SeesWhatTheStandardAllowsAndNothingElse) {
  const Litmus& litmus = GetParam();
  std::set<std::string> seen;
  const auto program = [&] {
    World world;
    for (const Part part : litmus.threads) {
      Spawn([&world, part] { part(world); });
    }
    JoinAll();
    std::string outcome;
    for (const auto digit : litmus.outcome) {
      outcome += static_cast<char>('0' + digit(world));
    }
    seen.insert(outcome);
  };
  Simulation simulation;
  uint64_t ran = 0;
  const uint64_t executions =
      ExploreAll(simulation, {}, program, [&](const Execution& execution) {
        EXPECT_TRUE(execution.ok()) << execution.message;
        return execution.ok() && ++ran < kMostExecutions;
      });
  std::set<std::string> expected;
  for (const std::string& outcome : Combinations(litmus.values)) {
    if (!Matches(outcome, litmus.forbidden) &&
        !Matches(outcome, litmus.not_modelled)) {
      expected.insert(outcome);
    }
  }
  if (ran < kMostExecutions) {
    EXPECT_EQ(Join(seen), Join(expected)) << litmus.name;
  } else {
    EXPECT_TRUE(std::includes(expected.begin(), expected.end(), seen.begin(),
                              seen.end()))
        << litmus.name << ":" << Join(seen);
  }
  RecordProperty("executions", std::to_string(executions));
  std::cout << litmus.name << ": " << executions
            << " executions, seen:" << Join(seen) << "\n";
}

INSTANTIATE_TEST_SUITE_P(Table, LitmusTest, ::testing::ValuesIn(kLitmusTests),
                         [](const ::testing::TestParamInfo<Litmus>& row) {
                           std::string name = row.param.name;
                           name = name.substr(0, name.find(':'));
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c)))
                               c = '_';
                           }
                           return name;
                         });

// Without stale reads there are interleavings only, and no weak outcome.
TEST(InterleavingsOnly, ForbidEveryWeakOutcome) {
  const std::set<std::string> all = {"00", "01", "10", "11"};
  struct Case {
    const char* name;
    Part first;
    Part second;
    const char* weak;
  };
  const Case cases[] = {
      {"MP", [](World& w) { w.x.Store(1, kRlx), w.y.Store(1, kRlx); },
       [](World& w) { w.r0 = w.y.Load(kRlx), w.r1 = w.x.Load(kRlx); }, "10"},
      {"SB", [](World& w) { w.x.Store(1, kRlx), w.r0 = w.y.Load(kRlx); },
       [](World& w) { w.y.Store(1, kRlx), w.r1 = w.x.Load(kRlx); }, "00"},
  };
  for (const Case& c : cases) {
    std::set<std::string> seen;
    Simulation simulation;
    Options options;
    options.stale = false;
    ExploreAll(
        simulation, options,
        [&] {
          World world;
          Spawn([&] { c.first(world); });
          Spawn([&] { c.second(world); });
          JoinAll();
          seen.insert(std::to_string(world.r0) + std::to_string(world.r1));
        },
        [](const Execution& execution) { return execution.ok(); });
    std::set<std::string> expected = all;
    expected.erase(c.weak);
    EXPECT_EQ(seen, expected) << c.name;
  }
}

}  // namespace
}  // namespace pma::sim
