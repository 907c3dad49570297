// The network that clusters the pixels of one image, forward and backward, a stage at a time.
//
// Images of features are (rows, columns, width): channels lie together, padded to a multiple of
// eight. Batch normalisations are never applied to a whole image: between two of them there are
// small maps, which segprior/nn/clustering/maps.py makes of the sums that the stages return. The
// 3×3 convolutions are done in tiles (winograd.hpp), 1×1 ones a few pixels at a time.
#pragma once

#include <memory>

#include "clustering_loss.hpp"
#include "clustering_weights.hpp"
#include "loops.h"
#include "parallel.hpp"

namespace loops {

class ClusteringNetwork {
 public:
  explicit ClusteringNetwork(const clustering_shape& shape)
      : channels_(shape.channels), bands_(shape.bands), rows_(shape.rows),
        columns_(shape.columns), width_(round_up(shape.channels, group_size)),
        padded_((rows_ + 2) * (columns_ + 2) * bands_), top_(pixels()), taps_(9 * bands_) {
    const std::size_t size = static_cast<std::size_t>(pixels()) * width_;
    for (int k = 0; k < shape.blocks; ++k) features_.emplace_back(size);
    for (int k = 0; k < 9 * bands_; ++k) {
      const int tap = k / bands_;
      taps_[k] = (tap / 3 * (columns_ + 2) + tap % 3) * bands_ + k % bands_;
    }
    scratch_.resize(clustering_parts);
  }

  // `image` is (rows, columns, bands).
  void set_image(const float* image) {
    const int line = columns_ * bands_;
    for (int r = 0; r < rows_; ++r)
      std::copy_n(image + static_cast<std::ptrdiff_t>(r) * line, line,
                  padded_.get() + ((r + 1) * (columns_ + 2) + 1) * bands_);
  }

  // The first convolution and its ReLU; sums of its features and of their squares, or products.
  void first(const clustering_stage& s) {
    Floats stem(9 * bands_ * width_), bias = padded(s.bias, sizes());
    for (int k = 0; k < 9 * bands_; ++k)
      for (int c = 0; c < channels_; ++c)
        stem[k * width_ + c] = s.weight[(c * bands_ + k % bands_) * 9 + k / bands_];
    begin_sums();
    each_part(s, [&](int part) {
      pixel_runs(part, [&](int at, int n) {
        multiply<false>(
            Product{feature(0, at), width_, padded_.get(), stem.get(), width_, n, 9 * bands_,
                    width_},
            [&](int r) { return corner(at + r); }, [&](int k) { return taps_[k]; });
        for (int p = at; p < at + n; ++p) rectify(feature(0, p), bias.get(), part);
        if (last(0)) add_products(part, feature(0, at), feature(0, at), n);
      });
    });
    finish_sums(s, last(0));
  }

  // Convolution `s.block` of the features before, each by a factor and a term; like `first`.
  void conv(const clustering_stage& s) {
    const int k = s.block;
    const Floats bias = padded(s.bias, sizes()), factor = padded(s.factor, sizes()), term = padded(s.term, sizes());
    const Floats matrices = filter_matrices(s.weight, false, sizes());
    begin_sums();
    each_part(s, [&](int part) {
      tile_runs(part, [&](Scratch& scratch, TileRun run) {
        tiles_in<6>(scratch.inputs, image(features_[k - 1]), run,
                    Line{factor.get(), term.get()});
        multiply_tiles(scratch.products, scratch.inputs, matrices.get(), channels_, run.count);
        float* const to = features_[k].get();
        const std::ptrdiff_t across = width_, down = across * columns_;
        tiles_out(scratch.products, image(features_[k]), run,
                  [&](std::ptrdiff_t start, int c, int rows, int columns, group(*found)[4]) {
                    const group b = load_group(bias.get() + c);
                    group total = load_group(scratch.sums.get() + c);
                    group squares = load_group(scratch.sums.get() + width_ + c);
                    for (int i = 0; i < rows; ++i)
                      for (int j = 0; j < columns; ++j) {
                        const group v = larger(found[i][j] + b, group{});
                        store_group(to + start + i * down + j * across, v);
                        total += v;
                        squares += v * v;
                      }
                    store_group(scratch.sums.get() + c, total);
                    store_group(scratch.sums.get() + width_ + c, squares);
                  });
      });
      if (last(k))
        pixel_runs(part, [&](int at, int n) {
          add_products(part, feature(k, at), feature(k, at), n);
        });
    });
    finish_sums(s, last(k));
  }

  // The response of each pixel, matrix (channels, channels) * features + term, and the channel
  // where it is largest.
  void respond(const clustering_stage& s) {
    const Floats matrix = padded_transpose(s.weight, sizes()), term = padded(s.term, sizes(), no_channel);
    make_large(0);
    each_part(s, [&](int part) {
      pixel_runs(part, [&](int at, int n) {
        float* to = large(0, at);
        const int k = static_cast<int>(features_.size()) - 1;
        multiply_rows<false>(
            Product{to, width_, feature(k, at), matrix.get(), width_, n, channels_, width_},
            width_);
        for (int p = at; p < at + n; ++p, to += width_) {
          group most = load_group(to) + load_group(term.get());
          for (int c = 0; c < width_; c += group_size) {
            const group v = load_group(to + c) + load_group(term.get() + c);
            store_group(to + c, v);
            most = larger(most, v);
          }
          top_[p] = largest_of(most);
          int channel = 0;
          while (to[channel] != top_[p]) ++channel;
          s.labels[p] = channel;
        }
      });
    });
  }

  // Cross-entropy to a target, and how far neighbours differ. Turns the response into the gradient
  // of that; its products with the features, and its sums.
  void loss(const clustering_stage& s, clustering_loss_terms& terms) {
    const int last_block = static_cast<int>(features_.size()) - 1;
    const float usual = static_cast<float>(1.0 / pixels());
    spread_ = terms.continuity != 0;  // neighbours' responses are needed as they are
    if (spread_) make_large(1);
    const Responses responses{large_[0].get(), rows_, columns_, width_, channels_};
    begin_sums();
    each_part(s, [&](int part) {
      Scratch& scratch = scratch_[part];
      pixel_runs(part, [&](int at, int n) {
        for (int p = at; p < at + n; ++p) {
          const float weight = terms.shares ? terms.shares[p] : usual;
          float* g = gradient(p);
          scratch.loss +=
              cross_entropy(g, large(0, p), top_[p], terms.target[p], weight, width_);
          if (spread_) scratch.loss += neighbour_differences(g, responses, p, terms.continuity);
          float* sums = scratch.sums.get();
          for (int c = 0; c < width_; c += group_size)
            store_group(sums + c, load_group(sums + c) + load_group(g + c));
        }
        add_products(part, gradient(at), feature(last_block, at), n);
      });
    });
    finish_sums(s, true);
    terms.loss = 0;
    for (const Scratch& scratch : scratch_) terms.loss += scratch.loss;
  }

  // Back through the last map and the ReLU: gradient * matrix + features * mixed + offset where
  // features are above 0; sums of that.
  void back(const clustering_stage& s) {
    const int k = static_cast<int>(features_.size()) - 1;
    const Floats matrix = padded_matrix(s.weight, sizes()), mixed = padded_matrix(s.mixed, sizes()), offset = padded(s.term, sizes());
    begin_sums();
    each_part(s, [&](int part) {
      Floats found(run_pixels * width_);
      pixel_runs(part, [&](int at, int n) {
        multiply_rows<false>(Product{found.get(), width_, gradient(at), matrix.get(), width_, n,
                                     channels_, width_},
                             width_);
        multiply_rows<true>(Product{found.get(), width_, feature(k, at), mixed.get(), width_, n,
                                    channels_, width_},
                            width_);
        for (int p = 0; p < n; ++p)
          through(gradient(at + p), feature(k, at + p), part, [&](int c, group) LOOPS_LAMBDA {
            return load_group(found.get() + p * width_ + c) + load_group(offset.get() + c);
          });
      });
    });
    current_ = spread_ ? 1 : 0;
    finish_sums(s, false);
  }

  // Back through convolution `s.block`: the gradient of its filters (channels, channels, 3, 3); of
  // what goes into it, the sums of its products with the features before, and its own.
  void conv_back(const clustering_stage& s) {
    const int k = s.block, to = 1 - current_;
    const Floats factor = padded(s.factor, sizes()), term = padded(s.term, sizes());
    const Floats matrices = filter_matrices(s.weight, true, sizes());
    make_large(to);
    const std::size_t size = static_cast<std::size_t>(tile_places) * channels_ * width_;
    begin_sums();
    each_part(s, [&](int part) {
      Scratch& mine = scratch_[part];
      if (mine.filters.size() < size) mine.filters = Floats(size);
      mine.filters.clear();
      tile_runs(part, [&](Scratch& scratch, TileRun run) {
        tiles_in<6>(scratch.inputs, image(features_[k - 1]), run,
                    Line{factor.get(), term.get()});
        tiles_in<4>(scratch.grads, image(large_[current_]), run, AsItIs{});
        correlate_tiles(scratch.filters.get(), scratch.inputs, scratch.grads, channels_,
                        run.count);
        tiles_in<6>(scratch.inputs, image(large_[current_]), run, AsItIs{});
        multiply_tiles(scratch.products, scratch.inputs, matrices.get(), channels_, run.count);
        keep_back(scratch, run, features_[k - 1].get(), large_[to].get());
      });
    });
    current_ = to;
    finish_sums(s, false);
    filter_gradients(s.filters, sizes(), [&](int place, std::ptrdiff_t at) {
      double total = 0;
      for (const Scratch& scratch : scratch_)
        total += scratch.filters[place * sizes().matrix() + at];
      return total;
    });
  }

  // Back through the map and the ReLU before convolution `s.block` + 1: gradient * factor +
  // features * slope + offset where features are above 0; sums of that.
  void back_to_features(const clustering_stage& s) {
    const Floats factor = padded(s.factor, sizes()), slope = padded(s.mixed, sizes()), offset = padded(s.term, sizes());
    begin_sums();
    each_part(s, [&](int part) {
      pixel_runs(part, [&](int at, int n) {
        for (int p = at; p < at + n; ++p) {
          float* g = large(current_, p);
          through(g, feature(s.block, p), part, [&](int c, group x) LOOPS_LAMBDA {
            return load_group(g + c) * load_group(factor.get() + c) +
                   x * load_group(slope.get() + c) + load_group(offset.get() + c);
          });
        }
      });
    });
    finish_sums(s, false);
  }

  // The gradient of the first convolution, (channels, bands, 3, 3).
  void first_back(const clustering_stage& s) {
    const std::size_t size = static_cast<std::size_t>(9) * bands_ * width_;
    each_part(s, [&](int part) {
      Floats& sums = scratch_[part].stem;
      if (sums.size() < size) sums = Floats(size);
      sums.clear();
      pixel_runs(part, [&](int at, int n) {
        multiply<true>(Product{sums.get(), width_, padded_.get(), large(current_, at), width_,
                               9 * bands_, n, width_},
                       [&](int k) { return taps_[k]; }, [&](int r) { return corner(at + r); });
      });
    });
    for (int c = 0; c < channels_; ++c)
      for (int k = 0; k < 9 * bands_; ++k) {
        double total = 0;
        for (const Scratch& scratch : scratch_) total += scratch.stem[k * width_ + c];
        s.filters[(c * bands_ + k % bands_) * 9 + k / bands_] = static_cast<float>(total);
      }
  }

  // to (rows, columns, channels).
  void response(float* to) const {
    for (int p = 0; p < pixels(); ++p)
      std::copy_n(large(0, p), channels_, to + static_cast<std::ptrdiff_t>(p) * channels_);
  }

 private:
  using Scratch = ClusteringScratch;

  int pixels() const { return rows_ * columns_; }
  ChannelSizes sizes() const { return {channels_, width_}; }
  void make_large(int which) {
    const std::size_t size = static_cast<std::size_t>(pixels()) * width_;
    if (large_[which].size() == 0) large_[which] = Floats(size);
  }
  bool last(int block) const { return block + 1 == static_cast<int>(features_.size()); }
  Pixels image(const Floats& numbers) const {
    return Pixels{numbers.get(), rows_, columns_, width_};
  }
  float* feature(int block, int pixel) const {
    return features_[block].get() + static_cast<std::ptrdiff_t>(pixel) * width_;
  }
  float* large(int which, int pixel) const {
    return large_[which].get() + static_cast<std::ptrdiff_t>(pixel) * width_;
  }
  float* gradient(int pixel) const { return large(spread_ ? 1 : 0, pixel); }
  std::ptrdiff_t corner(int pixel) const {
    return static_cast<std::ptrdiff_t>(pixel / columns_ * (columns_ + 2) + pixel % columns_) *
           bands_;
  }

  template <typename Work>
  void each_part(const clustering_stage& s, Work work) {
    in_parts(clustering_parts, s.threads, work);
  }

  // Rows of tiles of a part, and the pixels of these.
  int first_tile_row(int part) const {
    const int rows = (rows_ + 3) / 4;
    return static_cast<int>(static_cast<std::int64_t>(rows) * part / clustering_parts);
  }
  template <typename Work>
  void tile_runs(int part, Work work) {
    Scratch& scratch = scratch_[part];
    for (Tiles* tiles : {&scratch.inputs, &scratch.grads, &scratch.products})
      if (tiles->width == 0) *tiles = Tiles(run_tiles, width_);
    const int across = (columns_ + 3) / 4;
    const int end = first_tile_row(part + 1) * across;
    for (int first = first_tile_row(part) * across; first < end; first += run_tiles)
      work(scratch, TileRun{first, std::min(run_tiles, end - first)});
  }
  template <typename Work>
  void pixel_runs(int part, Work work) const {
    const int end = std::min(4 * first_tile_row(part + 1), rows_) * columns_;
    for (int at = 4 * first_tile_row(part) * columns_; at < end; at += run_pixels)
      work(at, std::min(run_pixels, end - at));
  }

  void begin_sums() {
    for (Scratch& scratch : scratch_) {
      if (scratch.sums.size() == 0) {
        scratch.sums = Floats(2 * width_);
        scratch.squares = Floats(static_cast<std::size_t>(channels_) * width_);
      }
      scratch.sums.clear();
      scratch.squares.clear();
      scratch.loss = 0;
    }
  }

  // Sums (channels,), and either those of squares (channels,) or of products (channels, channels).
  void finish_sums(const clustering_stage& s, bool products) const {
    const auto added = [&](const Floats Scratch::*numbers, std::ptrdiff_t at) {
      double total = 0;
      for (const Scratch& scratch : scratch_) total += (scratch.*numbers)[at];
      return total;
    };
    for (int c = 0; c < channels_; ++c) s.sums[c] = added(&Scratch::sums, c);
    if (!s.products) return;
    if (!products) {
      for (int c = 0; c < channels_; ++c) s.products[c] = added(&Scratch::sums, width_ + c);
      return;
    }
    for (int r = 0; r < channels_; ++r)
      for (int c = 0; c < channels_; ++c)
        s.products[r * channels_ + c] = added(&Scratch::squares, r * width_ + c);
  }

  // Of n pixels, left^T * right.
  void add_products(int part, const float* left, const float* right, int n) {
    multiply_columns<true>(Product{scratch_[part].squares.get(), width_, left, right, width_,
                                   channels_, n, width_},
                           width_);
  }

  void rectify(float* x, const float* bias, int part) {
    float* sums = scratch_[part].sums.get();
    for (int c = 0; c < width_; c += group_size) {
      const group v = larger(load_group(x + c) + load_group(bias + c), group{});
      store_group(x + c, v);
      store_group(sums + c, load_group(sums + c) + v);
      store_group(sums + width_ + c, load_group(sums + width_ + c) + v * v);
    }
  }

  template <typename Make>
  LOOPS_INLINE void through(float* to, const float* feature, int part, Make make) {
    float* sums = scratch_[part].sums.get();
    for (int c = 0; c < width_; c += group_size) {
      const group x = load_group(feature + c);
      const group v = where_positive(x, make(c, x));
      store_group(to + c, v);
      store_group(sums + c, load_group(sums + c) + v);
    }
  }

  // What comes out of the tiles goes to `to`; sums of its products with the features, and its own.
  void keep_back(Scratch& scratch, TileRun run, const float* features, float* to) const {
    const std::ptrdiff_t across = width_, down = across * columns_;
    tiles_out(scratch.products, Pixels{to, rows_, columns_, width_}, run,
              [&](std::ptrdiff_t start, int c, int rows, int columns, group(*found)[4]) {
                group total = load_group(scratch.sums.get() + c);
                group products = load_group(scratch.sums.get() + width_ + c);
                for (int i = 0; i < rows; ++i)
                  for (int j = 0; j < columns; ++j) {
                    const std::ptrdiff_t at = start + i * down + j * across;
                    store_group(to + at, found[i][j]);
                    total += found[i][j];
                    products += found[i][j] * load_group(features + at);
                  }
                store_group(scratch.sums.get() + c, total);
                store_group(scratch.sums.get() + width_ + c, products);
              });
  }

  int channels_, bands_, rows_, columns_, width_;
  Floats padded_, top_;
  Array<std::ptrdiff_t> taps_;
  std::vector<Floats> features_;
  Floats large_[2];  // the response, and what takes turns with it on the way back
  int current_ = 0;
  bool spread_ = false;
  std::vector<Scratch> scratch_;
};

}  // namespace loops
