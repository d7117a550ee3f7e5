#include "sim/label_audit.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <variant>

#include "sim/twin_disk.hpp"

namespace raftsim::sim {

namespace {

struct Twin {
  Twin(const TwinIdentity& identity, Files files) : disk(std::move(files)) {
    process = identity.system.make_process();
  }

  void step(const Input& input);

  std::unique_ptr<Process> process;
  TwinDisk disk;
  Effects effects;
  bool recovered = false;
  bool halted = false;
};

void Twin::step(const Input& input) {
  effects.clear();
  process->step(input, effects);
  for (const Effect& effect : effects.list) {
    if (const auto* request = std::get_if<DiskRequest>(&effect)) disk.issue(*request, effects);
    const auto* note = std::get_if<Note>(&effect);
    if (note != nullptr && note->kind == NoteKind::recovered) recovered = true;
    if (std::holds_alternative<Halt>(effect)) {
      halted = true;
      return;
    }
  }
}

/// Whether it came to rest.
bool recover(Twin& twin, const TwinIdentity& identity, Boot boot, const TwinClocks& clocks) {
  Input input;
  input.now = clocks.now;
  input.wall = clocks.wall;
  input.entropy = clocks.entropy;
  input.what = Start{identity.self, &identity.options, boot, &identity.members, Index{}};
  twin.step(input);

  // Far more than a recovery takes, were each record of 8 bytes read by itself: who is still busy then will
  // never be done.
  const std::uint64_t steps_max = 100'000 + twin.disk.bytes() / 8;
  for (std::uint64_t steps = 0; steps < steps_max; ++steps) {
    if (twin.recovered || twin.halted) return true;
    if (twin.disk.busy()) {
      input.what = twin.disk.perform();
      twin.step(input);
    } else if (twin.effects.wake_at && *twin.effects.wake_at <= clocks.now) {
      input.what = Wake{};
      twin.step(input);
    } else {
      return true;
    }
  }
  return false;
}

/// The chain hash of its log, and how much of its end `live` does not hold.
void show_log(const Process& twin, const View& view, const ShadowLog& live, const CommittedChain& committed,
              history::AuditPart& out) {
  // Before a log that starts behind a snapshot stands what the node's own log holds there, or what was
  // committed there; where neither is known any more, its chain cannot be told.
  const Index before = view.first.value == 0 ? Index{} : view.first - 1;
  auto base = live.chain(before);
  if (!base) base = committed.at(before);
  if (!base) return;
  std::uint64_t chain = *base;
  Index common = before;
  for (Index i = before + 1; i <= view.last; ++i) {
    const EntryView entry = twin.entry(i);
    chain = chain_next(chain, entry.term, entry.hash);
    if (live.holds(i) && live.at(i).chain == chain) common = i;
  }
  out.shows |= history::audit_log;
  out.last = view.last;
  out.chain = chain;
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  out.apart = static_cast<std::uint32_t>(std::min(view.last < common ? 0 : view.last - common, most));
}

}  // namespace

bool promises(const MessageView& m) {
  const bool request = m.type == MessageType::request_vote || m.type == MessageType::append_entries;
  const bool response = m.type == MessageType::request_vote_resp ||
                        m.type == MessageType::append_entries_resp ||
                        m.type == MessageType::install_snapshot_resp;
  return request || (response && m.granted);
}

bool AuditDraw::next(const NodeDisk& disk) {
  if (seen_ == 0) chosen_ = choices_.below(promises_per_draw, promises_per_draw - 1);
  const bool drawn = seen_ == chosen_;
  if (++seen_ == promises_per_draw) seen_ = 0;
  ++unspent_;
  if (!drawn) return false;
  const std::uint64_t bytes = disk.bytes();
  if (bytes > unspent_ * bytes_per_promise && bytes < audited_bytes_ * growth) return false;
  unspent_ = 0;
  audited_bytes_ = bytes;
  return true;
}

Recovered recover_twin(const TwinIdentity& identity, Files files, const TwinClocks& clocks,
                       const ShadowLog& live, const CommittedChain& committed) {
  Recovered recovered;
  history::AuditPart& out = recovered.part;
  const Boot boot = files.empty() ? identity.empty_boot : Boot::existing;
  Twin twin(identity, std::move(files));
  if (!recover(twin, identity, boot, clocks)) {
    out.shows = history::audit_stuck;
    return recovered;
  }
  if (twin.halted) {
    out.shows = history::audit_halted;
    return recovered;
  }
  View view;
  twin.process->inspect(view);
  if (view.has(Shows::term)) {
    out.shows |= history::audit_term;
    out.term = view.term;
  }
  if (view.has(Shows::vote)) {
    out.shows |= history::audit_vote;
    out.vote = static_cast<std::uint16_t>(view.vote.value_or(NodeId{}).value);
  }
  if (view.has(Shows::log)) show_log(*twin.process, view, live, committed, out);
  if (view.has(Shows::snapshot)) {
    out.shows |= history::audit_snapshot;
    if (view.snapshot)
      recovered.snapshot = SnapshotLabel{
          view.snapshot->index, view.snapshot->term, view.snapshot->state_hash,
          view.snapshot_configuration != nullptr ? *view.snapshot_configuration : Configuration{}};
  }
  return recovered;
}

}  // namespace raftsim::sim
