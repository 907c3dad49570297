// What the processor can do, and how fast a library is in products.
#include <chrono>

#include "loops.h"
#include "matmul.hpp"

int instruction_set(void) {
#if defined(__x86_64__) || defined(_M_X64)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

int vector_lanes(void) { return loops::lanes; }

double peak_gflops(double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr int rows = 8, depth = 72, n = 6 * loops::lanes;
  loops::Packed w;
  w.pack(rows, depth, [](int row, int k) { return 1e-3f * static_cast<float>(row - k); });
  loops::Band x(depth, n), y(rows, n);
  double best = 0;
  const auto start = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - start).count() < seconds) {
    const auto begin = Clock::now();
    for (int k = 0; k < 200; ++k)
      loops::mix(y.line(0), y.stride, w, x.line(0), loops::Strided{x.stride}, n);
    const double taken = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::max(best, 2e-9 * 200 * rows * depth * n / taken);
  }
  return best;
}
