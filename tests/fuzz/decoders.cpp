#include <algorithm>
#include <vector>

#include "core/bytes.hpp"
#include "core/commands.hpp"
#include "core/configurations.hpp"
#include "core/crc32c.hpp"
#include "core/disk_format.hpp"
#include "core/snapshot_format.hpp"
#include "core/state_machine.hpp"
#include "core/wire.hpp"
#include "seam/chain.hpp"
#include "seam/check.hpp"
#include "tests/fuzz/targets.hpp"

namespace raftsim::core::fuzz {
namespace {

using Bytes = std::vector<std::byte>;

/// With the CRC32C of what follows its first four bytes, up to `covered`.
Bytes sealed(ByteSpan bytes, std::size_t covered) {
  Bytes out(bytes.begin(), bytes.end());
  covered = std::min(covered, out.size());
  if (covered >= 4) store(out.data(), crc32c(ByteSpan(out).subspan(4, covered - 4)));
  return out;
}
Bytes sealed(ByteSpan bytes) { return sealed(bytes, bytes.size()); }

void one_message(ByteSpan bytes) {
  std::vector<EntryRef> entries;
  Message decoded;
  const bool good = decode_message(bytes, entries, decoded) == WireFault::none;
  MessageView view;
  CHECK(describe_message(bytes, view) == good);
  // An entry takes at least its header.
  CHECK(entries.size() * 16 <= bytes.size());
  if (!good) return;
  CHECK(view.term == decoded.term);
  CHECK(view.entries.size() == decoded.entries.size());
  for (const EntryRef& entry : decoded.entries) {
    CHECK(entry.hash == entry_hash(entry.kind, entry.payload));
  }
  Bytes again;
  encode_message(decoded, again);
  CHECK(std::ranges::equal(again, bytes));
}

}  // namespace

void message(ByteSpan bytes) {
  one_message(bytes);
  one_message(sealed(bytes));
}

void request(ByteSpan bytes) {
  const std::optional<CommandView> parsed = parse_request(bytes);
  const Bytes good = sealed(bytes);
  const std::optional<CommandView> view = parse_request(good);
  CHECK(view.has_value() == parsed.has_value());
  CHECK(request_intact(good) == view.has_value());
  if (!view) return;
  Operation operation;
  operation.kind = view->kind;
  operation.read = view->read;
  operation.key = view->key;
  operation.value = view->value;
  if (view->expected) operation.expected = std::string(*view->expected);
  operation.session = view->session;
  operation.sequence = view->sequence;
  operation.first_unanswered = view->first_unanswered;
  Bytes again;
  encode_request(operation, again);
  CHECK(again == good);
}

void answer(ByteSpan bytes) {
  for (const Bytes& candidate : {Bytes(bytes.begin(), bytes.end()), sealed(bytes)}) {
    const std::optional<AnswerView> view = parse_answer(candidate);
    if (!view) continue;
    Bytes again;
    encode_answer(*view, again);
    CHECK(again == candidate);
  }
}

void state_slot(ByteSpan bytes) {
  const Bytes good = sealed(bytes, state_slot_bytes);
  const std::optional<StateSlot> slot = decode_state_slot(good);
  if (!slot) return;
  Bytes again;
  encode_state_slot(*slot, again);
  CHECK(decode_state_slot(again) == slot);
}

void batch(ByteSpan bytes) {
  if (bytes.size() < 20) return;
  const std::size_t length = load<std::uint32_t>(bytes.data() + 8);
  const Bytes segment = sealed(bytes, length);
  const auto number = load<std::uint32_t>(segment.data() + 16);
  const std::optional<Batch> found = decode_batch(segment, number, 0);
  if (!found) return;
  CHECK(found->bytes <= segment.size());
  // `first` is what a batch says of itself: a log that ends just before any index cannot be made here, so
  // the entries are read behind an empty one.
  Batch at_start = *found;
  at_start.first = Index{1};
  Log log;
  if (decode_entries(at_start, log)) {
    CHECK(log.last() == Index{at_start.count});
    if (log.empty()) return;
    Bytes again;
    encode_entries(at_start.link, log, Index{1}, log.last(), again);
    const std::optional<Batch> twice = decode_batch(again, number, 0);
    CHECK(twice.has_value());
    CHECK(twice->count == found->count);
    CHECK(twice->bytes == found->bytes);
  } else {
    CHECK(log.empty());
  }
  if (found->first != Index{}) return;
  if (const std::optional<Configuration> base = decode_base(*found)) CHECK(well_formed(*base));
}

void configuration(ByteSpan bytes) {
  const std::optional<Configuration> decoded = decode_configuration(bytes);
  if (!decoded) return;
  CHECK(well_formed(*decoded));
  Bytes again;
  encode_configuration(*decoded, again);
  CHECK(std::ranges::equal(again, bytes));
}

void snapshot(ByteSpan bytes) {
  const Bytes header = sealed(bytes, snapshot_header_bytes);
  if (const auto decoded = decode_snapshot_header(header)) {
    Bytes again;
    encode_snapshot_header(*decoded, again);
    CHECK(decode_snapshot_header(again).has_value());
  }
  Bytes image(bytes.begin(), bytes.end());
  if (image.size() >= 16) store(image.data() + 8, std::uint64_t{image.size()});
  const std::optional<Snapshot> opened = open_image(sealed(image));
  if (!opened) return;
  CHECK(well_formed(opened->configuration));
  StateMachine machine(2);
  if (!restore_machine(*opened, machine)) return;
  Snapshot again = *opened;
  make_image(machine, again);
  StateMachine twin(2);
  CHECK(restore_machine(again, twin));
  CHECK(twin.hash() == machine.hash());
  // The log goes on behind it.
  Operation open;
  open.kind = OperationKind::open_session;
  open.sequence = opened->index.value + 1;
  Bytes request;
  encode_request(open, request);
  if (opened->index < index_max) machine.apply(opened->index + 1, EntryKind::command, request);
}

}  // namespace raftsim::core::fuzz
