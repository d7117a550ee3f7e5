#include "checkers/wire.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkers/narrative.hpp"
#include "history/names.hpp"

namespace raftsim::checkers {

void FollowerCommitBound::on_event(const Event& event, const Details&) {
  const history::CommitPart& c = event.commit;
  if (c.commit <= c.previous || !cluster().has(event.node.as_node())) return;
  if (!has(cluster().shown(), Shown::messages)) return;
  const NodeShadow& node = cluster().node(event);
  // What it led itself to, and what it kept on its disk.
  if (static_cast<Role>(c.role) == Role::leader || node.recovering || cluster().counted_in()) return;
  looked();
  if (c.commit <= std::max(node.told.committed, node.snapshot.index) || broken()) return;
  violate(event,
          fmt::format("{} raised its commit index to {}, but leaders had told it of none beyond {} of the "
                      "entries that its log was proved to hold.",
                      name(node.id), c.commit.value, node.told.committed.value),
          {line(event, fmt::format("commit {} (was {})", c.commit.value, c.previous.value))});
}

void AckBounded::on_event(const Event& event, const Details&) {
  const history::MessagePart& m = event.message;
  if (m.granted == 0 || !cluster().has(event.node.as_node())) return;
  const NodeShadow& node = cluster().node(event);
  const Index verified = node.told.verified(m.term);
  looked();
  if (Index{m.match} <= std::max({verified, node.commit, node.snapshot.index}) || broken()) return;
  violate(
      event,
      fmt::format("{} acknowledged entries up to {} in term {}, but no request of that term had proved its "
                  "log beyond {}.",
                  name(node.id), m.match, m.term.value, verified.value),
      {line(event, fmt::format("acknowledges up to {}, term {}", m.match, m.term.value),
            fmt::format("own log up to {}", node.log.last().value))});
}

void MessageProvenance::on_event(const Event& event, const Details& details) {
  const history::MessagePart& m = event.message;
  if (!m.peer.is_node() || !event.node.is_node() || !cluster().has(event.node.as_node())) return;
  const NodeShadow& sender = cluster().node(event);
  const ClusterShadow& all = cluster();
  looked();
  if (broken()) return;
  const auto what = [&m] { return fmt::format("{} of term {}", history::name(m.type), m.term.value); };
  if (m.term > sender.term && has(all.shown(), Shown::terms))
    return violate(event,
                   fmt::format("{} sent {}, although it is only in term {}.", name(sender.id), what(),
                               sender.term.value),
                   {line(event, what())});
  const bool by_leader = m.type == MessageType::append_entries || m.type == MessageType::install_snapshot ||
                         m.type == MessageType::timeout_now;
  if (!by_leader) return;
  if (has(all.shown(), Shown::roles) && all.who_led_is_known(m.term)) {
    const Leadership* leader = all.leader_of(m.term);
    if (leader == nullptr || leader->leader != sender.id)
      return violate(event,
                     fmt::format("{} sent {}, a term that {} led.", name(sender.id), what(),
                                 leader == nullptr ? "nobody" : name(leader->leader)),
                     {line(event, what())});
  }
  if (m.type == MessageType::append_entries && details.message != nullptr)
    on_append(event, *details.message, sender);
}

void MessageProvenance::on_append(const Event& event, const MessageView& message, const NodeShadow& sender) {
  const std::size_t own = cluster().now().own_entries;
  if (own < message.entries.size() && has(cluster().shown(), Shown::logs)) {
    const MessageEntry& e = message.entries[own];
    // Where it is so far back that the shadow does not know it, nothing can be said.
    const auto held = sender.log.entry(e.index, cluster().can());
    if (held || e.index > sender.log.last())
      return violate(
          event,
          fmt::format("{} sent entry {} of term {}, but its own log {}.", name(sender.id), e.index.value,
                      e.term.value,
                      held ? "holds another one there" : fmt::format("ends at {}", sender.log.last().value)),
          {line(event, fmt::format("AppendEntries, term {}", message.term.value))});
  }
  if (message.commit > sender.commit && has(cluster().shown(), Shown::commits))
    violate(event,
            fmt::format("{} sent AppendEntries with the commit index {}, although its own is {}.",
                        name(sender.id), message.commit.value, sender.commit.value),
            {line(event, fmt::format("AppendEntries, term {}", message.term.value))});
}

}  // namespace raftsim::checkers
