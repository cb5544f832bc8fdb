// SPDX-License-Identifier: Apache-2.0

// Plain figures a map reports about itself.

#ifndef PMA_STATS_H_
#define PMA_STATS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace pma {

// Memory obtained through the map's allocator and not yet returned to it. The
// heap memory owned by user types (the characters of a long std::string) is the
// user type's own and is not counted, nor is what threads keep for all maps.
struct MemoryUsage {
  // Everything below together, plus the map object itself.
  size_t allocated_bytes = 0;
  // Segments, separators and headers of the extents in use.
  size_t extent_bytes = 0;
  // The directory, the striped counters, and what else the map needs to keep
  // account of all this.
  size_t directory_bytes = 0;
  // Keys and values too large or too rich to lie inline.
  size_t box_bytes = 0;
  // Of what has been erased, replaced or outgrown, and has not been freed yet:
  // rounded up, and with what strings and vectors among it own beside, which is
  // counted nowhere else.
  size_t retired_bytes = 0;
};

// How a map is laid out, and what has been done to keep it so. What others do
// meanwhile may be in some figures and not in others.
struct MapStats {
  // As size().
  size_t entries = 0;
  // Bounded arrays of segments, each with a part of the keys.
  size_t extents = 0;
  // Of all extents, the room kept for runs included.
  size_t segments = 0;
  // What a segment holds at most.
  size_t cells_per_segment = 0;
  // Segments by how full they are: fills[0] are empty, fills[i] more than i - 1
  // and up to i tenths full. While a window moves, its segments count as empty.
  std::array<size_t, 11> fills = {};
  // Since the map was made: windows of segments moved; extents replaced, one or
  // two by one or two; and attempts to make room that were in vain, because
  // other threads had changed something.
  uint64_t rebalances = 0;
  uint64_t rebuilds = 0;
  uint64_t retries = 0;
  // As in MemoryUsage.
  size_t retired_bytes = 0;

  // As one line of JSON, by the names above.
  std::string json() const {
    std::string text = "{";
    ForEach([&](const char* name, const auto& figure) {
      if (text.size() > 1) text += ", ";
      text.append("\"").append(name).append("\": ");
      if constexpr (requires { figure.size(); }) {
        const char* before = "[";
        for (const size_t fill : figure) {
          text.append(before).append(std::to_string(fill));
          before = ", ";
        }
        text += "]";
      } else {
        text += std::to_string(figure);
      }
    });
    return text + "}";
  }

  // The JSON, for streams and for Abseil.
  template <class Traits>
  friend std::basic_ostream<char, Traits>& operator<<(
      std::basic_ostream<char, Traits>& out, const MapStats& stats) {
    return out << stats.json().c_str();
  }
  template <class Sink>
  friend void AbslStringify(Sink& sink, const MapStats& stats) {
    sink.Append(stats.json());
  }

  // Whether all figures are the same.
  friend bool operator==(const MapStats&, const MapStats&) = default;

 private:
  template <class Function>
  void ForEach(Function function) const {
    function("entries", entries);
    function("extents", extents);
    function("segments", segments);
    function("cells_per_segment", cells_per_segment);
    function("fills", fills);
    function("rebalances", rebalances);
    function("rebuilds", rebuilds);
    function("retries", retries);
    function("retired_bytes", retired_bytes);
  }
};

}  // namespace pma

#endif  // PMA_STATS_H_
