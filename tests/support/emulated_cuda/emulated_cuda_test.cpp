#include "engine/cuda/device/simt.cuh"
#include "engine/cuda/device/tensor_core.cuh"
#include "engine/cuda/stream.h"
#include "tests/support/emulated_cuda/block_runner.h"
#include "tests/support/emulated_cuda/device.h"

#include <sys/wait.h>
#include <unistd.h>

#include <QTest>
#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace kvasir::engine::cuda;

namespace {

constexpr DeviceLimits kLimits{
    .compute_capability = 90, .multiprocessors = 6, .shared_bytes_per_block = 232448};

// What each kernel computes for a thread, {threads of the grid, values}.
struct Outputs {
  float* values;
};

__global__ void shuffle_lanes(Outputs out) {
  const float own = static_cast<float>(threadIdx.x);
  float* const to = out.values + threadIdx.x * 7;
  to[0] = __shfl_xor_sync(kAllLanes, own, 5);
  to[1] = __shfl_down_sync(kAllLanes, own, 3);
  to[2] = __shfl_up_sync(kAllLanes, own, 3);
  to[3] = __shfl_sync(kAllLanes, own, 9);
  to[4] = __shfl_sync(kAllLanes, own, 2, 8);
  to[5] = __shfl_down_sync(kAllLanes, own, 1, 4);
  to[6] = static_cast<float>(__popc(__ballot_sync(kAllLanes, threadIdx.x % 5 == 0)));
}

/// Half of the lanes leave early, the others go on alone.
__global__ void shuffle_in_halves(Outputs out) {
  const unsigned lane = threadIdx.x % kWarp;
  if (lane >= 16) return;
  out.values[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, static_cast<float>(lane), 1);
  __syncthreads();
  out.values[threadIdx.x] += __shfl_xor_sync(kAllLanes, static_cast<float>(lane), 2);
}

struct Reduction {
  const float* in;  // {threads}
  float* out;       // {blocks, 3}
};

__global__ void reduce(Reduction call) {
  const float value = call.in[blockIdx.x * blockDim.x + threadIdx.x];
  const float sum = block_sum(value);
  const float greatest = block_max(value);
  const float groups = warp_sum<8>(value);
  if (threadIdx.x != blockDim.x - 1) return;
  float* const to = call.out + blockIdx.x * 3;
  to[0] = sum;
  to[1] = greatest;
  to[2] = groups;
}

struct Reversal {
  float* out;  // {blocks, threads}
  bool with_barrier;
};

__global__ void reverse(Reversal call) {
  float* const shared = dynamic_shared<float>();
  shared[threadIdx.x] = static_cast<float>(blockIdx.x * 1000 + threadIdx.x);
  if (call.with_barrier) __syncthreads();
  call.out[blockIdx.x * blockDim.x + threadIdx.x] = shared[blockDim.x - 1 - threadIdx.x];
}

struct WarpProduct {
  const uint16_t* a;  // {16, 16} by rows
  const uint16_t* b;  // {16, 8}: by columns, or by rows where `b_by_rows`
  float* c;           // {16, 8}
  bool bf16;
  bool b_by_rows;
};

/// Loads the factors as a product of tiles would.
__global__ void multiply_tiles(WarpProduct call) {
  __shared__ __align__(16) uint16_t a[16][16];
  __shared__ __align__(16) uint16_t b[128];
  const unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 256; i += kWarp) a[i / 16][i % 16] = call.a[i];
  for (unsigned i = lane; i < 128; i += kWarp) b[i] = call.b[i];
  __syncwarp();
  uint32_t a_registers[4], b_registers[2];
  ldmatrix_x4(a_registers, &a[lane % 16][lane / 16 * 8]);
  if (call.b_by_rows)
    ldmatrix_x2_trans(b_registers, &b[lane % 16 * 8]);
  else
    ldmatrix_x2(b_registers, &b[lane % 8 * 16 + lane / 8 % 2 * 8]);
  float c[4];
  for (unsigned i = 0; i < 4; ++i) c[i] = call.c[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2];
  if (call.bf16)
    mma_m16n8k16(c, a_registers, b_registers, Bf16{});
  else
    mma_m16n8k16(c, a_registers, b_registers, F16{});
  for (unsigned i = 0; i < 4; ++i) call.c[(lane / 4 + i / 2 * 8) * 8 + lane % 4 * 2 + i % 2] = c[i];
}

struct Copies {
  const float* in;  // {3, 4}
  float* out;       // {3}: what is there before, between and after the waits
};

__global__ void copy_in_groups(Copies call) {
  auto* const shared = dynamic_shared<float>();
  copy_async_16(shared, call.in, true);
  copy_async_commit();
  copy_async_16(shared + 4, call.in + 4, true);
  copy_async_16(shared + 8, call.in + 8, false);
  copy_async_commit();
  call.out[0] = shared[3];
  copy_async_wait<1>();
  call.out[1] = shared[3];
  call.out[2] = shared[7];
  copy_async_wait<0>();
  call.out[3] = shared[7];
  call.out[4] = shared[11];
}

struct Scale {
  float* values;
  const float* factor;
};

__global__ void scale(Scale call) {
  call.values[threadIdx.x] *= *call.factor;
}

/// Lane 0 waits for the block, the others wait for lane 0.
__global__ void wait_in_vain(Outputs out) {
  if (threadIdx.x == 0) __syncthreads();
  out.values[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, 1.0f, 1);
}

/// Device memory of one array.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values) : size_(values.size()) {
    if (cudaMalloc(&data_, bytes()) != cudaSuccess) qFatal("out of device memory");
    set(values);
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* data() const { return data_; }
  size_t bytes() const { return size_ * sizeof(T); }
  void set(const std::vector<T>& values) {
    cudaMemcpy(data_, values.data(), bytes(), cudaMemcpyHostToDevice);
  }
  std::vector<T> get() const {
    std::vector<T> values(size_);
    cudaMemcpy(values.data(), data_, bytes(), cudaMemcpyDeviceToHost);
    return values;
  }

 private:
  T* data_ = nullptr;
  size_t size_;
};

/// Runs `work` in a process of its own, which must end by SIGABRT; gives what it wrote to stderr.
std::string last_words(const std::function<void()>& work) {
  int ends[2];
  if (pipe(ends) != 0) qFatal("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    signal(SIGABRT, SIG_DFL);
    work();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  std::array<char, 4096> piece;
  for (ssize_t got; (got = read(ends[0], piece.data(), piece.size())) > 0;)
    words.append(piece.data(), static_cast<size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? words : "did not abort: " + words;
}

}  // namespace

class EmulatedCudaTest : public QObject {
  Q_OBJECT

 private slots:
  void init();
  void shuffles_take_the_lanes_that_cuda_takes();
  void lanes_that_returned_are_not_waited_for();
  void reductions_reach_every_thread();
  void a_missing_barrier_shows_in_some_order();
  void mma_and_ldmatrix_multiply_matrices_data();
  void mma_and_ldmatrix_multiply_matrices();
  void async_copies_are_there_when_waited_for();
  void threads_that_wait_in_vain_are_named();
  void addresses_of_the_host_are_refused();
  void a_graph_runs_again_with_new_contents();
  void captures_refuse_what_a_device_refuses();
  void memory_has_a_limit_and_a_side();
  void launches_refuse_what_a_device_refuses();
  void every_half_is_read_and_written_as_ieee_says();

 private:
  Stream stream_{nullptr, kLimits};
};

void EmulatedCudaTest::init() {
  emulated_cuda::set_device({});
  emulated_cuda::set_order_seed(1);
  stream_ = Stream(nullptr, kLimits);
}

void EmulatedCudaTest::shuffles_take_the_lanes_that_cuda_takes() {
  DeviceArray<float> out(std::vector<float>(64 * 7));
  stream_.launch("shuffle_lanes", shuffle_lanes, dim3(1), dim3(64), 0, Outputs{out.data()});
  QCOMPARE(stream_.error(), cudaSuccess);
  const std::vector<float> values = out.get();
  for (int thread = 0; thread < 64; ++thread) {
    const int warp = thread / 32 * 32, lane = thread % 32;
    const std::vector<int> expected = {warp + (lane ^ 5),
                                       lane + 3 < 32 ? thread + 3 : thread,
                                       lane >= 3 ? thread - 3 : thread,
                                       warp + 9,
                                       warp + lane / 8 * 8 + 2,
                                       lane % 4 < 3 ? thread + 1 : thread,
                                       warp == 0 ? 7 : 6};
    for (size_t i = 0; i < expected.size(); ++i)
      QCOMPARE(values[static_cast<size_t>(thread) * 7 + i], static_cast<float>(expected[i]));
  }
}

void EmulatedCudaTest::lanes_that_returned_are_not_waited_for() {
  DeviceArray<float> out(std::vector<float>(64, -1));
  stream_.launch("shuffle_in_halves", shuffle_in_halves, dim3(1), dim3(64), 0, Outputs{out.data()});
  const std::vector<float> values = out.get();
  for (int thread = 0; thread < 64; ++thread) {
    const int lane = thread % 32;
    QCOMPARE(values[static_cast<size_t>(thread)],
             lane >= 16 ? -1.0f : static_cast<float>((lane ^ 1) + (lane ^ 2)));
  }
}

void EmulatedCudaTest::reductions_reach_every_thread() {
  std::mt19937 random(1);
  for (const uint32_t threads : {32u, 96u, 256u, 1024u}) {
    constexpr uint32_t kBlocks = 3;
    std::vector<float> values(threads * kBlocks);
    for (float& value : values) value = static_cast<float>(random() % 1000) - 700;
    DeviceArray<float> in(values), out(std::vector<float>(kBlocks * 3));
    stream_.launch("reduce", reduce, dim3(kBlocks), dim3(threads), 0, Reduction{in.data(), out.data()});
    const std::vector<float> results = out.get();
    for (uint32_t block = 0; block < kBlocks; ++block) {
      const auto first = values.begin() + block * threads, end = first + threads;
      QCOMPARE(results[block * 3], std::accumulate(first, end, 0.0f));
      QCOMPARE(results[block * 3 + 1], *std::max_element(first, end));
      QCOMPARE(results[block * 3 + 2], std::accumulate(end - 8, end, 0.0f));
    }
  }
}

void EmulatedCudaTest::a_missing_barrier_shows_in_some_order() {
  constexpr uint32_t kBlocks = 2, kThreads = 128;
  const auto wrong_values = [&](bool with_barrier, uint64_t seed) {
    emulated_cuda::set_order_seed(seed);
    DeviceArray<float> out(std::vector<float>(kBlocks * kThreads));
    stream_.launch("reverse", reverse, dim3(kBlocks), dim3(kThreads), kThreads * sizeof(float),
                   Reversal{out.data(), with_barrier});
    const std::vector<float> values = out.get();
    int wrong = 0;
    for (uint32_t i = 0; i < values.size(); ++i)
      if (values[i] != static_cast<float>(i / kThreads * 1000 + kThreads - 1 - i % kThreads)) ++wrong;
    return wrong;
  };
  for (uint64_t seed = 1; seed < 10; ++seed) {
    QCOMPARE(wrong_values(true, seed), 0);
    QVERIFY(wrong_values(false, seed) > 0);
  }
}

void EmulatedCudaTest::mma_and_ldmatrix_multiply_matrices_data() {
  QTest::addColumn<bool>("bf16");
  QTest::addColumn<bool>("b_by_rows");
  QTest::newRow("f16") << false << false;
  QTest::newRow("f16, transposed on the way") << false << true;
  QTest::newRow("bf16") << true << false;
  QTest::newRow("bf16, transposed on the way") << true << true;
}

void EmulatedCudaTest::mma_and_ldmatrix_multiply_matrices() {
  QFETCH(bool, bf16);
  QFETCH(bool, b_by_rows);
  // Small whole numbers: every product and sum is exact.
  std::mt19937 random(2);
  const auto draw = [&] { return static_cast<float>(random() % 17) - 8; };
  const auto bits = [&](float value) {
    return bf16 ? __bfloat16_as_ushort(__float2bfloat16_rn(value)) : __half_as_ushort(__float2half_rn(value));
  };
  float a[16][16], b[16][8], c[16][8];
  for (auto& row : a) std::generate(std::begin(row), std::end(row), draw);
  for (auto& row : b) std::generate(std::begin(row), std::end(row), draw);
  for (auto& row : c) std::generate(std::begin(row), std::end(row), draw);
  std::vector<uint16_t> a_bits, b_bits(128);
  std::vector<float> c_values;
  for (auto& row : a)
    for (const float value : row) a_bits.push_back(bits(value));
  for (size_t k = 0; k < 16; ++k)
    for (size_t n = 0; n < 8; ++n) b_bits[b_by_rows ? k * 8 + n : n * 16 + k] = bits(b[k][n]);
  for (auto& row : c) c_values.insert(c_values.end(), std::begin(row), std::end(row));

  DeviceArray<uint16_t> device_a(a_bits), device_b(b_bits);
  DeviceArray<float> device_c(c_values);
  stream_.launch("multiply_tiles", multiply_tiles, dim3(1), dim3(32), 0,
                 WarpProduct{device_a.data(), device_b.data(), device_c.data(), bf16, b_by_rows});
  const std::vector<float> product = device_c.get();
  for (size_t m = 0; m < 16; ++m)
    for (size_t n = 0; n < 8; ++n) {
      float expected = c[m][n];
      for (size_t k = 0; k < 16; ++k) expected += a[m][k] * b[k][n];
      QCOMPARE(product[m * 8 + n], expected);
    }
}

void EmulatedCudaTest::async_copies_are_there_when_waited_for() {
  DeviceArray<float> in({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), out(std::vector<float>(5));
  stream_.launch("copy_in_groups", copy_in_groups, dim3(1), dim3(1), 48, Copies{in.data(), out.data()});
  std::vector<float> seen = out.get();
  QVERIFY(std::isnan(seen[0]));
  QCOMPARE(seen[1], 4.0f);
  QVERIFY(std::isnan(seen[2]));
  QCOMPARE(seen[3], 8.0f);
  QCOMPARE(seen[4], 0.0f);

  emulated_cuda::set_device({.compute_capability = 75});
  stream_.launch("copy_in_groups", copy_in_groups, dim3(1), dim3(1), 48, Copies{in.data(), out.data()});
  QCOMPARE(out.get(), (std::vector<float>{4, 4, 8, 8, 0}));
}

void EmulatedCudaTest::threads_that_wait_in_vain_are_named() {
  const std::string deadlock = last_words([this] {
    DeviceArray<float> out(std::vector<float>(16));
    stream_.launch("wait_in_vain", wait_in_vain, dim3(1), dim3(16), 0, Outputs{out.data()});
  });
  QVERIFY2(deadlock.find("no thread can go on") != std::string::npos, deadlock.c_str());
  QVERIFY2(deadlock.find("thread (3, 0, 0) waits in __shfl_sync for lanes 0000ffff") != std::string::npos,
           deadlock.c_str());
}

void EmulatedCudaTest::addresses_of_the_host_are_refused() {
  std::vector<float> host(4);
  float* freed = nullptr;
  {
    const DeviceArray<float> device(host);
    freed = device.data();
  }
  for (float* const values : {host.data(), freed}) {
    const std::string words = last_words([&] {
      const DeviceArray<float> factor({2});
      stream_.launch("scale", scale, dim3(1), dim3(4), 0, Scale{values, factor.data()});
    });
    QVERIFY2(words.find("Scale): at byte 0 of its argument is the address") != std::string::npos,
             words.c_str());
  }
}

void EmulatedCudaTest::a_graph_runs_again_with_new_contents() {
  DeviceArray<float> values({1, 2, 3, 4}), factor({10});
  cudaStream_t side = nullptr, main = nullptr;
  cudaEvent_t forked = nullptr, joined = nullptr;
  QCOMPARE(cudaStreamCreate(&main), cudaSuccess);
  QCOMPARE(cudaStreamCreate(&side), cudaSuccess);
  QCOMPARE(cudaEventCreate(&forked), cudaSuccess);
  QCOMPARE(cudaEventCreate(&joined), cudaSuccess);

  QCOMPARE(cudaStreamBeginCapture(main, cudaStreamCaptureModeGlobal), cudaSuccess);
  Stream recorded(main, kLimits), beside(side, kLimits);
  recorded.launch("scale", scale, dim3(1), dim3(4), 0, Scale{values.data(), factor.data()});
  QCOMPARE(cudaEventRecord(forked, main), cudaSuccess);
  QCOMPARE(cudaStreamWaitEvent(side, forked), cudaSuccess);
  beside.launch("scale", scale, dim3(1), dim3(2), 0, Scale{values.data(), factor.data()});
  QCOMPARE(cudaEventRecord(joined, side), cudaSuccess);
  QCOMPARE(cudaStreamWaitEvent(main, joined), cudaSuccess);
  cudaGraph_t graph = nullptr;
  QCOMPARE(cudaStreamEndCapture(main, &graph), cudaSuccess);
  QCOMPARE(values.get(), (std::vector<float>{1, 2, 3, 4}));

  cudaGraphExec_t executable = nullptr;
  QCOMPARE(cudaGraphInstantiate(&executable, graph), cudaSuccess);
  QCOMPARE(cudaGraphDestroy(graph), cudaSuccess);
  QCOMPARE(cudaGraphLaunch(executable, main), cudaSuccess);
  QCOMPARE(values.get(), (std::vector<float>{100, 200, 30, 40}));
  factor.set({0.5f});
  QCOMPARE(cudaGraphLaunch(executable, main), cudaSuccess);
  QCOMPARE(values.get(), (std::vector<float>{25, 50, 15, 20}));
  QCOMPARE(cudaGraphExecDestroy(executable), cudaSuccess);
  cudaEventDestroy(forked);
  cudaEventDestroy(joined);
  cudaStreamDestroy(side);
  cudaStreamDestroy(main);
}

void EmulatedCudaTest::captures_refuse_what_a_device_refuses() {
  DeviceArray<float> values({1, 2, 3, 4}), factor({2});
  cudaStream_t side = nullptr, main = nullptr;
  cudaEvent_t forked = nullptr;
  cudaStreamCreate(&main);
  cudaStreamCreate(&side);
  cudaEventCreate(&forked);
  cudaGraph_t graph = nullptr;

  cudaStreamBeginCapture(main, cudaStreamCaptureModeGlobal);
  QCOMPARE(cudaStreamSynchronize(main), cudaErrorStreamCaptureUnsupported);
  QCOMPARE(cudaStreamEndCapture(main, &graph), cudaErrorStreamCaptureInvalidated);

  cudaStreamBeginCapture(main, cudaStreamCaptureModeGlobal);
  void* memory = nullptr;
  QCOMPARE(cudaMalloc(&memory, 16), cudaErrorStreamCaptureUnsupported);
  cudaEventRecord(forked, main);
  cudaStreamWaitEvent(side, forked);
  Stream(side, kLimits).launch("scale", scale, dim3(1), dim3(4), 0, Scale{values.data(), factor.data()});
  QCOMPARE(cudaStreamEndCapture(main, &graph), cudaErrorStreamCaptureUnjoined);
  QCOMPARE(cudaGetLastError(), cudaErrorStreamCaptureUnjoined);
  QCOMPARE(cudaPeekAtLastError(), cudaSuccess);
  cudaEventDestroy(forked);
  cudaStreamDestroy(side);
  cudaStreamDestroy(main);
}

void EmulatedCudaTest::memory_has_a_limit_and_a_side() {
  emulated_cuda::set_device({.memory_bytes = 1000});
  DeviceArray<float> device(std::vector<float>(100));
  void* more = nullptr;
  QCOMPARE(cudaMalloc(&more, 601), cudaErrorMemoryAllocation);
  QCOMPARE(more, nullptr);
  QCOMPARE(cudaMalloc(&more, 600), cudaSuccess);
  size_t free_bytes = 1, total_bytes = 0;
  QCOMPARE(cudaMemGetInfo(&free_bytes, &total_bytes), cudaSuccess);
  QCOMPARE(free_bytes, size_t{0});
  QCOMPARE(total_bytes, size_t{1000});
  QCOMPARE(cudaFree(more), cudaSuccess);
  QCOMPARE(cudaFree(more), cudaErrorInvalidValue);

  std::vector<float> host(101);
  QCOMPARE(cudaMemcpy(host.data(), device.data(), 400, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  QCOMPARE(cudaMemcpy(host.data(), device.data(), 404, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  QCOMPARE(cudaMemcpy(host.data(), device.data(), 400, cudaMemcpyDeviceToHost), cudaSuccess);
}

void EmulatedCudaTest::launches_refuse_what_a_device_refuses() {
  DeviceArray<float> out(std::vector<float>(2048));
  const auto refused = [&](dim3 grid, dim3 block, size_t shared_bytes) {
    Stream stream(nullptr, kLimits);
    stream.launch("reverse", reverse, grid, block, shared_bytes, Reversal{out.data(), true});
    return stream.error();
  };
  QCOMPARE(refused(dim3(1), dim3(1025), 8192), cudaErrorInvalidConfiguration);
  QCOMPARE(refused(dim3(1, 65536), dim3(1), 8192), cudaErrorInvalidConfiguration);
  QCOMPARE(refused(dim3(1), dim3(1024), 227 * 1024), cudaSuccess);
  QCOMPARE(refused(dim3(1), dim3(1024), 227 * 1024 + 1), cudaErrorInvalidValue);
  emulated_cuda::set_device({.compute_capability = 75});
  QCOMPARE(refused(dim3(1), dim3(1024), 65 * 1024), cudaErrorInvalidValue);
}

void EmulatedCudaTest::every_half_is_read_and_written_as_ieee_says() {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
    const uint32_t exponent = bits >> 10 & 31, significand = bits & 1023;
    const float sign = bits & 0x8000 ? -1.0f : 1.0f;
    if (exponent == 31 && significand != 0) {
      QVERIFY(std::isnan(value));
      continue;
    }
    const float expected = exponent == 31 ? INFINITY
                           : exponent == 0
                               ? std::ldexp(static_cast<float>(significand), -24)
                               : std::ldexp(static_cast<float>(1024 + significand), int(exponent) - 25);
    QCOMPARE(value, sign * expected);
    QCOMPARE(uint32_t{__half_as_ushort(__float2half_rn(value))}, bits);
  }
}

QTEST_GUILESS_MAIN(EmulatedCudaTest)
#include "emulated_cuda_test.moc"
