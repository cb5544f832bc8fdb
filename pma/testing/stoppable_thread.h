// SPDX-License-Identifier: Apache-2.0

// A thread that a signal stops: it does not run on, in user code or anywhere
// else, until it is released.
//
// The signal's handler blocks in read(2) of a pipe. A thread stops itself, at a
// place of the test's choosing; to all others that is as if the scheduler had
// taken its processor away there for good.

#ifndef PMA_TESTING_STOPPABLE_THREAD_H_
#define PMA_TESTING_STOPPABLE_THREAD_H_

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <thread>
#include <utility>

namespace pma::testing {

class StoppableThread {
 public:
  // Runs `operation` on a thread of its own, in which StopHere() may be called.
  explicit StoppableThread(std::function<void()> operation) {
    struct sigaction action = {};
    action.sa_handler = &Block;
    if (sigaction(kSignal, &action, nullptr) != 0) std::abort();
    thread_ = std::thread([this, operation = std::move(operation)] {
      current_ = this;
      operation();
      events_.Send(kEnded);
    });
  }
  // Runs it to its end.
  ~StoppableThread() {
    while (WaitUntilStopped()) Release();
    thread_.join();
  }
  StoppableThread(const StoppableThread&) = delete;
  StoppableThread& operator=(const StoppableThread&) = delete;

  // Stops the calling thread until it is released.
  static void StopHere() { pthread_kill(pthread_self(), kSignal); }

  // Waits until the thread has stopped (true) or its operation has ended.
  bool WaitUntilStopped() {
    if (!ended_) ended_ = events_.Receive() == kEnded;
    return !ended_;
  }
  // Lets the stopped thread run on.
  void Release() { releases_.Send(kGo); }

 private:
  static constexpr int kSignal = SIGUSR1;
  static constexpr char kStopped = 's';
  static constexpr char kEnded = 'e';
  static constexpr char kGo = 'g';

  // Bytes between threads, by calls that a signal's handler may make.
  class Pipe {
   public:
    Pipe() {
      if (pipe(ends_.data()) != 0) std::abort();
    }
    ~Pipe() {
      close(ends_[0]);
      close(ends_[1]);
    }
    void Send(char byte) {
      if (write(ends_[1], &byte, 1) != 1) std::abort();
    }
    char Receive() {
      char byte = 0;
      while (read(ends_[0], &byte, 1) != 1) {
        if (errno != EINTR) std::abort();
      }
      return byte;
    }

   private:
    std::array<int, 2> ends_;
  };

  static void Block(int) {
    const int saved_errno = errno;
    current_->events_.Send(kStopped);
    current_->releases_.Receive();
    errno = saved_errno;
  }

  static constinit inline thread_local StoppableThread* current_ = nullptr;

  Pipe events_;
  Pipe releases_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_STOPPABLE_THREAD_H_
