#include <boost/test/unit_test.hpp>
#include <set>

#include "history/event_fields.hpp"
#include "history/hash.hpp"
#include "history/owned_details.hpp"
#include "tests/history/samples.hpp"
#include "tests/print.hpp"

namespace raftsim::history {
namespace {

std::string digest_of(const std::vector<Sample>& events) {
  RollingHash hash;
  for (const Sample& s : events) {
    Event e = s.event;
    const Details d = s.details.view();
    e.has_details = empty(d) ? 0 : 1;
    if (empty(d))
      hash.add(e);
    else
      hash.add(e, d);
  }
  return to_text(hash.digest());
}

std::vector<std::byte> packed(const OwnedDetails& details) {
  std::vector<std::byte> out;
  pack(details.view(), out);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hash)

// These digests are part of the format: other compilers, optimisations and machines must find the same.
BOOST_AUTO_TEST_CASE(the_hash_of_fixed_events_never_changes) {
  BOOST_TEST(digest_of({}) == "99aa06d3014798d86001c324468d497f");
  BOOST_TEST(digest_of(samples()) == "cd57af661a55dd87c804728902f04fdf");
}

BOOST_AUTO_TEST_CASE(every_bit_of_an_event_counts) {
  std::set<Hash128> digests;
  for (std::size_t bit = 0; bit < 8 * sizeof(Event); ++bit) {
    std::array<unsigned char, sizeof(Event)> bytes{};
    bytes[bit / 8] = static_cast<unsigned char>(1u << bit % 8);
    RollingHash hash;
    hash.add(std::bit_cast<Event>(bytes));
    digests.insert(hash.digest());
  }
  BOOST_TEST(digests.size() == 8 * sizeof(Event));
}

BOOST_AUTO_TEST_CASE(different_details_pack_differently) {
  std::set<std::vector<std::byte>> forms;
  std::vector<OwnedDetails> all(14);
  all[1].causes = {EventId{1}};
  all[2].causes = {EventId{1}, EventId{0}};
  all[3].message.emplace();
  all[4].labels = {HardStateLabel{}};
  all[5].labels = {HardStateLabel{{}, NodeId{0}}};
  all[6].labels = {TruncateLabel{}};
  all[7].configuration.emplace();
  all[8].operation.emplace();
  all[9].operation.emplace().expected = "";
  all[10].result.emplace();
  all[11].nodes = {NodeId{1}};
  all[12].text = "a";
  all[13].operation = Operation{};
  all[13].operation->key = "a";
  for (const OwnedDetails& d : all) forms.insert(packed(d));
  BOOST_TEST(forms.size() == all.size());
}

BOOST_AUTO_TEST_CASE(a_digest_may_be_taken_at_any_time_and_copies_go_on_alone) {
  const std::vector<Sample> events = samples();
  RollingHash one;
  one.add(events[0].event);
  const Hash128 before = one.digest();
  RollingHash copy = one;
  BOOST_TEST((copy.digest() == before));
  copy.add(events[1].event);
  BOOST_TEST((one.digest() == before));
  one.add(events[1].event);
  BOOST_TEST((one.digest() == copy.digest()));
  RollingHash assigned;
  assigned = one;
  BOOST_TEST((assigned.digest() == one.digest()));
}

BOOST_AUTO_TEST_CASE(a_hash_reads_back_from_its_text) {
  const Hash128 hash{0x0123456789abcdef, 0xfedcba9876543210};
  BOOST_TEST(to_text(hash) == "0123456789abcdeffedcba9876543210");
  BOOST_TEST((hash_named(to_text(hash)) == hash));
  for (const char* bad : {"", "0123456789abcdeffedcba987654321", "0123456789abcdeffedcba987654321g",
                          "0123456789abcdef-edcba9876543210", "0123456789abcdeffedcba98765432100"})
    BOOST_TEST(!hash_named(bad).has_value(), bad);
}

// What no field names cannot be read back: then the hash of a history could not be rebuilt.
BOOST_AUTO_TEST_CASE(the_field_table_covers_every_used_byte_once) {
  const std::map<EventKind, std::size_t> bytes_used{
      {EventKind::send, 32},      {EventKind::recv, 32},      {EventKind::dup, 32},
      {EventKind::timer_set, 16}, {EventKind::boot, 24},      {EventKind::role, 26},
      {EventKind::term, 24},      {EventKind::vote, 24},      {EventKind::leader, 24},
      {EventKind::append, 32},    {EventKind::truncate, 24},  {EventKind::commit, 32},
      {EventKind::apply, 32},     {EventKind::snapshot, 32},  {EventKind::config, 32},
      {EventKind::write, 31},     {EventKind::crash, 25},     {EventKind::fault_begin, 26},
      {EventKind::invoke, 32},    {EventKind::note, 24},      {EventKind::phase, 16},
      {EventKind::check, 16},     {EventKind::violation, 16}, {EventKind::goal, 16},
      {EventKind::audit, 32},     {EventKind::lease, 16},     {EventKind::load, 24},
      {EventKind::clock, 24}};
  for (const auto& [kind, used] : bytes_used) {
    std::set<std::size_t> covered;
    std::size_t total = 0;
    for (const Field& f : fields_of(kind)) {
      for (std::size_t i = 0; i < f.size; ++i) covered.insert(f.offset + i);
      total += f.size;
    }
    BOOST_TEST(covered.size() == used, static_cast<int>(kind));
    BOOST_TEST(total == used, static_cast<int>(kind));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace raftsim::history
