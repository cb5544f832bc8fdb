// Putting and erasing numbers as it nearly always goes: there is room, and
// nobody else at work. One straight line, short enough for the processor to
// start on the next operation while this one waits for memory; nothing is
// allocated, made or waited for. Whatever takes more, and nothing has happened
// by then, is left to the complete operations (point_ops.h).

#ifndef PMA_INTERNAL_PLAIN_OPS_H_
#define PMA_INTERNAL_PLAIN_OPS_H_

#include "pma/internal/point_ops.h"

namespace pma::inline PMA_VARIANT::internal {

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

// Put().
template <class Types, class ProbeT>
[[gnu::noinline]] bool PutPlain(Tree<Types>& tree, ProbeT probe,
                                typename Types::ValueBits value, bool replace) {
  using Platform = typename Types::Platform;
  const auto key_bits = Types::KeyCodec::Encode(probe.key);
  {
    const OutermostGuard<Platform> guard;
    Directory<Types>* directory;
    Located<Types> found;
    if (guard.holds() && guard.record().finger.directory_serial == 0 &&
        tree.LoadDirectory(guard, directory) &&
        internal::QuickLocate(tree, directory, probe, found) &&
        directory != nullptr) [[likely]] {
      ThreadRecord<Platform>& record = guard.record();
      const Word word = found.word;
      Segment<Types>& segment =
          found.place.extent->segment(found.place.segment);
      SegmentWriter<Types> writer(record, segment, word);
      if (found.present) {
        if (!replace) return false;
        if (word.idle() && writer.Replace(found.rank, value)) return false;
      } else if (word.idle() && word.count() < Types::kCells &&
                 writer.Insert(found.rank, key_bits, value)) [[likely]] {
        internal::NoteInsertion(record, found);
        tree.AddEntries(record, 1);
        return true;
      }
    }
  }
  return internal::PutCell(tree, probe.key, key_bits, value, replace);
}

// Erase().
template <class Types, class ProbeT>
[[gnu::noinline]] bool ErasePlain(Tree<Types>& tree, ProbeT probe) {
  using Platform = typename Types::Platform;
  {
    const OutermostGuard<Platform> guard;
    Directory<Types>* directory;
    Located<Types> found;
    if (guard.holds() && tree.LoadDirectory(guard, directory) &&
        internal::QuickLocate(tree, directory, probe, found)) [[likely]] {
      if (!found.present) return false;
      const Word word = found.word;
      Segment<Types>& segment =
          found.place.extent->segment(found.place.segment);
      if (word.idle() && !IsLowWatermark(word.count() - 1, Types::kCells) &&
          SegmentWriter<Types>(guard.record(), segment, word).Erase(found.rank))
          [[likely]] {
        tree.AddEntries(guard.record(), -1);
        return true;
      }
    }
  }
  return internal::Erase(tree, internal::AnyProbe(probe));
}

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_PLAIN_OPS_H_
