// Messages as bytes: what goes in comes out, and no other bytes are taken for a message.
#include "core/wire.hpp"

#include <rapidcheck.h>
#include <rapidcheck/boost_test.h>

#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "seam/chain.hpp"
#include "tests/print.hpp"

namespace raftsim::core {
namespace {

struct Entry {
  std::uint64_t term = 0;
  int kind = 0;
  std::string payload;
};

/// A message and the memory that its entries point to.
struct OwnedMessage {
  Message message;
  std::vector<Entry> owned;
  std::vector<EntryRef> entries;
  std::string data;

  void finish() {
    entries.clear();
    for (const Entry& entry : owned) {
      const auto kind = static_cast<EntryKind>(entry.kind);
      const ByteSpan payload = as_bytes(entry.payload);
      entries.push_back(
          {.term = Term{entry.term}, .hash = entry_hash(kind, payload), .payload = payload, .kind = kind});
    }
    message.entries = {entries.data(), entries.size()};
    message.chunk.data = as_bytes(data);
  }
};

bool about_a_snapshot(MessageType type) {
  return type == MessageType::install_snapshot || type == MessageType::install_snapshot_resp;
}

OwnedMessage any_message() {
  OwnedMessage out;
  const auto number = [] { return *rc::gen::arbitrary<std::uint64_t>(); };
  Message& m = out.message;
  m.type = static_cast<MessageType>(*rc::gen::inRange(1, static_cast<int>(MessageType::client_request)));
  m.granted = *rc::gen::arbitrary<bool>();
  m.commanded = *rc::gen::arbitrary<bool>();
  m.term = Term{number()};
  m.index = Index{number()};
  m.index_term = Term{number()};
  m.commit = Index{number()};
  m.match = Index{number()};
  m.hint = Index{number()};
  m.hint_term = Term{number()};
  m.context = number();
  if (about_a_snapshot(m.type)) {
    m.chunk = {.offset = number(), .size = number(), .hash = number(), .data = {}};
    out.data = *rc::gen::string<std::string>();
  }
  const int count = about_a_snapshot(m.type) ? 0 : *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    out.owned.push_back({number(), *rc::gen::inRange(0, 3), *rc::gen::string<std::string>()});
  }
  out.finish();
  return out;
}

bool same(const EntryRef& a, const EntryRef& b) {
  return a.term == b.term && a.hash == b.hash && a.kind == b.kind && as_text(a.payload) == as_text(b.payload);
}

bool same(const Message& a, const Message& b) {
  return a.type == b.type && a.granted == b.granted && a.commanded == b.commanded && a.term == b.term &&
         a.index == b.index && a.index_term == b.index_term && a.commit == b.commit && a.match == b.match &&
         a.hint == b.hint && a.hint_term == b.hint_term && a.context == b.context &&
         a.chunk.offset == b.chunk.offset && a.chunk.size == b.chunk.size && a.chunk.hash == b.chunk.hash &&
         as_text(a.chunk.data) == as_text(b.chunk.data) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const EntryRef& x, const EntryRef& y) { return same(x, y); });
}

WireFault fault_of(ByteSpan bytes) {
  std::vector<EntryRef> entries;
  Message message;
  return decode_message(bytes, entries, message);
}

/// The same bytes with a right checksum: what a foreign or careless writer could send.
std::vector<std::byte> resealed(std::vector<std::byte> bytes) {
  if (bytes.size() >= 4) store(bytes.data(), crc32c(ByteSpan(bytes).subspan(4)));
  return bytes;
}

std::vector<std::byte> encoded(const Message& message) {
  std::vector<std::byte> bytes;
  encode_message(message, bytes);
  return bytes;
}

Message of_type(MessageType type) {
  Message message;
  message.type = type;
  return message;
}

BOOST_AUTO_TEST_SUITE(wire)

RC_BOOST_PROP(a_message_comes_back_as_it_was, ()) {
  const OwnedMessage sent = any_message();
  std::vector<std::byte> arena(static_cast<std::size_t>(*rc::gen::inRange(0, 9)));
  const std::size_t before = arena.size();
  const Slice slice = encode_message(sent.message, arena);
  RC_ASSERT(slice.offset == before);
  RC_ASSERT(slice.offset + slice.length == arena.size());
  const ByteSpan bytes = ByteSpan(arena).subspan(slice.offset);
  std::vector<EntryRef> entries(3);
  Message received;
  RC_ASSERT(decode_message(bytes, entries, received) == WireFault::none);
  RC_ASSERT(same(received, sent.message));
  for (const EntryRef& entry : received.entries) {
    RC_ASSERT(entry.payload.data() >= bytes.data());
    RC_ASSERT(entry.payload.data() + entry.payload.size() <= bytes.data() + bytes.size());
  }
}

RC_BOOST_PROP(what_the_simulator_sees_is_what_was_sent, ()) {
  const OwnedMessage sent = any_message();
  MessageView view;
  view.entries.resize(2);
  RC_ASSERT(describe_message(encoded(sent.message), view));
  const Message& m = sent.message;
  RC_ASSERT(view.type == m.type);
  RC_ASSERT(view.term == m.term);
  RC_ASSERT(view.previous_index == m.index);
  RC_ASSERT(view.previous_term == m.index_term);
  RC_ASSERT(view.granted == m.granted);
  RC_ASSERT(view.match == m.match);
  RC_ASSERT(view.context == m.context);
  const bool refused_append = m.type == MessageType::append_entries_resp && !m.granted;
  RC_ASSERT(view.commit == (refused_append ? m.hint : m.commit));
  RC_ASSERT(view.entries.size() == m.entries.size());
  for (std::size_t i = 0; i < view.entries.size(); ++i) {
    RC_ASSERT(view.entries[i].index == Index{m.index.value + i + 1});
    RC_ASSERT(view.entries[i].term == m.entries[i].term);
    RC_ASSERT(view.entries[i].hash == m.entries[i].hash);
  }
}

RC_BOOST_PROP(no_prefix_of_a_message_is_one, ()) {
  const std::vector<std::byte> bytes = encoded(any_message().message);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    RC_ASSERT(fault_of(cut) != WireFault::none);
    RC_ASSERT(fault_of(resealed(cut)) != WireFault::none);
  }
}

// The fault model's corruption in flight: one burst of at most 32 bits.
RC_BOOST_PROP(a_burst_of_up_to_32_bits_is_always_seen, ()) {
  std::vector<std::byte> bytes = encoded(any_message().message);
  const auto bits = static_cast<int>(bytes.size() * 8);
  const int first = *rc::gen::inRange(0, bits);
  const auto pattern = *rc::gen::suchThat(rc::gen::arbitrary<std::uint32_t>(), [](auto p) { return p != 0; });
  for (int bit = 0; bit < 32; ++bit) {
    const int at = first + bit;
    if (at < bits && ((pattern >> bit) & 1u) != 0) {
      bytes[static_cast<std::size_t>(at / 8)] ^= static_cast<std::byte>(1u << (at % 8));
    }
  }
  const bool harmed = first + std::countr_zero(pattern) < bits;
  RC_PRE(harmed);
  MessageView view;
  RC_ASSERT(fault_of(bytes) == WireFault::wrong_checksum);
  RC_ASSERT(!describe_message(bytes, view));
}

// With a right checksum any content gets through to the parser: it must stay within the bytes. (Run under the
// address sanitizer, this is where an over-read would show.)
RC_BOOST_PROP(a_resealed_mutation_is_refused_or_well_formed, ()) {
  std::vector<std::byte> bytes = encoded(any_message().message);
  const int changes = *rc::gen::inRange(1, 8);
  for (int i = 0; i < changes; ++i) {
    const auto at = static_cast<std::size_t>(*rc::gen::inRange(4, static_cast<int>(bytes.size())));
    bytes[at] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  }
  // In memory of exactly its size.
  const std::vector<std::byte> exact = resealed(bytes);
  std::vector<EntryRef> entries;
  Message message;
  MessageView view;
  const WireFault fault = decode_message(exact, entries, message);
  RC_ASSERT(describe_message(exact, view) == (fault == WireFault::none));
  RC_ASSERT(entries.capacity() <= exact.size());
  if (fault != WireFault::none) return;
  std::size_t payload = 0;
  for (const EntryRef& entry : message.entries) payload += entry.payload.size();
  RC_ASSERT(payload <= exact.size());
}

RC_BOOST_PROP(arbitrary_bytes_are_no_message, (const std::vector<std::uint8_t>& content)) {
  std::vector<std::byte> bytes;
  for (const std::uint8_t byte : content) bytes.push_back(std::byte{byte});
  MessageView view;
  RC_ASSERT(fault_of(bytes) != WireFault::none);
  RC_ASSERT(!describe_message(bytes, view));
}

BOOST_AUTO_TEST_CASE(another_version_is_refused_as_such) {
  std::vector<std::byte> bytes = encoded(of_type(MessageType::append_entries));
  bytes[4] = std::byte{2};
  BOOST_CHECK(fault_of(resealed(bytes)) == WireFault::unknown_version);
}

BOOST_AUTO_TEST_CASE(a_count_of_entries_beyond_the_bytes_allocates_nothing) {
  std::vector<std::byte> bytes = encoded(of_type(MessageType::append_entries));
  store(bytes.data() + 12, std::uint32_t{0xFFFFFFFF});
  std::vector<EntryRef> entries;
  Message message;
  BOOST_CHECK(decode_message(resealed(bytes), entries, message) == WireFault::wrong_entries);
  BOOST_TEST(entries.capacity() == 0u);
}

BOOST_AUTO_TEST_CASE(a_message_about_a_snapshot_without_a_piece_of_it_is_refused) {
  for (const MessageType type : {MessageType::install_snapshot, MessageType::install_snapshot_resp}) {
    std::vector<std::byte> bytes = encoded(of_type(type));
    BOOST_CHECK(fault_of(bytes) == WireFault::none);
    // Entries where the piece should be.
    store(bytes.data() + 12, std::uint32_t{1});
    BOOST_CHECK(fault_of(resealed(bytes)) == WireFault::wrong_chunk);
    store(bytes.data() + 12, std::uint32_t{0});
    bytes.resize(bytes.size() - 1);
    store(bytes.data() + 8, static_cast<std::uint32_t>(bytes.size()));
    BOOST_CHECK(fault_of(resealed(bytes)) == WireFault::wrong_chunk);
  }
}

BOOST_AUTO_TEST_CASE(types_that_servers_do_not_exchange_are_refused) {
  for (const MessageType type :
       {MessageType::unknown, MessageType::client_request, MessageType::client_reply}) {
    BOOST_CHECK(fault_of(encoded(of_type(type))) == WireFault::unknown_type);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace raftsim::core
