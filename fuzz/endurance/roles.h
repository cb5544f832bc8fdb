// SPDX-License-Identifier: Apache-2.0

// What the threads of an endurance run do, one row of a table each.

#ifndef FUZZ_ENDURANCE_ROLES_H_
#define FUZZ_ENDURANCE_ROLES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fuzz/endurance/world.h"
#include "pma/testing/random.h"
#include "pma/testing/stamp.h"

namespace pma::endurance {

// Who plays a role.
struct Player {
  std::uint32_t thread;  // below 256
  std::uint32_t owner;   // of the keys in the main map; of an owning role
  std::uint64_t seed;
};

class Actor {
 public:
  virtual ~Actor() = default;
  // Some operations; between two of these the thread may be stopped.
  virtual void Step() = 0;
};

// --- The main map, by owners ------------------------------------------------

class Writer : public Actor {
 public:
  Writer(World& world, const Player& player)
      : world_(world), owner_(player.owner), random_(player.seed) {}
  void Step() override {
    world_.stress().RunWriter(owner_, random_.Next(), /*operations=*/100);
  }

 private:
  World& world_;
  const std::uint32_t owner_;
  testing::Random random_;
};

// Waves: all that it owns comes and goes, so that extents are made and thrown
// away.
class Eraser : public Actor {
 public:
  Eraser(World& world, const Player& player)
      : world_(world), owner_(player.owner) {}
  void Step() override {
    world_.stress().Sweep(owner_, fill_);
    fill_ = !fill_;
  }

 private:
  World& world_;
  const std::uint32_t owner_;
  bool fill_ = true;
};

// --- The main map, shared keys ----------------------------------------------

class SharedWriter : public Actor {
 public:
  SharedWriter(World& world, const Player& player)
      : world_(world), thread_(player.thread), random_(player.seed) {}

  void Step() override {
    for (int i = 0; i < 100; ++i) Change();
  }

 private:
  void Change() {
    const std::uint32_t number =
        world_.owned_keys() +
        static_cast<std::uint32_t>(random_.Below(World::kShared));
    const std::string key = World::SharedKey(number);
    const std::string value =
        testing::Stamped<std::string>::Write({number, thread_, ++sequence_});
    switch (random_.Below(3)) {
      case 0:
        if (world_.main().insert(key, value)) world_.CountShared(number, 1);
        return;
      case 1:
        if (world_.main().insert_or_assign(key, value)) {
          world_.CountShared(number, 1);
        }
        return;
      default:
        if (world_.main().erase(key)) world_.CountShared(number, -1);
    }
  }

  World& world_;
  const std::uint32_t thread_;
  testing::Random random_;
  std::uint32_t sequence_ = 0;
};

class SharedReader : public Actor {
 public:
  SharedReader(World& world, const Player& player)
      : world_(world), random_(player.seed), seen_(World::kShared) {}

  void Step() override {
    for (int i = 0; i < 50; ++i) {
      const std::uint32_t number =
          world_.owned_keys() +
          static_cast<std::uint32_t>(random_.Below(World::kShared));
      world_.main().visit(
          World::SharedKey(number),
          [&](const std::string& value) { Judge(number, value); });
    }
    std::uint32_t least = world_.owned_keys();
    world_.main().scan_from(
        World::SharedKey(least),
        [&](const std::string& key, const std::string& value) {
          const auto number = testing::NumberedKey<std::string>::Number(key);
          world_.Check(number >= least, "scan out of order or repeated: key",
                       number);
          least = number + 1;
          Judge(number, value);
        });
  }

 private:
  void Judge(std::uint32_t number, const std::string& value) {
    const auto stamp = testing::Stamped<std::string>::Read(value);
    world_.Check(stamp.has_value() && stamp->thread < kThreads,
                 "torn value under shared key", number);
    if (!stamp.has_value() || stamp->thread >= kThreads) return;
    world_.Check(stamp->key == number, "value of another key under shared key",
                 number);
    std::uint32_t& seen = seen_[number - world_.owned_keys()][stamp->thread];
    world_.Check(stamp->sequence >= seen,
                 "older value than before under shared key", number);
    seen = stamp->sequence;
  }

  static constexpr std::size_t kThreads = 256;  // what a stamp has room for
  World& world_;
  testing::Random random_;
  // The highest sequence of each thread.
  std::vector<std::array<std::uint32_t, kThreads>> seen_;
};

// --- The main map, readers --------------------------------------------------

class Reader : public Actor {
 public:
  Reader(World& world, const Player& player)
      : reader_(world.stress(), player.seed) {}
  void Step() override {
    for (int i = 0; i < 50; ++i) {
      reader_.FindOne();
      reader_.VisitOne();
    }
  }

 private:
  World::MainStress::Reader reader_;
};

class Neighbour : public Actor {
 public:
  Neighbour(World& world, const Player& player)
      : world_(world), reader_(world.stress(), player.seed) {}
  void Step() override {
    for (int i = 0; i < 20; ++i) reader_.NavigateWithin();
    const auto last = world_.main().last();
    const std::uint32_t least = world_.owned_keys() - World::MainStress::kBlock;
    world_.Check(last.has_value() && testing::NumberedKey<std::string>::Number(
                                         last->first) >= least,
                 "last is before the last resident", least);
  }

 private:
  World& world_;
  World::MainStress::Reader reader_;
};

class Scanner : public Actor {
 public:
  Scanner(World& world, const Player& player)
      : reader_(world.stress(), player.seed) {}
  void Step() override {
    reader_.Scan(reverse_);
    reverse_ = !reverse_;
  }

 private:
  World::MainStress::Reader reader_;
  bool reverse_ = false;
};

// Takes snapshots of all owned keys: the residents are there at every instant.
class Snapshotter : public Actor {
 public:
  Snapshotter(World& world, const Player&) : world_(world) {}

  void Step() override {
    std::uint32_t resident = 0;
    world_.main().snapshot_scan(
        World::SharedKey(0), World::SharedKey(world_.owned_keys()),
        [&](const std::string& key, const std::string& value) {
          const auto number = testing::NumberedKey<std::string>::Number(key);
          const auto stamp = testing::Stamped<std::string>::Read(value);
          world_.Check(stamp.has_value() && stamp->key == number,
                       "wrong value in a snapshot under", number);
          if (number % World::MainStress::kBlock != 0) return;
          world_.Check(number == resident, "snapshot without resident",
                       resident);
          resident = number + World::MainStress::kBlock;
        });
    world_.Check(resident >= world_.owned_keys(), "snapshot without resident",
                 resident);
  }

 private:
  World& world_;
};

// Goes through the owned keys by one cursor, some steps at a time, which it
// keeps in between.
class Walker : public Actor {
 public:
  Walker(World& world, const Player&)
      : world_(world), cursor_(world.main().cursor()) {
    StartAgain();
  }

  void Step() override {
    for (int i = 0; i < 200; ++i) {
      const auto number =
          testing::NumberedKey<std::string>::Number(cursor_.key());
      if (number >= world_.owned_keys()) {
        world_.Check(resident_ >= world_.owned_keys(),
                     "cursor went past resident", resident_);
        StartAgain();
        continue;
      }
      world_.Check(number >= least_, "cursor out of order or standing: key",
                   number);
      least_ = number + 1;
      if (number % World::MainStress::kBlock == 0) {
        world_.Check(number == resident_, "cursor went past resident",
                     resident_);
        resident_ = number + World::MainStress::kBlock;
      }
      cursor_.next();
      if (!cursor_.valid()) {
        world_.Check(resident_ >= world_.owned_keys(),
                     "cursor went past resident", resident_);
        StartAgain();
      }
    }
  }

 private:
  void StartAgain() {
    cursor_.seek_to_first();
    least_ = 0;
    resident_ = 0;
  }

  World& world_;
  World::MainMap::Cursor cursor_;
  std::uint32_t least_ = 0;
  std::uint32_t resident_ = 0;  // the next one to be met
};

// Stops in the middle of a read, with a pin held, until others have done much;
// what it looks at must not have been freed then.
class Staller : public Actor {
 public:
  Staller(World& world, const Player& player)
      : world_(world), random_(player.seed) {}

  void Step() override {
    const auto resident = static_cast<std::uint32_t>(
        random_.Below(world_.owned_keys() / World::MainStress::kBlock));
    const std::uint32_t number = resident * World::MainStress::kBlock;
    const std::string key = World::SharedKey(number);
    if (random_.Below(2) == 0) {
      world_.Check(
          world_.main().visit(
              key, [&](const std::string& value) { Stall(number, value); }),
          "resident missed by a stalled visit:", number);
      return;
    }
    std::uint64_t left = 1 + random_.Below(300);
    world_.main().scan_from(
        key, [&](const std::string& at, const std::string& value) {
          if (--left != 0) return true;
          Stall(testing::NumberedKey<std::string>::Number(at), value);
          return random_.Below(2) == 0 && !world_.verdict().stopped();
        });
  }

 private:
  void Stall(std::uint32_t number, const std::string& value) {
    // It may change by a fault of the map.
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const std::string before = value;
    const std::uint64_t until =
        world_.progress().Sum() + 1 + random_.Below(kMostSteps);
    while (world_.progress().Sum() < until && !world_.verdict().stopped()) {
      std::this_thread::yield();
    }
    world_.Check(value == before, "value changed under a stalled reader: key",
                 number);
  }

  static constexpr std::uint64_t kMostSteps = 1000;
  World& world_;
  testing::Random random_;
};

// Threads that live for a few operations: one that writes what this role owns,
// and one that reads and meets the second map first.
class Churn : public Actor {
 public:
  Churn(World& world, const Player& player)
      : world_(world), owner_(player.owner), random_(player.seed) {}

  void Step() override {
    const std::uint64_t seed = random_.Next();
    std::thread writer([this, seed] {
      world_.stress().RunWriter(owner_, seed, /*operations=*/20);
    });
    std::thread reader([this, seed] {
      testing::Random random(seed);
      const std::uint64_t key = random.Below(World::kSecond);
      world_.second().visit(key, [&](const testing::FourWords& value) {
        const auto stamp = testing::Stamped<testing::FourWords>::Read(value);
        world_.Check(stamp.has_value() && stamp->key == key,
                     "wrong value in the second map under", key);
      });
      const std::uint32_t block = static_cast<std::uint32_t>(
          key % (world_.owned_keys() / World::MainStress::kBlock));
      world_.Check(world_.main().contains(
                       World::SharedKey(block * World::MainStress::kBlock)),
                   "resident missed by a new thread: block", block);
    });
    writer.join();
    reader.join();
  }

 private:
  World& world_;
  const std::uint32_t owner_;
  testing::Random random_;
};

// --- The second map ---------------------------------------------------------

// The only one to insert even keys, and to clear.
class Clearer : public Actor {
 public:
  Clearer(World& world, const Player& player)
      : world_(world), thread_(player.thread), random_(player.seed) {}

  void Step() override {
    const std::uint64_t count = 2 * random_.Below(World::kSecond / 2);
    for (std::uint64_t key = 0; key < count; key += 2) {
      world_.Check(world_.second().insert(key, Value(key)),
                   "there though cleared and not inserted again: key", key);
    }
    for (std::uint64_t key = 0; key < count; key += 2) {
      world_.Check(world_.second().contains(key), "lost before a clear: key",
                   key);
    }
    world_.second().clear();
    for (std::uint64_t key = 0; key < count; key += 2) {
      world_.Check(!world_.second().contains(key), "there after clear: key",
                   key);
    }
    if (random_.Below(8) == 0) world_.second().reclaim();
  }

 private:
  testing::FourWords Value(std::uint64_t key) {
    return testing::Stamped<testing::FourWords>::Write(
        {static_cast<std::uint32_t>(key), thread_, ++sequence_});
  }

  World& world_;
  const std::uint32_t thread_;
  testing::Random random_;
  std::uint32_t sequence_ = 0;
};

class Visitor : public Actor {
 public:
  Visitor(World& world, const Player& player)
      : world_(world), thread_(player.thread), random_(player.seed) {}

  void Step() override {
    for (int i = 0; i < 50; ++i) {
      const std::uint64_t key = random_.Below(World::kSecond) | 1;
      if (random_.Below(4) == 0) {
        world_.second().erase(key);
      } else {
        world_.second().insert_or_assign(
            key, testing::Stamped<testing::FourWords>::Write(
                     {static_cast<std::uint32_t>(key), thread_, ++sequence_}));
      }
    }
    std::uint64_t least = 0;
    world_.second().scan([&](std::uint64_t key,
                             const testing::FourWords& value) {
      world_.Check(key >= least,
                   "scan of the second map out of order or repeated: key", key);
      least = key + 1;
      const auto stamp = testing::Stamped<testing::FourWords>::Read(value);
      world_.Check(stamp.has_value() && stamp->key == key,
                   "wrong value in the second map under", key);
    });
  }

 private:
  World& world_;
  const std::uint32_t thread_;
  testing::Random random_;
  std::uint32_t sequence_ = 0;
};

// --- The table --------------------------------------------------------------

template <class Kind>
std::unique_ptr<Actor> Make(World& world, const Player& player) {
  return std::make_unique<Kind>(world, player);
}

struct Role {
  const char* name;
  bool owns = false;   // keys of the main map
  bool alone = false;  // no second thread of this role
  std::unique_ptr<Actor> (*make)(World& world, const Player& player);
};

// Threads take them in this order, and again from the start. What the map
// learns to do gets its row here.
inline constexpr Role kRoles[] = {
    {.name = "writer", .owns = true, .make = Make<Writer>},
    {.name = "eraser", .owns = true, .make = Make<Eraser>},
    {.name = "shared writer", .make = Make<SharedWriter>},
    {.name = "shared reader", .make = Make<SharedReader>},
    {.name = "reader", .make = Make<Reader>},
    {.name = "neighbours", .make = Make<Neighbour>},
    {.name = "scanner", .make = Make<Scanner>},
    {.name = "snapshots", .make = Make<Snapshotter>},
    {.name = "cursor", .make = Make<Walker>},
    {.name = "stalled", .make = Make<Staller>},
    {.name = "thread churn", .owns = true, .make = Make<Churn>},
    {.name = "clear", .alone = true, .make = Make<Clearer>},
    {.name = "second map", .make = Make<Visitor>},
};

}  // namespace pma::endurance

#endif  // FUZZ_ENDURANCE_ROLES_H_
