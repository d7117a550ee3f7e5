#include "checkers/run.hpp"

#include <fmt/format.h>

#include "checkers/narrative.hpp"

namespace raftsim::checkers {

namespace {

EventKinds watched(PropertyId id) {
  if (id == PropertyId::no_crash) return {EventKind::boot};
  if (id == PropertyId::scenario_check) return {EventKind::check};
  if (id == PropertyId::scenario_stuck) return {EventKind::step_fired};
  return {};
}

}  // namespace

EventKinds WorldMade::kinds() const { return watched(id()) | EventKinds{EventKind::violation}; }

void WorldMade::on_event(const Event& event, const Details& details) {
  if (event.kind != EventKind::violation) return looked();
  if (event.world.what != static_cast<std::uint64_t>(id()) || broken()) return;
  looked();
  std::string sentence(details.text);
  if (sentence.empty()) sentence = fmt::format("{}.", history::info(id()).statement);
  std::vector<Evidence> evidence;
  if (event.node.is_node()) evidence.push_back(line(event, std::string(history::info(id()).name)));
  violate(event, std::move(sentence), std::move(evidence));
}

void WorldMade::finish(Instant) {
  if (id() == PropertyId::event_storm) looked();
}

}  // namespace raftsim::checkers
