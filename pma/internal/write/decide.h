// SPDX-License-Identifier: Apache-2.0

// What becomes of an entry, as a function of what it is: the changes behind
// read-modify-write operations (see IsChange in modify.h).
//
// A value that does not depend on the entry is made once; one that does is made
// anew in each round. Whatever an operation returns is copied before the change
// is made, so that a copy that throws leaves the map as it was.

#ifndef PMA_INTERNAL_WRITE_DECIDE_H_
#define PMA_INTERNAL_WRITE_DECIDE_H_

#include <memory>
#include <optional>
#include <utility>

#include "pma/internal/reclaim/thread_record.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/modify.h"
#include "pma/internal/write/put_erase.h"

namespace pma::inline PMA_VARIANT::internal {

// Runs code of the user's that decides on an entry of the tree.
template <class Types, class Ask>
decltype(auto) AskUser(const Tree<Types>& tree, const Ask& ask) {
  using Platform = typename Types::Platform;
  const DecidingScope<Platform> scope(ThreadRegistry<Platform>::Current(),
                                      &tree);
  return ask();
}

// Puts f(value) in place of the value.
template <class Types, class Function>
class UpdateChange {
  using Value_ = typename Types::Value;
  using Bits = typename Types::ValueBits;

 public:
  UpdateChange(Tree<Types>& tree, Function& f)
      : tree_(tree), pending_(tree), f_(f) {}

  Fate Decide(const Bits* now) {
    const Value_& there = Types::ValueCodec::View(*now);
    result_.reset();
    internal::AskUser(tree_, [&] { result_.emplace(f_(there)); });
    return Fate::kPut;
  }
  const Bits& Value() {
    return pending_.Anew([&] { return tree_.MakeValue(std::move(*result_)); });
  }
  void GaveValue() { pending_.Gave(); }

 private:
  Tree<Types>& tree_;
  PendingValue<Types> pending_;
  Function& f_;
  std::optional<Value_> result_;
};

// The same, or puts what is made by make() if there is no value.
template <class Types, class Make, class Function>
class UpsertChange {
  using Bits = typename Types::ValueBits;

 public:
  UpsertChange(Tree<Types>& tree, const Make& make, Function& f)
      : first_(tree, /*replace=*/false, make), next_(tree, f) {}

  Fate Decide(const Bits* now) {
    present_ = now != nullptr;
    return present_ ? next_.Decide(now) : first_.Decide(now);
  }
  const Bits& Value() { return present_ ? next_.Value() : first_.Value(); }
  void GaveValue() { present_ ? next_.GaveValue() : first_.GaveValue(); }

 private:
  PutChange<Types, Make> first_;
  UpdateChange<Types, Function> next_;
  bool present_ = false;
};

// Puts what is made by make(), and tells what was there before.
template <class Types, class Make>
class ExchangeChange : public PutChange<Types, Make> {
  using Base = PutChange<Types, Make>;

 public:
  ExchangeChange(Tree<Types>& tree, const Make& make,
                 std::optional<typename Types::Value>& before)
      : Base(tree, /*replace=*/true, make), before_(before) {}

  Fate Decide(const typename Types::ValueBits* now) {
    before_.reset();
    if (now != nullptr) before_.emplace(Types::ValueCodec::View(*now));
    return Fate::kPut;
  }

 private:
  std::optional<typename Types::Value>& before_;
};

// Puts what is made by make() if there is no value, and tells which there is
// afterwards.
template <class Types, class Make>
class FindOrPutChange : public PutChange<Types, Make> {
  using Base = PutChange<Types, Make>;

 public:
  FindOrPutChange(Tree<Types>& tree, const Make& make,
                  std::optional<typename Types::Value>& after)
      : Base(tree, /*replace=*/false, make), after_(after) {}

  Fate Decide(const typename Types::ValueBits* now) {
    if (now == nullptr) return Fate::kPut;
    after_.emplace(Types::ValueCodec::View(*now));
    return Fate::kStays;
  }
  const typename Types::ValueBits& Value() {
    const auto& bits = Base::Value();
    after_.emplace(Types::ValueCodec::View(bits));
    return bits;
  }

 private:
  std::optional<typename Types::Value>& after_;
};

// Puts what is made by make() if there is no value, else calls f(value).
template <class Types, class Make, class Function>
class VisitOrPutChange : public PutChange<Types, Make> {
  using Base = PutChange<Types, Make>;

 public:
  VisitOrPutChange(Tree<Types>& tree, const Make& make, Function& f)
      : Base(tree, /*replace=*/false, make), f_(f) {}

  Fate Decide(const typename Types::ValueBits* now) {
    if (now == nullptr) return Fate::kPut;
    const typename Types::Value& there = Types::ValueCodec::View(*now);
    f_(there);
    return Fate::kStays;
  }

 private:
  Function& f_;
};

// Puts what is made by make() if the value equals what is expected, else tells
// which it is.
template <class Types, class Make>
class CompareExchangeChange : public PutChange<Types, Make> {
  using Base = PutChange<Types, Make>;

 public:
  CompareExchangeChange(Tree<Types>& tree, const Make& make,
                        typename Types::Value& expected)
      : Base(tree, /*replace=*/true, make), tree_(tree), expected_(expected) {}

  Fate Decide(const typename Types::ValueBits* now) {
    const typename Types::Value& there = Types::ValueCodec::View(*now);
    const bool equal = internal::AskUser(
        tree_, [&] { return static_cast<bool>(there == expected_); });
    if (equal) return Fate::kPut;
    expected_ = there;
    return Fate::kStays;
  }

 private:
  Tree<Types>& tree_;
  typename Types::Value& expected_;
};

// Puts what f(value or null) returns, or erases if that is nothing, and tells
// what is there afterwards.
template <class Types, class Function>
class ComputeChange {
  using Value_ = typename Types::Value;
  using Bits = typename Types::ValueBits;

 public:
  ComputeChange(Tree<Types>& tree, Function& f, std::optional<Value_>& after)
      : tree_(tree), pending_(tree), f_(f), after_(after) {}

  Fate Decide(const Bits* now) {
    after_.reset();
    if (now == nullptr) {
      Ask(nullptr);
      return after_.has_value() ? Fate::kPut : Fate::kStays;
    }
    const Value_& there = Types::ValueCodec::View(*now);
    Ask(std::addressof(there));
    return after_.has_value() ? Fate::kPut : Fate::kErased;
  }
  const Bits& Value() {
    return pending_.Anew(
        [&] { return tree_.MakeValue(std::as_const(*after_)); });
  }
  void GaveValue() { pending_.Gave(); }

 private:
  void Ask(const Value_* now) {
    internal::AskUser(tree_, [&] {
      if (std::optional<Value_> result = f_(now)) {
        after_.emplace(std::move(*result));
      }
    });
  }

  Tree<Types>& tree_;
  PendingValue<Types> pending_;
  Function& f_;
  std::optional<Value_>& after_;
};

// Erases the entry if pred(value).
template <class Types, class Predicate>
class EraseIfChange : public NoValue<Types> {
 public:
  EraseIfChange(Tree<Types>& tree, Predicate& pred)
      : tree_(tree), pred_(pred) {}

  Fate Decide(const typename Types::ValueBits* now) {
    const typename Types::Value& there = Types::ValueCodec::View(*now);
    const bool chosen = internal::AskUser(
        tree_, [&] { return static_cast<bool>(pred_(there)); });
    return chosen ? Fate::kErased : Fate::kStays;
  }

 private:
  Tree<Types>& tree_;
  Predicate& pred_;
};

// --- The short way --------------------------------------------------------

// A change of an entry that is present, as QuickPut() and QuickErase() make
// them; for the same types. False if it declines, and then nothing has
// happened.
template <class Types, class ProbeT, IsChange<Types> Change>
bool QuickChange(Tree<Types>& tree, const ProbeT& probe, Change& change,
                 Done& done) {
  return internal::TryQuick(
      tree, &probe,
      [&](const auto& guard, const Place<Types>& place)
          PMA_ALWAYS_INLINE_LAMBDA {
            Located<Types> found;
            found.place = place;
            if (!internal::QuickLocate(kToReplace<Types>, tree, probe, found) ||
                !found.present) {
              return false;
            }
            const Fate fate = change.Decide(&found.value);
            done = Done::kNothing;
            if (fate == Fate::kStays) return true;
            if (fate == Fate::kErased) return false;
            ThreadRecord<typename Types::Platform>& record = guard.record();
            if (!found.word.idle() ||
                !SegmentWriter<Types>(
                     record, found.place.extent->segment(found.place.segment),
                     found.word)
                     .Replace(found.rank, change.Value())) [[unlikely]] {
              return Races<Types>::Decline(record);
            }
            change.GaveValue();
            record.lost_races.Won();
            done = Done::kReplaced;
            return true;
          });
}

// Modify() and ModifyPresent(), the short way for types that have one.
template <class Types, class Sought, class MakeKey, IsChange<Types> Change>
Done ModifyQuickly(Tree<Types>& tree, const Sought& sought,
                   const MakeKey& make_key, Change& change) {
  if constexpr (kPlainCells<Types>) {
    using Probe = typename Types::Order::template ProbeFor<Sought>;
    Done done;
    if (internal::WithWideProbe<Types>(
            Probe(sought), [&](const auto& probe) PMA_ALWAYS_INLINE_LAMBDA {
              return internal::QuickChange(tree, probe, change, done);
            })) [[likely]] {
      return done;
    }
  }
  return internal::Modify(tree, sought, make_key, change);
}
template <class Types, class ProbeT, IsChange<Types> Change>
Done ModifyPresentQuickly(Tree<Types>& tree, const ProbeT& probe,
                          Change& change) {
  if constexpr (kPlainCells<Types>) {
    Done done;
    if (internal::WithWideProbe<Types>(
            probe, [&](const auto& sought) PMA_ALWAYS_INLINE_LAMBDA {
              return internal::QuickChange(tree, sought, change, done);
            })) [[likely]] {
      return done;
    }
  }
  return internal::ModifyPresent(tree, probe, change);
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_DECIDE_H_
