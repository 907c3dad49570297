// The generator of one member, forward and backward: an encoder-decoder without skip connections.
//
// The same function of the same weights as segprior/nn/torch/generator.py, with the same gradients
// up to rounding. Every large image is written once and read a few times, because normalisation,
// leaky ReLU, padding and enlarging happen to a row at a time, on its way into the next
// convolution.
#pragma once

#include <chrono>
#include <vector>

#include "conv1x1.hpp"
#include "conv3x3.hpp"
#include "conv3x3s2.hpp"
#include "head.hpp"
#include "loops.h"
#include "upconv.hpp"

namespace loops {

constexpr int widths[] = {8, 16, 32};
constexpr int scales = 3;

// Adds the time from its making to its end to a place.
class Timed {
 public:
  explicit Timed(double& total) : total_(total), start_(Clock::now()) {}
  ~Timed() { total_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  double& total_;
  Clock::time_point start_;
};

// Takes one array after another out of a flat one.
template <typename T>
class Cursor {
 public:
  explicit Cursor(T* at) : at_(at) {}
  T* take(std::size_t size) {
    T* taken = at_;
    at_ += size;
    return taken;
  }

 private:
  T* at_;
};

// Weights or gradients of a block, in the order of segprior/nn/shared/initial.py.
template <typename T>
struct BlockArrays {
  T *conv1, *conv2, *gain0, *gain1, *gain2, *shift1, *shift2;

  BlockArrays(Cursor<T>& at, int into, int width, bool up) {
    conv1 = at.take(9 * into * width);
    conv2 = at.take((up ? 1 : 9) * width * width);
    gain0 = up ? at.take(into) : nullptr;
    gain1 = at.take(width);
    gain2 = at.take(width);
    shift1 = at.take(width);
    shift2 = at.take(width);
  }
};

struct Block {
  bool up;
  int into, width;
  OwnImage z1, z2;
  Image gradient, middle;  // after the second normalisation, and after the first: lent
  Norm norm1, norm2;
  std::unique_ptr<Conv3x3S2> down;
  std::unique_ptr<Conv3x3> conv;
  std::unique_ptr<UpConv> enlarge;
  std::unique_ptr<Conv1x1> mixing;

  Block(bool up, int into, int width, int rows, int columns, bool last)
      : up(up), into(into), width(width), z1(rows, width, columns), norm1(width, static_cast<double>(rows) * columns),
        norm2(width, static_cast<double>(rows) * columns) {
    if (!last) z2 = OwnImage(rows, width, columns);  // else it is made again where it is needed
    if (up) {
      enlarge = std::make_unique<UpConv>(rows / 2, columns / 2, into, width);
      mixing = std::make_unique<Conv1x1>(width, width);
    } else {
      down = std::make_unique<Conv3x3S2>(rows, columns, into, width);
      conv = std::make_unique<Conv3x3>(rows, columns, width, width);
    }
  }
};

class Generator {
 public:
  explicit Generator(const generator_shape& shape)
      : shape_(shape), head_(widths[0], shape.channels), ones_(shape.noise_channels),
        zeros_(shape.noise_channels) {
    std::fill_n(ones_.get(), ones_.size(), 1.0f);
    int into = shape.noise_channels, rows = shape.rows, columns = shape.columns;
    for (int k = 0; k < scales; ++k, into = widths[k - 1])
      blocks_.emplace_back(false, into, widths[k], rows /= 2, columns /= 2, false);
    for (int k = scales - 1; k >= 0; --k, into = widths[k + 1])
      blocks_.emplace_back(true, into, widths[k], rows *= 2, columns *= 2, k == 0);
    lend_gradients();
  }

  // Gradients live from one block to the one before: they take turns in the same memory.
  void lend_gradients() {
    std::size_t most = 0;
    for (const Block& b : blocks_) most = std::max(most, b.z1.size());
    for (Floats& lent : lent_) lent = Floats(most);
    int turn = 0;
    const auto next = [&](const Image& like) {
      Image image = like;
      image.data = lent_[turn++ % 2].get();
      return image;
    };
    for (std::size_t k = blocks_.size(); k-- > 0;) {
      blocks_[k].gradient = next(blocks_[k].z1);
      if (!blocks_[k].up) blocks_[k].middle = next(blocks_[k].z1);
    }
  }

  // `out` (rows, channels, columns) is written. With a `target` the mean absolute error to it is
  // returned, and `backward` goes back from that, unless it is given a gradient.
  double forward(const float* weights, const float* noise, const float* target, float* out) {
    Cursor<const float> at(weights);
    input_ = Image{const_cast<float*>(noise), shape_.rows, shape_.noise_channels, shape_.columns};
    Image x = input_;
    for (std::size_t k = 0; k < blocks_.size(); ++k) {
      Block& b = blocks_[k];
      const BlockArrays<const float> w(at, b.into, b.width, b.up);
      b.norm1.clear();
      b.norm2.clear();
      {
        const Timed timed(seconds[b.up ? UPCONV_FORWARD : CONV3X3S2_FORWARD]);
        if (b.up) {
          const Block& before = blocks_[k - 1];
          b.enlarge->prepare(before.z2, before.norm2, w.conv1, w.gain0);
          b.enlarge->forward(b.z1, b.norm1, before.z2, Activation(before.norm2));
        } else {
          b.down->pack(w.conv1);
          b.down->forward(b.z1, b.norm1, x, input_activation(k));
        }
        b.norm1.settle(w.gain1, w.shift1);
      }
      const Timed timed(seconds[b.up ? CONV1X1_FORWARD : CONV3X3_FORWARD]);
      if (b.up) {
        b.mixing->pack(w.conv2);
        b.mixing->forward(b.z2, b.norm2, b.z1, Activation(b.norm1));
      } else {
        b.conv->pack(w.conv2);
        b.conv->forward(b.z2, b.norm2, b.z1, Activation(b.norm1));
      }
      b.norm2.settle(w.gain2, w.shift2);
      x = b.z2;
    }
    const Timed timed(seconds[HEAD_FORWARD]);
    const Block& last = blocks_.back();
    head_.pack(at.take(shape_.channels * last.width));
    const float* bias = at.take(shape_.channels);
    told_ = Told{image(target), true};
    return head_.pass(image(out), head_input(), bias, target ? &told_ : nullptr);
  }

  // From the gradient of the image `out` that was generated last, or from the error to its target
  // without one, to the gradients of the weights.
  void backward(const float* out, const float* d_out, float* gradients) {
    Cursor<float> to(gradients);
    std::vector<BlockArrays<float>> g;
    for (const Block& b : blocks_) g.emplace_back(to, b.into, b.width, b.up);
    if (d_out) {
      const Timed timed(seconds[HEAD_BACKWARD]);
      told_ = Told{image(d_out), false};
      head_.pass(image(out), head_input(), nullptr, &told_);
    }
    float* head = to.take(shape_.channels * blocks_.back().width);
    head_.gradients(head, to.take(shape_.channels));
    for (int k = static_cast<int>(blocks_.size()) - 1; k >= 0; --k)
      if (blocks_[k].up)
        up_backward(k, g[k], image(out));
      else
        down_backward(k, g[k]);
  }

  // What a block gave last, (rows', columns', width).
  void features(int block, float* to) const {
    const Block& b = blocks_[block];
    OwnImage made;
    Image z = b.z2;
    if (!z.data) {
      made = OwnImage(b.z1.rows, b.width, b.z1.columns);
      Norm unused(b.width, 1);
      b.mixing->forward(made, unused, b.z1, Activation(b.norm1));
      z = made;
    }
    const Activation act(b.norm2);
    Floats line(z.columns);
    for (int r = 0; r < z.rows; ++r)
      for (int c = 0; c < z.channels; ++c) {
        act.apply(line.get(), z.at(r, c), c, z.columns);
        for (int j = 0; j < z.columns; ++j)
          to[(static_cast<std::size_t>(r) * z.columns + j) * z.channels + c] = line[j];
      }
  }

  double seconds[GENERATOR_OPERATIONS] = {};

 private:
  Image image(const float* data) const {
    return Image{const_cast<float*>(data), shape_.rows, shape_.channels, shape_.columns};
  }

  HeadInput head_input() {
    Block& last = blocks_.back();
    return HeadInput{last.z1, last.norm1, *last.mixing, last.norm2};
  }

  // What is done to the input of a block that shrinks; nothing to noise.
  Activation input_activation(std::size_t k) const {
    if (k == 0) return Activation(ones_.get(), zeros_.get(), 1.0f);
    return Activation(blocks_[k - 1].norm2);
  }

  void up_backward(int k, const BlockArrays<float>& g, Image out) {
    Block &b = blocks_[k], &before = blocks_[k - 1];
    {
      const Timed timed(seconds[CONV1X1_BACKWARD]);
      if (b.z2.data)
        b.mixing->backward(b.gradient, g.conv2, b.z2, b.norm2, b.z1, b.norm1);
      else
        head_.back_to_input(b.gradient, g.conv2, out, head_input(), told_);
    }
    const Timed timed(seconds[UPCONV_BACKWARD]);
    b.enlarge->backward(before.gradient, g.conv1, g.gain0, {b.gradient, b.z1, b.norm1}, before.z2,
                        before.norm2);
    norm_gradients(b, g);
  }

  void down_backward(int k, const BlockArrays<float>& g) {
    Block& b = blocks_[k];
    {
      const Timed timed(seconds[CONV3X3_BACKWARD]);
      b.conv->backward(b.middle, g.conv2, {b.gradient, b.z2, b.norm2}, b.z1, b.norm1);
    }
    const Timed timed(seconds[CONV3X3S2_BACKWARD]);
    const bool first = k == 0;
    const Image x = first ? input_ : static_cast<Image>(blocks_[k - 1].z2);
    const Image dx = first ? Image{} : blocks_[k - 1].gradient;
    b.down->backward(dx, g.conv1, {b.middle, b.z1, b.norm1}, x, input_activation(k),
                     first ? nullptr : &blocks_[k - 1].norm2);
    norm_gradients(b, g);
  }

  static void norm_gradients(const Block& b, const BlockArrays<float>& g) {
    for (int c = 0; c < b.width; ++c) {
      g.gain1[c] = static_cast<float>(b.norm1.sum_apart[c]);
      g.shift1[c] = static_cast<float>(b.norm1.sum[c]);
      g.gain2[c] = static_cast<float>(b.norm2.sum_apart[c]);
      g.shift2[c] = static_cast<float>(b.norm2.sum[c]);
    }
  }

  generator_shape shape_;
  std::vector<Block> blocks_;
  Head head_;
  Told told_{};
  Floats ones_, zeros_, lent_[2];
  Image input_;
};

}  // namespace loops
