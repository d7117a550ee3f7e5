// A cluster told in a few words per event, for tests of what its events mean.
#pragma once

#include "history/cluster_view.hpp"
#include "history/event.hpp"
#include "history/journal.hpp"

namespace raftsim::history {

class Story {
 public:
  explicit Story(std::size_t nodes) : cluster(nodes) { journal.subscribe(cluster); }

  /// The next events belong to a new step.
  Story& step() {
    ++step_;
    return *this;
  }
  Story& boot(std::uint64_t n, std::uint64_t incarnation = 1) {
    Event& e = start(EventKind::boot, n);
    e.boot.incarnation = incarnation;
    return tell();
  }
  Story& boot_all() {
    for (std::size_t i = 1; i <= cluster.size(); ++i) boot(i);
    return *this;
  }
  Story& role(std::uint64_t n, Role now, std::uint64_t term) {
    Event& e = start(EventKind::role, n);
    e.role.role = static_cast<std::uint8_t>(now);
    e.role.previous = static_cast<std::uint8_t>(cluster.node(NodeId{n}).role);
    e.role.term = Term{term};
    return tell();
  }
  Story& change(EventKind kind, std::uint64_t n, std::uint64_t now) {
    start(kind, n).change.now = now;
    return tell();
  }
  Story& append(std::uint64_t n, std::uint64_t index, std::uint64_t term) {
    Event& e = start(EventKind::append, n);
    e.append.index = Index{index};
    e.append.term = Term{term};
    return tell();
  }
  Story& truncate(std::uint64_t n, std::uint64_t from) {
    start(EventKind::truncate, n).truncate.from = Index{from};
    return tell();
  }
  Story& commit(std::uint64_t n, std::uint64_t index) {
    Event& e = start(EventKind::commit, n);
    e.commit.commit = Index{index};
    e.commit.previous = cluster.node(NodeId{n}).commit;
    return tell();
  }
  Story& apply(std::uint64_t n, std::uint64_t index) {
    start(EventKind::apply, n).apply.index = Index{index};
    return tell();
  }
  Story& config(std::uint64_t n, std::uint64_t index) {
    start(EventKind::config, n).config.index = Index{index};
    return tell();
  }
  Story& config(std::uint64_t n, std::uint64_t index, const Configuration& shown) {
    Event& e = start(EventKind::config, n);
    e.config.index = Index{index};
    Details details;
    details.configuration = &shown;
    journal.emit(e, details);
    return *this;
  }
  Story& note(std::uint64_t n, NoteKind kind) {
    start(EventKind::note, n).note.note = static_cast<std::uint64_t>(kind);
    return tell();
  }
  Story& snapshot(std::uint64_t n, SnapshotAction action, std::uint64_t index, std::uint64_t term) {
    Event& e = start(EventKind::snapshot, n);
    e.snapshot.action = static_cast<std::uint64_t>(action);
    e.snapshot.index = Index{index};
    e.snapshot.term = Term{term};
    return tell();
  }
  Story& reply(std::uint64_t n, OperationKind kind, ReadMode read, ReplyKind answer) {
    Event& e = start(EventKind::reply, n);
    e.operation.kind = static_cast<std::uint8_t>(kind);
    e.operation.read = static_cast<std::uint8_t>(read);
    e.operation.reply_kind = static_cast<std::uint8_t>(answer);
    return tell();
  }
  Story& sent(std::uint64_t n, MessageType type) {
    start(EventKind::send, n).message.type = type;
    return tell();
  }
  /// Of kinds that carry nothing that matters here.
  Story& happens(EventKind kind, std::uint64_t n) {
    start(kind, n);
    return tell();
  }
  Story& operation_ok() {
    start(EventKind::ok, 0).node = Endpoint::client(0);
    return tell();
  }

  const NodeState& node(std::uint64_t n) const { return cluster.node(NodeId{n}); }

  ClusterView cluster;
  Journal journal;
  Event last;

 private:
  Event& start(EventKind kind, std::uint64_t n) {
    last = Event{};
    last.kind = kind;
    last.node = Endpoint::node(NodeId{n});
    last.step = step_;
    return last;
  }
  Story& tell() {
    journal.emit(last);
    return *this;
  }

  std::uint32_t step_ = 1;
};

}  // namespace raftsim::history
