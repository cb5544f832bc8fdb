// SPDX-License-Identifier: Apache-2.0

// Where Bazel has put the data of a program.

#ifndef BENCH_KEYS_DATA_FILES_H_
#define BENCH_KEYS_DATA_FILES_H_

#include <string>

namespace pma::bench {

// The file of the repository @wamerican_insane, of one word a line; the program
// is argv[0], and has the file among its data.
std::string WordsFile(const char* program);

// Of @tor_geoipdb, in the form of ParseGeoip.
std::string GeoipFile(const char* program);

}  // namespace pma::bench

#endif  // BENCH_KEYS_DATA_FILES_H_
