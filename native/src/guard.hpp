// No exception leaves the library: memory that ran out becomes a number.
#pragma once

#include <new>

namespace loops {

template <typename Work>
int guarded(Work work) noexcept {
  try {
    work();
    return 0;
  } catch (const std::bad_alloc&) {
    return 1;
  }
}

template <typename Make>
void* made(Make make) noexcept {
  try {
    return make();
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace loops
