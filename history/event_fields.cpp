#include "history/event_fields.hpp"

#include <array>
#include <cstring>

#include "history/names.hpp"
#include "seam/check.hpp"

namespace raftsim::history {
namespace {

using enum FieldType;

template <class Enum>
constexpr Field one_of(std::string_view key, std::size_t offset, std::size_t size,
                       Presence presence = Presence::unless_zero) {
  return {key, offset, size, enumeration, Names<Enum>::table, presence};
}

template <class... F>
constexpr std::array<Field, sizeof...(F)> list(F... fields) {
  return {fields...};
}

/// Some keys depend on the kind: at which end the peer is, and what `match` and `gated` mean.
constexpr auto message_fields(std::string_view peer, std::string_view match, std::string_view gated) {
  using P = MessagePart;
  return list(Field{"m", offsetof(P, message), 8}, Field{peer, offsetof(P, peer), 2, endpoint},
              one_of<MessageType>("type", offsetof(P, type), 1), Field{"term", offsetof(P, term), 8},
              Field{match, offsetof(P, match), 8}, Field{"granted", offsetof(P, granted), 1, flag},
              one_of<DropReason>("reason", offsetof(P, reason), 1), Field{gated, offsetof(P, gated), 1, flag},
              Field{"bytes", offsetof(P, bytes), 2});
}
constexpr auto send_fields = message_fields("to", "match", "gated");
constexpr auto recv_fields = message_fields("from", "match", "timer_due");
constexpr auto dup_fields = message_fields("to", "of", "replay");

constexpr auto timer_fields = list(Field{"at", offsetof(TimerPart, at_ns), 8, signed_number},
                                   Field{"local", offsetof(TimerPart, local_ns), 8, signed_number});

constexpr auto boot_fields = list(Field{"incarnation", offsetof(BootPart, incarnation), 8},
                                  one_of<Boot>("boot", offsetof(BootPart, boot), 8, Presence::always),
                                  Field{"drift_ppm", offsetof(BootPart, drift_ppm), 8, signed_number});

constexpr auto role_fields =
    list(one_of<Role>("role", offsetof(RolePart, role), 1, Presence::always),
         one_of<Role>("was", offsetof(RolePart, previous), 1, Presence::always),
         Field{"term", offsetof(RolePart, term), 8}, Field{"last", offsetof(RolePart, last_index), 8},
         Field{"last_term", offsetof(RolePart, last_term), 8});

constexpr auto change_fields(FieldType of) {
  return list(Field{"now", offsetof(ChangePart, now), 8, of},
              Field{"was", offsetof(ChangePart, previous), 8, of},
              Field{"term", offsetof(ChangePart, term), 8});
}
constexpr auto term_fields = change_fields(number);
constexpr auto node_fields = change_fields(node);

constexpr auto append_fields = list(
    Field{"index", offsetof(AppendPart, index), 8}, Field{"term", offsetof(AppendPart, term), 8},
    Field{"hash", offsetof(AppendPart, hash), 8, hash}, Field{"chain", offsetof(AppendPart, chain), 8, hash});

constexpr auto truncate_fields =
    list(Field{"from", offsetof(TruncatePart, from), 8}, Field{"last", offsetof(TruncatePart, last), 8},
         Field{"chain", offsetof(TruncatePart, chain), 8, hash});

constexpr auto commit_fields =
    list(Field{"commit", offsetof(CommitPart, commit), 8}, Field{"was", offsetof(CommitPart, previous), 8},
         Field{"term", offsetof(CommitPart, term), 8},
         one_of<Role>("role", offsetof(CommitPart, role), 8, Presence::always));

constexpr auto apply_fields =
    list(Field{"index", offsetof(ApplyPart, index), 8}, Field{"hash", offsetof(ApplyPart, hash), 8, hash},
         Field{"result_hash", offsetof(ApplyPart, result_hash), 8, hash},
         Field{"state_hash", offsetof(ApplyPart, state_hash), 8, hash});

constexpr auto snapshot_fields =
    list(Field{"index", offsetof(SnapshotPart, index), 8}, Field{"term", offsetof(SnapshotPart, term), 8},
         Field{"state_hash", offsetof(SnapshotPart, state_hash), 8, hash},
         one_of<SnapshotAction>("action", offsetof(SnapshotPart, action), 8, Presence::always));

constexpr auto config_fields = list(
    Field{"index", offsetof(ConfigPart, index), 8}, Field{"term", offsetof(ConfigPart, term), 8},
    Field{"previous", offsetof(ConfigPart, previous), 8}, Field{"commit", offsetof(ConfigPart, commit), 8});

constexpr auto disk_fields =
    list(Field{"op", offsetof(DiskPart, op), 8}, one_of<DiskAction>("action", offsetof(DiskPart, action), 1),
         Field{"offset", offsetof(DiskPart, offset), 8}, Field{"length", offsetof(DiskPart, length), 4},
         one_of<DiskStatus>("status", offsetof(DiskPart, status), 1),
         one_of<DiskFlaw>("flaw", offsetof(DiskPart, flaw), 1),
         Field{"incarnation", offsetof(DiskPart, incarnation), 8});

constexpr auto process_fields = list(Field{"incarnation", offsetof(ProcessPart, incarnation), 8},
                                     one_of<CrashPoint>("point", offsetof(ProcessPart, point), 1),
                                     Field{"lost_bytes", offsetof(ProcessPart, lost_bytes), 8},
                                     Field{"lost_messages", offsetof(ProcessPart, lost_messages), 8});

constexpr auto fault_fields =
    list(Field{"fault", offsetof(FaultPart, fault), 8},
         one_of<FaultClass>("class", offsetof(FaultPart, fault_class), 1, Presence::always),
         Field{"scripted", offsetof(FaultPart, scripted), 1, flag},
         Field{"position", offsetof(FaultPart, step), 8},
         Field{"until", offsetof(FaultPart, until_ns), 8, signed_number});

constexpr auto operation_fields =
    list(Field{"op", offsetof(OperationPart, operation), 8},
         one_of<OperationKind>("kind", offsetof(OperationPart, kind), 1, Presence::always),
         Field{"client", offsetof(OperationPart, client), 4},
         Field{"position", offsetof(OperationPart, position), 8},
         one_of<ReadMode>("read", offsetof(OperationPart, read), 1),
         one_of<ReplyKind>("reply", offsetof(OperationPart, reply_kind), 1),
         Field{"final_read", offsetof(OperationPart, final_read), 1, flag},
         Field{"content", offsetof(OperationPart, content_hash), 8, hash});

constexpr auto audit_fields =
    list(one_of<AuditOf>("of", offsetof(AuditPart, of), 1, Presence::always),
         Field{"shows", offsetof(AuditPart, shows), 1}, Field{"term", offsetof(AuditPart, term), 8},
         Field{"vote", offsetof(AuditPart, vote), 2, node}, Field{"last", offsetof(AuditPart, last), 8},
         Field{"chain", offsetof(AuditPart, chain), 8, hash}, Field{"apart", offsetof(AuditPart, apart), 4});

constexpr auto lease_fields = list(Field{"until", offsetof(LeasePart, until_ns), 8, signed_number},
                                   Field{"term", offsetof(LeasePart, term), 8});

constexpr auto load_fields = list(Field{"uncommitted_bytes", offsetof(LoadPart, uncommitted_bytes), 8},
                                  Field{"pending_reads", offsetof(LoadPart, pending_reads), 8},
                                  Field{"sessions", offsetof(LoadPart, sessions), 8});

constexpr auto clock_fields =
    list(one_of<ClockChange>("what", offsetof(ClockPart, what), 8, Presence::always),
         Field{"by", offsetof(ClockPart, by_ns), 8, signed_number},
         Field{"local", offsetof(ClockPart, local_ns), 8, signed_number});

constexpr auto note_fields = list(one_of<NoteKind>("note", offsetof(NotePart, note), 8, Presence::always),
                                  Field{"a", offsetof(NotePart, a), 8}, Field{"b", offsetof(NotePart, b), 8});

constexpr auto world_fields(Field what) {
  return list(what, Field{"number", offsetof(WorldPart, number), 8});
}
constexpr std::size_t what_at = offsetof(WorldPart, what);
constexpr auto phase_fields = world_fields(one_of<Phase>("phase", what_at, 8, Presence::always));
constexpr auto check_fields = world_fields({"held", what_at, 8, number, {}, Presence::always});
constexpr auto violation_fields = world_fields({"property", what_at, 8, property, {}, Presence::always});
constexpr auto mark_fields = world_fields({"what", what_at, 8});

constexpr auto by_kind = [] {
  using enum EventKind;
  std::array<std::span<const Field>, event_kinds> table{};
  const auto set = [&](EventKinds kinds, std::span<const Field> fields) {
    for (std::size_t k = 0; k < table.size(); ++k)
      if (kinds.has(static_cast<EventKind>(k))) table[k] = fields;
  };
  set({send, depart, drop, hold, release, corrupt}, send_fields);
  set({recv}, recv_fields);
  set({dup}, dup_fields);
  set({timer_set, timer_fire}, timer_fields);
  set({boot}, boot_fields);
  set({role}, role_fields);
  set({term}, term_fields);
  set({vote, leader}, node_fields);
  set({append}, append_fields);
  set({truncate, compact}, truncate_fields);
  set({commit}, commit_fields);
  set({apply}, apply_fields);
  set({snapshot}, snapshot_fields);
  set({config}, config_fields);
  set({write, sync, synced, disk_error, durable, lost}, disk_fields);
  set({crash, restart, pause, resume, wipe, halt}, process_fields);
  set({fault_begin, fault_end}, fault_fields);
  set({invoke, ok, fail, info, reply}, operation_fields);
  set({EventKind::note}, note_fields);
  set({EventKind::audit}, audit_fields);
  set({lease}, lease_fields);
  set({load}, load_fields);
  set({clock}, clock_fields);
  set({phase}, phase_fields);
  set({check}, check_fields);
  set({violation}, violation_fields);
  set({step_fired, goal}, mark_fields);
  return table;
}();

constexpr bool complete() {
  for (const auto& fields : by_kind)
    if (fields.empty()) return false;
  return true;
}
static_assert(complete());

unsigned char* place(Event& event, const Field& field) {
  return reinterpret_cast<unsigned char*>(&event) + offsetof(Event, words) + field.offset;
}

}  // namespace

std::span<const Field> fields_of(EventKind kind) { return by_kind.at(static_cast<std::size_t>(kind)); }

std::uint64_t load(const Event& event, const Field& field) {
  std::uint64_t value = 0;
  // Little-endian (event.hpp): the low bytes come first.
  std::memcpy(&value, reinterpret_cast<const unsigned char*>(&event) + offsetof(Event, words) + field.offset,
              field.size);
  return value;
}

void store(Event& event, const Field& field, std::uint64_t value) {
  CHECK(field.size == 8 || value >> (8 * field.size) == 0);
  std::memcpy(place(event, field), &value, field.size);
}

}  // namespace raftsim::history
