#include "engine/ops/thread_pool.h"

#include <QTest>
#include <chrono>
#include <set>
#include <vector>

using namespace kvasir::engine;

class ThreadPoolTest : public QObject {
  Q_OBJECT

 private slots:
  void every_task_runs_once_data() { add_sizes(); }
  void every_task_runs_once();
  void results_are_visible_to_the_next_loop_data() { add_sizes(); }
  void results_are_visible_to_the_next_loop();
  void sleeping_workers_wake_up_again();
  void other_threads_take_part();
  void unused_pools_end();

 private:
  void add_sizes();
};

void ThreadPoolTest::add_sizes() {
  QTest::addColumn<unsigned>("threads");
  for (unsigned threads : {0u, 1u, 2u, 3u, 8u}) QTest::addRow("%u threads", threads) << threads;
}

void ThreadPoolTest::every_task_runs_once() {
  QFETCH(unsigned, threads);
  ThreadPool pool(threads);
  QCOMPARE(pool.size(), std::max(threads, 1u));
  for (uint32_t tasks : {0u, 1u, 2u, 7u, 1000u}) {
    std::vector<int> runs(tasks, 0);
    std::vector<unsigned> workers(tasks, 0);
    pool.run(tasks, [&](uint32_t index, unsigned worker) {
      ++runs[index];
      workers[index] = worker;
    });
    for (int count : runs) QCOMPARE(count, 1);
    for (unsigned worker : workers) QVERIFY(worker < pool.size());
  }
}

void ThreadPoolTest::results_are_visible_to_the_next_loop() {
  QFETCH(unsigned, threads);
  ThreadPool pool(threads);
  // Each loop reads what other threads wrote in the one before.
  constexpr uint32_t kTasks = 16;
  std::vector<uint64_t> values(kTasks, 1);
  std::vector<uint64_t> next(kTasks);
  for (int loop = 0; loop < 2000; ++loop) {
    pool.run(kTasks, [&](uint32_t i, unsigned) { next[i] = values[(i + 1) % kTasks] + 1; });
    std::swap(values, next);
  }
  for (uint64_t value : values) QCOMPARE(value, uint64_t{2001});
}

void ThreadPoolTest::sleeping_workers_wake_up_again() {
  ThreadPool pool(3);
  for (int loop = 0; loop < 20; ++loop) {
    std::vector<int> runs(64, 0);
    pool.run(64, [&](uint32_t index, unsigned) { ++runs[index]; });
    QCOMPARE(runs, std::vector<int>(64, 1));
    // Longer than workers spin.
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

void ThreadPoolTest::other_threads_take_part() {
  ThreadPool pool(2);
  std::atomic<uint32_t> arrived = 0;
  // Two tasks that each wait for the other need two threads.
  pool.run(2, [&](uint32_t, unsigned) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  QCOMPARE(arrived.load(), 2u);
}

void ThreadPoolTest::unused_pools_end() {
  for (int i = 0; i < 50; ++i) ThreadPool pool(4);
  QVERIFY(true);
}

QTEST_GUILESS_MAIN(ThreadPoolTest)
#include "thread_pool_test.moc"
