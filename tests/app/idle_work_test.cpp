#include "app/services/idle_work.h"

#include "app/services/worker.h"

#include <QtTest>
#include <atomic>
#include <future>
#include <memory>
#include <string>

using namespace kvasir::app;

/// A worker with jobs and idle work, as the engine's thread has them.
class IdleWorkTest : public QObject {
  Q_OBJECT

 private slots:
  void init();
  void cleanup();
  void work_is_done_once();
  void job_interrupts_work_which_goes_on_after_it();
  void jobs_that_wait_come_first();
  void newer_work_takes_the_place_of_the_older();
  void dropped_work_does_not_come_back();
  void closed_one_takes_no_more_work();

 private:
  std::future<void> post(std::function<void()> job) {
    auto future = thread_->post([job = std::move(job), busy = IdleWork::Job(*idle_)]() mutable {
      const IdleWork::Job ends_here = std::move(busy);
      job();
    });
    thread_->post([this] { idle_->run(); });
    return future;
  }
  void set(IdleWork::Work work) {
    idle_->set(std::move(work));
    thread_->post([this] { idle_->run(); });
  }
  /// Work that goes on until it is stopped, `rounds` times; then it is done.
  IdleWork::Work endless(int rounds) {
    return [this, rounds](std::stop_token stop) {
      if (started_.fetch_add(1) >= rounds) return true;
      started_.notify_all();
      while (!stop.stop_requested()) std::this_thread::yield();
      return false;
    };
  }
  void wait_for_start(int count) {
    for (int seen = started_; seen < count; seen = started_) started_.wait(seen);
  }

  std::unique_ptr<IdleWork> idle_;
  std::unique_ptr<Worker> thread_;
  std::atomic<int> started_ = 0;
};

void IdleWorkTest::init() {
  started_ = 0;
  idle_ = std::make_unique<IdleWork>();
  thread_ = std::make_unique<Worker>("idle-test");
}

void IdleWorkTest::cleanup() {
  idle_->close();
  thread_.reset();
}

void IdleWorkTest::work_is_done_once() {
  set([this](std::stop_token) {
    ++started_;
    return true;
  });
  idle_->wait_until_done();
  post([] {});
  idle_->wait_until_done();
  QCOMPARE(started_.load(), 1);
}

void IdleWorkTest::job_interrupts_work_which_goes_on_after_it() {
  set(endless(2));
  wait_for_start(1);
  int seen = 0;
  post([&] { seen = started_; }).get();
  QCOMPARE(seen, 1);
  wait_for_start(2);
  post([] {}).get();
  idle_->wait_until_done();
  QCOMPARE(started_.load(), 3);
}

void IdleWorkTest::jobs_that_wait_come_first() {
  std::promise<void> go;
  std::string order;
  post([&, ready = go.get_future().share()] { ready.wait(); });
  set([&](std::stop_token) {
    order += "idle";
    return true;
  });
  post([&] { order += "job "; });
  go.set_value();
  idle_->wait_until_done();
  QCOMPARE(order, std::string("job idle"));
}

void IdleWorkTest::newer_work_takes_the_place_of_the_older() {
  set(endless(100));
  wait_for_start(1);
  bool done = false;
  set([&](std::stop_token) { return done = true; });
  idle_->wait_until_done();
  QVERIFY(done);
  QCOMPARE(started_.load(), 1);
}

void IdleWorkTest::dropped_work_does_not_come_back() {
  set(endless(100));
  wait_for_start(1);
  idle_->drop();
  post([] {}).get();
  idle_->wait_until_done();
  QCOMPARE(started_.load(), 1);
}

void IdleWorkTest::closed_one_takes_no_more_work() {
  set(endless(100));
  wait_for_start(1);
  idle_->close();
  set(endless(100));
  idle_->wait_until_done();
  QCOMPARE(started_.load(), 1);
}

QTEST_GUILESS_MAIN(IdleWorkTest)
#include "idle_work_test.moc"
