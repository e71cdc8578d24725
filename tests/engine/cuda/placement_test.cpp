#include "engine/cuda/placement.h"

#include <QtTest>
#include <limits>

using namespace kvasir::engine::cuda;

class PlacementTest : public QObject {
  Q_OBJECT

 private slots:
  void all_is_on_the_device_where_it_fits() {
    const Placement placement = place_experts({100, 40, {20, 20, 20}, 0});
    QVERIFY(placement.fits);
    QCOMPARE(placement.blocks_on_device(), 3u);
    QCOMPARE(placement.device_bytes, uint64_t{100});
  }

  void experts_give_way_first() {
    const Placement placement = place_experts({99, 40, {20, 20, 20}, 0});
    QVERIFY(placement.fits);
    QCOMPARE(placement.blocks_on_device(), 2u);
    QCOMPARE(placement.device_bytes, uint64_t{80});
  }

  void smaller_blocks_fill_what_is_left() {
    const Placement placement = place_experts({100, 40, {50, 30, 30}, 0});
    QCOMPARE(placement.on_device, (std::vector<bool>{true, false, false}));
    QCOMPARE(place_experts({80, 40, {50, 30, 30}, 0}).on_device, (std::vector<bool>{false, true, false}));
  }

  void room_for_visitors_is_kept_where_experts_stay_outside() {
    const Placement all = place_experts({100, 40, {20, 20, 20}, 20});
    QCOMPARE(all.blocks_on_device(), 3u);
    QVERIFY(!all.has_visitors_room);
    const Placement some = place_experts({99, 40, {20, 20, 20}, 20});
    QCOMPARE(some.blocks_on_device(), 1u);
    QVERIFY(some.has_visitors_room);
    QCOMPARE(some.device_bytes, uint64_t{80});
    // Where there is room for neither, the model runs all the same.
    const Placement none = place_experts({59, 40, {20}, 20});
    QVERIFY(none.fits && !none.has_visitors_room);
    QCOMPARE(none.blocks_on_device(), 0u);
  }

  void what_every_token_needs_must_fit() {
    QVERIFY(!place_experts({39, 40, {1}, 0}).fits);
    QCOMPARE(place_experts({39, 40, {1}, 0}).blocks_on_device(), 0u);
    QVERIFY(place_experts({40, 40, {1}, 0}).fits);
    QVERIFY(!place_experts({1, std::numeric_limits<uint64_t>::max(), {}, 0}).fits);
  }
};

QTEST_GUILESS_MAIN(PlacementTest)
#include "placement_test.moc"
