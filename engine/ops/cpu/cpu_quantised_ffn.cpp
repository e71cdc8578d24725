#include "engine/ops/cpu/cpu_backend.h"
#include "engine/ops/cpu/interleave.h"

namespace kvasir::engine {
namespace {

/// Rows of gate and up that are a task: enough memory to be worth a claim, and whole runs of blocks that
/// share a scale.
constexpr uint32_t kActivatedRows = 128;

/// Rows of down that are a task: with one token enough memory to be worth a claim, with several what a panel
/// holds.
constexpr uint32_t down_rows(uint32_t tokens) {
  return tokens == 1 ? 128 : cpu::kGroupRows * cpu::kPanelGroups;
}

constexpr uint32_t blocks_of(uint64_t values) {
  return static_cast<uint32_t>(values / cpu::kQuantisedBlockValues);
}

cpu::QuantisedGemm gemm_of(uint32_t tokens, const cpu::QuantisedBlock* const* in, float* const* out,
                           const std::byte* next = nullptr) {
  cpu::QuantisedGemm gemm = {};
  gemm.tokens = tokens;
  gemm.in = in;
  gemm.out = out;
  gemm.next = next;
  return gemm;
}

/// Calls `stretch(first, end, worker)` for all of [0, tasks): with one token tasks are of one size, and a
/// long stretch of a matrix is read faster than many short ones; with several the experts have different
/// numbers of them.
template <class Stretch>
void run_rows(ThreadPool& pool, bool is_one_token, uint32_t tasks, const Stretch& stretch) {
  if (is_one_token) return pool.run_stretches(tasks, stretch);
  pool.run(tasks, [&](uint32_t task, unsigned worker) { stretch(task, task + 1, worker); });
}

}  // namespace

/// A feed-forward pass as jobs: the routed experts that are used, then the shared or dense network for all
/// tokens. Slots are pairs of a job and a token, job by job; a token's result is the weighted sum of its
/// slots, the routed ones in the order of its routing.
void CpuBackend::quantised_ffn_add(Activations out, const Routing* routing, const GatedFfn* experts,
                                   const GatedFfn* shared, Activations in) {
  const uint32_t per_token = routing == nullptr ? 0 : routing->per_token;
  const uint32_t terms = per_token + (shared == nullptr ? 0 : 1);
  const uint32_t routed = in.tokens * per_token;

  const float** in_rows = grown(in_, in.tokens);
  for (uint32_t t = 0; t < in.tokens; ++t) in_rows[t] = in.row(t);
  const cpu::QuantisedBlock** in_blocks = quantise(in_rows, in.tokens, in.cols);

  const cpu::QuantisedBlock** job_in = grown(job_in_, size_t{in.tokens} * terms);
  uint32_t* slot_of_term = grown(slot_of_term_, size_t{in.tokens} * terms);
  float* weight_of_term = grown(weight_of_term_, size_t{in.tokens} * terms);
  jobs_.clear();
  size_t activated = 0;
  const auto add_job = [&](const GatedFfn* ffn, uint64_t matrix, uint32_t begin, uint32_t count) {
    jobs_.push_back({ffn, matrix, begin, count, activated});
    activated += size_t{count} * blocks_of(ffn->gate.rows());
  };
  if (routing != nullptr) {
    group_by_expert(*routing, experts->gate.matrices());
    for (size_t i = 0; i < groups_.used.size(); ++i)
      add_job(experts, groups_.used[i], groups_.begin[i], groups_.begin[i + 1] - groups_.begin[i]);
    for (uint32_t slot = 0; slot < routed; ++slot) {
      const uint32_t from = groups_.slots[slot];
      const uint32_t token = from / per_token;
      job_in[slot] = in_blocks[token];
      slot_of_term[token * terms + from % per_token] = slot;
      weight_of_term[token * terms + from % per_token] = routing->weights[from];
    }
  }
  if (shared != nullptr) {
    add_job(shared, 0, routed, in.tokens);
    for (uint32_t t = 0; t < in.tokens; ++t) {
      job_in[routed + t] = in_blocks[t];
      slot_of_term[t * terms + per_token] = routed + t;
      weight_of_term[t * terms + per_token] = 1.0f;
    }
  }

  cpu::QuantisedBlock* blocks = grown(activated_, activated);
  const cpu::QuantisedBlock** rows = grown(activated_rows_, size_t{in.tokens} * terms);
  for (const FfnJob& job : jobs_)
    for (uint32_t i = 0; i < job.count; ++i)
      rows[job.begin + i] = blocks + job.activated + size_t{i} * blocks_of(job.ffn->gate.rows());

  activate_jobs();
  add_jobs(out, terms);
}

/// activated[slot] = silu(gate in) ⊙ up in, in 8 bit: each task makes whole blocks.
void CpuBackend::activate_jobs() {
  size_t product_floats = 0;
  uint32_t largest_count = 0;
  uint32_t largest_inner = 0;
  uint32_t tasks = 0;
  std::vector<uint32_t>& first_task = first_task_;
  first_task.clear();
  for (const FfnJob& job : jobs_) {
    const auto inner = static_cast<uint32_t>(job.ffn->gate.rows());
    first_task.push_back(tasks);
    tasks += (inner + kActivatedRows - 1) / kActivatedRows;
    product_floats = std::max(
        {product_floats, quantised_scratch_floats(job.ffn->gate), quantised_scratch_floats(job.ffn->up)});
    largest_count = std::max(largest_count, job.count);
    largest_inner = std::max(largest_inner, inner);
  }
  const uint32_t most_rows = largest_count == 1 ? largest_inner : kActivatedRows;
  reserve_worker_scratch(product_floats + size_t{2} * largest_count * most_rows);
  float** pointers = grown(out_, size_t{2} * largest_count * pool_.size());

  struct Stretch {
    const FfnJob& job;
    uint32_t first;  ///< row
    uint32_t end;
  };
  /// As many of the tasks [first, end) as belong to the first one's job.
  const auto stretch_of = [&](uint32_t first, uint32_t end) -> Stretch {
    const auto next = std::upper_bound(first_task.begin(), first_task.end(), first);
    const auto index = static_cast<size_t>(next - first_task.begin()) - 1;
    const uint32_t before = first_task[index];
    const auto inner = static_cast<uint32_t>(jobs_[index].ffn->gate.rows());
    return {jobs_[index], (first - before) * kActivatedRows,
            std::min(inner, (end - before) * kActivatedRows)};
  };
  const auto activate = [&](uint32_t task, uint32_t end_task, unsigned worker) {
    while (task < end_task) {
      const auto [job, first, end] = stretch_of(task, end_task);
      const auto& [gate, up, down] = *job.ffn;
      const auto inner = static_cast<uint32_t>(gate.rows());
      task += (end - first + kActivatedRows - 1) / kActivatedRows;
      const Stretch then = stretch_of(std::min(task, tasks - 1), tasks);

      float* const scratch = worker_scratch(worker);
      float** const gate_rows = pointers + size_t{2} * largest_count * worker;
      float** const up_rows = gate_rows + job.count;
      for (uint32_t i = 0; i < job.count; ++i) {
        gate_rows[i] = scratch + product_floats + size_t{2} * i * most_rows;
        up_rows[i] = gate_rows[i] + most_rows;
      }
      const cpu::QuantisedBlock* const* in = job_in_.data() + job.begin;
      const std::byte* const up_next = up.row(job.matrix, first);
      const std::byte* const then_next = then.job.ffn->gate.row(then.job.matrix, then.first);
      quantised_rows(gate, job.matrix, first, end, gemm_of(job.count, in, gate_rows, up_next), scratch);
      quantised_rows(up, job.matrix, first, end, gemm_of(job.count, in, up_rows, then_next), scratch);
      for (uint32_t i = 0; i < job.count; ++i) {
        kernels_.silu_mul(gate_rows[i], up_rows[i], end - first);
        quantised_->quantise(
            gate_rows[i], end - first, cpu::shared_blocks(inner),
            activated_.data() + job.activated + size_t{i} * blocks_of(inner) + blocks_of(first));
      }
    }
  };
  run_rows(pool_, largest_count == 1, tasks, activate);
}

/// out += the weighted results of down: job by job, then token by token.
void CpuBackend::add_jobs(Activations out, uint32_t terms) {
  const uint32_t slots = out.tokens * terms;
  float* results = grown(expert_out_, size_t{slots} * out.cols);  // {slots, hidden}
  float** rows = grown(out_, slots);
  for (uint32_t slot = 0; slot < slots; ++slot) rows[slot] = results + size_t{slot} * out.cols;

  size_t product_floats = 0;
  for (const FfnJob& job : jobs_)
    product_floats = std::max(product_floats, quantised_scratch_floats(job.ffn->down));
  reserve_worker_scratch(product_floats);
  const RowTasks cut = {static_cast<uint32_t>(jobs_.size()), out.cols, down_rows(out.tokens)};
  const uint32_t tasks = cut.count();
  run_rows(pool_, out.tokens == 1, tasks, [&](uint32_t task, uint32_t end_task, unsigned worker) {
    while (task < end_task) {
      const RowTasks::Stretch stretch = cut.stretch_of(task, end_task);
      task += stretch.tasks;
      const RowTasks::Stretch then = cut.stretch_of(std::min(task, tasks - 1), tasks);
      const FfnJob& job = jobs_[stretch.product];
      const FfnJob& then_job = jobs_[then.product];
      cpu::QuantisedGemm gemm = gemm_of(job.count, activated_rows_.data() + job.begin, rows + job.begin,
                                        then_job.ffn->down.row(then_job.matrix, then.first));
      gemm.out_row = stretch.first;
      quantised_rows(job.ffn->down, job.matrix, stretch.first, stretch.end, gemm, worker_scratch(worker));
    }
  });
  for_tokens(out.tokens, uint64_t{terms} * out.cols, [&](uint32_t first, uint32_t end) {
    for (uint32_t t = first; t < end; ++t)
      for (uint32_t term = t * terms; term < (t + 1) * terms; ++term)
        kernels_.add_scaled(out.row(t), rows[slot_of_term_[term]], weight_of_term_[term], out.cols);
  });
}

}  // namespace kvasir::engine
