#include <fstream>
#include <iostream>
#include <string>

#include "absl/container/btree_map.h"
#include "benchmark/benchmark.h"
#include "nlohmann/json.hpp"
#include "oneapi/tbb/concurrent_map.h"

int main(int argc, char** argv) {
  tbb::concurrent_map<int, int> map;
  map.emplace(1, 2);
  nlohmann::json j;
  j["size"] = map.size();
  std::cout << j.dump() << "\n";
  std::ifstream in(argv[argc - 1]);
  std::string line;
  std::getline(in, line);
  std::cout << line << " " << in.good() << "\n";
  benchmark::DoNotOptimize(map);
  return 0;
}
