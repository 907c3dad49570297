// Arrays of the loops: aligned to a line of the cache, cleared, freed with their owner.
#pragma once

#include <cstring>
#include <memory>
#include <new>

#include "vectors.hpp"

namespace loops {

constexpr std::align_val_t cache_line{64};

template <typename T>
class Array {
 public:
  Array() = default;
  explicit Array(std::size_t size)
      : size_(size), data_(static_cast<T*>(::operator new[](size * sizeof(T) + 64, cache_line))) {
    clear();
  }
  void clear() { std::memset(static_cast<void*>(data_.get()), 0, size_ * sizeof(T)); }
  T* get() const { return data_.get(); }
  T& operator[](std::size_t k) const { return data_.get()[k]; }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(T* data) const { ::operator delete[](data, cache_line); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<T[], Free> data_;
};

using Floats = Array<float>;

// An image (rows, channels, columns): loops run along columns, which are contiguous.
struct Image {
  float* data = nullptr;
  int rows = 0, channels = 0, columns = 0;

  float* at(int row, int channel) const {
    return data + (static_cast<std::size_t>(row) * channels + channel) * columns;
  }
  std::size_t size() const { return static_cast<std::size_t>(rows) * channels * columns; }
};

// An image that holds its numbers.
struct OwnImage : Image {
  Floats numbers;

  OwnImage() = default;
  OwnImage(int rows, int channels, int columns)
      : Image{nullptr, rows, channels, columns}, numbers(Image::size()) {
    data = numbers.get();
  }
};

// Channels side by side: each a line of `stride` floats, some image rows one behind the other.
struct Band {
  Floats numbers;
  int channels = 0;
  std::ptrdiff_t stride = 0;
  int offset = 0;

  Band() = default;
  // Column `aligned` of each line begins a line of the cache, where the stride is a multiple of it.
  Band(int channels, std::ptrdiff_t stride, int aligned = 0)
      : numbers(static_cast<std::size_t>(channels) * stride + 16), channels(channels),
        stride(stride), offset((16 - aligned % 16) % 16) {}
  float* line(int channel) const { return numbers.get() + offset + channel * stride; }
};

}  // namespace loops
