// Two compressions of TIFF, undone: LZW and PackBits (TIFF 6.0, sections 13 and 9). No more is
// written than there is room for, whatever the bytes say.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "loops.h"

namespace {

constexpr int kClear = 256, kEnd = 257, kFirst = 258, kCodes = 4096;

// Codes of 9 to 12 bits, the highest bit first, or the lowest in files of before 1992.
class Codes {
 public:
  Codes(const std::uint8_t* from, std::int64_t length, bool old)
      : at_(from), end_(from + length), old_(old) {}

  // The next code, or the end where there are no bits left.
  int next(int width) {
    while (held_ < width) {
      if (at_ == end_) return kEnd;
      const std::uint32_t byte = *at_++;
      bits_ = old_ ? bits_ | byte << held_ : bits_ << 8 | byte;
      held_ += 8;
    }
    held_ -= width;
    const std::uint32_t mask = (1u << width) - 1;
    if (!old_) return static_cast<int>(bits_ >> held_ & mask);
    const int code = static_cast<int>(bits_ & mask);
    bits_ >>= width;
    return code;
  }

 private:
  const std::uint8_t *at_, *end_;
  std::uint32_t bits_ = 0;
  int held_ = 0;
  bool old_;
};

// Where a string has been written before.
struct String {
  std::int64_t start, length;
};

}  // namespace

extern "C" std::int64_t lzw_decode(const std::uint8_t* from, std::int64_t length, std::uint8_t* to,
                                   std::int64_t room) {
  const bool old = length > 1 && from[0] == 0 && (from[1] & 1);
  Codes codes(from, length, old);
  // Codes grow one string early, but not in old files.
  const int early = old ? 0 : 1;
  String strings[kCodes];
  int width = 9, next = kFirst;
  bool begun = false;
  String last{0, 0};
  std::int64_t written = 0;
  while (written < room) {
    const int code = codes.next(width);
    if (code == kEnd) break;
    if (code == kClear) {
      width = 9, next = kFirst, begun = false;
      continue;
    }
    String found{written, 1};
    if (code < kClear) {
      to[written++] = static_cast<std::uint8_t>(code);
    } else {
      // Each string is the last one with the byte that follows it, which has just been written, or,
      // of the string that is made by this code, is the first byte of itself.
      if (!begun || code > next || (code == next && next == kCodes)) return -1;
      const String source = code < next ? strings[code] : String{last.start, last.length + 1};
      found.length = source.length;
      const std::int64_t count = std::min(source.length, room - written);
      if (source.start + count <= written) {
        std::memcpy(to + written, to + source.start, static_cast<std::size_t>(count));
      } else {
        for (std::int64_t i = 0; i < count; ++i) to[written + i] = to[source.start + i];
      }
      written += count;
    }
    if (begun && next < kCodes) {
      strings[next++] = String{last.start, last.length + 1};
      if (next + early == 1 << width && width < 12) ++width;
    }
    last = found;
    begun = true;
  }
  return written;
}

extern "C" std::int64_t packbits_decode(const std::uint8_t* from, std::int64_t length,
                                        std::uint8_t* to, std::int64_t room) {
  std::int64_t at = 0, written = 0;
  while (at < length && written < room) {
    const int head = static_cast<std::int8_t>(from[at++]);
    if (head == -128) continue;
    if (head >= 0) {
      const std::int64_t count = std::min({std::int64_t{head} + 1, length - at, room - written});
      std::memcpy(to + written, from + at, static_cast<std::size_t>(count));
      at += count;
      written += count;
    } else if (at < length) {
      const std::int64_t count = std::min(std::int64_t{1} - head, room - written);
      std::memset(to + written, from[at++], static_cast<std::size_t>(count));
      written += count;
    }
  }
  return written;
}
