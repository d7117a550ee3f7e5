#include "reports/client_timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_map>
#include <vector>

#include "history/client_values.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

using history::ClientHistory;
using history::ClientOperation;
using history::Event;
using history::EventId;
using history::EventKind;
using End = ClientOperation::End;

/// A history without a clock is drawn with a millisecond to each place in its order.
constexpr std::int64_t ns_per_place = 1'000'000;

class Drawing {
 public:
  Drawing(const ClientHistory& history, const history::RunResult& result) : history_(history) {
    out_.timeline = std::make_unique<Timeline>();
    out_.result = result;
  }

  DrawnClients take(std::size_t operations_max) {
    choose(operations_max);
    play();
    const auto moved = [this](EventId& line) {
      const auto at = event_of_line_.find(line.value);
      line = at == event_of_line_.end() ? EventId{} : at->second;
    };
    for (history::Violation& v : out_.result.verdict.violations) {
      for (history::Evidence& e : v.evidence) {
        moved(e.event);
        e.time = time_of(e.event, e.time);
      }
      moved(v.event);
      v.time = time_of(v.event, v.time);
    }
    out_.result.counts.events = last_.value;
    return std::move(out_);
  }

 private:
  struct Moment {
    std::uint64_t at = 0;
    /// How many of its client's own come before it at this very time.
    std::uint32_t turn = 0;
    bool answer = false;
    std::uint32_t operation = 0;
    friend auto operator<=>(const Moment&, const Moment&) = default;
  };

  void choose(std::size_t operations_max) {
    const auto& all = history_.operations;
    chosen_.resize(all.size());
    std::iota(chosen_.begin(), chosen_.end(), 0u);
    if (all.size() > operations_max) {
      std::stable_sort(chosen_.begin(), chosen_.end(),
                       [&all](std::uint32_t a, std::uint32_t b) { return all[a].call < all[b].call; });
      keep_around(operations_max);
      add_note(
          fmt::format("{} operations of {} are drawn: those around the violation, and those that it names.",
                      count_text(chosen_.size()), count_text(all.size())));
    }
    if (history_.clock == ClientHistory::Clock::none)
      add_note("The history tells no times: a millisecond stands for each line.");
  }

  /// A fifth of what is kept comes after the violation.
  void keep_around(std::size_t operations_max) {
    std::set<std::uint64_t> named;
    const history::Violation* headline = out_.result.verdict.headline();
    for (const history::Violation& v : out_.result.verdict.violations) {
      named.insert(v.event.value);
      for (const history::Evidence& e : v.evidence) named.insert(e.event.value);
    }
    const auto is_at = [&](std::uint32_t n, std::uint64_t line) {
      return history_.operations[n].answered_line == line || history_.operations[n].called_line == line;
    };
    std::size_t middle = chosen_.size();
    if (headline != nullptr)
      for (std::size_t i = 0; i < chosen_.size(); ++i)
        if (is_at(chosen_[i], headline->event.value)) middle = i;
    const std::size_t end = std::min(chosen_.size(), middle + operations_max / 5);
    const std::size_t begin = end - std::min(end, operations_max);
    std::vector<std::uint32_t> kept;
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      const ClientOperation& o = history_.operations[chosen_[i]];
      if ((i >= begin && i < end) || named.contains(o.called_line) || named.contains(o.answered_line))
        kept.push_back(chosen_[i]);
    }
    chosen_ = std::move(kept);
  }

  /// A client's own moments stay in its order, though it calls at the moment of its last answer.
  std::vector<Moment> moments() const {
    std::vector<std::uint32_t> in_turn = chosen_;
    std::ranges::stable_sort(in_turn, {}, [this](std::uint32_t n) { return history_.operations[n].turn; });
    std::vector<Moment> all;
    std::unordered_map<std::uint32_t, Moment> latest;  // by client; looked up only, never walked
    const auto add = [&](std::uint64_t at, bool answer, std::uint32_t n) {
      Moment& last = latest[history_.operations[n].client];
      last = {std::max(at, last.at), at <= last.at ? last.turn + 1 : 0, answer, n};
      all.push_back(last);
    };
    for (const std::uint32_t n : in_turn) {
      add(history_.operations[n].call, false, n);
      if (history_.operations[n].end != End::unknown) add(history_.operations[n].back, true, n);
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  void play() {
    for (const Moment& m : moments()) emit(m, history_.operations[m.operation]);
  }

  void emit(const Moment& m, const ClientOperation& o) {
    Event event;
    event.id = ++last_;
    event.kind = !m.answer ? EventKind::invoke : o.end == End::ok ? EventKind::ok : EventKind::fail;
    event.node = history::Endpoint::client(o.client % history::Endpoint::client_bit);
    event.operation = {};
    event.operation.operation = history::OperationId{m.operation + 1u};
    event.operation.client = o.client;
    event.operation.kind = static_cast<std::uint8_t>(o.kind);
    event.time = history_.clock == ClientHistory::Clock::none
                     ? Instant{static_cast<std::int64_t>(m.at) * ns_per_place}
                 : m.answer ? o.answered_at
                            : o.called_at;
    times_.push_back(event.time);
    Operation asked;
    asked.kind = o.kind;
    asked.key = history_.keys[o.key];
    asked.value = plain(o.value);
    if (o.expected.present) asked.expected = plain(o.expected);
    OperationResult result;
    result.applied = o.applied;
    if (o.returned.present) result.value = plain(o.returned);
    history::Details details;
    details.operation = &asked;
    if (event.kind == EventKind::ok) details.result = &result;
    event.has_details = 1;
    // A form with one line an operation names its answer by it.
    if (m.answer)
      event_of_line_[o.answered_line] = event.id;
    else
      event_of_line_.try_emplace(o.called_line, event.id);
    out_.timeline->on_event(event, details);
  }

  /// A scalar as it was written, without quotes of its own: the page sets them. Of lists, their elements.
  std::string plain(history::TextSpan span) const {
    const std::string_view kept = history_.view(span);
    const auto scalar = [this](std::string_view text) {
      return text.substr(history_.typed && text.starts_with('"') ? 1 : 0);
    };
    if (history_.model != history::Model::append) return std::string(scalar(kept));
    std::string text;
    for (std::size_t at = 0; at < kept.size();) {
      const std::string_view element = history::element_at(kept, at);
      text += (at == 0 ? "" : " ") + history::shown_scalar(history::element_value(element), history_.typed);
      at += element.size();
    }
    return text;
  }

  Instant time_of(EventId event, Instant otherwise) const {
    return event.value == 0 || event.value > times_.size() ? otherwise : times_[event.value - 1];
  }

  void add_note(const std::string& text) { out_.note += (out_.note.empty() ? "" : " ") + text; }

  const ClientHistory& history_;
  DrawnClients out_;
  std::vector<std::uint32_t> chosen_;
  std::vector<Instant> times_;                                ///< of the events
  std::unordered_map<std::uint64_t, EventId> event_of_line_;  // looked up only, never walked
  EventId last_;
};

}  // namespace

DrawnClients drawn(const ClientHistory& history, const history::RunResult& result,
                   std::size_t operations_max) {
  return Drawing(history, result).take(operations_max);
}

}  // namespace raftsim::reports
