#include "tests/history/samples.hpp"

#include "history/property.hpp"
#include "seam/effects.hpp"
#include "seam/input.hpp"
#include "seam/note.hpp"
#include "seam/view.hpp"

// A sample says only what is not 0.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace raftsim::history {
namespace {

using enum EventKind;

constexpr std::uint64_t large = 0xFEDCBA9876543210;  // beyond what a double keeps

class Samples {
 public:
  Sample& add(EventKind kind, Endpoint where, std::string words) {
    Sample& s = list.emplace_back();
    s.event.id = EventId{list.size()};
    s.event.time = Instant{3'396'100'000};
    s.event.kind = kind;
    s.event.node = where;
    s.event.step = 4711;
    s.event.cause = EventId{list.size() - 1};
    const std::string place = where.is_world()    ? "world"
                              : where.is_client() ? "c" + std::to_string(where.as_client())
                                                  : "n" + std::to_string(where.raw);
    s.line = std::to_string(list.size()) + "  3.396100s  " + place + "  " + std::move(words);
    return s;
  }

  void messages();
  void inspected();
  void disks();
  void processes();
  void clients();
  void world();

  std::vector<Sample> list;
};

constexpr Endpoint n1 = Endpoint::node(NodeId{1});
constexpr Endpoint n2 = Endpoint::node(NodeId{2});
constexpr Endpoint n5 = Endpoint::node(NodeId{5});
constexpr Endpoint c2 = Endpoint::client(2);

MessagePart vote_answer() {
  return {.message = MessageId{9121},
          .term = Term{7},
          .match = 3,
          .peer = n2,
          .type = MessageType::request_vote_resp,
          .gated = 1,
          .granted = 1,
          .bytes = 65535};
}

void Samples::messages() {
  Sample& s = add(send, n5, "send to n2: RequestVoteResp, term 7, granted, once durable");
  s.event.message = vote_answer();
  s.details.causes = {EventId{3}, EventId{large}};
  s.details.message = MessageView{.type = MessageType::request_vote_resp, .term = Term{7}, .granted = true};
  Sample& a = add(send, n1, "send to n2: AppendEntries, term 7, entries 4..5 after 3 of term 2, commit 3");
  a.event.message = {
      .message = MessageId{2}, .term = Term{7}, .match = 3, .peer = n2, .type = MessageType::append_entries};
  a.details.message = MessageView{.type = MessageType::append_entries,
                                  .term = Term{7},
                                  .previous_index = Index{3},
                                  .previous_term = Term{2},
                                  .commit = Index{3},
                                  .match = Index{9},
                                  .context = large,
                                  .entries = {{Index{4}, Term{7}, large}, {Index{5}, Term{7}, 0}}};
  add(depart, n5, "depart to n2: RequestVoteResp, term 7, granted").event.message = vote_answer();
  add(recv, n2, "receive from n5: RequestVoteResp, term 7, granted (its own timer is due, too)")
      .event.message = vote_answer();
  list.back().event.message.peer = n5;
  add(drop, n5, "drop to n2: RequestVoteResp, term 7, granted (partition)").event.message = vote_answer();
  list.back().event.message.reason = DropReason::partition;
  add(dup, n5, "replay later to n2: RequestVoteResp, term 7 (of message 3)").event.message = vote_answer();
  add(dup, n5, "duplicate to n2: AppendEntriesResp, term 7 (of message 3)").event.message = {
      .term = Term{7}, .match = 3, .peer = n2, .type = MessageType::append_entries_resp, .granted = 1};
  add(hold, n5, "hold to c2: ClientReply").event.message = {.peer = c2, .type = MessageType::client_reply};
  add(release, n5, "release to c2: message").event.message = {.peer = c2};
  add(corrupt, n5, "corrupt to n2: AppendEntriesResp, term 7, refused").event.message = {
      .term = Term{7}, .peer = n2, .type = MessageType::append_entries_resp};
}

void Samples::inspected() {
  add(timer_set, n1, "timer set for 3.500000s (-0.000000s by its own clock)").event.timer = {
      .at_ns = 3'500'000'999, .local_ns = -5};
  add(timer_fire, n1, "timer fires").event.timer = {.at_ns = 1, .local_ns = 2};
  add(boot, n1, "boot existing, incarnation 2").event.boot = {
      .incarnation = 2, .boot = static_cast<std::uint64_t>(Boot::existing)};
  Sample& r = add(role, n2, "leader, term 7 (was candidate), votes n2 n3 n5");
  r.event.role = {.term = Term{7},
                  .role = static_cast<std::uint8_t>(Role::leader),
                  .previous = static_cast<std::uint8_t>(Role::candidate),
                  .last_index = Index{5},
                  .last_term = Term{6}};
  r.details.nodes = {NodeId{2}, NodeId{3}, NodeId{5}};
  add(term, n2, "term 7 (was 6)").event.change = {.now = 7, .previous = 6, .term = Term{7}};
  add(vote, n5, "vote for n2, term 7").event.change = {.now = 2, .previous = 1, .term = Term{7}};
  add(vote, n5, "no vote, term 8").event.change = {.now = 0, .previous = 2, .term = Term{8}};
  add(leader, n5, "knows leader n2, term 7").event.change = {.now = 2, .previous = 0, .term = Term{7}};
  add(append, n5, "append entry 5 of term 7").event.append = {
      .index = Index{5}, .term = Term{7}, .hash = large, .chain = 1};
  add(truncate, n5, "remove entries 5..7").event.truncate = {.from = Index{5}, .last = Index{7}};
  add(commit, n2, "commit 5 (was 3), term 7, leader").event.commit = {
      .commit = Index{5},
      .previous = Index{3},
      .term = Term{7},
      .role = static_cast<std::uint64_t>(Role::leader)};
  list.back().details.causes = {EventId{18729}, EventId{18710}};
  add(apply, n2, "apply entry 5").event.apply = {
      .index = Index{5}, .hash = large, .result_hash = large - 1, .state_hash = large - 2};
  add(snapshot, n2, "snapshot installed, up to 5 of term 7").event.snapshot = {
      .index = Index{5},
      .term = Term{7},
      .state_hash = large,
      .action = static_cast<std::uint64_t>(SnapshotAction::installed)};
  add(snapshot, n2, "snapshot sent to n5, up to 5 of term 7").event.snapshot = {
      .index = Index{5}, .term = Term{7}, .action = static_cast<std::uint64_t>(SnapshotAction::sent)};
  list.back().details.nodes = {NodeId{5}};
  add(config, n2, "configuration {n1 n2} and {n2 n5} + {n4} of entry 6").event.config = {.index = Index{6}};
  list.back().details.configuration =
      Configuration{{NodeId{1}, NodeId{2}}, {NodeId{2}, NodeId{5}}, {NodeId{4}}};
  add(compact, n2, "log starts at 5").event.truncate = {.from = Index{5}, .last = Index{7}};
}

void Samples::disks() {
  const DiskPart part{.op = DiskOp{12},
                      .offset = large,
                      .length = 0xFFFFFFFF,
                      .action = static_cast<std::uint8_t>(DiskAction::write),
                      .status = static_cast<std::uint8_t>(DiskStatus::full),
                      .incarnation = 2};
  Sample& w =
      add(write, n5,
          "write log.1, 4294967295 bytes at 18364758544493064720: term 7, vote for n2; entries 4..6 up to "
          "term 7; no entries from 5 on; snapshot up to 5 of term 3");
  w.event.disk = part;
  w.details.text = "log.1";
  w.details.labels = {HardStateLabel{Term{7}, NodeId{2}}, EntriesLabel{Index{4}, Index{6}, Term{7}, large},
                      TruncateLabel{Index{5}},
                      SnapshotLabel{Index{5}, Term{3}, large, {{NodeId{1}}, {}, {NodeId{large}}}}};
  add(sync, n5, "sync log.1").event.disk = {.op = DiskOp{13},
                                            .action = static_cast<std::uint8_t>(DiskAction::sync)};
  list.back().details.text = "log.1";
  add(synced, n5, "sync done, operation 13").event.disk = {
      .op = DiskOp{13}, .action = static_cast<std::uint8_t>(DiskAction::sync)};
  add(disk_error, n5, "write failed: full, operation 12").event.disk = part;
  add(durable, n5, "durable: term 7, no vote").event.disk = part;
  list.back().details.labels = {HardStateLabel{Term{7}, {}}};
  add(lost, n5, "lost: no entries from 0 on").event.disk = part;
  list.back().details.labels = {TruncateLabel{}};
}

void Samples::processes() {
  add(crash, n5, "crash during_sync, 128 unsynced bytes lost, 2 messages never left (kill2)")
      .event.process = {.incarnation = 1,
                        .lost_bytes = 128,
                        .lost_messages = 2,
                        .point = static_cast<std::uint8_t>(CrashPoint::during_sync)};
  list.back().details.text = "kill2";
  add(restart, n5, "restart").event.process = {.incarnation = 1};
  add(pause, n5, "pause").event.process = {.incarnation = 1};
  add(resume, n5, "resume").event.process = {.incarnation = 1};
  add(wipe, n5, "wipe").event.process = {.incarnation = 1};
  add(halt, n5, "halt (disk failed)").event.process = {.incarnation = 1};
  list.back().details.text = "disk failed";
  const FaultPart fault{.fault = 3,
                        .fault_class = static_cast<std::uint8_t>(FaultClass::partition),
                        .scripted = 1,
                        .step = 2,
                        .until_ns = 4'000'000'000};
  add(fault_begin, Endpoint::world(), "fault partition begins at n1 n2 (halves)").event.fault = fault;
  list.back().details.nodes = {NodeId{1}, NodeId{2}};
  list.back().details.text = "halves";
  add(fault_end, Endpoint::world(), "fault partition ends").event.fault = fault;
}

void Samples::clients() {
  const OperationPart part{.operation = OperationId{8},
                           .position = Index{17},
                           .client = 2,
                           .kind = static_cast<std::uint8_t>(OperationKind::cas),
                           .read = static_cast<std::uint8_t>(ReadMode::lease),
                           .reply_kind = static_cast<std::uint8_t>(ReplyKind::refused),
                           .final_read = 1,
                           .content_hash = large};
  Operation cas{.kind = OperationKind::cas,
                .read = ReadMode::lease,
                .key = "k3",
                .value = "b\"\n\x01",
                .expected = "\xFF\xFE",
                .session = 4,
                .sequence = large,
                .first_unanswered = 2};
  add(invoke, c2, "invoke cas k3 \"\\xff\\xfe\" -> \"b\\\"\\x0a\\x01\" at 17, operation 8").event.operation =
      part;
  list.back().details.operation = cas;
  cas.expected = std::nullopt;
  add(ok, c2, "ok cas k3 absent -> \"b\\\"\\x0a\\x01\" at 17: not applied, operation 8").event.operation =
      part;
  list.back().details.operation = cas;
  list.back().details.result = OperationResult{.applied = false};
  add(ok, c2, "ok get k\xC3\xA9: \"7\", operation 9").event.operation = {.operation = OperationId{9}};
  list.back().details.operation = Operation{.key = "k\xC3\xA9"};
  list.back().details.result = OperationResult{.value = "7", .leader = NodeId{3}};
  add(fail, c2, "fail cas at 17 (refused), operation 8").event.operation = part;
  add(info, c2, "info put k1 = \"v\" (outcome unknown), operation 10").event.operation = {
      .operation = OperationId{10}};
  list.back().details.operation = Operation{.kind = OperationKind::put, .key = "k1", .value = "v"};
  add(reply, n2, "reply refused to c2: cas at 17, operation 8").event.operation = part;
}

void Samples::world() {
  add(note, n5, "refuses n2 its vote: its log ends at 4, behind ours").event.note = {
      .a = 2, .b = 4, .note = static_cast<std::uint64_t>(NoteKind::vote_refused_log_behind)};
  add(note, n5, "refuses n2 its vote: is leader").event.note = {
      .a = 2,
      .b = static_cast<std::uint64_t>(Role::leader),
      .note = static_cast<std::uint64_t>(NoteKind::vote_refused_role)};
  add(note, n5, "note 99 (18364758544493064720, 0)").event.note = {.a = large, .note = 99};
  add(phase, Endpoint::world(), "phase quiet").event.world = {.what =
                                                                  static_cast<std::uint64_t>(Phase::quiet)};
  add(step_fired, Endpoint::world(), "step fired: kill2").event.world = {.what = 1, .number = 2};
  list.back().details.text = "kill2";
  add(check, Endpoint::world(), "check does not hold: a leader is there").event.world = {.what = 0,
                                                                                         .number = 3};
  list.back().details.text = "a leader\nis there";
  add(violation, Endpoint::world(), "violation of scenario_stuck: kill2 never fired").event.world = {
      .what = static_cast<std::uint64_t>(PropertyId::scenario_stuck)};
  list.back().details.text = "kill2 never fired";
  add(goal, Endpoint::world(), "goal reached: two leaders").event.world = {.number = 1};
  list.back().details.text = "two leaders";
  add(EventKind::audit, n5,
      "audit: after the worst power loss before this crash it recovers term 7, vote for n2, log up to 5, "
      "snapshot up to 3 of term 2")
      .event.audit = {.term = Term{7},
                      .last = Index{5},
                      .chain = large,
                      .vote = 2,
                      .shows = audit_term | audit_vote | audit_log | audit_snapshot,
                      .of = AuditOf::crash,
                      .apart = 3};
  list.back().details.labels = {SnapshotLabel{Index{3}, Term{2}, large, {{NodeId{1}}, {}, {}}}};
  add(EventKind::audit, n5, "audit: after the worst power loss now it halts").event.audit = {
      .shows = audit_halted};
  add(EventKind::audit, n5, "audit: after the worst power loss now it never comes to rest").event.audit = {
      .shows = audit_stuck};
  add(lease, n5, "lease until 12.034567s, term 7").event.lease = {.until_ns = 12'034'567'890,
                                                                  .term = Term{7}};
  add(lease, n5, "no lease any more, term 7").event.lease = {.term = Term{7}};
  add(EventKind::clock, n5, "wall clock jumps by -250.5 ms").event.clock = {.by_ns = -250'500'000};
  add(EventKind::clock, n5, "clock goes on, 40 ms behind").event.clock = {.by_ns = 40'000'000, .what = 3};
  add(load, n5, "4096 bytes uncommitted, 2 reads pending, 3 sessions").event.load = {
      .uncommitted_bytes = 4'096, .pending_reads = 2, .sessions = 3};
}

}  // namespace

std::vector<Sample> samples() {
  Samples all;
  all.messages();
  all.inspected();
  all.disks();
  all.processes();
  all.clients();
  all.world();
  return std::move(all.list);
}

}  // namespace raftsim::history
