// Parts of some work on several threads: how many there are decides no result.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace loops {

// Call `work(part)` for each of `parts`, on `threads` at most, this one among them.
template <typename Work>
void in_parts(int parts, int threads, Work work) {
  std::atomic<int> next{0};
  std::exception_ptr failed;
  std::atomic_flag claimed = ATOMIC_FLAG_INIT;
  const auto go = [&] {
    try {
      for (int part; (part = next++) < parts;) work(part);
    } catch (...) {
      next = parts;
      if (!claimed.test_and_set()) failed = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (int k = 1; k < std::min(threads, parts); ++k) {
    try {
      others.emplace_back(go);
    } catch (const std::system_error&) {
      break;  // no more threads are to be had
    }
  }
  go();
  for (std::thread& other : others) other.join();
  if (failed) std::rethrow_exception(failed);
}

}  // namespace loops
