// SPDX-License-Identifier: Apache-2.0

// The state of one map, and the memory it is made of.
//
// The published directory, and what the map holds besides (holdings.h). All
// memory comes from the user's allocator through here and is counted.
//
// SYNC-9: the CAS that publishes a directory / LoadAcquire of the pointer:
//         whoever sees a directory sees its extents.
// SYNC-24: the CAS in MakeHoldings / LoadAcquire in NeedHoldings: they are
//         constructed before they are found. (Whoever has seen an entry, or a
//         directory, has seen them.)

#ifndef PMA_INTERNAL_STORE_TREE_H_
#define PMA_INTERNAL_STORE_TREE_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/line_allocator.h"
#include "pma/internal/reclaim/epoch.h"
#include "pma/internal/store/directory.h"
#include "pma/internal/store/extent_memory.h"
#include "pma/internal/store/holdings.h"
#include "pma/stats.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class alignas(64) Tree {
 public:
  using Platform = typename Types::Platform;
  using Key = typename Types::Key;
  using Value = typename Types::Value;
  using KeyCodec = typename Types::KeyCodec;
  using ValueCodec = typename Types::ValueCodec;
  using SeparatorCodec = typename Types::SeparatorCodec;
  using KeyBits = typename Types::KeyBits;
  using ValueBits = typename Types::ValueBits;
  using SeparatorBits = typename Types::SeparatorBits;
  using Allocator = typename Types::Allocator;
  using Order = typename Types::Order;
  template <class Type>
  using Atomic = typename Platform::template Atomic<Type>;

  static constexpr size_t kCells = Types::kCells;
  Tree(const typename Types::Compare& compare, const Allocator& allocator)
      : order_(compare), allocator_(allocator) {}
  // Requires that no other thread uses the tree.
  ~Tree() { Reset(); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const Order& order() const { return order_; }
  const Allocator& allocator() const { return allocator_; }

  // --- The directory ------------------------------------------------------

  // Null while the map has never held an entry, and after Clear. Extents and
  // separators in it are no younger, so a guard that covers it covers them.
  Directory<Types>* LoadDirectory(const Guard<Platform>& guard) const {
    CheckCopy();
    for (;;) {
      Directory<Types>* directory = directory_.LoadAcquire();  // SYNC-9
      if (guard.Covers()) [[likely]] {
        return directory;
      }
    }
  }
  // The short way: false if the guard does not cover it.
  bool QuickLoadDirectory(const QuickGuard<Platform>& guard,
                          Directory<Types>*& directory) const {
    CheckCopy();
    directory = directory_.LoadAcquire();  // SYNC-9
    return guard.Covers();
  }
  // Under no guard: for whoever has the map to himself.
  Directory<Types>* UnguardedDirectory() const {
    CheckCopy();
    return directory_.LoadAcquire();
  }

  // Replaces `count` extents from `position` on in `expected` by `extents`.
  // False if the directory was no longer `expected`. Throws std::bad_alloc.
  bool PublishExtents(Guard<Platform>&, Directory<Types>* expected,
                      size_t position, size_t count,
                      std::span<Extent<Types>* const> extents) {
    const size_t old_count = expected == nullptr ? 0 : expected->count();
    const size_t bytes =
        Directory<Types>::BytesFor(old_count - count + extents.size());
    Directory<Types>* directory = Directory<Types>::Construct(
        Lines(allocator_).Allocate(bytes), expected, position, count, extents);
    directory->stamp = EpochClock<Platform>::Now();
    held().directory_bytes.FetchAddRelaxed(Lines::Taken(bytes));
    // Once published it is everybody's: replaced, and freed as too young for
    // this guard, before the next line.
    const bool grown = directory->count() > 1;
    Directory<Types>* replaced = expected;
    if (!directory_.CompareExchangeAcqRel(replaced, directory)) {  // SYNC-9
      DestroyDirectory(directory);
      return false;
    }
    if (expected != nullptr) {
      held().parts.Retire(expected, kRetiredDirectory, expected->bytes());
    }
    if (grown) held().stripes.Grow();
    return true;
  }

  // Publishes "no entries" in place of `expected`, which is then retired.
  bool PublishEmpty(Guard<Platform>&, Directory<Types>* expected) {
    Directory<Types>* replaced = expected;
    if (!directory_.CompareExchangeAcqRel(replaced, nullptr)) {  // SYNC-9
      return false;
    }
    held().parts.Retire(expected, kRetiredDirectory, expected->bytes());
    return true;
  }

  // --- Extents ------------------------------------------------------------

  // Slabs made beforehand for extents of so many segments in all. Throws
  // std::bad_alloc.
  using Stock = typename ExtentMemory<Types>::Stock;
  Stock StockFor(size_t segments, Trend trend = Trend::kGrows) {
    return Stock(NeedHoldings().extents,
                 segments / Extent<Types>::kSlabSegments, trend);
  }

  // Throws std::bad_alloc.
  ExtentMemory<Types>& extent_memory() { return NeedHoldings().extents; }

  // An extent with copies of the fences, with slabs from a stock as long as it
  // has any. Throws std::bad_alloc, or what the copy of a key throws.
  Extent<Types>* CreateExtent(size_t capacity, const Fence<Types>& lower,
                              const Fence<Types>& upper, Stock& stock) {
    // Its fences are boxes of its own, freed with it: it is no younger.
    const uint64_t birth = EpochClock<Platform>::Now();
    Fence<Types> lower_copy = CopyFence(lower);
    Fence<Types> upper_copy;
    Rollback give_back([&] {
      DestroyFence(lower_copy);
      DestroyFence(upper_copy);
    });
    upper_copy = CopyFence(upper);
    Extent<Types>* extent =
        held().extents.Create(capacity, lower_copy, upper_copy, stock);
    extent->stamp = birth;
    give_back.Dismiss();
    return extent;
  }

  // Frees an extent nobody can see, and its cells' boxes if it owns them.
  void DestroyExtent(Extent<Types>* extent) {
    if (extent->owns_cells) DestroyCells(*extent);
    for (size_t i = 1; i < extent->active(); ++i) {
      DestroySeparator(extent->index().Load(i));
    }
    const Fence<Types> lower = extent->lower();
    const Fence<Types> upper = extent->upper();
    held().extents.Destroy(extent);
    DestroyFence(lower);
    DestroyFence(upper);
  }

  // Extents that are still to be moved, by their position in the directory,
  // the last one first. Several threads may each take the same one.
  size_t to_move() const { return held().to_move.LoadRelaxed(); }
  void set_to_move(size_t extents) {
    held().to_move.StoreRelaxed(static_cast<uint32_t>(extents));
  }

  // --- Boxes --------------------------------------------------------------
  // One argument is converted by what looks like a cast, which must be no more
  // than an initialisation.
  template <class... Args>
    requires std::is_constructible_v<Key, Args...>
  KeyBits MakeKey(Args&&... args) {
    if constexpr (kIsTextCodec<KeyCodec>) {
      return internal::WithTextOf<KeyCodec, Key>(
          [&](auto text) { return KeyCodec::Encode(NewText(text)); }, args...);
    } else if constexpr (KeyCodec::kBoxed) {
      return KeyCodec::Encode(NewBox<Key>(std::forward<Args>(args)...));
    } else {
      return KeyCodec::Encode(Key(std::forward<Args>(args)...));
    }
  }
  template <class... Args>
  ValueBits MakeValue(Args&&... args) {
    if constexpr (ValueCodec::kBoxed) {
      return ValueCodec::Encode(NewBox<Value>(std::forward<Args>(args)...));
    } else {
      return ValueCodec::Encode(Value(std::forward<Args>(args)...));
    }
  }
  // A separator equal to `key`, with a box of its own if it needs one.
  SeparatorBits MakeSeparator(const Key& key) {
    if constexpr (kIsTextCodec<SeparatorCodec>) {
      return SeparatorCodec::Encode(NewText(SeparatorCodec::TextOf(key)));
    } else if constexpr (SeparatorCodec::kBoxed) {
      return SeparatorCodec::Encode(NewBox<Key>(key));
    } else {
      return SeparatorCodec::Encode(key);
    }
  }
  // A box of a text, and such boxes' memory, or NoTexts.
  TextBox* NewText(std::string_view text) {
    const auto* record = ThreadRegistry<Platform>::CurrentIfAny();
    auto& texts = NeedHoldings().texts;
    TextBox* const box = texts.New(SlotOf(record), text);
    NoteBirth(*box, Texts::Taken(*box));
    const bool at_times = record == nullptr || record->births % 64 == 0;
    if (at_times) texts.Note(BytesApart());
    return box;
  }
  auto& texts() { return held().texts; }
  // Of boxes that lie by themselves.
  size_t BytesApart() const { return held().BytesApart(); }

  // Frees what was made above and never published.
  void DestroyKey(const KeyBits& bits) {
    if constexpr (KeyCodec::kBoxed) DeleteBox(KeyCodec::BoxOf(bits));
  }
  void DestroyValue(const ValueBits& bits) {
    if constexpr (ValueCodec::kBoxed) DeleteBox(ValueCodec::BoxOf(bits));
  }
  void DestroySeparator(const SeparatorBits& bits) {
    if constexpr (SeparatorCodec::kBoxed) {
      DeleteBox(SeparatorCodec::BoxOf(bits));
    }
  }

  // --- Retiring -----------------------------------------------------------

  // Hands over what no new reader can find, and frees what can be if it is time
  // for that. `own` is the calling thread's record if it holds no guard, else
  // null. (Boxes of cells go through RetiredBoxes.)
  void RetireKey(const ThreadRecord<Platform>* own, const KeyBits& bits,
                 bool collects = true) {
    if constexpr (KeyCodec::kBoxed) {
      RetireBox(own, KeyCodec::BoxOf(bits), kRetiredKey, collects);
    }
  }
  void RetireValue(const ThreadRecord<Platform>* own, const ValueBits& bits) {
    if constexpr (ValueCodec::kBoxed) {
      RetireBox(own, ValueCodec::BoxOf(bits), kRetiredValue);
    }
  }
  void RetireSeparator(Guard<Platform>&, const SeparatorBits& bits) {
    if constexpr (SeparatorCodec::kBoxed) {
      RetireBox(nullptr, SeparatorCodec::BoxOf(bits), kRetiredKey);
    }
  }
  // With its cells' boxes if it owns them.
  void RetireExtent(Guard<Platform>&, Extent<Types>* extent) {
    assert(extent != nullptr);
    if (extent->owns_cells) extent->stamp = OldestBirth(*extent);
    held().parts.Retire(extent, kRetiredExtent, extent->bytes());
  }

  // Whether extents or directories are retired and not freed.
  bool HasGarbage() const { return held().parts.count() > 0; }

  // After extents have been retired: frees them now, and all else that can be,
  // unless some other guard is in the way. An extent is a quarter of a
  // megabyte, and no later operation might come by. What was read under the
  // guard must not be used any more.
  void Collect(Guard<Platform>& guard, bool may_interrupt = true) {
    const auto* own = guard.outermost() ? &guard.record() : nullptr;
    CollectTaken(own, may_interrupt,
                 [&](auto& limbo) { return limbo.TakeIfWorthIt(own); });
  }

  // False of a map that has never held anything.
  bool HasHoldings() const { return HoldingsIfAny() != nullptr; }

  // Frees all that can be freed now. Returns how many objects are held by
  // guards, those of the calling thread included.
  size_t Reclaim() {
    CheckCopy();
    const auto* own = ThreadRegistry<Platform>::CurrentIfAny();
    if (own != nullptr && own->guarded()) own = nullptr;
    CollectTaken(own, /*may_interrupt=*/true,
                 [](auto& limbo) { return limbo.Take(); });
    const Held* held = HoldingsIfAny();
    return held == nullptr ? 0 : held->RetiredCount();
  }

  // Collects where operations are likely to follow. To be certain of idle
  // threads takes an interrupt of all processors; before that, garbage may come
  // to eight extents, if that is no more than a thirty-second of the map.
  void CollectInPassing(Guard<Platform>& guard) {
    const Directory<Types>* directory = LoadDirectory(guard);
    const size_t extents = directory == nullptr ? 0 : directory->count();
    // An extent and a directory are retired each time.
    const size_t can_wait = 2 * std::min<size_t>(8, extents / 32);
    Collect(guard, /*may_interrupt=*/held().parts.count() >= can_wait);
  }

  // --- Counters -----------------------------------------------------------

  void AddEntries(const ThreadRecord<Platform>& record, int64_t delta) {
    held().stripes.Add(record.slot, &Stripe::entries, delta);
  }
  size_t EntryCount() const {
    const Held* held = HoldingsIfAny();
    return held == nullptr ? 0 : held->stripes.Sum(&Stripe::entries);
  }

  // What has been done to make room, or to give it back: a window moved, an
  // extent replaced, or nothing, because somebody else was at it.
  void CountRebalance(const ThreadRecord<Platform>& record) {
    held().stripes.Add(record.slot, &Stripe::rebalances, 1);
  }
  void CountRebuild() { held().rebuilds.FetchAddRelaxed(1); }
  void CountRetry(const ThreadRecord<Platform>& record) {
    held().stripes.Add(record.slot, &Stripe::retries, 1);
  }

  // The figures that are counted, not those that are looked up.
  MapStats Counters() const {
    const Held* held = HoldingsIfAny();
    return held == nullptr ? MapStats() : held->Counters();
  }
  MemoryUsage Usage() const {
    const Held* held = HoldingsIfAny();
    MemoryUsage usage = held == nullptr ? MemoryUsage() : held->Usage();
    usage.allocated_bytes += sizeof(Tree);
    return usage;
  }

  // --- Whole-tree changes that are not concurrent with anything -----------

  void Reset() {
    Held* const held = held_.LoadRelaxed();
    if (held == nullptr) return;
    if (Directory<Types>* directory = directory_.LoadRelaxed()) {
      for (size_t i = 0; i < directory->count(); ++i) {
        directory->extent(i)->owns_cells = true;
        DestroyExtent(directory->extent(i));
      }
      DestroyDirectory(directory);
      directory_.StoreRelaxed(nullptr);
    }
    held->parts.CollectAll(FreePart());
    held->stripes.ForEach(
        [&](Stripe& stripe) { stripe.boxes.CollectAll(FreeBox()); });
    held_.StoreRelaxed(nullptr);
    DestroyHoldings(held);
  }

  // Takes the content of `other`, which is left empty; this tree must be new.
  void TakeFrom(Tree& other) {
    // What it has retired is stamped by the clock it was made with.
    other.CheckCopy();
    directory_.StoreRelaxed(other.directory_.LoadRelaxed());
    Held* const held = other.held_.LoadRelaxed();
    if (held != nullptr) held->Use(allocator_);
    held_.StoreRelaxed(held);
    other.directory_.StoreRelaxed(nullptr);
    other.held_.StoreRelaxed(nullptr);
  }

 private:
  using Held = Holdings<Types>;
  using AllStripes = typename Held::AllStripes;
  using Stripe = typename Held::Stripe;
  using Texts = typename Held::Texts;
  using Boxes = typename Held::Boxes;
  using Lines = LineAllocator<Allocator>;
  template <class Type>
  using Rebind =
      typename std::allocator_traits<Allocator>::template rebind_traits<Type>;
  template <class Type>
  using BoxMemory =
      std::conditional_t<(alignof(Box<Type>) > kPlainAlign),
                         AlignedAllocator<alignof(Box<Type>), Allocator>,
                         BlockAllocator<Box<Type>, Allocator>>;

  // What the map holds, where it does: whoever has found something in the map,
  // or made it, knows.
  Held& held() const {
    Held* const held = held_.LoadRelaxed();
    assert(held != nullptr);
    return *held;
  }
  Held* HoldingsIfAny() const { return held_.LoadAcquire(); }  // SYNC-24
  // Makes them if there are none. Throws std::bad_alloc.
  Held& NeedHoldings() {
    Held* const held = held_.LoadAcquire();  // SYNC-24
    return held != nullptr ? *held : MakeHoldings();
  }
  [[gnu::cold, gnu::noinline]] Held& MakeHoldings() {
    Held* const made =
        ::new (Lines(allocator_).Allocate(sizeof(Held))) Held(allocator_);
    Held* found = nullptr;
    if (held_.CompareExchangeAcqRel(found, made)) return *made;  // SYNC-24
    DestroyHoldings(made);
    return *found;
  }
  void DestroyHoldings(Held* held) {
    held->~Held();
    Lines(allocator_).Free(held, sizeof(Held));
  }

  template <class Type, class... Args>
  Box<Type>* NewBox(Args&&... args) {
    NeedHoldings();
    BoxMemory<Type> memory(allocator_);
    auto* box = ::new (memory.Allocate(sizeof(Box<Type>))) Box<Type>();
    Rollback give_back([&] { memory.Free(box, sizeof(Box<Type>)); });
    typename Rebind<Type>::allocator_type allocator(allocator_);
    Rebind<Type>::construct(allocator, std::addressof(box->value),
                            std::forward<Args>(args)...);
    give_back.Dismiss();
    NoteBirth(*box,
              static_cast<int64_t>(BoxMemory<Type>::Taken(sizeof(Box<Type>))));
    return box;
  }
  void DeleteBox(TextBox* box) {
    AddBoxBytes(ThreadRegistry<Platform>::CurrentIfAny(), -Texts::Taken(*box));
    held().texts.Delete(box);
  }
  void NoteBirth(Retirable& box, int64_t bytes) {
    box.stamp = EpochClock<Platform>::Now();
    auto* record = ThreadRegistry<Platform>::CurrentIfAny();
    AddBoxBytes(record, bytes);
    if (record != nullptr &&
        ++record->births >= Types::Tuning::BirthsPerEpoch()) [[unlikely]] {
      record->births = 0;
      EpochClock<Platform>::Advance(box.stamp);
    }
  }
  template <class Type>
  void DeleteBox(Box<Type>* box) {
    typename Rebind<Type>::allocator_type allocator(allocator_);
    Rebind<Type>::destroy(allocator, std::addressof(box->value));
    box->~Box<Type>();
    BoxMemory<Type>(allocator_).Free(box, sizeof(Box<Type>));
    AddBoxBytes(
        ThreadRegistry<Platform>::CurrentIfAny(),
        -static_cast<int64_t>(BoxMemory<Type>::Taken(sizeof(Box<Type>))));
  }
  // A thread without a record destroys the map and must not need one for it.
  static size_t SlotOf(const ThreadRecord<Platform>* record) {
    return record == nullptr ? AllStripes::kNoSlot : record->slot;
  }
  void AddBoxBytes(const ThreadRecord<Platform>* record, int64_t delta) {
    held().stripes.Add(SlotOf(record), &Stripe::box_bytes, delta);
  }

  Fence<Types> CopyFence(const Fence<Types>& fence) {
    if (!fence.finite) return fence;
    return {MakeSeparator(SeparatorCodec::View(fence.bits)), true};
  }
  void DestroyFence(const Fence<Types>& fence) {
    if (fence.finite) DestroySeparator(fence.bits);
  }
  void DestroyDirectory(Directory<Types>* directory) {
    const size_t bytes = directory->bytes();
    directory->~Directory();
    Lines(allocator_).Free(directory, bytes);
    held().directory_bytes.FetchAddRelaxed(-Lines::Taken(bytes));
  }
  void DestroyCells(Extent<Types>& extent) {
    if constexpr (KeyCodec::kBoxed || ValueCodec::kBoxed) {
      for (size_t s = 0; s < extent.capacity(); ++s) {
        auto& segment = extent.segment(s);
        const size_t count = segment.LoadWord().count();
        for (size_t i = 0; i < count; ++i) {
          DestroyKey(segment.keys.Load(i));
          DestroyValue(segment.values.Load(i));
        }
      }
    }
  }

  // No younger than any box in the cells of a replaced extent.
  static uint64_t OldestBirth(const Extent<Types>& extent) {
    uint64_t oldest = extent.stamp;
    if constexpr (KeyCodec::kBoxed || ValueCodec::kBoxed) {
      for (size_t s = 0; s < extent.capacity(); ++s) {
        const auto& segment = extent.segment(s);
        const size_t count = segment.LoadWord().count();
        for (size_t i = 0; i < count; ++i) {
          if constexpr (KeyCodec::kBoxed) {
            oldest =
                std::min(oldest, KeyCodec::BoxOf(segment.keys.Load(i))->stamp);
          }
          if constexpr (ValueCodec::kBoxed) {
            oldest = std::min(oldest,
                              ValueCodec::BoxOf(segment.values.Load(i))->stamp);
          }
        }
      }
    }
    return oldest;
  }

  template <class Type>
  static size_t BytesOf(const Box<Type>& box) {
    return sizeof(box) + OwnedBytes(box.value);
  }
  static size_t BytesOf(const TextBox& box) { return box.bytes(); }
  template <class BoxType>
  void RetireBox(const ThreadRecord<Platform>* own, BoxType* box,
                 RetiredBox kind, bool collects = true) {
    Stripe& stripe =
        held().stripes.OfSlot(SlotOf(ThreadRegistry<Platform>::CurrentIfAny()));
    if (stripe.boxes.Retire(box, kind, BytesOf(*box)) && collects) {
      stripe.boxes.Collect(own, FreeBox());
    }
  }
  template <class BoxType>
  size_t FreeBox(BoxType* box) {
    const size_t bytes = BytesOf(*box);
    DeleteBox(box);
    return bytes;
  }
  // What Limbo frees objects by.
  auto FreeBox() {
    return [this](Retirable* box, size_t kind) {
      using KeyBox =
          std::conditional_t<kIsTextCodec<KeyCodec>, TextBox, Box<Key>>;
      return kind == kRetiredKey ? FreeBox(static_cast<KeyBox*>(box))
                                 : FreeBox(static_cast<Box<Value>*>(box));
    };
  }
  auto FreePart() {
    return [this](Retirable* part, size_t kind) {
      size_t bytes;
      if (kind == kRetiredExtent) {
        auto* extent = static_cast<Extent<Types>*>(part);
        bytes = extent->bytes();
        DestroyExtent(extent);
      } else {
        auto* directory = static_cast<Directory<Types>*>(part);
        bytes = directory->bytes();
        DestroyDirectory(directory);
      }
      return bytes;
    };
  }

  // Frees of what take(list) takes from each list what can be freed.
  template <class Take>
  void CollectTaken(const ThreadRecord<Platform>* own, bool may_interrupt,
                    Take take) {
    Held* const held = HoldingsIfAny();
    if (held == nullptr) return;
    const auto parts = take(held->parts);
    bool any = !parts.empty();
    std::array<std::pair<Boxes*, typename Boxes::Taken>, AllStripes::kMost>
        boxes;
    size_t stripes = 0;
    held->stripes.ForEach([&](Stripe& stripe) {
      boxes[stripes] = {&stripe.boxes, take(stripe.boxes)};
      any = any || !boxes[stripes].second.empty();
      ++stripes;
    });
    if (!any) return;
    const Reservations<Platform, Types::Tuning::kReservationsApart>
        reservations(own, may_interrupt);
    held->parts.Sift(parts, reservations, FreePart());
    for (size_t i = 0; i < stripes; ++i) {
      boxes[i].first->Sift(boxes[i].second, reservations, FreeBox());
    }
    held->extents.Trim();
  }

  // Every operation comes here before it looks at anything.
  void CheckCopy() const {
    if (made_with_ != &process_state<Platform>) [[unlikely]]
      EndForWrongCopy();
  }

  Atomic<Directory<Types>*> directory_;
  Atomic<Held*> held_;
  // What the map's guards and garbage are known by.
  const ProcessState<Platform>* const made_with_ = &process_state<Platform>;
  [[no_unique_address]] Order order_;
  [[no_unique_address]] Allocator allocator_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_STORE_TREE_H_
