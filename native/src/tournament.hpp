// A tournament tree: the lowest of many numbers, known at once while single ones change.
//
// The numbers are the leaves of a binary tree, each node of which is the lower of its two children:
// a number that changes is told to the nodes above it alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace loops {

class Tournament {
 public:
  // All numbers are infinite at first.
  explicit Tournament(std::size_t count) {
    while (leaves_ < count) leaves_ *= 2;
    // Node 1 is the root, the children of node k are 2 k and 2 k + 1.
    nodes_.assign(2 * leaves_, std::numeric_limits<double>::infinity());
  }

  double at(std::size_t i) const { return nodes_[leaves_ + i]; }

  void put(std::size_t i, double number) {
    std::size_t node = leaves_ + i;
    nodes_[node] = number;
    while (node /= 2) nodes_[node] = std::min(nodes_[2 * node], nodes_[2 * node + 1]);
  }

  // Which number is the lowest, the first of equals.
  std::size_t lowest() const {
    std::size_t node = 1;
    while (node < leaves_) {
      node *= 2;
      if (nodes_[node + 1] < nodes_[node]) ++node;
    }
    return node - leaves_;
  }

 private:
  std::size_t leaves_ = 1;
  std::vector<double> nodes_;
};

}  // namespace loops
