// SPDX-License-Identifier: Apache-2.0

// judge --layer=NAME [--first=N] [--trials=N] [--seconds=S]
//
// Runs trials of a layer (judge.h) from number --first on. Exit code: 0 all of
// them passed, 1 one did not, which is printed with a line that repeats it, 2 a
// wrong flag. A sanitizer or a signal may end it as well.
//
// Seconds are those of the processor, so that a busy machine changes no
// verdict.

#include "fuzz/mutants/judge.h"

#include <sys/time.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace pma::mutants {
namespace {

constexpr int kViolation = 1;
constexpr int kBadFlag = 2;

// A trial takes milliseconds, under a sanitizer up to a second: one that takes
// this long never ends. By the clock, too: who waits gives way to others, and
// on a busy machine hardly comes to its turn.
constexpr time_t kEndlessProcessorSeconds = 20;
constexpr time_t kEndlessSeconds = 120;

struct Settings {
  Trial trial = nullptr;
  uint64_t first = 0;
  uint64_t trials = ~uint64_t{0};
  double seconds = 1e9;
};

template <class T>
bool ParseNumber(std::string_view text, T& number) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end && number >= 0;
}

// Returns what is wrong, or nothing. By hand, because every mutant links this.
std::string ParseFlag(std::string_view argument, Settings& settings) {
  const size_t equals = argument.find('=');
  const std::string_view name = argument.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? "" : argument.substr(equals + 1);
  if (name == "--layer") {
    settings.trial = FindLayer(value);
    if (settings.trial != nullptr) return "";
    return "--layer is one of " + std::string(LayerNames());
  }
  bool parsed = false;
  if (name == "--first") {
    parsed = ParseNumber(value, settings.first);
  } else if (name == "--trials") {
    parsed = ParseNumber(value, settings.trials);
  } else if (name == "--seconds") {
    parsed = ParseNumber(value, settings.seconds);
  } else {
    return "unknown flag " + std::string(argument);
  }
  return parsed ? "" : std::string(name) + " takes a number";
}

double ProcessorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

// Ends the process after so many seconds, if it is still at it; 0: not at all.
void EndAfter(time_t processor_seconds, time_t seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = processor_seconds;
  setitimer(ITIMER_PROF, &timer, nullptr);
  timer.it_value.tv_sec = seconds;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

void SayEndless(int) {
  constexpr std::string_view kText = "VIOLATION: the trial does not end\n";
  [[maybe_unused]] const auto written =
      write(STDOUT_FILENO, kText.data(), kText.size());
  _exit(kViolation);
}

int Judge(std::string_view layer, const Settings& settings) {
  // Line by line: what is said before a crash must not be lost.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::signal(SIGPROF, SayEndless);
  std::signal(SIGALRM, SayEndless);
  uint64_t done = 0;
  while (done < settings.trials && ProcessorSeconds() < settings.seconds) {
    const uint64_t number = settings.first + done;
    // Said before, because a trial may end the process.
    std::printf("trial: --layer=%s --first=%llu --trials=1\n",
                std::string(layer).c_str(),
                static_cast<unsigned long long>(number));
    EndAfter(kEndlessProcessorSeconds, kEndlessSeconds);
    const std::string failure = settings.trial(number);
    EndAfter(0, 0);
    ++done;
    if (!failure.empty()) {
      std::printf("VIOLATION in trial %llu, the %llu., after %.2f s: %s\n",
                  static_cast<unsigned long long>(number),
                  static_cast<unsigned long long>(done), ProcessorSeconds(),
                  failure.c_str());
      return kViolation;
    }
  }
  std::printf("ok: %llu trials in %.2f s\n",
              static_cast<unsigned long long>(done), ProcessorSeconds());
  return 0;
}

}  // namespace
}  // namespace pma::mutants

int main(int argc, char** argv) {
  using namespace pma::mutants;  // NOLINT: a main function
  Settings settings;
  std::string_view layer;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string error = ParseFlag(argument, settings);
    if (!error.empty()) {
      std::fprintf(stderr, "judge: %s\n", error.c_str());
      return kBadFlag;
    }
    if (argument.starts_with("--layer=")) layer = argument.substr(8);
  }
  if (settings.trial == nullptr) {
    std::fprintf(stderr, "judge: --layer is one of %s\n",
                 std::string(LayerNames()).c_str());
    return kBadFlag;
  }
  return Judge(layer, settings);
}
