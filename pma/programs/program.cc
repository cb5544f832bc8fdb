// SPDX-License-Identifier: Apache-2.0

// Shares maps with shared objects, each in threads of its own.
//
//   program linked                  with those it was linked with
//   program open LIBRARY...         with those it opens (RTLD_LOCAL)
//   program only-open LIBRARY...    these with each other
//   program only-open-global LIBRARY...   the same, with RTLD_GLOBAL
//   program close LIBRARY           opens, uses and closes one many times

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pma/programs/sharing.h"

namespace {

using sharing::Maps;

struct Library {
  Maps* (*make)();
  void (*destroy)(Maps*);
  void (*work)(Maps*, std::uint64_t, std::uint64_t);
  void* handle = nullptr;
};

Library Open(const char* path, char name, int scope = RTLD_LOCAL) {
  void* const handle = dlopen(path, RTLD_NOW | scope);
  if (handle == nullptr) {
    std::printf("%s\n", dlerror());
    std::exit(2);
  }
  const auto find = [&](std::string function) {
    return dlsym(handle, (function + "_" + name).c_str());
  };
  return {reinterpret_cast<Maps* (*)()>(find("Make")),
          reinterpret_cast<void (*)(Maps*)>(find("Destroy")),
          reinterpret_cast<void (*)(Maps*, std::uint64_t, std::uint64_t)>(
              find("Work")),
          handle};
}

void Share(const std::vector<Library>& libraries, bool with_program) {
  Maps* const maps = with_program ? new Maps : libraries[0].make();
  // Two threads each, in turns.
  std::vector<std::thread> threads;
  const std::uint64_t users = libraries.size() + (with_program ? 1 : 0);
  const std::uint64_t parts = 2 * users;
  for (std::uint64_t part = 0; part < parts; ++part) {
    threads.emplace_back([&, part] {
      const std::uint64_t user = part % users;
      if (user < libraries.size()) {
        libraries[user].work(maps, part, parts);
      } else {
        sharing::Work(*maps, part, parts);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (with_program) {
    sharing::Check(*maps);
    delete maps;
  } else {
    libraries[0].destroy(maps);
  }
}

// A library that nobody uses any more goes away, and comes back as new.
void OpenAndClose(const char* path) {
  for (int round = 0; round < 20; ++round) {
    const Library library = Open(path, 'a');
    Maps* const maps = library.make();
    std::thread([&] { library.work(maps, 0, 2); }).join();
    if (round % 2 == 0) library.work(maps, 1, 2);
    library.destroy(maps);
    std::thread last_user;
    if (round % 3 == 0) {
      // Closed while a thread lives that has used maps by it.
      last_user = std::thread([&] {
        Maps* const own = library.make();
        library.work(own, 0, 16);
        library.destroy(own);
        dlclose(library.handle);
      });
    } else {
      dlclose(library.handle);
    }
    if (last_user.joinable()) last_user.join();
  }
}

}  // namespace

// Null if the program was not linked with them.
extern "C" {
[[gnu::weak]] Maps* Make_a();
[[gnu::weak]] void Destroy_a(Maps*);
[[gnu::weak]] void Work_a(Maps*, std::uint64_t, std::uint64_t);
[[gnu::weak]] Maps* Make_b();
[[gnu::weak]] void Destroy_b(Maps*);
[[gnu::weak]] void Work_b(Maps*, std::uint64_t, std::uint64_t);
}

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  std::vector<Library> libraries;
  if (mode == "close") {
    OpenAndClose(argv[2]);
  } else if (mode == "linked") {
    libraries = {{Make_a, Destroy_a, Work_a}, {Make_b, Destroy_b, Work_b}};
    Share(libraries, true);
  } else {
    const int scope = mode == "only-open-global" ? RTLD_GLOBAL : RTLD_LOCAL;
    for (int i = 2; i < argc; ++i) {
      libraries.push_back(Open(argv[i], static_cast<char>('a' + i - 2), scope));
    }
    Share(libraries, mode == "open");
  }
  std::puts("right");
}
