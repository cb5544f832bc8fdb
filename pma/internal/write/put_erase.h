// SPDX-License-Identifier: Apache-2.0

// Putting and erasing one key.
//
//   short way      complete way    the short way declines if
//
//   QuickPut       Put             TryQuick or QuickLocate does (read/find.h),
//                                  the segment is full, the word has changed,
//                                  or the thread is putting a run (FindRunEnd)
//   QuickErase     Erase           they do, the word has changed, or so few
//                                  entries are left that segments are filled up

#ifndef PMA_INTERNAL_WRITE_PUT_ERASE_H_
#define PMA_INTERNAL_WRITE_PUT_ERASE_H_

#include <bit>
#include <cstddef>
#include <utility>

#include "pma/internal/machine/platform.h"
#include "pma/internal/read/find.h"
#include "pma/internal/read/locate.h"
#include "pma/internal/store/tree.h"
#include "pma/internal/write/modify.h"
#include "pma/internal/write/segment_writer.h"

namespace pma::inline PMA_VARIANT::internal {

// A value that does not depend on what is there: made by make() when it is
// first needed. One that is present stays, unless `replace`.
template <class Types, class Make>
class PutChange {
 public:
  PutChange(Tree<Types>& tree, bool replace, const Make& make)
      : value_(tree), replace_(replace), make_(make) {}

  Fate Decide(const typename Types::ValueBits* now) const {
    return now == nullptr || replace_ ? Fate::kPut : Fate::kStays;
  }
  const typename Types::ValueBits& Value() { return value_.Once(make_); }
  void GaveValue() { value_.Gave(); }

 private:
  PendingValue<Types> value_;
  const bool replace_;
  const Make& make_;
};

// Puts a cell. If the key is present, its value is replaced if `replace`, and
// nothing happens otherwise. True if the key was absent. `make_key` and
// `make_value` are called at most once, and only if needed. What is sought may
// be of another type than the key that is made of it.
template <class Types, class Sought, class MakeKey, class MakeValue>
bool Put(Tree<Types>& tree, const Sought& key, bool replace,
         const MakeKey& make_key, const MakeValue& make_value) {
  PutChange<Types, MakeValue> change(tree, replace, make_value);
  return internal::Modify(tree, key, make_key, change) == Done::kInserted;
}

// Erases what is present.
template <class Types>
struct EraseChange : NoValue<Types> {
  Fate Decide(const typename Types::ValueBits*) const { return Fate::kErased; }
};

// Erases the probed key. False if it was absent.
template <class Types, class ProbeT>
bool Erase(Tree<Types>& tree, const ProbeT& probe) {
  EraseChange<Types> change;
  return internal::ModifyPresent(tree, probe, change) == Done::kErased;
}

// --- The short ways -------------------------------------------------------
//
// One straight line each, short enough for the processor to start on the next
// operation while this one waits for memory; nothing is allocated, made or
// waited for. Where they decline nothing has happened. Out of line, and nothing
// but a jump leads on to the complete way.

// Keys that the processor compares, and values without boxes.
template <class Types>
inline constexpr bool kPlainCells =
    Types::kNaturalKeys && !Types::ValueCodec::kBoxed;

// Put() of a cell that is made.
template <class Types>
[[gnu::noinline]] bool PutCell(Tree<Types>& tree, typename Types::Key key,
                               typename Types::KeyBits key_bits,
                               typename Types::ValueBits value, bool replace) {
  return internal::Put(
      tree, key, replace, [&] { return key_bits; }, [&] { return value; });
}

template <class Types, class ProbeT>
[[gnu::noinline]] bool QuickPut(Tree<Types>& tree, ProbeT probe,
                                typename Types::ValueBits value, bool replace) {
  const typename Types::KeyBits key_bits = {
      std::bit_cast<typename Types::KeyCodec::Unit>(probe.number)};
  bool inserted = false;
  if (internal::TryQuick(
          tree, &probe,
          [&](const auto& guard,
              const Place<Types>& place) PMA_ALWAYS_INLINE_LAMBDA {
            ThreadRecord<typename Types::Platform>& record = guard.record();
            Located<Types> found;
            found.place = place;
            // What may be replaced mostly is.
            const Purpose purpose =
                replace ? kToReplace<Types> : Purpose::kMove;
            if (record.finger.directory_serial != 0 ||
                !internal::QuickLocate(purpose, tree, probe, found) ||
                place.directory == nullptr) {
              return false;
            }
            const Word word = found.word;
            SegmentWriter<Types> writer(
                record, found.place.extent->segment(found.place.segment), word);
            if (found.present) {
              if (!replace) return true;
              if (!word.idle() || !writer.Replace(found.rank, value))
                  [[unlikely]] {
                return Races<Types>::Decline(record);
              }
              record.lost_races.Won();
              return true;
            }
            if (word.count() == Types::kCells) [[unlikely]] {
              return false;
            }
            if (purpose == Purpose::kCell) {
              found.place.extent->segment(found.place.segment).PrefetchAll();
            }
            if (!word.idle() || !writer.Insert(found.rank, key_bits, value))
                [[unlikely]] {
              return Races<Types>::Decline(record);
            }
            record.lost_races.Won();
            internal::NoteInsertion(record, found);
            tree.AddEntries(record, 1);
            inserted = true;
            return true;
          })) [[likely]] {
    return inserted;
  }
  return internal::PutCell(tree, probe.key(), key_bits, value, replace);
}

template <class Types, class ProbeT>
[[gnu::noinline]] bool QuickErase(Tree<Types>& tree, ProbeT probe) {
  bool erased = false;
  if (internal::TryQuick(
          tree, &probe,
          [&](const auto& guard,
              const Place<Types>& place) PMA_ALWAYS_INLINE_LAMBDA {
            Located<Types> found;
            found.place = place;
            if (!internal::QuickLocate(Purpose::kMove, tree, probe, found))
              return false;
            if (!found.present) return true;
            const Word word = found.word;
            if (IsLowWatermark(word.count() - 1, Types::kCells)) [[unlikely]] {
              return false;
            }
            if (!word.idle() ||
                !SegmentWriter<Types>(
                     guard.record(),
                     found.place.extent->segment(found.place.segment), word)
                     .Erase(found.rank)) [[unlikely]] {
              return Races<Types>::Decline(guard.record());
            }
            guard.record().lost_races.Won();
            tree.AddEntries(guard.record(), -1);
            erased = true;
            return true;
          })) [[likely]] {
    return erased;
  }
  return internal::Erase(tree, internal::AnyProbe(probe));
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_PUT_ERASE_H_
