// The basins of an image: flooded from its local minima, the lowest pixel first, and of equal ones
// that which was reached first. The same labels as skimage.segmentation.watershed gives.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "guard.hpp"
#include "loops.h"

namespace {

using Pixel = std::int32_t;

struct Item {
  float value;
  std::int32_t age;
  Pixel pixel;
  bool before(const Item& other) const {
    return value != other.value ? value < other.value : age < other.age;
  }
};

// A binary heap. Which of two equal items comes first follows from how it sinks and rises.
class Heap {
 public:
  void push(Item item) {
    items_.push_back(item);
    for (std::size_t at = items_.size() - 1; at > 0;) {
      const std::size_t parent = (at - 1) / 2;
      if (!items_[at].before(items_[parent])) return;
      std::swap(items_[at], items_[parent]);
      at = parent;
    }
  }

  Item pop() {
    const Item first = items_.front();
    items_.front() = items_.back();
    items_.pop_back();
    for (std::size_t at = 0;;) {
      std::size_t least = at;
      for (std::size_t child = 2 * at + 1; child <= 2 * at + 2; ++child)
        if (child < items_.size() && items_[child].before(items_[least])) least = child;
      if (least == at) return first;
      std::swap(items_[at], items_[least]);
      at = least;
    }
  }

  bool empty() const { return items_.empty(); }

 private:
  std::vector<Item> items_;
};

class Flood {
 public:
  explicit Flood(const watershed_arrays& in)
      : image_(in.image), labels_(in.labels), rows_(in.rows), columns_(in.columns) {}

  void run() {
    const Pixel size = rows_ * columns_;
    std::fill(labels_, labels_ + size, 0);
    mark_minima();
    std::int32_t age = 0;
    for (Pixel at = 0; at < size; ++at)
      if (labels_[at]) heap_.push({image_[at], 0, at});
    while (!heap_.empty()) {
      const Pixel from = heap_.pop().pixel;
      around(from, [&](Pixel next) {
        if (labels_[next]) return;
        labels_[next] = labels_[from];
        heap_.push({image_[next], ++age, next});
      });
    }
  }

 private:
  template <typename Visit>
  void around(Pixel at, Visit visit) const {
    const Pixel column = at % columns_;
    if (at >= columns_) visit(at - columns_);
    if (column > 0) visit(at - 1);
    if (column < columns_ - 1) visit(at + 1);
    if (at < (rows_ - 1) * columns_) visit(at + columns_);
  }

  // Number the plateaus that have no lower neighbour, in the order of their first pixels.
  void mark_minima() {
    const Pixel size = rows_ * columns_;
    std::vector<char> seen(size);
    std::vector<Pixel> plateau;
    std::int32_t count = 0;
    for (Pixel first = 0; first < size; ++first) {
      if (seen[first]) continue;
      bool lowest = true;
      plateau.assign(1, first);
      seen[first] = 1;
      for (std::size_t k = 0; k < plateau.size(); ++k)
        around(plateau[k], [&](Pixel next) {
          if (image_[next] < image_[first]) lowest = false;
          if (image_[next] == image_[first] && !seen[next]) {
            seen[next] = 1;
            plateau.push_back(next);
          }
        });
      if (!lowest) continue;
      ++count;
      for (const Pixel at : plateau) labels_[at] = count;
    }
  }

  const float* image_;
  std::int32_t* labels_;
  Pixel rows_, columns_;
  Heap heap_;
};

}  // namespace

int flood_basins(const watershed_arrays* arrays) {
  return loops::guarded([&] { Flood(*arrays).run(); });
}
