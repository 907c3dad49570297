// 1×1 convolutions of activated images, and the two that end the network: a 1×1 convolution,
// normalised and activated, and the one behind it with its sigmoid.
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

// The end of the network: `before` makes of x (rows, width, columns) what `norm` normalises and
// the leaky ReLU activates; that is never held. A 1×1 convolution and a sigmoid make the image.
class Head {
 public:
  Head(int width, int channels) : width_(width), channels_(channels), conv_(width, channels) {}

  // `weight` is (channels, width).
  void pack(const float* weight) { conv_.pack(weight); }

  void forward(Image out, Image x, const Norm& xnorm, const Conv1x1& before, const Norm& norm,
               const float* bias) const {
    const RowBand s(out.columns, out.rows);
    const Activation act(xnorm), next(norm);
    const Packed& w = conv_.forward_weights();
    Band a(width_, s.size), z(width_, s.size), active(width_, s.size), y(w.rows(), s.size);
    for (int first = 0; first < out.rows; first += s.count) {
      const int last = std::min(first + s.count, out.rows);
      put_rows(a, x, first, last, act);
      mix(z.line(0), z.stride, before.forward_weights(), a.line(0), Strided{a.stride}, s.size);
      for (int c = 0; c < width_; ++c) next.apply(active.line(c), z.line(c), c, s.size);
      mix(y.line(0), y.stride, w, active.line(0), Strided{active.stride}, s.size);
      for (int r = first; r < last; ++r)
        for (int c = 0; c < channels_; ++c)
          sigmoid(out.at(r, c), y.line(c) + (r - first) * out.columns, bias[c], out.columns);
    }
  }

  // From the gradient d_out of the image: `gw` (channels, width) is written, `gb` (channels,) added
  // to, and so are the sums of `norm`, which `back_to_input` needs.
  void backward(float* gw, float* gb, Image d_out, Image out, Image x, const Norm& xnorm,
                const Conv1x1& before, Norm& norm) const {
    const RowBand s(out.columns, out.rows);
    const Activation act(xnorm), next(norm);
    Told told(*this, s, d_out, out);
    Band a(width_, s.size), z(width_, s.size), active(width_, s.size);
    Dots dots(told.d.channels, width_);
    for (int first = 0; first < out.rows; first += s.count) {
      const int last = std::min(first + s.count, out.rows);
      put_rows(a, x, first, last, act);
      mix(z.line(0), z.stride, before.forward_weights(), a.line(0), Strided{a.stride}, s.size);
      for (int c = 0; c < width_; ++c) next.apply(active.line(c), z.line(c), c, s.size);
      told.rows(first, last, gb);
      dots.add(told.d.line(0), told.d.stride, active.line(0), Strided{active.stride}, s.size);
      for (int c = 0; c < width_; ++c)
        slope_sums(norm, c, told.da.line(c), z.line(c), (last - first) * out.columns);
    }
    dots.each([&](int o, int c, float total) {
      if (o < channels_) gw[o * width_ + c] = total;
    });
  }

  // On to dx, the gradient after the normalisation of x; `gw` (width, width) of `before` is written.
  // The gradient between the two convolutions is made again: to write and read it takes longer.
  void back_to_input(Image dx, float* gw, Image d_out, Image out, Image x, Norm& xnorm,
                     const Conv1x1& before, const Norm& norm) const {
    const RowBand s(out.columns, out.rows);
    Told told(*this, s, d_out, out);
    Band z(width_, s.size);
    before.backward(dx, gw, x, xnorm, [&](Band& dz, const Band& a, int first, int last) {
      mix(z.line(0), z.stride, before.forward_weights(), a.line(0), Strided{a.stride}, s.size);
      told.rows(first, last, nullptr);
      for (int c = 0; c < width_; ++c)
        NormBack(norm, c).apply_activated(dz.line(c), told.da.line(c), z.line(c), norm.offset[c],
                                          (last - first) * out.columns);
    });
  }

 private:
  // The gradient of some rows before the sigmoid, d, and behind the activation before, da.
  struct Told {
    const Head& head;
    RowBand s;
    Image d_out, out;
    Band d, da;

    Told(const Head& head, const RowBand& s, Image d_out, Image out)
        : head(head), s(s), d_out(d_out), out(out), d(round_up(head.channels_, 4), s.size),
          da(head.width_, s.size) {}

    void rows(int first, int last, float* gb) {
      const int n = out.columns;
      if (last - first < s.count) d.numbers.clear();
      for (int r = first; r < last; ++r)
        for (int c = 0; c < head.channels_; ++c) {
          const float total =
              sigmoid_back(d.line(c) + (r - first) * n, d_out.at(r, c), out.at(r, c), n);
          if (gb) gb[c] += total;
        }
      mix(da.line(0), da.stride, head.conv_.back_weights(), d.line(0), Strided{d.stride}, s.size);
    }
  };

  static void sigmoid(float* __restrict to, const float* __restrict y, float bias, int n) {
    for (int j = 0; j < n; ++j) to[j] = 1.0f / (1.0f + exponential(-(y[j] + bias)));
  }

  static float sigmoid_back(float* __restrict to, const float* __restrict d,
                            const float* __restrict out, int n) {
    float total = 0;
    for (int j = 0; j < n; ++j) {
      const float v = d[j] * out[j] * (1.0f - out[j]);
      to[j] = v;
      total += v;
    }
    return total;
  }

  int width_, channels_;
  Conv1x1 conv_;
};

}  // namespace loops
