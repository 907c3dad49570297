// The end of the network: a 1×1 convolution, normalised and activated, then one with a sigmoid, which
// makes the image. What is between the two is never held but made again where it is needed: to
// write and read it would take longer.
#pragma once

#include "conv1x1.hpp"

namespace loops {

// What the generated image is told: its gradient, or a target to which its mean absolute error is to
// fall.
struct Told {
  Image image;
  bool is_target;
};

// What the head is between: `before` makes of x (rows, width, columns) what `norm` normalises.
struct HeadInput {
  Image x;
  Norm& xnorm;
  const Conv1x1& before;
  Norm& norm;
};

class Head {
 public:
  Head(int width, int channels)
      : width_(width), channels_(channels), conv_(width, channels), gw_(channels * width),
        gb_(channels) {}

  // `weight` is (channels, width).
  void pack(const float* weight) { conv_.pack(weight); }

  // Generate `out`, if there is a `bias`. If there is something `told`, find the gradients of the
  // weights, and the sums of the normalisation. Returns the mean absolute error to a target.
  double pass(Image out, const HeadInput& in, const float* bias, const Told* told) {
    const RowBand s(out.columns, out.rows);
    const Activation act(in.xnorm), next(in.norm);
    const Packed &w = conv_.forward_weights(), &mixing = in.before.forward_weights();
    Band a(width_, s.size), z(width_, s.size), active(width_, s.size), y(w.rows(), s.size);
    Back back(*this, s, out, told);
    Dots dots(back.d.channels, width_);
    double error = 0;
    gb_.clear();
    for (int first = 0; first < out.rows; first += s.count) {
      const int last = std::min(first + s.count, out.rows);
      put_rows(a, in.x, first, last, act);
      mix(z.line(0), z.stride, mixing, a.line(0), Strided{a.stride}, s.size);
      for (int c = 0; c < width_; ++c) next.apply(active.line(c), z.line(c), c, s.size);
      if (bias) {
        mix(y.line(0), y.stride, w, active.line(0), Strided{active.stride}, s.size);
        for (int r = first; r < last; ++r)
          for (int c = 0; c < channels_; ++c)
            sigmoid(out.at(r, c), y.line(c) + (r - first) * out.columns, bias[c], out.columns);
      }
      if (!told) continue;
      error += back.rows(first, last, gb_.get());
      dots.add(back.d.line(0), back.d.stride, active.line(0), Strided{active.stride}, s.size);
      for (int c = 0; c < width_; ++c)
        slope_sums(in.norm, c, back.da.line(c), z.line(c), (last - first) * out.columns);
    }
    dots.each([&](int o, int c, float total) {
      if (o < channels_) gw_[o * width_ + c] = total;
    });
    return error / static_cast<double>(out.size());
  }

  // Gradients of the weights (channels, width) and of the bias, found last.
  void gradients(float* gw, float* gb) const {
    std::copy_n(gw_.get(), gw_.size(), gw);
    std::copy_n(gb_.get(), gb_.size(), gb);
  }

  // On to dx, the gradient after the normalisation of x; `gw` (width, width) of the convolution
  // before is written.
  void back_to_input(Image dx, float* gw, Image out, const HeadInput& in, const Told& told) const {
    const RowBand s(out.columns, out.rows);
    Back back(*this, s, out, &told);
    Band z(width_, s.size);
    in.before.backward(dx, gw, in.x, in.xnorm, [&](Band& dz, const Band& a, int first, int last) {
      mix(z.line(0), z.stride, in.before.forward_weights(), a.line(0), Strided{a.stride}, s.size);
      back.rows(first, last, nullptr);
      for (int c = 0; c < width_; ++c)
        NormBack(in.norm, c).apply_activated(dz.line(c), back.da.line(c), z.line(c),
                                             in.norm.offset[c], (last - first) * out.columns);
    });
  }

 private:
  // The gradient of some rows before the sigmoid, d, and behind the activation before, da.
  struct Back {
    const Head& head;
    RowBand s;
    Image out;
    const Told* told;
    Band d, da;

    Back(const Head& head, const RowBand& s, Image out, const Told* told)
        : head(head), s(s), out(out), told(told),
          d(told ? round_up(head.channels_, 4) : 0, s.size), da(told ? head.width_ : 0, s.size) {}

    // Returns the sum of absolute errors to a target.
    double rows(int first, int last, float* gb) {
      const int n = out.columns;
      const float share = static_cast<float>(1.0 / static_cast<double>(out.size()));
      double error = 0;
      if (last - first < s.count) d.numbers.clear();
      for (int r = first; r < last; ++r)
        for (int c = 0; c < head.channels_; ++c) {
          float* to = d.line(c) + (r - first) * n;
          const float *image = told->image.at(r, c), *made = out.at(r, c);
          float total = 0;
          if (told->is_target)
            error += absolute_back(to, made, image, share, n, total);
          else
            total = sigmoid_back(to, image, made, n);
          if (gb) gb[c] += total;
        }
      mix(da.line(0), da.stride, head.conv_.back_weights(), d.line(0), Strided{d.stride}, s.size);
      return error;
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

  // The same of the absolute error to a target; returns the sum of that.
  static float absolute_back(float* __restrict to, const float* __restrict out,
                             const float* __restrict target, float share, int n, float& sum) {
    float error = 0, total = 0;
    for (int j = 0; j < n; ++j) {
      const float apart = out[j] - target[j], slope = share * out[j] * (1.0f - out[j]);
      // Two selections become vectors; one within the other does not.
      const float up = apart > 0 ? slope : 0.0f, down = apart < 0 ? slope : 0.0f;
      const float v = up - down;
      error += std::abs(apart);
      to[j] = v;
      total += v;
    }
    sum = total;
    return error;
  }

  int width_, channels_;
  Conv1x1 conv_;
  Floats gw_, gb_;
};

}  // namespace loops
