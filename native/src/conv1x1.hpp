// 1×1 convolutions of activated images, forward and backward.
#pragma once

#include "matmul.hpp"
#include "row_ops.hpp"

namespace loops {

constexpr int conv1x1_band = 256;  // columns of a band: few enough to stay in the cache

// Some rows of an image side by side: `rows` of them, `size` columns in all.
struct RowBand {
  int count, size;
  RowBand(int columns, int rows) {
    count = std::min(rows, std::max(1, conv1x1_band / columns));
    size = round_up(count * columns, lanes);
  }
};

inline void put_rows(Band& band, const Image& x, int first, int last, const Activation& act) {
  for (int r = first; r < last; ++r)
    for (int c = 0; c < x.channels; ++c)
      act.apply(band.line(c) + (r - first) * x.columns, x.at(r, c), c, x.columns);
}

class Conv1x1 {
 public:
  Conv1x1(int into, int out) : into_(into), out_(out) {}

  // `weight` is (out, into).
  void pack(const float* weight) {
    const int into = into_, out = out_;
    forward_.pack(out, into, [=](int o, int c) { return weight[o * into + c]; });
    back_.pack(into, out, [=](int c, int o) { return weight[o * into + c]; });
  }
  const Packed& forward_weights() const { return forward_; }
  const Packed& back_weights() const { return back_; }

  // z is made of x, activated by `act`; without z, its moments alone are found.
  void forward(Image z, Norm& norm, Image x, const Activation& act) const {
    const RowBand s(x.columns, x.rows);
    Band a(into_, s.size), y(forward_.rows(), s.size);
    for (int first = 0; first < x.rows; first += s.count) {
      const int last = std::min(first + s.count, x.rows);
      put_rows(a, x, first, last, act);
      mix(y.line(0), y.stride, forward_, a.line(0), Strided{a.stride}, s.size);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < out_; ++c)
          take_moments(norm, c, r, z.data ? z.at(r, c) : nullptr,
                       y.line(c) + (r - first) * x.columns, x.columns);
    }
  }

  // From the gradient dl after the normalisation `norm` of z to that after the one of x, in place;
  // `gw` (out, into) is written.
  void backward(Image dl, float* gw, Image z, const Norm& norm, Image x, Norm& xnorm) const {
    backward(dl, gw, x, xnorm, [&](Band& dz, const Band&, int first, int last) {
      for (int c = 0; c < out_; ++c) {
        const NormBack back(norm, c);
        for (int r = first; r < last; ++r)
          back.apply(dz.line(c) + (r - first) * x.columns, dl.at(r, c), z.at(r, c), x.columns);
      }
    });
  }

  // The same from what `put(dz, a, first, last)` makes for some rows: the gradient of z, of x
  // activated.
  template <typename Put>
  void backward(Image dl, float* gw, Image x, Norm& xnorm, Put put) const {
    const RowBand s(x.columns, x.rows);
    const Activation act(xnorm);
    Band a(into_, s.size), da(back_.rows(), s.size), dz(out_, s.size);
    Dots dots(out_, into_);
    const int n = x.columns;
    for (int first = 0; first < x.rows; first += s.count) {
      const int last = std::min(first + s.count, x.rows);
      if (last - first < s.count) dz.numbers.clear();
      put_rows(a, x, first, last, act);
      put(dz, a, first, last);
      dots.add(dz.line(0), dz.stride, a.line(0), Strided{a.stride}, s.size);
      mix(da.line(0), da.stride, back_, dz.line(0), Strided{dz.stride}, s.size);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < into_; ++c)
          slope_back(xnorm, c, dl.at(r, c), da.line(c) + (r - first) * n, x.at(r, c), n);
    }
    const int into = into_;
    dots.each([=](int o, int c, float total) { gw[o * into + c] = total; });
  }

 private:
  int into_, out_;
  Packed forward_, back_;
};

}  // namespace loops
