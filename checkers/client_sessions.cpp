#include "checkers/client_sessions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "checkers/narrative.hpp"
#include "history/client_values.hpp"
#include "history/utf8.hpp"

namespace raftsim::checkers {

namespace {

using history::ClientHistory;
using history::ClientOperation;
using history::Violation;
using End = ClientOperation::End;

/// The number of an operation of the history.
using Number = std::uint32_t;

/// The first break of each guarantee, by the line of the answer that shows it.
class Broken {
 public:
  template <class Tell>
  void add(Guarantee guarantee, std::uint64_t line, const Tell& tell) {
    std::optional<Violation>& first = first_[static_cast<std::size_t>(guarantee)];
    if (!first || line < first->event.value) first = tell();
  }
  std::vector<Violation> take() {
    std::vector<Violation> all;
    for (std::optional<Violation>& v : first_)
      if (v) all.push_back(std::move(*v));
    std::stable_sort(all.begin(), all.end(),
                     [](const Violation& a, const Violation& b) { return a.event < b.event; });
    return all;
  }

 private:
  std::array<std::optional<Violation>, guarantees> first_;
};

/// How operations and moments are named.
class Words {
 public:
  Words(const ClientHistory& history, const Wording& wording) : history_(history), wording_(wording) {}

  const ClientOperation& of(Number n) const { return history_.operations[n]; }
  std::string client(const ClientOperation& o) const { return fmt::format("c{}", o.client); }
  std::string moment(std::uint64_t line, Instant time) const {
    if (wording_.moments == Moments::lines) return fmt::format("line {}", line);
    return wording_.moments == Moments::nanoseconds ? fmt::format("{}ns", time.ns) : short_time(time);
  }
  std::string called(const ClientOperation& o) const { return moment(o.called_line, o.called_at); }
  std::string answered(const ClientOperation& o) const { return moment(o.answered_line, o.answered_at); }

  std::string value(history::TextSpan span) const {
    std::optional<std::string> text;
    if (span.present) text = std::string(history_.view(span));
    if (!text && history_.unset_is_empty) text = "";
    return worded(text, wording_);
  }
  std::string element(std::string_view kept) const { return worded_element(kept, wording_); }
  /// `get k3 = 7`.
  std::string what(const ClientOperation& o) const {
    const std::string key = history::on_one_line(history_.keys[o.key]);
    if (o.kind == OperationKind::get) return fmt::format("get {} = {}", key, value(o.returned));
    if (o.kind == OperationKind::cas)
      return fmt::format("cas {} {} -> {}", key, value(o.expected), value(o.value));
    if (o.kind == OperationKind::append)
      return fmt::format("append {} {}", key, element(history_.view(o.value)));
    if (o.kind == OperationKind::remove) return "delete " + key;
    return fmt::format("put {} = {}", key, value(o.value));
  }
  Evidence evidence(const ClientOperation& o) const {
    const bool known = o.end == End::ok;
    return {EventId{known ? o.answered_line : o.called_line}, known ? o.answered_at : o.called_at,
            o.client < Endpoint::client_bit ? Endpoint::client(o.client) : Endpoint::world(), what(o),
            (known ? "called " : "unknown outcome, called ") + called(o)};
  }
  Violation violation(const ClientOperation& at, std::string sentence, std::vector<Number> shown) const {
    std::vector<Evidence> lines{evidence(at)};
    for (const Number n : shown) lines.push_back(evidence(of(n)));
    return {PropertyId::session_guarantees, EventId{at.answered_line}, at.answered_at, std::move(sentence),
            checkers::in_order(std::move(lines))};
  }

 private:
  const ClientHistory& history_;
  const Wording& wording_;
};

/// One client after the other, each in its own order: what it called before was answered, or given up.
std::vector<Number> in_own_order(const ClientHistory& history, std::span<const Number> operations) {
  std::vector<Number> order(operations.begin(), operations.end());
  std::sort(order.begin(), order.end(), [&history](Number a, Number b) {
    const ClientOperation &one = history.operations[a], &other = history.operations[b];
    return std::tie(one.client, one.turn) < std::tie(other.client, other.turn);
  });
  return order;
}

bool over_before(const ClientOperation& a, const ClientOperation& b) {
  return a.end == End::ok && (a.back < b.call || (a.client == b.client && a.turn < b.turn));
}

struct Tally {
  Broken broken;
  std::uint64_t looked = 0;
  bool came_back = false;  ///< a client to a key
  /// Answers that do not tell which write was seen, by the reason.
  std::uint64_t repeated = 0;   ///< the value was written more than once
  std::uint64_t unwritten = 0;  ///< nothing wrote it
  std::uint64_t failed = 0;     ///< only what is said to have failed wrote it
  std::uint64_t unset = 0;      ///< unset, on a key that was made so again
  std::uint64_t texts = 0;      ///< operations on keys whose values are made by appending to texts
};

/// A key of a register or a store.
class ValueKey {
 public:
  ValueKey(const ClientHistory& history, const Words& words, Tally& tally)
      : history_(history), words_(words), tally_(tally) {}

  void judge(std::span<const Number> operations) {
    for (const Number n : operations) learn(n);
    for (const Number n : in_own_order(history_, operations)) {
      const ClientOperation& o = history_.operations[n];
      if (o.end != End::ok) continue;
      look(o);
      raise(n, o);
    }
  }

 private:
  /// Which write made a value: none (the key as it was at first), one, or it cannot be told.
  struct Version {
    enum class Kind : std::uint8_t { unset, written, repeated, unwritten, failed, unset_again } kind{};
    Number write = 0;
    bool known() const { return kind == Kind::unset || kind == Kind::written; }
  };
  /// The newest version that a client knows, and the answer from which it does.
  struct Floor {
    Number write = 0, by = 0;
  };
  struct Session {
    std::optional<Floor> read, written;
    bool knows = false;  ///< what some answer saw or did
  };

  bool is_unset(history::TextSpan span) const {
    return !span.present || (history_.unset_is_empty && span.size == 0);
  }

  void learn(Number n) {
    const ClientOperation& o = history_.operations[n];
    const bool swapped = o.kind == OperationKind::cas && (o.end == End::unknown || o.applied);
    if (o.end == End::failed) {
      if (o.value.present) writes_.try_emplace(history_.view(o.value), Version{Version::Kind::failed, n});
      return;
    }
    if (o.kind == OperationKind::remove) unset_again_ = true;
    if (o.kind != OperationKind::put && !swapped) return;
    if (is_unset(o.value)) {
      unset_again_ = true;
      return;
    }
    const auto [at, fresh] = writes_.try_emplace(history_.view(o.value), Version{Version::Kind::written, n});
    if (fresh) return;
    const bool failed = at->second.kind == Version::Kind::failed;
    at->second = {failed ? Version::Kind::written : Version::Kind::repeated, n};
  }

  Version seen(const ClientOperation& o) const {
    const history::TextSpan span = o.kind == OperationKind::get ? o.returned : o.expected;
    if (is_unset(span)) return {unset_again_ ? Version::Kind::unset_again : Version::Kind::unset, 0};
    const auto found = writes_.find(history_.view(span));
    return found == writes_.end() ? Version{Version::Kind::unwritten, 0} : found->second;
  }

  /// Of the versions known, that whose write was called last is behind the most others.
  void raise(std::optional<Floor>& floor, Number write, Number by) const {
    const auto& all = history_.operations;
    if (!floor || all[floor->write].call < all[write].call || over_before(all[floor->write], all[write]))
      floor = Floor{write, by};
  }

  void raise(Number n, const ClientOperation& o) {
    Session& session = sessions_[o.client];
    if (o.kind == OperationKind::get) {
      const Version v = seen(o);
      session.knows = session.knows || v.known();
      if (v.kind == Version::Kind::written) raise(session.read, v.write, n);
    } else if (o.kind != OperationKind::cas || o.applied) {
      session.knows = true;
      raise(session.written, n, n);
    }
  }

  void count(Version::Kind kind) {
    if (kind == Version::Kind::repeated) ++tally_.repeated;
    if (kind == Version::Kind::unwritten) ++tally_.unwritten;
    if (kind == Version::Kind::failed) ++tally_.failed;
    if (kind == Version::Kind::unset_again) ++tally_.unset;
  }

  bool older(const Version& v, Number than) const {
    if (v.kind == Version::Kind::unset) return true;
    return over_before(history_.operations[v.write], history_.operations[than]);
  }

  void look(const ClientOperation& o) {
    const bool reads = o.kind == OperationKind::get;
    if (!reads && (o.kind != OperationKind::cas || !o.applied)) return;
    const Version v = seen(o);
    count(v.kind);
    const auto session = sessions_.find(o.client);
    tally_.came_back = tally_.came_back || session != sessions_.end();
    if (!v.known() || session == sessions_.end() || !session->second.knows) return;
    ++tally_.looked;
    const auto against = [&](const std::optional<Floor>& floor, bool after_read) {
      if (!floor || !older(v, floor->write)) return;
      const Guarantee guarantee = guarantee_of(reads, after_read);
      tally_.broken.add(guarantee, o.answered_line, [&] { return told(o, v, *floor, guarantee); });
    };
    against(session->second.read, true);
    against(session->second.written, false);
  }

  Violation told(const ClientOperation& o, const Version& v, const Floor& floor, Guarantee guarantee) const {
    const ClientOperation& by = words_.of(floor.by);
    const ClientOperation& newer = words_.of(floor.write);
    std::string sentence =
        sentence_of({words_.client(o), words_.what(o), words_.answered(o), words_.answered(by), guarantee});
    std::vector<Number> shown{floor.by};
    if (floor.write != floor.by) shown.push_back(floor.write);
    if (v.kind == Version::Kind::written) {
      const ClientOperation& old = words_.of(v.write);
      sentence += fmt::format("\n{} by {} had been answered ({}) when {} by {} was called ({}).",
                              words_.what(old), words_.client(old), words_.answered(old), words_.what(newer),
                              words_.client(newer), words_.called(newer));
      shown.push_back(v.write);
    } else {
      sentence += fmt::format("\nIt knew of {} by {}, and nothing makes the key what it was at first.",
                              words_.what(newer), words_.client(newer));
    }
    return words_.violation(o, std::move(sentence), std::move(shown));
  }

  const ClientHistory& history_;
  const Words& words_;
  Tally& tally_;
  std::unordered_map<std::string_view, Version> writes_;  // looked up only, never walked
  std::unordered_map<std::uint32_t, Session> sessions_;   // the same
  bool unset_again_ = false;                              ///< something may have made it unset
};

/// A key that holds a list to which is appended.
class ListKey {
 public:
  ListKey(const ClientHistory& history, const Words& words, Tally& tally)
      : history_(history), words_(words), tally_(tally) {}

  void judge(std::span<const Number> operations) {
    for (const Number n : operations) learn(n);
    positions_of(longest_, in_longest_);
    for (const Number n : in_own_order(history_, operations)) {
      const ClientOperation& o = history_.operations[n];
      if (o.kind == OperationKind::append) before_[n] = sessions_[o.client];
      if (o.end != End::ok) continue;
      if (o.kind == OperationKind::get) look(o);
      raise(n, o);
    }
    bool longest_seen = false;
    Positions positions;
    for (const Number n : operations) {
      const ClientOperation& o = history_.operations[n];
      if (o.kind != OperationKind::get || o.end != End::ok) continue;
      const std::string_view text = history_.view(o.returned);
      const bool prefix = longest_.starts_with(text);
      // What holds of a list holds of its beginning.
      if (prefix && (longest_seen || text.size() < longest_.size())) continue;
      longest_seen = longest_seen || prefix;
      if (!prefix) positions_of(text, positions);
      look_at_order(o, prefix ? in_longest_ : positions);
    }
  }

 private:
  using Positions = std::unordered_map<std::string_view, std::size_t>;  // looked up only, never walked
  struct Session {
    std::optional<Number> read, appended;
  };

  static void positions_of(std::string_view list, Positions& positions) {
    positions.clear();
    for (std::size_t at = 0; at < list.size();) {
      const std::string_view element = history::element_at(list, at);
      positions.try_emplace(element, at);
      at += element.size();
    }
  }

  void learn(Number n) {
    const ClientOperation& o = history_.operations[n];
    const std::string_view text = history_.view(o.kind == OperationKind::get ? o.returned : o.value);
    if (o.kind == OperationKind::get && o.end == End::ok && text.size() > longest_.size()) longest_ = text;
    if (o.kind != OperationKind::append || o.end == End::failed) return;
    const auto [at, fresh] = appends_.try_emplace(text, n);
    if (!fresh) at->second.reset();  // appended twice: whose it is cannot be told
  }

  bool holds(std::string_view list, std::string_view element) const {
    if (longest_.starts_with(list)) {
      const auto at = in_longest_.find(element);
      return at != in_longest_.end() && at->second < list.size();
    }
    for (std::size_t at = 0; at < list.size(); at += history::element_at(list, at).size())
      if (history::element_at(list, at) == element) return true;
    return false;
  }

  void raise(Number n, const ClientOperation& o) {
    Session& s = sessions_[o.client];
    if (o.kind == OperationKind::append) s.appended = n;
    if (o.kind != OperationKind::get || o.returned.size == 0) return;
    if (!s.read || words_.of(*s.read).returned.size < o.returned.size) s.read = n;
  }

  /// What its client had read and appended is there.
  void look(const ClientOperation& o) {
    const auto session = sessions_.find(o.client);
    if (session == sessions_.end()) return;
    ++tally_.looked;
    const std::string_view list = history_.view(o.returned);
    const auto against = [&](const std::optional<Number>& known, std::string_view element, bool after_read) {
      if (!known || holds(list, element)) return;
      const Guarantee guarantee = guarantee_of(true, after_read);
      tally_.broken.add(guarantee, o.answered_line, [&] {
        const ClientOperation& floor = words_.of(*known);
        return words_.violation(o,
                                sentence_of({words_.client(o), words_.what(o), words_.answered(o),
                                             words_.answered(floor), guarantee}) +
                                    fmt::format("\n{} is missing, which it had {}.", words_.element(element),
                                                after_read ? "read" : "appended"),
                                {*known});
      });
    };
    const Session& s = session->second;
    if (s.read) against(s.read, history::last_element(history_.view(words_.of(*s.read).returned)), true);
    if (s.appended) against(s.appended, history_.view(words_.of(*s.appended).value), false);
  }

  /// Each element stands behind what its client had read and appended.
  void look_at_order(const ClientOperation& o, const Positions& positions) {
    for (const Placed& placed : order(o)) {
      // Copies: clang 14 lets no lambda see a structured binding.
      const std::string_view element = placed.element;
      const Number number = placed.append;
      const Session& s = before_[number];
      const ClientOperation& append = words_.of(number);
      ++tally_.looked;
      const auto against = [&](const std::optional<Number>& known, std::string_view first, bool after_read) {
        if (!known) return;
        const auto at = positions.find(first);
        if (at != positions.end() && at->second < positions.at(element)) return;
        const Guarantee guarantee = guarantee_of(false, after_read);
        tally_.broken.add(guarantee, o.answered_line, [&] {
          return words_.violation(
              o,
              fmt::format("{} was answered {} at {}: {} by {} does not stand behind {}, which {} had {} ({}) "
                          "before it ({}).",
                          words_.client(o), words_.what(o), words_.answered(o), words_.element(element),
                          words_.client(append), words_.element(first), words_.client(append),
                          after_read ? "read" : "appended", words_.answered(words_.of(*known)),
                          guarantee_name(guarantee)),
              {number, *known});
        });
      };
      if (s.read) against(s.read, history::last_element(history_.view(words_.of(*s.read).returned)), true);
      if (s.appended) against(s.appended, history_.view(words_.of(*s.appended).value), false);
    }
  }

  struct Placed {
    std::string_view element;
    Number append = 0;
  };
  /// The elements of a read of which is known who appended them.
  std::vector<Placed> order(const ClientOperation& read) const {
    std::vector<Placed> placed;
    const std::string_view list = history_.view(read.returned);
    for (std::size_t at = 0; at < list.size();) {
      const std::string_view element = history::element_at(list, at);
      const auto found = appends_.find(element);
      if (found != appends_.end() && found->second) placed.push_back({element, *found->second});
      at += element.size();
    }
    return placed;
  }

  const ClientHistory& history_;
  const Words& words_;
  Tally& tally_;
  std::unordered_map<std::string_view, std::optional<Number>> appends_;  // looked up only, never walked
  std::unordered_map<std::uint32_t, Session> sessions_;                  // the same
  std::unordered_map<Number, Session>
      before_;  ///< of an append: what its client knew when it called; the same
  std::string_view longest_;
  Positions in_longest_;
};

history::PropertyVerdict verdict_of(const Tally& tally, bool broken) {
  using history::Judgement;
  const PropertyId id = PropertyId::session_guarantees;
  if (broken) return {id, Judgement::violated, tally.looked, ""};
  if (tally.looked > 0) return {id, Judgement::held, tally.looked, ""};
  std::string why;
  const auto because = [&why](std::uint64_t times, std::string_view reason) {
    if (times != 0) why += (why.empty() ? "" : "; ") + std::string(reason);
  };
  if (tally.came_back) {
    because(tally.repeated, "values were written more than once: which write was seen is not known");
    because(tally.unwritten, "values were read that nothing wrote");
    because(tally.failed, "values were read whose writes are said to have failed");
    because(tally.unset, "keys were made unset again: whether a read saw that or the beginning is not known");
  }
  because(tally.texts, "values are texts that are appended to: which write was seen is not known");
  if (why.empty()) why = "no client came back to a key that it had read or written";
  return {id, Judgement::skipped, 0, why};
}

}  // namespace

std::string_view guarantee_name(Guarantee guarantee) {
  switch (guarantee) {
    case Guarantee::monotonic_reads:
      return "monotonic reads";
    case Guarantee::read_your_writes:
      return "read your writes";
    case Guarantee::writes_follow_reads:
      return "writes follow reads";
    case Guarantee::monotonic_writes:
      break;
  }
  return "monotonic writes";
}

Guarantee guarantee_of(bool reads, bool after_read) {
  if (reads) return after_read ? Guarantee::monotonic_reads : Guarantee::read_your_writes;
  return after_read ? Guarantee::writes_follow_reads : Guarantee::monotonic_writes;
}

std::string sentence_of(const BrokenGuarantee& broken) {
  return fmt::format("{} was answered {} at {}, after an answer of its own at {} ({}).", broken.client,
                     broken.what, broken.at, broken.floor, guarantee_name(broken.guarantee));
}

SessionJudgement judge_sessions(const ClientHistory& history, const OperationsOfKey& of_key,
                                const Wording& wording) {
  const Words words(history, wording);
  Tally tally;
  for (std::uint32_t key = 0; key < history.keys.size(); ++key) {
    const std::span<const Number> operations = of_key(key);
    const bool appended = std::any_of(operations.begin(), operations.end(), [&](Number n) {
      return history.operations[n].kind == OperationKind::append;
    });
    if (history.model == history::Model::append)
      ListKey(history, words, tally).judge(operations);
    else if (appended)
      tally.texts += operations.size();
    else
      ValueKey(history, words, tally).judge(operations);
  }
  SessionJudgement judgement;
  judgement.violations = tally.broken.take();
  judgement.verdict = verdict_of(tally, !judgement.violations.empty());
  return judgement;
}

}  // namespace raftsim::checkers
