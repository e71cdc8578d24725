#pragma once

// How 32 columns of 16 interleaved rows become codes, scales and minima, for each quantised type. Written on
// `Vec`, see quantised_impl.h, which includes this. Offsets are those of the fields of interleave.cpp,
// times 16. `kExcess` is what codes are too large by as they are unpacked: what the dot product wants
// (Vec::kBias), or less, where sums can start lower instead. `kBits` is what unpacked codes fill: with less
// than eight they are unsigned. `kLargestCode` is the largest magnitude of a code, less its excess: what
// requantised_panels.h needs.
//
// `unpack<S>(p, i, out)` unpacks block S + i of 32 columns of the file's block at `p`, where S is a multiple
// of kAlike and i less: those differ in their addresses alone, so that a loop can go through them. (Loads
// that are few and come again soon are what the processor's prefetching learns from: with all blocks of a
// Q6_K unrolled two threads read it at 45 GB/s where memory gives 60, in a loop at 58.)

namespace kvasir::engine::cpu {
namespace {

/// Calls body(std::integral_constant<int, i>) for each i < Count.
template <int Count, class Body>
inline __attribute__((always_inline)) void repeat(const Body& body) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (body(std::integral_constant<int, I>()), ...);
  }
  (std::make_integer_sequence<int, Count>());
}

/// value of row r, column 4i + c = scale[h][r] · (codes[i] byte 4r + c − kExcess) − minimum[h][r], where
/// h is the column's half for types with a scale for each 16 columns, else 0.
struct Unpacked {
  Bytes codes[8];
  Floats scale[2];
  Floats minimum[2];
};

/// Codes of the low nibbles, then of the high ones.
inline __attribute__((always_inline)) void nibbles(const std::byte* qs, Bytes* codes) {
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Bytes pair = Vec::load(qs + 64 * i);
    codes[i] = Vec::bits<0, 0x0f>(pair);
    codes[i + 4] = Vec::bits<4, 0x0f>(pair);
  }
}

/// From an excess to what the dot product wants.
inline void centre(Bytes* codes, int excess) {
  const Bytes shift = Vec::set1(static_cast<uint8_t>(Vec::kBias - excess));
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) codes[i] = Vec::add(codes[i], shift);
}

struct Q8_0 {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 34, kHalves = 1;
  static constexpr int kBits = 8;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = Vec::kBias;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::load_f16(p);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) out.codes[i] = Vec::load(p + 32 + 64 * i);
    centre(out.codes, 0);
  }
};

struct Q4_0 {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 18, kHalves = 1;
  static constexpr int kBits = 4;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = 8;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::load_f16(p);
    nibbles(p + 32, out.codes);
  }
};

struct Q4_1 {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 20, kHalves = 1;
  static constexpr int kBits = 4;
  static constexpr bool kHasMinimum = true;
  static constexpr int kExcess = 0;
  static constexpr float kLargestCode = 15;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::load_f16(p);
    out.minimum[0] = Vec::negate(Vec::load_f16(p + 32));
    nibbles(p + 64, out.codes);
  }
};

/// Two bits of each code from two registers of packed codes, `Place` bits up.
template <int Place>
inline __attribute__((always_inline)) void add_two_bits(const std::byte* packed, Bytes* codes) {
  const Bytes pairs[2] = {Vec::load(packed), Vec::load(packed + 64)};
  codes[0] = Vec::with_bits<-Place, 3 << Place>(codes[0], pairs[0]);
  codes[1] = Vec::with_bits<-Place, 3 << Place>(codes[1], pairs[1]);
  codes[2] = Vec::with_bits<2 - Place, 3 << Place>(codes[2], pairs[0]);
  codes[3] = Vec::with_bits<2 - Place, 3 << Place>(codes[3], pairs[1]);
  codes[4] = Vec::with_bits<4 - Place, 3 << Place>(codes[4], pairs[0]);
  codes[5] = Vec::with_bits<4 - Place, 3 << Place>(codes[5], pairs[1]);
  codes[6] = Vec::with_bits<6 - Place, 3 << Place>(codes[6], pairs[0]);
  codes[7] = Vec::with_bits<6 - Place, 3 << Place>(codes[7], pairs[1]);
}

/// One bit of each code from one register of packed codes.
template <int Place>
inline __attribute__((always_inline)) void add_one_bit(const std::byte* packed, Bytes* codes) {
  const Bytes bits = Vec::load(packed);
  codes[0] = Vec::with_bits<0 - Place, 1 << Place>(codes[0], bits);
  codes[1] = Vec::with_bits<1 - Place, 1 << Place>(codes[1], bits);
  codes[2] = Vec::with_bits<2 - Place, 1 << Place>(codes[2], bits);
  codes[3] = Vec::with_bits<3 - Place, 1 << Place>(codes[3], bits);
  codes[4] = Vec::with_bits<4 - Place, 1 << Place>(codes[4], bits);
  codes[5] = Vec::with_bits<5 - Place, 1 << Place>(codes[5], bits);
  codes[6] = Vec::with_bits<6 - Place, 1 << Place>(codes[6], bits);
  codes[7] = Vec::with_bits<7 - Place, 1 << Place>(codes[7], bits);
}

/// 32 columns of packed codes (packed_codes.h) of 16 rows, in 64 · Bits bytes.
template <int Bits>
inline __attribute__((always_inline)) void unpack_codes(const std::byte* packed, Bytes* codes) {
  if constexpr (Bits >= 4) {
    nibbles(packed, codes);
    packed += 256;
  } else {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) codes[i] = Vec::set1(uint8_t{0});
  }
  if constexpr (Bits == 2 || Bits == 3 || Bits == 6) {
    add_two_bits<Bits == 6 ? 4 : 0>(packed, codes);
    packed += 128;
  }
  if constexpr (Bits == 3 || Bits == 5) add_one_bit<Bits - 1>(packed, codes);
}

struct Q5_0 {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 22, kHalves = 1;
  static constexpr int kBits = 5;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = 16;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::load_f16(p);
    unpack_codes<5>(p + 32, out.codes);
  }
};

struct Q5_1 {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 24, kHalves = 1;
  static constexpr int kBits = 5;
  static constexpr bool kHasMinimum = true;
  static constexpr int kExcess = 0;
  static constexpr float kLargestCode = 31;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::load_f16(p);
    out.minimum[0] = Vec::negate(Vec::load_f16(p + 32));
    unpack_codes<5>(p + 64, out.codes);
  }
};

/// The sixteen values that a 4-bit code stands for.
inline void look_up(Bytes* codes, const std::array<int8_t, 16>& values) {
  // The address as it is: what std::array's functions do must not be compiled for this instruction set.
  const Bytes table = Vec::add(Vec::repeat16(reinterpret_cast<const int8_t*>(&values)),
                               Vec::set1(static_cast<uint8_t>(Vec::kBias)));
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) codes[i] = Vec::look_up(table, codes[i]);
}

struct Iq4Nl {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 18, kHalves = 1;
  static constexpr int kBits = 8;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = Vec::kBias;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::load_f16(p);
    nibbles(p + 32, out.codes);
    look_up(out.codes, kIq4Values);
  }
};

struct Mxfp4 {
  static constexpr uint32_t kValues = 32, kAlike = 1, kBytes = 17, kHalves = 1;
  static constexpr int kBits = 8;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = Vec::kBias;
  template <int>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    out.scale[0] = Vec::half_power(Vec::load_rows(p));
    nibbles(p + 16, out.codes);
    look_up(out.codes, kMxfp4Values);
  }
};

/// Q4_K and Q5_K: the scale and minimum of block S + i, 6 bits each, of the twelve bytes from `q`; S is 0
/// or 4.
template <int S>
inline __attribute__((always_inline)) void six_bit_scales(const std::byte* d, const std::byte* q, int i,
                                                          Unpacked& out) {
  q += 16 * i;
  Rows scale, minimum;
  if constexpr (S == 0) {
    scale = Vec::row_bits<0, 0x3f>(Vec::load_rows(q));
    minimum = Vec::row_bits<0, 0x3f>(Vec::load_rows(q + 16 * 4));
  } else {
    const Rows low = Vec::load_rows(q + 16 * 8);
    scale = Vec::row_either(Vec::row_bits<0, 0x0f>(low), Vec::row_bits<2, 0x30>(Vec::load_rows(q)));
    minimum =
        Vec::row_either(Vec::row_bits<4, 0x0f>(low), Vec::row_bits<2, 0x30>(Vec::load_rows(q + 16 * 4)));
  }
  out.scale[0] = Vec::mul(Vec::load_f16(d), Vec::from_u8(scale));
  out.minimum[0] = Vec::mul(Vec::load_f16(d + 32), Vec::from_u8(minimum));
}

struct Q4_K {
  static constexpr uint32_t kValues = 256, kAlike = 4, kBytes = 144, kHalves = 1;
  static constexpr int kBits = 4;
  static constexpr bool kHasMinimum = true;
  static constexpr int kExcess = 0;
  static constexpr float kLargestCode = 15;
  template <int S>
  static void unpack(const std::byte* p, int i, Unpacked& out) {
    six_bit_scales<S>(p, p + 64, i, out);
    unpack_codes<4>(p + 256 + 256 * (S + i), out.codes);
  }
};

struct Q5_K {
  static constexpr uint32_t kValues = 256, kAlike = 4, kBytes = 176, kHalves = 1;
  static constexpr int kBits = 5;
  static constexpr bool kHasMinimum = true;
  static constexpr int kExcess = 0;
  static constexpr float kLargestCode = 31;
  template <int S>
  static void unpack(const std::byte* p, int i, Unpacked& out) {
    six_bit_scales<S>(p, p + 64, i, out);
    unpack_codes<5>(p + 256 + 320 * (S + i), out.codes);
  }
};

struct Q6_K {
  static constexpr uint32_t kValues = 256, kAlike = 8, kBytes = 210, kHalves = 2;
  static constexpr int kBits = 6;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = 32;
  static constexpr float kLargestCode = 32;
  template <int>
  static void unpack(const std::byte* p, int i, Unpacked& out) {
    const Floats d = Vec::load_f16(p);
    const std::byte* const scales = p + 32 + 32 * i;
    out.scale[0] = Vec::mul(d, Vec::from_i8(Vec::load_rows(scales)));
    out.scale[1] = Vec::mul(d, Vec::from_i8(Vec::load_rows(scales + 16)));
    unpack_codes<6>(p + 288 + 384 * i, out.codes);
  }
};

struct Q3_K {
  static constexpr uint32_t kValues = 256, kAlike = 2, kBytes = 110, kHalves = 2;
  static constexpr int kBits = 3;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = 4;
  static constexpr float kLargestCode = 4;
  /// Scale 2 S + k of 16, k < 4: four low bits, two high ones, 32 too large.
  template <int S>
  static Floats scale(const std::byte* p, int k) {
    const std::byte* q = p + 32 + 16 * k;
    const Rows low = Vec::row_bits<S / 4 * 4, 0x0f>(Vec::load_rows(q + 16 * (2 * S % 8)));
    const Rows high = Vec::row_bits<S / 2 * 2 - 4, 0x30>(Vec::load_rows(q + 16 * 8));
    return Vec::from_i8(Vec::row_less(Vec::row_either(low, high), 32));
  }
  template <int S>
  static void unpack(const std::byte* p, int i, Unpacked& out) {
    const Floats d = Vec::load_f16(p);
    out.scale[0] = Vec::mul(d, scale<S>(p, 2 * i));
    out.scale[1] = Vec::mul(d, scale<S>(p, 2 * i + 1));
    unpack_codes<3>(p + 224 + 192 * (S + i), out.codes);
  }
};

struct Q2_K {
  static constexpr uint32_t kValues = 256, kAlike = 8, kBytes = 84, kHalves = 2;
  static constexpr int kBits = 2;
  static constexpr bool kHasMinimum = true;
  static constexpr int kExcess = 0;
  static constexpr float kLargestCode = 3;
  template <int>
  static void unpack(const std::byte* p, int i, Unpacked& out) {
    const Floats d = Vec::load_f16(p);
    const Floats dmin = Vec::load_f16(p + 32);
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      const Rows both = Vec::load_rows(p + 64 + 16 * (2 * i + half));
      out.scale[half] = Vec::mul(d, Vec::from_u8(Vec::row_bits<0, 0x0f>(both)));
      out.minimum[half] = Vec::mul(dmin, Vec::from_u8(Vec::row_bits<4, 0x0f>(both)));
    }
    unpack_codes<2>(p + 320 + 128 * i, out.codes);
  }
};

struct Iq4Xs {
  static constexpr uint32_t kValues = 256, kAlike = 1, kBytes = 136, kHalves = 1;
  static constexpr int kBits = 8;
  static constexpr bool kHasMinimum = false;
  static constexpr int kExcess = Vec::kBias;
  template <int S>
  static void unpack(const std::byte* p, int, Unpacked& out) {
    const Rows low = Vec::row_bits<S % 2 * 4, 0x0f>(Vec::load_rows(p + 64 + 16 * (S / 2)));
    const Rows high = Vec::pair_bits<2 * S>(p + 32);
    out.scale[0] = Vec::mul(Vec::load_f16(p), Vec::from_i8(Vec::row_less(Vec::row_either(low, high), 32)));
    nibbles(p + 128 + 64 * (4 * S), out.codes);
    look_up(out.codes, kIq4Values);
  }
};

/// Whether codes fit seven bits and are too large by less than the dot product wants.
template <class Format>
constexpr bool kHasOwnExcess = !Format::kHasMinimum && Format::kExcess != Vec::kBias;

/// Block S + i with codes as the dot product wants them.
template <class Format, int S>
void unpack_centred(const std::byte* p, int i, Unpacked& out) {
  Format::template unpack<S>(p, i, out);
  if constexpr (kHasOwnExcess<Format>) centre(out.codes, Format::kExcess);
}

/// Calls body(std::integral_constant<int, S>, i) for each block S + i of 32 columns in a file's block.
template <class Format, class Body>
inline __attribute__((always_inline)) void for_blocks(const Body& body) {
  constexpr int kAlike = Format::kAlike;
  const auto run = [&](auto first) __attribute__((always_inline)) {
#pragma GCC unroll 1
    for (int i = 0; i < kAlike; ++i) body(first, i);
  };
  repeat<Format::kValues / 32 / kAlike>([&](auto index) __attribute__((always_inline)) {
    run(std::integral_constant<int, index * kAlike>());
  });
}

}  // namespace
}  // namespace kvasir::engine::cpu
