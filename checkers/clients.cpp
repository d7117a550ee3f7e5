#include "checkers/clients.hpp"

#include <fmt/format.h>

#include "checkers/client_sessions.hpp"
#include "checkers/narrative.hpp"
#include "history/text.hpp"

namespace raftsim::checkers {

namespace {

std::string client_name(const OperationRecord& r) { return fmt::format("c{}", r.client); }

std::string words(const OperationRecord& r) { return history::to_text(r.operation); }

Evidence invoked(const OperationRecord& r) {
  return {r.invoked, r.invoked_at, Endpoint::client(r.client), words(r), "invoked"};
}

bool is_log_read(const OperationRecord& r) {
  return r.operation.kind == OperationKind::get && r.operation.read == ReadMode::log;
}

/// Served from a server's state at a position, not through the log.
bool is_plain_read(const OperationRecord& r) {
  return r.operation.kind == OperationKind::get && !is_log_read(r);
}

bool answered_ok(const Event& event) {
  return event.kind == EventKind::ok || static_cast<ReplyKind>(event.operation.reply_kind) == ReplyKind::ok;
}

}  // namespace

void ExactlyOnce::on_event(const Event& event, const Details&) {
  const ClientShadow::Application& a = clients_.application();
  if (!a.fresh || a.operation == nullptr) return;
  const Operation& op = a.operation->operation;
  // A request to open a session may be served twice, once the first session has expired: the other is one
  // that nobody uses and that expires in its turn (dissertation 6.3).
  if (op.session == 0) return;
  looked();
  if (a.duplicate_of.value == 0 || !a.state_changed || event.apply.state_hash == 0 || broken()) return;
  const std::string what = words(*a.operation);
  std::vector<Evidence> evidence{invoked(*a.operation)};
  if (cluster().can().holds(a.duplicate_of))
    evidence.push_back(line(a.duplicate_of, cluster().can().at(a.duplicate_of)));
  evidence.push_back(
      line(event, fmt::format("apply entry {}", event.apply.index.value), "changes the state again"));
  violate(event,
          fmt::format("{} by {} took effect twice: at index {} and again at index {}.", what,
                      client_name(*a.operation), a.duplicate_of.value, event.apply.index.value),
          std::move(evidence));
}

void ExactlyOnce::finish(Instant) {
  if (!clients_.recognises() && has(cluster().shown(), needs()))
    set_skipped("no entry of the log was recognised as an operation that a client asked for");
}

void ReplyCorrect::on_event(const Event& event, const Details& details) {
  if (event.kind == EventKind::reply)
    on_reply(event);
  else
    on_ok(event, details);
}

void ReplyCorrect::on_reply(const Event& event) {
  const history::OperationPart& o = event.operation;
  if (o.operation.value == 0) return;
  looked();
  if (broken()) return;
  const auto who = [&event] { return name(event.node.as_node()); };
  if (o.operation > clients_.last_invoked())
    return violate(event, fmt::format("{} answered an operation that no client asked for.", who()),
                   {line(event, "reply")});
  const OperationRecord* r = clients_.find(o.operation);
  if (r == nullptr || !answered_ok(event) || is_plain_read(*r) || o.position.value == 0) return;
  const Canonical& can = cluster().can();
  if (o.position > can.last() && has(cluster().shown(), Shown::commits))
    return violate(
        event,
        fmt::format("{} answered {} by {} as done at index {}, but nothing beyond {} is committed.", who(),
                    words(*r), client_name(*r), o.position.value, can.last().value),
        {invoked(*r), line(event, fmt::format("reply ok, index {}", o.position.value))});
  if (!can.holds(o.position) || !clients_.recognises()) return;
  const Committed& c = can.at(o.position);
  if (r->content_hash != 0 && c.hash != r->content_hash)
    return violate(
        event,
        fmt::format("{} answered {} by {} as done at index {}, but another entry is committed there.", who(),
                    words(*r), client_name(*r), o.position.value),
        {invoked(*r), line(event, fmt::format("reply ok, index {}", o.position.value))});
  if (c.applied_by.value != 0 && c.result_hash != 0 && o.content_hash != 0 && c.result_hash != o.content_hash)
    violate(event,
            fmt::format("{} answered {} by {} with another result than applying it at index {} gave.", who(),
                        words(*r), client_name(*r), o.position.value),
            {invoked(*r), line(event, fmt::format("reply ok, index {}", o.position.value),
                               fmt::format("applied at event {}", c.applied_by.value))});
}

void ReplyCorrect::on_ok(const Event& event, const Details& details) {
  const OperationRecord* r = clients_.find(event.operation.operation);
  if (r == nullptr || details.result == nullptr || details.result->kind != ReplyKind::ok) return;
  looked();
  if (broken()) return;
  if (r->operation.kind == OperationKind::cas && r->effective_at.value != 0 && clients_.blind().empty() &&
      details.result->applied != r->effective_applied)
    return violate(event,
                   fmt::format("{} learned that {} {}, but at index {} it {}.", client_name(*r), words(*r),
                               details.result->applied ? "swapped" : "did not swap", r->effective_at.value,
                               r->effective_applied ? "did" : "did not"),
                   {invoked(*r), line(event, "ok")});
  if (!is_log_read(*r)) return;
  // A repeated read answers from its first effective position.
  const Index at = r->effective_at.value != 0 ? r->effective_at : event.operation.position;
  const Version* model = clients_.value_at(r->operation.key, at);
  if (model == nullptr || at.value == 0) return;
  const ValueHash got = details.result->value ? value_hash(*details.result->value) : absent_value();
  if (got == model->value) return;
  violate(event,
          fmt::format("{} read {} = {} at index {}, but the log up to there makes it {}.", client_name(*r),
                      r->operation.key, shortened(details.result->value), at.value, model->text),
          {invoked(*r), line(event, "ok")});
}

void SessionGuarantees::on_event(const Event& event, const Details&) {
  const OperationRecord* r = clients_.find(event.operation.operation);
  const Index at = event.operation.position;
  if (r == nullptr || at == Index{} || r->own_floor == Index{}) return;
  looked();
  const bool read = is_plain_read(*r);
  if (at > r->own_floor || (read && at == r->own_floor) || broken()) return;
  if (read && r->operation.read == ReadMode::lease && cluster().clock_bound_broken())
    return set_unknown("clock bound broken");
  violate(event,
          sentence_of({client_name(*r), words(*r), fmt::format("index {}", at.value),
                       fmt::format("index {}", r->own_floor.value), guarantee_of(read, r->own_floor_read)}),
          {invoked(*r), line(event, fmt::format("ok at index {}", at.value))});
}

void FailureHonesty::on_event(const Event& event, const Details&) {
  const bool told = event.kind == EventKind::fail;
  const ClientShadow::Application& a = clients_.application();
  const OperationRecord* r = told ? clients_.find(event.operation.operation) : a.operation;
  // A read that was given up harms nobody, also where an earlier try of it was in the log.
  if (r == nullptr || r->operation.session == 0 || r->operation.kind == OperationKind::get) return;
  looked();
  const bool took_effect = r->effective_at != Index{} && (told || r->effective_at == event.apply.index);
  if (r->failed == EventId{} || !took_effect || broken()) return;
  violate(event,
          told ? fmt::format("{} was told that {} can never take effect, but it did at index {}.",
                             client_name(*r), words(*r), r->effective_at.value)
               : fmt::format("{} took effect at index {}, although {} had been told that it never can.",
                             words(*r), r->effective_at.value, client_name(*r)),
          {invoked(*r), {r->failed, event.time, Endpoint::client(r->client), "fail", "told"}});
}

void CausalOrder::on_event(const Event& event, const Details&) {
  const Index at = event.operation.position;
  if (!answered_ok(event) || at == Index{}) return;
  const OperationRecord* r = clients_.find(event.operation.operation);
  if (r == nullptr || is_plain_read(*r) || r->floor == Index{}) return;
  looked();
  if (at > r->floor || broken()) return;
  violate(event,
          fmt::format("{} by {} (began {}) took its place at index {}, but an operation at index {} had been "
                      "answered before it began.",
                      words(*r), client_name(*r), short_time(r->invoked_at), at.value, r->floor.value),
          {invoked(*r), {event.id, event.time, event.node, fmt::format("done at index {}", at.value), ""}});
}

void ReadFreshness::on_event(const Event& event, const Details& details) {
  if (!answered_ok(event) || event.operation.position.value == 0) return;
  const OperationRecord* r = clients_.find(event.operation.operation);
  if (r == nullptr || !is_plain_read(*r)) return;
  on_position(event, *r);
  if (event.kind == EventKind::ok) on_value(event, details, *r);
}

void ReadFreshness::on_position(const Event& event, const OperationRecord& r) {
  looked();
  lease_reads_ = lease_reads_ || r.operation.read == ReadMode::lease;
  const Index at = event.operation.position;
  if (at >= r.floor || broken()) return;
  if (r.operation.read == ReadMode::lease && cluster().clock_bound_broken())
    return set_unknown("clock bound broken");
  violate(event,
          fmt::format("{} by {} (began {}) was served at index {}, but an operation at index {} had been "
                      "answered before it began.",
                      words(r), client_name(r), short_time(r.invoked_at), at.value, r.floor.value),
          {invoked(r),
           {event.id, event.time, event.node, fmt::format("served at index {}", at.value),
            fmt::format("index {} was answered at event {}", r.floor.value, r.floor_by.value)}});
}

void ReadFreshness::on_value(const Event& event, const Details& details, const OperationRecord& r) {
  if (details.result == nullptr || broken()) return;
  const Index at = event.operation.position;
  const Version* model = clients_.value_at(r.operation.key, at);
  if (model == nullptr) {
    ++not_compared_;
    return;
  }
  looked();
  const ValueHash got = details.result->value ? value_hash(*details.result->value) : absent_value();
  if (got == model->value) return;
  violate(event,
          fmt::format("{} read {} = {} at index {}, but the log up to there makes it {}{}.", client_name(r),
                      r.operation.key, shortened(details.result->value), at.value, model->text,
                      model->index.value != 0 ? fmt::format(" (index {})", model->index.value) : ""),
          {invoked(r),
           {event.id, event.time, event.node, "returned " + shortened(details.result->value),
            fmt::format("served at index {}", at.value)}});
}

void ReadFreshness::finish(Instant) {
  if (lease_reads_ && cluster().clock_bound_broken()) return set_unknown("clock bound broken");
  if (not_compared_ == 0) return;
  const std::string why = clients_.blind().empty() ? "too far behind the model" : clients_.blind();
  measured(fmt::format("the values of {} reads were not compared: {}", not_compared_, why));
}

}  // namespace raftsim::checkers
