#include "tests/fuzz/seeds.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/commands.hpp"
#include "core/configurations.hpp"
#include "core/disk_format.hpp"
#include "core/snapshot_format.hpp"
#include "core/state_machine.hpp"
#include "core/wire.hpp"
#include "seam/chain.hpp"

namespace raftsim::core::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

std::vector<Bytes> requests() {
  std::vector<Bytes> out;
  for (int kind = 0; kind <= static_cast<int>(OperationKind::open_session); ++kind) {
    Operation operation;
    operation.kind = static_cast<OperationKind>(kind);
    operation.key = "key";
    operation.value = "value";
    if (operation.kind == OperationKind::cas) operation.expected = "old";
    operation.session = 7;
    operation.sequence = 2;
    encode_request(operation, out.emplace_back());
  }
  return out;
}

std::vector<Bytes> answers() {
  std::vector<Bytes> out(3);
  encode_answer({}, out[0]);
  encode_answer({.applied = true, .value = "value", .number = 0}, out[1]);
  encode_answer({.applied = false, .value = std::nullopt, .number = 9}, out[2]);
  return out;
}

std::vector<Bytes> messages() {
  const Bytes payload = requests().front();
  const EntryRef entries[] = {
      {.term = Term{3}, .hash = entry_hash(EntryKind::no_op, {}), .payload = {}, .kind = EntryKind::no_op},
      {.term = Term{3},
       .hash = entry_hash(EntryKind::command, payload),
       .payload = payload,
       .kind = EntryKind::command}};
  std::vector<Bytes> out;
  for (int type = 1; type < static_cast<int>(MessageType::client_request); ++type) {
    Message message;
    message.type = static_cast<MessageType>(type);
    message.granted = type % 2 == 0;
    message.term = Term{3};
    message.index = Index{4};
    message.index_term = Term{2};
    message.commit = Index{4};
    message.match = Index{4};
    message.context = 5;
    if (message.type == MessageType::append_entries) message.entries = entries;
    encode_message(message, out.emplace_back());
  }
  return out;
}

std::vector<Bytes> batches() {
  Log log;
  const Bytes payload = requests().front();
  log.append({.term = Term{1}, .payload = {}, .kind = EntryKind::no_op});
  log.append({.term = Term{2}, .payload = payload, .kind = EntryKind::command});
  std::vector<Bytes> out(2);
  const BatchLink link{.segment = 1, .offset = 0, .sequence = 1, .previous_hash = 0, .synced = {}};
  encode_entries(link, log, log.first(), log.last(), out[0]);
  encode_base(link, Configuration{{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {NodeId{4}}}, out[1]);
  return out;
}

std::vector<Bytes> configurations() {
  std::vector<Bytes> out(3);
  encode_configuration({}, out[0]);
  encode_configuration({{NodeId{1}, NodeId{2}, NodeId{3}}, {}, {NodeId{4}}}, out[1]);
  encode_configuration({{NodeId{1}, NodeId{2}}, {NodeId{2}, NodeId{3}}, {}}, out[2]);
  return out;
}

std::vector<Bytes> state_slots() {
  std::vector<Bytes> out(2);
  StateSlot slot;
  slot.counter = 1;
  encode_state_slot(slot, out[0]);
  slot.hard_state.term = Term{4};
  slot.hard_state.vote = NodeId{2};
  slot.synced = {3, 1};
  encode_state_slot(slot, out[1]);
  return out;
}

std::vector<Bytes> snapshots() {
  std::vector<Bytes> out;
  for (const int entries : {0, 3}) {
    StateMachine machine(4);
    Index index;
    Operation open;
    open.kind = OperationKind::open_session;
    open.sequence = 1;
    Bytes payload;
    encode_request(open, payload);
    machine.apply(++index, EntryKind::command, payload);
    for (int i = 1; i <= entries; ++i) {
      Operation put;
      put.kind = OperationKind::put;
      put.key = "key";
      put.value = std::string(static_cast<std::size_t>(i), 'v');
      put.session = 1;
      put.sequence = static_cast<std::uint64_t>(i);
      payload.clear();
      encode_request(put, payload);
      machine.apply(++index, EntryKind::command, payload);
    }
    Snapshot snapshot;
    snapshot.index = index;
    snapshot.term = Term{2};
    snapshot.configuration = {{NodeId{1}, NodeId{2}}, {}, {}};
    make_image(machine, snapshot);
    out.push_back(snapshot.bytes);
  }
  encode_snapshot_header({}, out.emplace_back());
  return out;
}

/// The rest are choices (bytes_in.hpp): any bytes are a story, some longer than others.
std::vector<Bytes> stories() {
  std::vector<Bytes> out;
  out.push_back(bytes_of({7, 3, 1, 1, 0, 0, 0, 0, 0, 0}));
  for (int step = 1; step <= 5; ++step) {
    Bytes& story = out.emplace_back();
    std::uint64_t state = static_cast<std::uint64_t>(step);
    for (int i = 0; i < 120 * step; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      // Mostly small numbers, which choose the common.
      const std::uint64_t draw = state >> 40;
      story.push_back(static_cast<std::byte>(draw % 4 == 0 ? draw >> 8 : (draw >> 8) % 16));
    }
  }
  return out;
}

}  // namespace

std::vector<Bytes> seeds(std::string_view target) {
  if (target == "message") return messages();
  if (target == "request") return requests();
  if (target == "answer") return answers();
  if (target == "state_slot") return state_slots();
  if (target == "batch") return batches();
  if (target == "configuration") return configurations();
  if (target == "snapshot") return snapshots();
  return stories();
}

}  // namespace raftsim::core::fuzz
