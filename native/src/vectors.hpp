// Vectors of as many floats as a register of the instruction set holds, by the compiler's own
// vector types: GCC and Clang turn them into SSE, AVX2, AVX-512 or NEON instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

// Arrays of vectors stay in registers only where the function that holds them is a part of others.
#define LOOPS_INLINE inline __attribute__((always_inline))
// And their loops get the registers that they need where that one is a function of its own.
#define LOOPS_APART __attribute__((noinline))
// The same as the first of a lambda.
#define LOOPS_LAMBDA __attribute__((always_inline))

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

// The compiler must not load what it has again: a load from the cache is not for nothing.
inline void keep_in_register(vec& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__x86_64__)
  asm("" : "+x"(v));
#elif defined(__aarch64__)
  asm("" : "+w"(v));
#endif
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
// Of each group of `group` lanes its half from `start` on, those of a and of b in turns.
template <int group, int start, std::size_t... k>
inline vec halves(vec a, vec b, std::index_sequence<k...>) {
  return __builtin_shufflevector(
      a, b, (k / group * group + k % (group / 2) + start + (k % group < group / 2 ? 0 : lanes))...);
}
template <int group, int count>
LOOPS_INLINE void fold(vec* v) {
  if constexpr (group > 1) {
    using All = std::make_index_sequence<lanes>;
    for (int k = 0; k < count; k += 2) {
      const vec a = v[k], b = k + 1 < count ? v[k + 1] : a;
      v[k / 2] = halves<group, 0>(a, b, All{}) + halves<group, group / 2>(a, b, All{});
    }
    fold<group / 2, (count + 1) / 2>(v);
  }
}
}  // namespace detail

// Sums over the lanes of up to `lanes` vectors, which are used up, side by side in the first: that
// of vector k in lane `lane_of(k)`.
template <int count>
LOOPS_INLINE void sums_of(vec* v) {
  static_assert(count <= lanes);
  detail::fold<lanes, count>(v);
}
constexpr int lane_of(int k) {
  int lane = 0;
  for (int bit = 1; bit < lanes; bit *= 2, k /= 2) lane = 2 * lane + k % 2;
  return lane;
}

using Lanes = std::make_index_sequence<lanes>;

// Every other number of two vectors in a row, from the first or from the second.
inline vec evens(vec a, vec b) { return detail::evens(a, b, Lanes{}); }
inline vec odds(vec a, vec b) { return detail::odds(a, b, Lanes{}); }

// Numbers of two vectors in turns: the first half of the result, and the second.
inline vec first_pairs(vec a, vec b) { return detail::in_turns<0>(a, b, Lanes{}); }
inline vec last_pairs(vec a, vec b) { return detail::in_turns<lanes / 2>(a, b, Lanes{}); }

}  // namespace loops
