#include "sim/ledger.hpp"

#include <algorithm>
#include <vector>

#include "sim/fault_names.hpp"

namespace raftsim::sim {

using history::FaultClass;
using history::FaultCount;
using history::FaultLedger;

namespace {

FaultCount& of(FaultLedger& ledger, FaultClass c) { return ledger[static_cast<std::size_t>(c)]; }

void configure_link(const LinkParameters& link, FaultLedger& ledger) {
  const auto configure = [&ledger](FaultClass c, bool is) {
    if (is) of(ledger, c).configured = 1;
  };
  const bool stream = link.mode == LinkMode::stream;
  configure(FaultClass::stream_break, stream);
  configure(FaultClass::message_loss, !stream && !link.loss.never());
  configure(FaultClass::message_duplicate, !stream && !link.duplicate.never());
  configure(FaultClass::message_corrupt, !stream && !link.corrupt.never());
  configure(FaultClass::message_replay, !stream && !link.replay.never());
  configure(FaultClass::link_capacity, link.capacity.has_value());
  configure(FaultClass::link_bandwidth, link.bandwidth.has_value());
  configure(FaultClass::link_clog, !link.clog.probability.never());
  if (link.latency.is_constant()) return;
  of(ledger, FaultClass::message_latency).configured = 1;
  if (stream) return;
  // With one latency for all, none can overtake another.
  if (link.reorder) of(ledger, FaultClass::message_reorder).configured = 1;
}

void configure_disk(const Disk& disk, FaultLedger& ledger) {
  const auto drawn = [&ledger](const Ratio& probability, FaultClass c) {
    if (!probability.never()) of(ledger, c).configured = 1;
  };
  drawn(disk.io_error, FaultClass::disk_error);
  drawn(disk.sync_error, FaultClass::disk_sync_error);
  drawn(disk.fsync_lies, FaultClass::disk_lie);
  drawn(disk.corrupt_read, FaultClass::disk_misread);
  drawn(disk.misdirected_write, FaultClass::disk_misdirected);
  drawn(disk.bit_rot, FaultClass::disk_rot);
}

void configure_membership(const RandomMembership& membership, MembershipForm form, FaultLedger& ledger) {
  std::vector<FaultClass> classes;
  for (const MembershipChange change : changes_of(membership, form)) {
    const FaultClass c = fault_class(change);
    if (std::ranges::count(classes, c) > 0) continue;
    classes.push_back(c);
    ++of(ledger, c).configured;
  }
}

void configure_action(const Action& action, const Scenario& scenario, FaultLedger& ledger) {
  const OnCrash on_crash = scenario.disk.on_crash;
  if (const std::optional<FaultClass> c = fault_class(action)) ++of(ledger, *c).configured;
  // Whom it does not heal it isolates.
  if (const auto* heal = std::get_if<Heal>(&action); heal != nullptr && heal->who != Healed::all)
    ++of(ledger, FaultClass::isolate).configured;
  if (const auto* membership = std::get_if<RandomMembership>(&action))
    configure_membership(*membership, scenario.options.membership, ledger);
  if (const auto* change = std::get_if<SetLink>(&action)) {
    const bool clients = !change->from.servers || !change->to.servers;
    const LinkParameters base =
        clients ? client_links(scenario.network) : LinkParameters{}.with(scenario.network.nodes);
    configure_link(base.with(change->link), ledger);
  }
  const auto* restart = std::get_if<Restart>(&action);
  const bool powers_off = restart != nullptr && (restart->comeback != Comeback::disk || restart->options);
  if (!std::holds_alternative<Crash>(action) && !powers_off) return;
  if (on_crash != OnCrash::keep_all) of(ledger, FaultClass::disk_loss).configured = 1;
  if (on_crash == OnCrash::torn_unsynced) of(ledger, FaultClass::disk_torn).configured = 1;
  const bool out_of_order = scenario.disk.dirents == Dirents::any_subset && on_crash != OnCrash::keep_all;
  if (out_of_order) of(ledger, FaultClass::disk_dirents).configured = 1;
}

}  // namespace

FaultLedger configured_faults(const Scenario& scenario) {
  FaultLedger ledger{};
  const LinkParameters nodes = LinkParameters{}.with(scenario.network.nodes);
  configure_link(nodes, ledger);
  if (scenario.workload.model != history::Model::none) configure_link(client_links(scenario.network), ledger);
  for (const Network::Override& o : scenario.network.links) {
    const bool clients = !o.from.servers || !o.to.servers;
    configure_link((clients ? client_links(scenario.network) : nodes).with(o.link), ledger);
  }

  if (!scenario.workload.dies.never()) of(ledger, FaultClass::client_death).configured = 1;
  if (scenario.process.service_time.maximum() > Duration{})
    of(ledger, FaultClass::service_time).configured = 1;
  if (scenario.process.inbox) of(ledger, FaultClass::inbox).configured = 1;
  if (scenario.clock.offset.maximum() > Duration{}) of(ledger, FaultClass::clock_offset).configured = 1;
  if (scenario.clock.drift_ppm > 0) of(ledger, FaultClass::clock_drift).configured = 1;

  // The quiet phase's own.
  const Faults& faults = scenario.faults;
  if (faults.quiet_after && faults.heal != Healed::all) ++of(ledger, FaultClass::isolate).configured;
  if (scenario.clock.jump) of(ledger, FaultClass::clock_jump).configured = 1;
  configure_disk(scenario.disk, ledger);

  for (const Step& step : scenario.faults.script)
    for (const Action& action : step.actions) configure_action(action, scenario, ledger);
  for (const RandomFault& fault : scenario.faults.random) configure_action(fault.action, scenario, ledger);
  return ledger;
}

void Ledger::nothing_labelled() {
  using enum FaultClass;
  for (const FaultClass c : {disk_torn_write, disk_rot, disk_rot_of_state, disk_rot_of_snapshot,
                             disk_misdirected, disk_misread, disk_lie}) {
    history::FaultCount& count = of(counts_, c);
    if (count.configured > 0 && count.effective == 0)
      count.unsupported = std::max<std::uint64_t>(1, count.fired);
  }
}

FaultLedger Ledger::with(const NetworkCounts& network) const {
  FaultLedger ledger = counts_;
  const auto add = [&ledger](FaultClass c, std::uint64_t fired, std::uint64_t effective) {
    of(ledger, c).fired += fired;
    of(ledger, c).effective += effective;
  };
  add(FaultClass::message_loss, network.lost, network.lost_effective);
  add(FaultClass::message_duplicate, network.duplicated, network.duplicated);
  add(FaultClass::message_reorder, network.overtook, network.overtook);
  add(FaultClass::message_latency, network.delayed, network.delayed);
  add(FaultClass::message_corrupt, network.corrupted, network.damaged);
  add(FaultClass::message_replay, network.replayed, network.replayed);
  add(FaultClass::link_capacity, network.full, network.full);
  add(FaultClass::link_bandwidth, network.transmitted, network.queued);
  return ledger;
}

}  // namespace raftsim::sim
