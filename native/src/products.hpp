// Products of matrices whose rows are pixels or channels, with a row of channels on the right: tiles
// of sums that stay in registers, as wide as three vectors.
#pragma once

#include "groups.hpp"
#include "matmul.hpp"

namespace loops {

// to (rows, width) = left (rows, depth) * right (depth, width); the width is a multiple of eight.
// Number (r, k) of the left matrix is where two functions say: left[row(r) + along(k)].
struct Product {
  float* to;
  std::ptrdiff_t to_stride;
  const float* left;
  const float* right;
  std::ptrdiff_t right_stride;
  int rows, depth, width;
};

namespace detail {

template <typename V>
LOOPS_INLINE V load_as(const float* at) {
  if constexpr (sizeof(V) == sizeof(vec))
    return load(at);
  else
    return load_group(at);
}
template <typename V>
LOOPS_INLINE void store_as(float* at, V v) {
  if constexpr (sizeof(V) == sizeof(vec))
    store(at, v);
  else
    store_group(at, v);
}

template <typename V, int rows, int vectors, bool add, typename Along>
LOOPS_INLINE void product_tile(const Product& p, float* to, const float* const* left,
                               const float* right, Along along) {
  constexpr int size = sizeof(V) / sizeof(float);
  const float* starts[rows];
  V sums[rows][vectors];
  for (int r = 0; r < rows; ++r) {
    starts[r] = left[r];
    for (int v = 0; v < vectors; ++v)
      sums[r][v] = add ? load_as<V>(to + r * p.to_stride + v * size) : V{};
  }
  for (int k = 0; k < p.depth; ++k, right += p.right_stride) {
    const std::ptrdiff_t at = along(k);
    V columns[vectors];
    for (int v = 0; v < vectors; ++v) columns[v] = load_as<V>(right + v * size);
    for (int r = 0; r < rows; ++r) {
      const V one = starts[r][at] - V{};
      for (int v = 0; v < vectors; ++v) sums[r][v] += one * columns[v];
    }
  }
  for (int r = 0; r < rows; ++r)
    for (int v = 0; v < vectors; ++v) store_as<V>(to + r * p.to_stride + v * size, sums[r][v]);
}

template <typename V, int vectors, bool add, typename Row, typename Along>
LOOPS_APART void product_panel(const Product& p, int column, Row row, Along along) {
  constexpr int block = many_registers ? 8 : 4;
  float* to = p.to + column;
  const float* right = p.right + column;
  const float* left[block];
  int r = 0;
  const auto begin = [&](int rows) {
    for (int k = 0; k < rows; ++k) left[k] = p.left + row(r + k);
  };
  for (; r + block <= p.rows; r += block) {
    begin(block);
    product_tile<V, block, vectors, add>(p, to + r * p.to_stride, left, right, along);
  }
  if (block > 4 && r + 4 <= p.rows) {
    begin(4);
    product_tile<V, 4, vectors, add>(p, to + r * p.to_stride, left, right, along);
    r += 4;
  }
  for (; r < p.rows; ++r) {
    begin(1);
    product_tile<V, 1, vectors, add>(p, to + r * p.to_stride, left, right, along);
  }
}

}  // namespace detail

// With `add`, the product is added to what is there.
template <bool add, typename Row, typename Along>
inline void multiply(const Product& p, Row row, Along along) {
  for (int column = 0; column < p.width;) {
    const int left = (p.width - column) / lanes;
    if (left == 0) {
      detail::product_panel<group, 1, add>(p, column, row, along);
      column += group_size;
      continue;
    }
    const int vectors = next_tile(left);
    if (vectors == 3)
      detail::product_panel<vec, 3, add>(p, column, row, along);
    else if (vectors == 2)
      detail::product_panel<vec, 2, add>(p, column, row, along);
    else
      detail::product_panel<vec, 1, add>(p, column, row, along);
    column += vectors * lanes;
  }
}

// Rows of the left matrix lie one behind the other.
template <bool add>
inline void multiply_rows(const Product& p, std::ptrdiff_t left_stride) {
  multiply<add>(p, Strided{left_stride}, Strided{1});
}

// The left matrix is the transpose of one whose rows lie one behind the other.
template <bool add>
inline void multiply_columns(const Product& p, std::ptrdiff_t left_stride) {
  multiply<add>(p, Strided{1}, Strided{left_stride});
}

}  // namespace loops
