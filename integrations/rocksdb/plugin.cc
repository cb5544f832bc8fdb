// SPDX-License-Identifier: Apache-2.0

// Enters the factories into RocksDB's registry when the library is loaded.

#include <memory>
#include <string>

#include "integrations/rocksdb/factory.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/utilities/object_registry.h"

namespace {

template <class Factory>
void Register() {
  ::rocksdb::ObjectLibrary::Default()
      ->AddFactory<::rocksdb::MemTableRepFactory>(
          Factory::kClassName(),
          [](const std::string& /*uri*/,
             std::unique_ptr<::rocksdb::MemTableRepFactory>* guard,
             std::string* /*error*/) {
            *guard = std::make_unique<Factory>();
            return guard->get();
          });
}

[[maybe_unused]] const bool kRegistered = [] {
  Register<pma_rocksdb::MemTableFactory>();
  Register<pma_rocksdb::SkipListMemTableFactory>();
  return true;
}();

}  // namespace
