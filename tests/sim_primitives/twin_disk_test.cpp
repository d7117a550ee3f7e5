// A twin's disk is NodeDisk without latency and without crashes: a process cannot tell them apart.
#include <boost/test/unit_test.hpp>

#include <rapidcheck.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sim/decisions.hpp"
#include "sim/disk.hpp"
#include "sim/twin_disk.hpp"

namespace raftsim::sim {
namespace {

struct Deed {
  DiskAction action = DiskAction::write;
  std::string file, to;
  std::uint64_t offset = 0, length = 0;
};

std::ostream& operator<<(std::ostream& out, const Deed& d) {
  return out << "action " << static_cast<int>(d.action) << ' ' << d.file << " to " << d.to << " offset "
             << d.offset << " length " << d.length;
}

rc::Gen<Deed> any_deed() {
  const auto action = rc::gen::weightedElement<DiskAction>({{6, DiskAction::write},
                                                            {4, DiskAction::truncate},
                                                            {2, DiskAction::sync},
                                                            {3, DiskAction::read},
                                                            {2, DiskAction::rename},
                                                            {2, DiskAction::remove},
                                                            {1, DiskAction::list},
                                                            {1, DiskAction::sync_directory}});
  const auto file = rc::gen::element<std::string>("a", "b", "c");
  // Short, so that operations meet, and end before, at and beyond each other's ends.
  const auto place = rc::gen::inRange<std::uint64_t>(0, 12);
  return rc::gen::build<Deed>(rc::gen::set(&Deed::action, action), rc::gen::set(&Deed::file, file),
                              rc::gen::set(&Deed::to, file), rc::gen::set(&Deed::offset, place),
                              rc::gen::set(&Deed::length, place));
}

/// One sequence of operations, done on both.
struct Both {
  void issue(const Deed& deed) {
    Effects effects;
    DiskRequest r;
    r.op = ++last;
    r.action = deed.action;
    r.offset = deed.offset;
    r.length = deed.length;
    r.file = effects.put(deed.file);
    r.to = effects.put(deed.to);
    const bool writes = deed.action == DiskAction::write;
    r.bytes = effects.put(
        std::vector<std::byte>(writes ? deed.length : 0, static_cast<std::byte>(last.value % 255 + 1)));
    disk.issue(Instant{}, r, effects);
    twin.issue(r, effects);
  }

  void complete_all() {
    for (; done < last; ++done) {
      disk.complete(done + 1, out);
      const DiskDone told = twin.perform();
      RC_ASSERT(told.op == done + 1);
      RC_ASSERT(told.status == out.status);
      RC_ASSERT(std::vector<std::byte>(told.bytes.begin(), told.bytes.end()) == out.bytes);
      RC_ASSERT(std::vector<std::string>(told.names.begin(), told.names.end()) == out.names);
    }
    RC_ASSERT(!twin.busy());
    RC_ASSERT(twin.contents() == disk.contents());
  }

  Disk model;
  Decisions decisions{{Base::seed, 1, {}, false}};
  NodeDisk disk{model, NodeId{1}, decisions};
  TwinDisk twin{Files{}};
  DoneOut out;
  DiskOp last, done;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(twin_disk)

BOOST_AUTO_TEST_CASE(a_twins_disk_does_and_tells_what_a_nodes_disk_does) {
  BOOST_TEST(rc::check("same", [] {
    const auto batches = *rc::gen::container<std::vector<std::vector<Deed>>>(
        rc::gen::container<std::vector<Deed>>(any_deed()));
    Both both;
    for (const std::vector<Deed>& batch : batches) {
      for (const Deed& deed : batch) both.issue(deed);
      both.complete_all();
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::sim
