// SPDX-License-Identifier: Apache-2.0

// A fuzzer's input, byte by byte; behind its end come zeros.

#ifndef PMA_FUZZ_BYTE_READER_H_
#define PMA_FUZZ_BYTE_READER_H_

#include <cstddef>
#include <cstdint>

namespace pma::fuzzing {

class ByteReader {
 public:
  ByteReader(const std::uint8_t* data, std::size_t size)
      : next_(data), end_(data + size) {}

  bool AtEnd() const { return next_ == end_; }
  std::uint8_t Next() { return AtEnd() ? 0 : *next_++; }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

}  // namespace pma::fuzzing

#endif  // PMA_FUZZ_BYTE_READER_H_
