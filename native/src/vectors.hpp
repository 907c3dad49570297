// Vectors of as many floats as a register of the instruction set holds, by the compiler's own
// vector types: GCC and Clang turn them into SSE, AVX2, AVX-512 or NEON instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace loops {

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX2__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif

// How many vectors may stay in registers besides those that a loop loads.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr bool many_registers = true;
#else
constexpr bool many_registers = false;
#endif

typedef float vec __attribute__((vector_size(4 * lanes)));
typedef float vec_anywhere __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

constexpr int round_up(int n, int step) { return (n + step - 1) / step * step; }

inline vec load(const float* at) { return *reinterpret_cast<const vec_anywhere*>(at); }

inline void store(float* at, vec v) { *reinterpret_cast<vec_anywhere*>(at) = v; }

inline vec spread(float value) { return value - vec{}; }

inline vec larger(vec a, vec b) { return a > b ? a : b; }

inline float sum(vec v) {
  float total = 0;
  for (int k = 0; k < lanes; ++k) total += v[k];
  return total;
}

namespace detail {
template <std::size_t... k>
inline vec evens(vec a, vec b, std::index_sequence<k...>) {
  return __builtin_shufflevector(a, b, (2 * k)...);
}
template <std::size_t... k>
inline vec odds(vec a, vec b, std::index_sequence<k...>) {
  return __builtin_shufflevector(a, b, (2 * k + 1)...);
}
template <std::size_t start, std::size_t... k>
inline vec in_turns(vec a, vec b, std::index_sequence<k...>) {
  return __builtin_shufflevector(a, b, (start + k / 2 + lanes * (k % 2))...);
}
}  // namespace detail

using Lanes = std::make_index_sequence<lanes>;

// Every other number of two vectors in a row, from the first or from the second.
inline vec evens(vec a, vec b) { return detail::evens(a, b, Lanes{}); }
inline vec odds(vec a, vec b) { return detail::odds(a, b, Lanes{}); }

// Numbers of two vectors in turns: the first half of the result, and the second.
inline vec first_pairs(vec a, vec b) { return detail::in_turns<0>(a, b, Lanes{}); }
inline vec last_pairs(vec a, vec b) { return detail::in_turns<lanes / 2>(a, b, Lanes{}); }

}  // namespace loops
