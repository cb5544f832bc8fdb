// SPDX-License-Identifier: Apache-2.0

#include "fuzz/sim/memory.h"

#include <algorithm>
#include <bit>
#include <cstring>

// The program and its static variables, for the linker.
extern "C" {
extern const char __executable_start[];
extern const char _end[];
}

namespace pma::sim {
namespace {

// Atomics are kept as numbers in their lowest bytes.
static_assert(std::endian::native == std::endian::little);

bool IsStatic(const void* address) {
  return address >= static_cast<const void*>(__executable_start) &&
         address < static_cast<const void*>(_end);
}

void WriteRaw(const void* address, uint64_t value, size_t bytes) {
  std::memcpy(const_cast<void*>(address), &value, bytes);
}

uint64_t Truncate(uint64_t value, size_t bytes) {
  return bytes >= 8 ? value : value & ((uint64_t{1} << (8 * bytes)) - 1);
}

uint64_t Apply(Operation operation, uint64_t value, uint64_t operand) {
  switch (operation) {
    case Operation::kExchange:
      return operand;
    case Operation::kAdd:
      return value + operand;
    case Operation::kAnd:
      return value & operand;
    case Operation::kOr:
      return value | operand;
    case Operation::kXor:
      return value ^ operand;
  }
  return value;
}

}  // namespace

void Memory::Begin(bool stale) {
  for (const Location& location : locations_) {
    if (!location.in_heap) {
      table_[reinterpret_cast<uintptr_t>(location.address) / 8 % kTableSize] =
          0;
    }
  }
  locations_.clear();
  stores_.clear();
  stale_ = stale;
  verdict_ = {};
  fence_order_ = {};
  threads_[0] = {};
  threads_[0].now.Set(0, 1);
}

void Memory::End() {
  for (const Location& location : locations_) {
    if (!location.in_heap && IsStatic(location.address)) {
      WriteRaw(location.address, location.original, location.bytes);
    }
  }
}

void Memory::Start(int child, int parent) {
  threads_[child] = {};
  threads_[child].now = threads_[parent].now;
  threads_[child].now.Set(
      child, static_cast<Tick>(threads_[parent].now.hb[child] + 1));
  Publish(parent);
}

void Memory::Join(int parent, int child) {
  threads_[parent].now.Join(threads_[child].now);
}

Tick Memory::Moment(int fiber) {
  const Tick moment = threads_[fiber].now.hb[fiber];
  Publish(fiber);
  return moment;
}

// What the fiber does from here on is not known to those who know what it did
// before.
void Memory::Publish(int fiber) {
  Knowledge& now = threads_[fiber].now;
  const Tick tick = now.hb[fiber];
  if (tick == kMaxTick) {
    Violate(Violation::kTooLong, -1, nullptr, nullptr);
    return;
  }
  now.Set(fiber, static_cast<Tick>(tick + 1));
}

void Memory::Violate(Violation violation, int other, const Location* location,
                     const void* address) {
  if (verdict_.violation != Violation::kNone) return;
  verdict_ = {violation, other, address,
              location == nullptr ? kNone : Number(*location)};
}

// --- Locations --------------------------------------------------------------

uint64_t Memory::ReadRaw(const void* address, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, address, bytes);
  return value;
}

Memory::Location* Memory::Find(const void* address, size_t bytes) {
  if (!heap_.Owns(address)) {
    uint32_t& slot =
        table_[reinterpret_cast<uintptr_t>(address) / 8 % kTableSize];
    uint32_t head = slot == 0 ? kNone : slot - 1;
    Location* location = FindOrAdd(&head, address, bytes, /*in_heap=*/false);
    slot = head + 1;
    return location;
  }
  uint32_t* shadow = heap_.Shadow(address);
  if (*shadow < Heap::kFirstLocation) [[unlikely]] {
    if (*shadow != Heap::kAllocated) {
      Violate(*shadow == Heap::kFreed ? Violation::kUseAfterFree
                                      : Violation::kNobodysMemory,
              -1, nullptr, address);
      return nullptr;
    }
    uint32_t head = kNone;
    Location* location = FindOrAdd(&head, address, bytes, /*in_heap=*/true);
    *shadow = head + Heap::kFirstLocation;
    return location;
  }
  uint32_t head = *shadow - Heap::kFirstLocation;
  Location* location = FindOrAdd(&head, address, bytes, /*in_heap=*/true);
  *shadow = head + Heap::kFirstLocation;
  return location;
}

Memory::Location* Memory::FindOrAdd(uint32_t* head, const void* address,
                                    size_t bytes, bool in_heap) {
  bool freed = false;
  for (uint32_t i = *head; i != kNone; i = locations_[i].next) {
    if (locations_[i].address == address) return &locations_[i];
    freed |= in_heap && locations_[i].freed;  // it shares their granule
  }
  if (freed) {
    Violate(Violation::kUseAfterFree, -1, nullptr, address);
    return nullptr;
  }
  const uint64_t value = ReadRaw(address, bytes);
  const auto store = static_cast<uint32_t>(stores_.size());
  // Whatever was there before the first access is known to everyone.
  stores_.push_back({{}, Clock(), value, kNone, 0, false});
  const auto number = static_cast<uint32_t>(locations_.size());
  locations_.push_back({address,
                        value,
                        {},
                        {},
                        store,
                        *head,
                        0,
                        static_cast<uint8_t>(bytes),
                        false,
                        in_heap});
  *head = number;
  return &locations_[number];
}

Memory::Location* Memory::Reach(int fiber, const void* address, size_t bytes) {
  Location* location = Find(address, bytes);
  if (location == nullptr) return nullptr;
  const Clock& before = threads_[fiber].now.hb;
  if (location->freed) {
    Violate(Violation::kUseAfterFree, -1, location, address);
    return nullptr;
  }
  if (!location->written.Within(before)) {
    Violate(Violation::kRace, location->written.FirstBeyond(before), location,
            address);
    return nullptr;
  }
  location->accessed.Set(fiber, before[fiber]);
  return location;
}

// --- Atomic accesses --------------------------------------------------------

// A store that a load by `thread` may return; with `unless_equal`, the newest
// or one of another value.
uint32_t Memory::ChooseStore(const Location& location, const Thread& thread,
                             bool unless_equal, uint64_t unless_value) {
  if (!stale_) return location.newest;
  uint32_t options[kDepth];
  unsigned count = 0;
  unsigned depth = 0;
  for (uint32_t i = location.newest; i != kNone; i = stores_[i].older) {
    if (count == 0 || !unless_equal || stores_[i].value != unless_value) {
      options[count++] = i;
    }
    if (stores_[i].seen.Touches(thread.now.seen) || ++depth == kDepth) break;
  }
  return options[count == 1 ? 0 : chooser_.ChooseAccess(count)];
}

Access Memory::Read(Location& location, int fiber, uint32_t store,
                    Order order) {
  StoreRecord& record = stores_[store];
  See(record, fiber);
  Acquire(threads_[fiber], record, order);
  return {record.value,   Number(location),
          record.version, stores_[location.newest].version,
          store,          false,
          false};
}

Access Memory::Load(int fiber, const void* address, size_t bytes, Order order) {
  Location* location = Reach(fiber, address, bytes);
  if (location == nullptr) return {};
  const uint32_t store =
      ChooseStore(*location, threads_[fiber], /*unless_equal=*/false, 0);
  return Read(*location, fiber, store, order);
}

void Memory::ChoosePlace(const Location& location, const Thread& thread,
                         uint32_t* above) {
  *above = kNone;
  if (!stale_) return;
  uint32_t options[kDepth] = {kNone};
  unsigned count = 1;
  unsigned depth = 0;
  for (uint32_t i = location.newest; i != kNone; i = stores_[i].older) {
    if (stores_[i].seen.Touches(thread.now.seen) || ++depth == kDepth) break;
    if (!stores_[i].modifies) options[count++] = i;
  }
  *above = options[count == 1 ? 0 : chooser_.ChooseAccess(count)];
}

Memory::StoreRecord& Memory::AddStore(Location& location, int fiber,
                                      uint64_t value) {
  StoreRecord& store = stores_.Append();
  store.value = value;
  store.seen = Clock::AllNever();
  store.version = ++location.versions;
  store.modifies = false;
  See(store, fiber);
  return store;
}

Access Memory::Store(int fiber, void* address, size_t bytes, uint64_t value,
                     Order order) {
  Location* location = Reach(fiber, address, bytes);
  if (location == nullptr) return {};
  Thread& thread = threads_[fiber];
  uint32_t above;
  ChoosePlace(*location, thread, &above);
  const auto number = static_cast<uint32_t>(stores_.size());
  StoreRecord& store = AddStore(*location, fiber, value);
  store.release = Releases(order) ? thread.now : thread.fence_release;
  uint32_t& link = above == kNone ? location->newest : stores_[above].older;
  store.older = link;
  link = number;
  const bool changed = stores_[store.older].value != value;
  if (above == kNone) WriteRaw(address, value, bytes);
  if (Releases(order)) Publish(fiber);
  return {value,         Number(*location),
          store.version, stores_[location->newest].version,
          number,        true,
          changed};
}

// Puts `value` in the place of the newest store, which has been read.
Access Memory::Replace(Location& location, int fiber, uint64_t value,
                       Order order) {
  const uint32_t read = location.newest;
  Access access = Read(location, fiber, read, order);
  Thread& thread = threads_[fiber];
  const auto number = static_cast<uint32_t>(stores_.size());
  StoreRecord& store = AddStore(location, fiber, value);
  store.release = Releases(order) ? thread.now : thread.fence_release;
  store.release.Join(stores_[read].release);  // the release sequence goes on
  store.modifies = true;
  store.older = read;
  location.newest = number;
  WriteRaw(location.address, value, location.bytes);
  if (Releases(order)) Publish(fiber);
  access.version = store.version;
  access.newest = store.version;
  access.stored = true;
  access.changed = stores_[read].value != value;
  return access;
}

Access Memory::Modify(int fiber, void* address, size_t bytes,
                      Operation operation, uint64_t operand, Order order) {
  Location* location = Reach(fiber, address, bytes);
  if (location == nullptr) return {};
  const uint64_t value = stores_[location->newest].value;
  return Replace(*location, fiber,
                 Truncate(Apply(operation, value, operand), bytes), order);
}

Access Memory::CompareExchange(int fiber, void* address, size_t bytes,
                               uint64_t expected, uint64_t desired,
                               Order success, Order failure) {
  Location* location = Reach(fiber, address, bytes);
  if (location == nullptr) return {};
  const uint32_t store = ChooseStore(*location, threads_[fiber],
                                     /*unless_equal=*/true, expected);
  if (stores_[store].value != expected) {
    return Read(*location, fiber, store, failure);
  }
  return Replace(*location, fiber, desired, success);
}

Access Memory::Construct(int fiber, void* address, size_t bytes,
                         uint64_t value) {
  const Access access = WritePlain(fiber, address, bytes);
  if (verdict_.violation != Violation::kNone) return access;
  Location& location = locations_[access.location];
  const auto number = static_cast<uint32_t>(stores_.size());
  StoreRecord& store = AddStore(location, fiber, value);
  store.release = {};
  store.older = kNone;
  store.version = location.versions = 0;
  location.newest = number;
  location.bytes = static_cast<uint8_t>(bytes);
  WriteRaw(address, value, bytes);
  return {value, access.location, 0, 0, number, true, false};
}

// --- Fences -----------------------------------------------------------------

void Memory::FenceAcquire(int fiber) {
  Thread& thread = threads_[fiber];
  thread.now.Join(thread.acquire_pending);
}

void Memory::FenceRelease(int fiber) {
  Thread& thread = threads_[fiber];
  thread.fence_release = thread.now;
  Publish(fiber);
}

void Memory::FenceSeqCst(int fiber) {
  Thread& thread = threads_[fiber];
  thread.now.Join(thread.acquire_pending);
  thread.now.seen.Join(fence_order_);
  fence_order_ = thread.now.seen;
  FenceRelease(fiber);
}

// --- Plain data -------------------------------------------------------------

Access Memory::ReadPlain(int fiber, const void* address, size_t bytes) {
  const Location* location = Reach(fiber, address, bytes);
  if (location == nullptr) return {};
  return {ReadRaw(address, std::min<size_t>(bytes, 8)),
          Number(*location),
          0,
          0,
          0,
          false,
          false};
}

Access Memory::WritePlain(int fiber, const void* address, size_t bytes) {
  Location* location = Find(address, bytes);
  if (location == nullptr) return {};
  const Clock& before = threads_[fiber].now.hb;
  if (location->freed) {
    Violate(Violation::kUseAfterFree, -1, location, address);
    return {};
  }
  if (!location->accessed.Within(before)) {
    Violate(Violation::kRace, location->accessed.FirstBeyond(before), location,
            address);
    return {};
  }
  location->accessed.Set(fiber, before[fiber]);
  location->written.Set(fiber, before[fiber]);
  return {0, Number(*location), 0, 0, 0, true, false};
}

void Memory::Free(int fiber, void* begin) {
  const Heap::Block block = heap_.BlockAt(begin);
  if (block.begin == nullptr || block.freed) {
    Violate(Violation::kBadFree, -1, nullptr, begin);
    return;
  }
  const Clock& before = threads_[fiber].now.hb;
  for (size_t offset = 0; offset < block.bytes; offset += Heap::kGranuleBytes) {
    uint32_t& shadow = *heap_.Shadow(block.begin + offset);
    if (shadow == Heap::kAllocated) {
      shadow = Heap::kFreed;
      continue;
    }
    for (uint32_t i = shadow - Heap::kFirstLocation; i != kNone;
         i = locations_[i].next) {
      Location& location = locations_[i];
      if (!location.accessed.Within(before)) {
        Violate(Violation::kFreeRace, location.accessed.FirstBeyond(before),
                &location, location.address);
        return;
      }
      location.freed = true;
    }
  }
  heap_.Free(block);
}

}  // namespace pma::sim
