#include "checkers/client_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "checkers/liveness.hpp"
#include "checkers/narrative.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

ClientProgress::ClientProgress(const ClusterShadow& c, Findings& f)
    : Property(PropertyId::client_progress, c, f),
      bound_(liveness_bound(c.info())),
      answer_bound_(bound_ / 4) {}

Instant ClientProgress::calm_from() const { return std::max(*cluster().info().quiet_at, calm_.since()); }

Instant ClientProgress::deadline(const Client& c) const {
  // What it waited before a disturbance does not count.
  const bool counts = c.unanswered != 0 && c.unanswered_since >= calm_from();
  return std::max(c.since, calm_from()) + (counts ? bound_ - c.waited : bound_);
}

void ClientProgress::on_event(const Event& event, const Details& details) {
  const auto& quiet = cluster().info().quiet_at;
  if (!quiet || event.time < *quiet) return calm_.on_event(event, details);
  if (event.time > next_look_) look(event.id, event.time);
  if (Calm::kinds().has(event.kind)) return calm_.on_event(event, details);
  if (event.kind == EventKind::invoke) return on_invoke(event, details);
  on_end(event);
}

void ClientProgress::on_invoke(const Event& event, const Details& details) {
  const std::size_t number = event.operation.client;
  if (number >= clients_.size()) clients_.resize(number + 1);
  Client& c = clients_[number];
  // An overlapping second operation, as only a foreign history has, is not followed.
  if (c.waits) return;
  if (!first_invoked_) {
    first_invoked_ = event.time;
    first_event_ = event.id;
  }
  c.waits = true;
  c.id = event.operation.operation;
  c.invoked = event.id;
  c.since = event.time;
  if (details.operation != nullptr) c.operation = *details.operation;
  next_look_ = std::min(next_look_, deadline(c));
}

void ClientProgress::on_end(const Event& event) {
  const std::size_t number = event.operation.client;
  if (number >= clients_.size()) return;
  Client& c = clients_[number];
  if (!c.waits || c.id != event.operation.operation) return;
  looked();
  if (event.kind == EventKind::info) {
    ++unknown_;
    on_unknown(event, c);
    const Instant from = std::max(c.since, calm_from());
    if (c.unanswered == 0 || c.unanswered_since < calm_from()) {
      c.unanswered = 0;
      c.waited = Duration{};
      c.unanswered_since = from;
    }
    ++c.unanswered;
    c.waited = c.waited + (event.time - from);
  } else {
    slowest_ = std::max(slowest_, event.time - c.since);
    if (event.kind == EventKind::ok) ++ok_;
    c.unanswered = 0;
  }
  c.waits = false;
}

void ClientProgress::on_unknown(const Event& event, const Client& c) {
  if (calm_.disturbed() || calm_.only_core()) return;
  if (event.time > deadline(c)) return overdue(c, event.id, event.time);
  const bool leader_was_due = c.since >= calm_from() + bound_;
  if (!leader_was_due || event.time - c.since < answer_bound_ || !all_run()) return;
  stuck(c, event.id, event.time,
        {.how = fmt::format(
             "ended unknown after {}, although nothing had disturbed the servers since {} (bound {})",
             span(event.time - c.since), short_time(calm_from()), span(answer_bound_)),
         .remark = fmt::format("ended unknown at {}", short_time(event.time))});
}

void ClientProgress::look(EventId event, Instant now) {
  next_look_ = now + bound_;
  if (calm_.disturbed() || calm_.only_core()) return;
  for (const Client& c : clients_) {
    if (!c.waits) continue;
    if (now > deadline(c))
      overdue(c, event, now);
    else
      next_look_ = std::min(next_look_, deadline(c));
  }
}

void ClientProgress::overdue(const Client& c, EventId event, Instant now) {
  looked();
  std::string how = fmt::format("was not answered within {}", span(bound_));
  if (c.unanswered != 0)
    how = fmt::format("was not answered, nor were the {} before it since {} (bound {} of waiting)",
                      c.unanswered, short_time(c.unanswered_since), span(bound_));
  stuck(c, event, now, {.how = std::move(how), .remark = "not answered in time"});
}

void ClientProgress::stuck(const Client& c, EventId event, Instant now, Fate fate) {
  if (broken()) return;
  if (const std::string without = no_quorum(cluster(), calm_); !without.empty()) return set_skipped(without);
  const auto number = static_cast<std::uint32_t>(&c - clients_.data());
  const std::string what = history::to_text(c.operation);
  violate(event, now,
          fmt::format("{} by c{} began at {} in the quiet phase and {}: {}.", what, number,
                      short_time(c.since), fate.how, roles(cluster())),
          {{c.invoked, c.since, Endpoint::client(number), what, std::move(fate.remark)}});
}

bool ClientProgress::all_run() const {
  const Configuration& members = cluster().membership();
  const auto runs = [this](NodeId id) {
    return cluster().has(id) && cluster().node(id).up && !cluster().node(id).paused;
  };
  const auto all = [&runs](const NodeSet& set) { return std::all_of(set.begin(), set.end(), runs); };
  return all(members.voters) && all(members.voters_outgoing) && all(members.learners);
}

void ClientProgress::finish(Instant end) {
  const history::RunInfo& info = cluster().info();
  if (!info.quiet_at) return set_skipped("no quiet phase");
  look(cluster().last_event(), end);
  if (broken()) return;
  if (!first_invoked_) return set_skipped("no operation began in the quiet phase");
  // A leader may take the bound to appear, and an operation the bound from there.
  const Instant last_chance = calm_from() + bound_ * 2;
  const Instant until = std::min(end, info.drain_at.value_or(end));
  if (ok_ == 0 && calm_.only_core()) return set_skipped("clients may ask those who are cut off");
  if (ok_ == 0 && calm_.disturbed()) return set_skipped(calm_.why());
  if (ok_ == 0 && until >= last_chance) {
    if (const std::string without = no_quorum(cluster(), calm_); !without.empty())
      return set_skipped(without);
    return violate(first_event_, *first_invoked_,
                   fmt::format("No operation of the quiet phase was answered ok by {}: {}.",
                               short_time(until), roles(cluster())));
  }
  const std::string gave_up = unknown_ == 0 ? "" : fmt::format(", {} ended unknown", unknown_);
  measured(fmt::format("{} operations answered ok{}, the slowest answer took {}, bound {}", ok_, gave_up,
                       span(slowest_), span(bound_)));
}

}  // namespace raftsim::checkers
