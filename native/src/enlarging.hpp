// Twofold bilinear enlarging along one axis, as tables, and what it makes of sums over the large image:
// see segprior/nn/shared/bilinear.py.
#pragma once

#include "row_ops.hpp"

namespace loops {

// How lines of the large image lie among those of the small one, along one axis.
struct Between {
  int size = 0;
  Floats far;     // (4, stride): see above
  Floats turned;  // (8, stride): by which small lines take large ones in the adjoint
  Floats diagonal, side, sums;  // of UᵀU and the side of it; column sums of U, which enlarges
  std::ptrdiff_t stride = 0;

  Between() = default;
  explicit Between(int size)
      : size(size), diagonal(size), side(size), sums(size), stride(size + 2 * lanes) {
    far = Floats(4 * stride);
    turned = Floats(8 * stride);
    const auto position = [size](int line) {
      return static_cast<double>(line) * (size - 1) / (2 * size - 1);
    };
    for (int c = 0; c < size; ++c) {
      at(far, 1)[c] = static_cast<float>(position(2 * c) - c + 1);
      at(far, 2)[c] = static_cast<float>(position(2 * c + 1) - c);
      if (c > 0) at(far, 0)[c] = static_cast<float>(position(2 * c - 1) - (c - 1));
      at(far, 3)[c] = c < size - 1 ? static_cast<float>(position(2 * c + 2) - c) : 1.0f;
    }
    for (int c = 0; c < size; ++c)
      for (int k = 0; k < 2; ++k) {
        at(turned, k)[c] = at(far, k)[c];
        at(turned, 4 + k)[c] = 1 - at(far, 2 + k)[c];
        if (c < size - 1) at(turned, 2 + k)[c] = 1 - at(far, k)[c + 1];
        if (c > 0) at(turned, 6 + k)[c] = at(far, 2 + k)[c - 1];
      }
    Array<double> product(size), beside(size), total(size);
    for (int line = 0; line < 2 * size; ++line) {
      const int low = std::min(static_cast<int>(position(line)), size - 2);
      const double along = position(line) - low;
      product[low] += (1 - along) * (1 - along);
      product[low + 1] += along * along;
      beside[low] += (1 - along) * along;
      total[low] += 1 - along;
      total[low + 1] += along;
    }
    for (int c = 0; c < size; ++c) {
      diagonal[c] = static_cast<float>(product[c]);
      side[c] = static_cast<float>(beside[c]);
      sums[c] = static_cast<float>(total[c]);
    }
  }
  float* at(const Floats& table, int k) const { return table.get() + k * stride; }
  float* far_at(int k) const { return at(far, k); }
  float* turned_at(int k) const { return at(turned, k); }
};

// Images of the last three rows, activated, and what UᵀU of both axes makes of the middle one.
class ActiveRows {
 public:
  ActiveRows(Image z, const Norm& norm, const Between& down, const Between& across)
      : z_(z), act_(norm), down_(down), across_(across), ring_(3 * z.channels, z.columns),
        line_(z.columns + 2), before_(z.columns) {
    for (int j = 1; j < z.columns; ++j) before_[j] = across.side[j - 1];
  }

  // Go on to row r, the next one, or 0.
  void advance(int r) {
    if (r == 0) put(0);
    if (r + 1 < z_.rows) put(r + 1);
  }
  const float* row(int r, int c) const { return ring_.line(r % 3 * z_.channels + c); }

  // (UᵀU) x (VᵀV) at row r of channel c, where U and V enlarge rows and columns.
  void squares(int r, int c, float* __restrict to) {
    const int above = std::max(r - 1, 0), below = std::min(r + 1, z_.rows - 1), n = z_.columns;
    const float d = down_.diagonal[r], high = down_.side[r];
    const float low = r > 0 ? down_.side[above] : 0.0f;
    const float* __restrict here = row(r, c);
    const float* __restrict up = row(above, c);
    const float* __restrict down = row(below, c);
    const float* __restrict diagonal = across_.diagonal.get();
    const float* __restrict side = across_.side.get();
    const float* __restrict before = before_.get();
    float* __restrict t = line_.get() + 1;
    for (int j = 0; j < n; ++j) t[j] = d * here[j] + low * up[j] + high * down[j];
    for (int j = 0; j < n; ++j) to[j] = diagonal[j] * t[j] + before[j] * t[j - 1] + side[j] * t[j + 1];
  }

 private:
  void put(int r) {
    for (int c = 0; c < z_.channels; ++c)
      act_.apply(ring_.line(r % 3 * z_.channels + c), z_.at(r, c), c, z_.columns);
  }

  Image z_;
  Activation act_;
  const Between &down_, &across_;
  Band ring_;
  Floats line_, before_;
};

}  // namespace loops
