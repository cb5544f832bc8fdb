// The state of one map, and the memory it is made of.
//
// Holds the published directory, the counters and the retired memory. All
// memory comes from the user's allocator through here and is counted.
//
// SYNC-9: the CAS that publishes a directory / LoadAcquire of the pointer:
//         whoever sees a directory sees its extents.
// SYNC-15: the CAS in GrowStripes / LoadAcquire of the pointer: the stripes are
//         constructed before they are found.

#ifndef PMA_INTERNAL_TREE_H_
#define PMA_INTERNAL_TREE_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "pma/internal/blocks.h"
#include "pma/internal/directory.h"
#include "pma/internal/epoch.h"
#include "pma/internal/exceptions.h"
#include "pma/internal/extent_memory.h"
#include "pma/internal/limbo.h"
#include "pma/stats.h"

namespace pma::inline PMA_VARIANT::internal {

// What is retired: boxes often, on lists of their own, ...
enum RetiredBox : size_t { kRetiredKey, kRetiredValue, kRetiredBoxes };
// ... and larger things rarely.
enum RetiredPart : size_t {
  kRetiredExtent,
  kRetiredDirectory,
  kRetiredParts,
};

template <class Types>
class Tree {
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
  using ExtentOf = Extent<Types>;
  using DirectoryOf = Directory<Types>;
  using FenceOf = Fence<Types>;
  using GuardOf = Guard<Platform>;
  using RecordOf = ThreadRecord<Platform>;
  template <class T>
  using Atomic = typename Platform::template Atomic<T>;

  static constexpr size_t kCells = Types::kCells;

  Tree(const typename Types::Compare& compare, const Allocator& allocator)
      : order_(compare), allocator_(allocator), extents_(allocator) {}
  // Requires that no other thread uses the tree.
  ~Tree() { Reset(); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const Order& order() const { return order_; }
  const Allocator& allocator() const { return allocator_; }

  // --- The directory ------------------------------------------------------

  // Null while the map has never held an entry, and after Clear. Extents and
  // separators in it are no younger, so a guard that covers it covers them.
  DirectoryOf* LoadDirectory() const {
    CheckCopy();
    for (;;) {
      DirectoryOf* directory = directory_.LoadAcquire();  // SYNC-9
      if (GuardOf::Covers()) [[likely]] {
        return directory;
      }
    }
  }

  // The same under a guard at hand, in fewer instructions.
  DirectoryOf* LoadDirectory(const GuardOf& guard) const {
    CheckCopy();
    for (;;) {
      DirectoryOf* directory = directory_.LoadAcquire();  // SYNC-9
      if (guard.CoversRoot()) [[likely]] {
        return directory;
      }
    }
  }

  // The same in even fewer. False if the guard does not cover the directory.
  bool LoadDirectory(const OutermostGuard<Platform>& guard,
                     DirectoryOf*& directory) const {
    CheckCopy();
    directory = directory_.LoadAcquire();  // SYNC-9
    return guard.CoversRoot();
  }

  // Replaces `count` extents from `position` on in `expected` by `extents`.
  // False if the directory was no longer `expected`. Throws std::bad_alloc.
  bool PublishExtents(GuardOf&, DirectoryOf* expected, size_t position,
                      size_t count, std::span<ExtentOf* const> extents) {
    const size_t old_count = expected == nullptr ? 0 : expected->count();
    const size_t bytes =
        DirectoryOf::BytesFor(old_count - count + extents.size());
    DirectoryOf* directory = DirectoryOf::Construct(
        Lines(allocator_).Allocate(bytes), expected, position, count, extents);
    directory->stamp = EpochClock<Platform>::Now();
    directory_bytes_.FetchAddRelaxed(Lines::Taken(bytes));
    // Once published it is everybody's: replaced, and freed as too young for
    // this guard, before the next line.
    const bool grown = directory->count() > 1;
    DirectoryOf* replaced = expected;
    if (!directory_.CompareExchangeAcqRel(replaced, directory)) {  // SYNC-9
      DestroyDirectory(directory);
      return false;
    }
    if (expected != nullptr) {
      parts_.Retire(expected, kRetiredDirectory, expected->bytes());
    }
    if (grown) GrowStripes();
    return true;
  }

  // Publishes "no entries" in place of `expected`, which is then retired.
  bool PublishEmpty(GuardOf&, DirectoryOf* expected) {
    DirectoryOf* replaced = expected;
    if (!directory_.CompareExchangeAcqRel(replaced, nullptr)) {  // SYNC-9
      return false;
    }
    parts_.Retire(expected, kRetiredDirectory, expected->bytes());
    return true;
  }

  // --- Extents ------------------------------------------------------------

  // Slabs made beforehand for extents of so many segments in all. Throws
  // std::bad_alloc.
  using Stock = typename ExtentMemory<Types>::Stock;
  Stock StockFor(size_t segments, Trend trend = Trend::kGrows) {
    return Stock(extents_, segments / ExtentOf::kSlabSegments, trend);
  }

  ExtentMemory<Types>& extent_memory() { return extents_; }

  // An extent with copies of the fences, with slabs from a stock as long as it
  // has any. Throws std::bad_alloc, or what the copy of a key throws.
  ExtentOf* CreateExtent(size_t capacity, const FenceOf& lower,
                         const FenceOf& upper, Stock& stock) {
    // Its fences are boxes of its own, freed with it: it is no younger.
    const uint64_t birth = EpochClock<Platform>::Now();
    FenceOf lower_copy = CopyFence(lower);
    FenceOf upper_copy;
    Rollback give_back([&] {
      DestroyFence(lower_copy);
      DestroyFence(upper_copy);
    });
    upper_copy = CopyFence(upper);
    ExtentOf* extent = extents_.Create(capacity, lower_copy, upper_copy, stock);
    extent->stamp = birth;
    give_back.Dismiss();
    return extent;
  }

  // Frees an extent nobody can see, and its cells' boxes if it owns them.
  void DestroyExtent(ExtentOf* extent) {
    if (extent->owns_cells) DestroyCells(*extent);
    for (size_t i = 1; i < extent->active(); ++i) {
      DestroySeparator(extent->index().Load(i));
    }
    const FenceOf lower = extent->lower();
    const FenceOf upper = extent->upper();
    extents_.Destroy(extent);
    DestroyFence(lower);
    DestroyFence(upper);
  }

  // Extents that are still to be moved, by their position in the directory,
  // the last one first. Several threads may each take the same one.
  size_t to_move() const { return to_move_.LoadRelaxed(); }
  void set_to_move(size_t extents) { to_move_.StoreRelaxed(extents); }

  // --- Boxes --------------------------------------------------------------

  template <class... Args>
  KeyBits MakeKey(Args&&... args) {
    if constexpr (KeyCodec::kBoxed) {
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
    if constexpr (SeparatorCodec::kBoxed) {
      return SeparatorCodec::Encode(NewBox<Key>(key));
    } else {
      return SeparatorCodec::Encode(key);
    }
  }

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
  void RetireKey(const RecordOf* own, const KeyBits& bits) {
    if constexpr (KeyCodec::kBoxed) {
      RetireBox(own, KeyCodec::BoxOf(bits), kRetiredKey);
    }
  }
  void RetireValue(const RecordOf* own, const ValueBits& bits) {
    if constexpr (ValueCodec::kBoxed) {
      RetireBox(own, ValueCodec::BoxOf(bits), kRetiredValue);
    }
  }
  void RetireSeparator(GuardOf&, const SeparatorBits& bits) {
    if constexpr (SeparatorCodec::kBoxed) {
      RetireBox(nullptr, SeparatorCodec::BoxOf(bits), kRetiredKey);
    }
  }
  // With its cells' boxes if it owns them.
  void RetireExtent(GuardOf&, ExtentOf* extent) {
    if (extent->owns_cells) extent->stamp = OldestBirth(*extent);
    parts_.Retire(extent, kRetiredExtent, extent->bytes());
  }

  // Whether extents or directories are retired and not freed.
  bool HasGarbage() const { return parts_.count() > 0; }

  // After extents have been retired: frees them now, and all else that can be,
  // unless some other guard is in the way. An extent is a quarter of a
  // megabyte, and no later operation might come by. What was read under the
  // guard must not be used any more.
  void Collect(GuardOf& guard, bool may_interrupt = true) {
    const auto* own = guard.outermost() ? &guard.record() : nullptr;
    CollectTaken(own, may_interrupt,
                 [&](auto& limbo) { return limbo.TakeIfWorthIt(own); });
  }

  // Frees all that can be freed now. Returns how many objects are held by
  // guards, those of the calling thread included.
  size_t Reclaim() {
    const auto* own = ThreadRegistry<Platform>::CurrentIfAny();
    if (own != nullptr && own->guarded()) own = nullptr;
    CollectTaken(own, /*may_interrupt=*/true,
                 [](auto& limbo) { return limbo.Take(); });
    return parts_.count() + static_cast<size_t>(Sum([](const Stripe& stripe) {
             return static_cast<int64_t>(stripe.boxes.count());
           }));
  }

  // The same where operations are likely to follow. To be certain of idle
  // threads takes an interrupt of all processors; before that, garbage may come
  // to eight extents, if that is no more than a thirty-second of the map.
  void CollectInPassing(GuardOf& guard) {
    const DirectoryOf* directory = LoadDirectory();
    const size_t extents = directory == nullptr ? 0 : directory->count();
    // An extent and a directory are retired each time.
    const size_t can_wait = 2 * std::min<size_t>(8, extents / 32);
    Collect(guard, /*may_interrupt=*/parts_.count() >= can_wait);
  }

  // --- Counters -----------------------------------------------------------

  void AddEntries(const ThreadRecord<Platform>& record, int64_t delta) {
    AddToCounter(record.slot, delta,
                 [](Stripe& s) -> Atomic<int64_t>& { return s.entries; });
  }

  size_t EntryCount() const {
    const int64_t sum =
        Sum([](const Stripe& s) { return s.entries.LoadRelaxed(); });
    return sum > 0 ? static_cast<size_t>(sum) : 0;
  }

  MemoryUsage Usage() const {
    MemoryUsage usage;
    usage.extent_bytes = extents_.bytes();
    usage.directory_bytes =
        directory_bytes_.LoadRelaxed() +
        (stripes_.LoadRelaxed() != nullptr ? Lines::Taken(sizeof(StripeBlock))
                                           : 0);
    const int64_t boxes =
        Sum([](const Stripe& s) { return s.box_bytes.LoadRelaxed(); });
    usage.box_bytes = boxes > 0 ? static_cast<size_t>(boxes) : 0;
    usage.allocated_bytes = sizeof(Tree) + usage.extent_bytes +
                            usage.directory_bytes + usage.box_bytes;
    usage.retired_bytes =
        parts_.bytes() + static_cast<size_t>(Sum([](const Stripe& s) {
          return static_cast<int64_t>(s.boxes.bytes());
        }));
    return usage;
  }

  // --- Whole-tree changes that are not concurrent with anything -----------

  void Reset() {
    if (DirectoryOf* directory = directory_.LoadRelaxed()) {
      for (size_t i = 0; i < directory->count(); ++i) {
        directory->extent(i)->owns_cells = true;
        DestroyExtent(directory->extent(i));
      }
      DestroyDirectory(directory);
      directory_.StoreRelaxed(nullptr);
    }
    parts_.CollectAll(FreePart());
    stripe_.boxes.CollectAll(FreeBox());
    stripe_.entries.StoreRelaxed(0);
    if (StripeBlock* block = stripes_.LoadRelaxed()) {
      for (Stripe& stripe : *block) stripe.boxes.CollectAll(FreeBox());
      DestroyStripes(block);
      stripes_.StoreRelaxed(nullptr);
    }
    stripe_.box_bytes.StoreRelaxed(0);
  }

  // Takes the content of `other`, which is left empty; this tree must be new.
  void TakeFrom(Tree& other) {
    Exchange(directory_, other.directory_);
    Exchange(stripes_, other.stripes_);
    extents_.TakeFrom(other.extents_);
    Exchange(directory_bytes_, other.directory_bytes_);
    Exchange(stripe_.entries, other.stripe_.entries);
    Exchange(stripe_.box_bytes, other.stripe_.box_bytes);
    stripe_.boxes.TakeFrom(other.stripe_.boxes);
    parts_.TakeFrom(other.parts_);
  }

 private:
  // Boxes retired on one stripe after which it is worth looking for garbage: to
  // look costs some microseconds.
  static constexpr size_t kCollectEvery = 256;

  // Boxes a thread makes in one epoch: what is born in the epoch at which a
  // reader stops is lost to that reader.
  static constexpr uint32_t kBirthsPerEpoch = 1024;

  using Boxes = Limbo<Platform, kRetiredBoxes, kCollectEvery>;
  // Counters and garbage of the threads whose slots fall here, so that they
  // do not all write one cache line.
  struct alignas(64) Stripe {
    Atomic<int64_t> entries;
    Atomic<int64_t> box_bytes;
    Boxes boxes;
  };
  static constexpr size_t kStripes = 16;
  // The first ones belong to one slot each, that is to one thread at a time,
  // which can count there without a locked instruction. The last is everybody
  // else's.
  static constexpr size_t kOwnStripes = kStripes - 1;
  using StripeBlock = std::array<Stripe, kStripes>;
  using Lines = LineAllocator<Allocator>;
  template <class T>
  using Rebind =
      typename std::allocator_traits<Allocator>::template rebind_traits<T>;
  template <class T>
  using BoxMemory =
      std::conditional_t<(alignof(Box<T>) > kPlainAlign),
                         AlignedAllocator<alignof(Box<T>), Allocator>,
                         BlockAllocator<Box<T>, Allocator>>;

  template <class T, class... Args>
  Box<T>* NewBox(Args&&... args) {
    BoxMemory<T> memory(allocator_);
    auto* box = ::new (memory.Allocate(sizeof(Box<T>))) Box<T>();
    Rollback give_back([&] { memory.Free(box, sizeof(Box<T>)); });
    typename Rebind<T>::allocator_type allocator(allocator_);
    Rebind<T>::construct(allocator, std::addressof(box->value),
                         std::forward<Args>(args)...);
    give_back.Dismiss();
    box->stamp = EpochClock<Platform>::Now();
    CountBirth(box->stamp);
    AddBoxBytes(BoxMemory<T>::Taken(sizeof(Box<T>)));
    return box;
  }
  template <class T>
  void DeleteBox(Box<T>* box) {
    typename Rebind<T>::allocator_type allocator(allocator_);
    Rebind<T>::destroy(allocator, std::addressof(box->value));
    box->~Box<T>();
    BoxMemory<T>(allocator_).Free(box, sizeof(Box<T>));
    AddBoxBytes(-static_cast<int64_t>(BoxMemory<T>::Taken(sizeof(Box<T>))));
  }
  void AddBoxBytes(int64_t delta) {
    // A thread without a record destroys the map and must not need one for it.
    const auto* record = ThreadRegistry<Platform>::CurrentIfAny();
    AddToCounter(record == nullptr ? kStripes : record->slot, delta,
                 [](Stripe& s) -> Atomic<int64_t>& { return s.box_bytes; });
  }

  static void CountBirth(uint64_t epoch) {
    auto* record = ThreadRegistry<Platform>::CurrentIfAny();
    if (record == nullptr || ++record->births < kBirthsPerEpoch) return;
    record->births = 0;
    EpochClock<Platform>::Advance(epoch);
  }

  FenceOf CopyFence(const FenceOf& fence) {
    if (!fence.finite) return fence;
    return {MakeSeparator(SeparatorCodec::View(fence.bits)), true};
  }
  void DestroyFence(const FenceOf& fence) {
    if (fence.finite) DestroySeparator(fence.bits);
  }
  void DestroyDirectory(DirectoryOf* directory) {
    const size_t bytes = directory->bytes();
    directory->~DirectoryOf();
    Lines(allocator_).Free(directory, bytes);
    directory_bytes_.FetchAddRelaxed(-Lines::Taken(bytes));
  }
  void DestroyCells(ExtentOf& extent) {
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
  static uint64_t OldestBirth(const ExtentOf& extent) {
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

  template <class T>
  static size_t BytesOf(const Box<T>& box) {
    return sizeof(box) + OwnedBytes(box.value);
  }
  template <class T>
  void RetireBox(const RecordOf* own, Box<T>* box, RetiredBox kind) {
    const auto* record = ThreadRegistry<Platform>::CurrentIfAny();
    Stripe& stripe = StripeOf(record == nullptr ? kStripes : record->slot);
    if (stripe.boxes.Retire(box, kind, BytesOf(*box))) {
      stripe.boxes.Collect(own, FreeBox());
    }
  }
  template <class T>
  size_t FreeBox(Box<T>* box) {
    const size_t bytes = BytesOf(*box);
    DeleteBox(box);
    return bytes;
  }
  // What Limbo frees objects by.
  auto FreeBox() {
    return [this](Retirable* box, size_t kind) {
      return kind == kRetiredKey ? FreeBox(static_cast<Box<Key>*>(box))
                                 : FreeBox(static_cast<Box<Value>*>(box));
    };
  }
  auto FreePart() {
    return [this](Retirable* part, size_t kind) {
      size_t bytes;
      if (kind == kRetiredExtent) {
        auto* extent = static_cast<ExtentOf*>(part);
        bytes = extent->bytes();
        DestroyExtent(extent);
      } else {
        auto* directory = static_cast<DirectoryOf*>(part);
        bytes = directory->bytes();
        DestroyDirectory(directory);
      }
      return bytes;
    };
  }

  // Frees of what take(list) takes from each list what can be freed.
  template <class Take>
  void CollectTaken(const RecordOf* own, bool may_interrupt, Take take) {
    StripeBlock* block = stripes_.LoadAcquire();
    const auto parts = take(parts_);
    const auto boxes = take(stripe_.boxes);
    std::array<typename Boxes::Taken, kStripes> striped;
    bool any = !parts.empty() || !boxes.empty();
    for (size_t i = 0; block != nullptr && i < kStripes; ++i) {
      striped[i] = take((*block)[i].boxes);
      any = any || !striped[i].empty();
    }
    if (!any) return;
    const Reservations<Platform> reservations(own, may_interrupt);
    parts_.Sift(parts, reservations, FreePart());
    stripe_.boxes.Sift(boxes, reservations, FreeBox());
    for (size_t i = 0; block != nullptr && i < kStripes; ++i) {
      (*block)[i].boxes.Sift(striped[i], reservations, FreeBox());
    }
    extents_.Trim();
  }

  Stripe& StripeOf(size_t slot) {
    StripeBlock* block = stripes_.LoadAcquire();  // SYNC-15
    return block == nullptr ? stripe_ : (*block)[std::min(slot, kOwnStripes)];
  }
  template <class Member>
  void AddToCounter(size_t slot, int64_t delta, Member member) {
    StripeBlock* block = stripes_.LoadAcquire();
    if (block != nullptr && slot < kOwnStripes) {
      Atomic<int64_t>& counter = member((*block)[slot]);
      counter.StoreRelaxed(counter.LoadRelaxed() + delta);
    } else {
      member(StripeOf(slot)).FetchAddRelaxed(delta);
    }
  }
  // Small maps make do with one stripe. Best effort: without memory it stays.
  void GrowStripes() {
    if (stripes_.LoadRelaxed() != nullptr) return;
    StripeBlock* block = nullptr;
    PMA_TRY {
      block =
          ::new (Lines(allocator_).Allocate(sizeof(StripeBlock))) StripeBlock();
    }
    PMA_CATCH_ALL { return; }
    StripeBlock* expected = nullptr;
    if (!stripes_.CompareExchangeAcqRel(expected, block)) {  // SYNC-15
      DestroyStripes(block);
    }
  }
  void DestroyStripes(StripeBlock* block) {
    block->~StripeBlock();
    Lines(allocator_).Free(block, sizeof(StripeBlock));
  }
  template <class Member>
  int64_t Sum(Member member) const {
    int64_t sum = member(stripe_);
    if (const StripeBlock* block = stripes_.LoadAcquire()) {
      for (const Stripe& stripe : *block) sum += member(stripe);
    }
    return sum;
  }

  template <class T>
  static void Exchange(Atomic<T>& a, Atomic<T>& b) {
    a.StoreRelaxed(b.ExchangeAcqRel(a.LoadRelaxed()));
  }

  // Every operation comes here before it looks at anything.
  void CheckCopy() const {
    if (made_with_ != &process_state<Platform>) [[unlikely]]
      EndForWrongCopy();
  }

  Atomic<DirectoryOf*> directory_;
  // What the map's guards and garbage are known by.
  const ProcessState<Platform>* const made_with_ = &process_state<Platform>;
  Atomic<StripeBlock*> stripes_;
  [[no_unique_address]] Order order_;
  [[no_unique_address]] Allocator allocator_;
  ExtentMemory<Types> extents_;
  Atomic<size_t> to_move_;
  Atomic<size_t> directory_bytes_;
  Limbo<Platform, kRetiredParts, 1> parts_;
  Stripe stripe_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_TREE_H_
