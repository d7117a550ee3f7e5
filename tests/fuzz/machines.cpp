#include <map>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "core/disk_format.hpp"
#include "core/durable_log.hpp"
#include "core/recovery.hpp"
#include "core/state_machine.hpp"
#include "seam/check.hpp"
#include "tests/fuzz/bytes_in.hpp"
#include "tests/fuzz/targets.hpp"

namespace raftsim::core::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

EntryRef entry_of(Term term, ByteSpan payload) {
  EntryRef entry;
  entry.term = term;
  entry.payload = payload;
  return entry;
}

void pad_to_sector(Bytes& file) { file.resize(next_sector(file.size())); }

/// A batch as an encoder would make it but for its numbers: it links, or nearly, and its content is of the
/// right form, or not.
std::uint64_t append_batch(BytesIn& in, std::uint32_t segment, std::uint64_t sequence, std::uint64_t previous,
                           Bytes& file) {
  pad_to_sector(file);
  const BatchLink link{.segment = segment,
                       .offset = file.size(),
                       .sequence = sequence,
                       .previous_hash = previous,
                       .synced = {in.number(sequence), in.number(1)}};
  const std::size_t start = file.size();
  std::uint64_t hash = 0;
  if (in.flag()) {
    Configuration members;
    for (std::uint8_t n = in.below(4); n > 0; --n) members.voters.push_back(NodeId{in.number(n)});
    hash = encode_base(link, members, file);
  } else {
    Log log;
    for (std::uint8_t n = in.below(4); n > 0; --n) {
      const ByteSpan payload = in.take(in.below(40));
      log.append(entry_of(log.last_term() + in.below(3), payload));
    }
    if (log.empty()) log.append(entry_of(Term{1}, {}));
    hash = encode_entries(link, log, Index{1}, log.last(), file);
    store(file.data() + start + 56, in.number(1));  // its first index
  }
  if (in.below(4) == 0 && file.size() > start + 64) {
    file[start + 64 + in.byte() % (file.size() - start - 64)] = std::byte{in.byte()};
  }
  store(file.data() + start, crc32c(ByteSpan(file).subspan(start + 4)));
  return hash;
}

/// Nearly what a server leaves behind: batches in a chain and slots of hard states, with some of their
/// numbers wrong, and some files of anything.
std::map<std::string, Bytes> files(BytesIn& in) {
  std::map<std::string, Bytes> files;
  std::uint64_t sequence = in.number(0);
  std::uint64_t previous = 0;
  for (std::uint8_t segments = in.below(4); segments > 0; --segments) {
    const auto number = static_cast<std::uint32_t>(in.number(1));
    if (number == 0) continue;
    Bytes& file = files[segment_name(number)];
    for (std::uint8_t batches = in.below(5); batches > 0; --batches) {
      sequence = in.flag() ? sequence + 1 : in.number(sequence);
      const std::uint64_t link = in.below(8) == 0 ? in.word() : previous;
      previous = append_batch(in, number, sequence, link, file);
    }
    const ByteSpan tail = in.take(in.byte());
    file.insert(file.end(), tail.begin(), tail.end());
  }
  Bytes& state = files[std::string(state_file)];
  for (std::uint8_t slots = in.below(6); slots > 0; --slots) {
    StateSlot slot;
    slot.counter = in.number(slots);
    slot.hard_state.term = Term{in.number(1)};
    if (in.flag()) slot.hard_state.vote = NodeId{in.number(1)};
    slot.synced = {in.number(sequence), in.number(slot.counter)};
    const std::uint64_t at = slot.counter % state_slots * sector_bytes;
    Bytes bytes;
    encode_state_slot(slot, bytes);
    if (state.size() < at + bytes.size()) state.resize(at + bytes.size());
    copy(state.data() + at, bytes);
  }
  return files;
}

}  // namespace

void recovery(ByteSpan bytes) {
  BytesIn in(bytes);
  const std::map<std::string, Bytes> disk = files(in);
  std::vector<std::string_view> names{"log-0", "log-00000000", "log-99999999999", "other"};
  for (const auto& [name, content] : disk) names.push_back(name);
  Recovery recovery;
  Log log;
  recovery.names(names);
  while (const auto name = recovery.next_file()) recovery.content(disk.at(std::string(*name)), log);
  const Recovered found = recovery.finish(log);
  CHECK(found.hard_state.term >= log.last_term());
  // Writing goes on behind it.
  DurableLog writer;
  writer.resume(found.cursor, Options{}.segment_bytes);
  Effects out;
  FlushRequest request;
  request.upto = WriteId{1};
  request.hard_state = found.hard_state;
  log.append(entry_of(found.hard_state.term, {}));
  request.log = &log;
  request.first = log.last();
  request.last = log.last();
  writer.flush(request, out);
}

void state_machine(ByteSpan bytes) {
  BytesIn in(bytes);
  StateMachine machine(1u + in.below(4));
  for (Index index{1}; !in.empty() && index < Index{200}; ++index) {
    const auto kind = static_cast<EntryKind>(in.below(3));
    Bytes payload;
    if (in.below(8) == 0) {
      const ByteSpan any = in.take(in.byte());
      payload.assign(any.begin(), any.end());
    } else {
      Operation operation;
      operation.kind = static_cast<OperationKind>(in.below(6));
      operation.read = ReadMode::log;
      operation.key = as_text(in.take(in.below(3)));
      operation.value = as_text(in.take(in.below(5)));
      if (in.flag()) operation.expected = std::string(as_text(in.take(in.below(5))));
      operation.session = in.number(index.value);
      operation.sequence = in.number(index.value);
      operation.first_unanswered = in.number(index.value);
      encode_request(operation, payload);
    }
    const std::uint64_t before = machine.hash();
    const StateMachine::Outcome outcome = machine.apply(index, kind, payload);
    // A command that is not executed changes nothing.
    if (outcome.kind == ReplyKind::refused) CHECK(machine.hash() == before);
    if (outcome.answers && outcome.kind == ReplyKind::ok) CHECK(parse_answer(outcome.bytes).has_value());
  }
}

}  // namespace raftsim::core::fuzz
