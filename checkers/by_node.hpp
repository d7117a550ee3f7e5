// Something for each server, by its id, made when it is first asked for: servers may come during a run.
#pragma once

#include <vector>

#include "seam/types.hpp"

namespace raftsim::checkers {

template <class T>
class ByNode {
 public:
  /// Precondition: node is not 0.
  T& operator[](NodeId node) {
    if (node.value > items_.size()) items_.resize(node.value);
    return items_[node.value - 1];
  }
  std::vector<T>& all() { return items_; }

 private:
  std::vector<T> items_;
};

}  // namespace raftsim::checkers
