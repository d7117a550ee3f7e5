#include "reports/timeline.hpp"

#include <algorithm>
#include <utility>

#include "seam/check.hpp"

namespace raftsim::reports {

namespace {

using history::Event;
using history::EventKind;
using history::EventKinds;

/// Rows of one chunk: what is thinned or kept as a whole.
constexpr std::size_t chunk_rows = 16'384;
/// So many events around a kept one stay whole, on either side.
constexpr std::uint64_t keep_radius = 20'000;

/// What bands, flags and client bars are drawn from: kept even where the rest is left out.
constexpr EventKinds skeleton{
    EventKind::boot,        EventKind::role,      EventKind::term,      EventKind::vote,
    EventKind::truncate,    EventKind::config,    EventKind::crash,     EventKind::restart,
    EventKind::pause,       EventKind::resume,    EventKind::wipe,      EventKind::halt,
    EventKind::fault_begin, EventKind::fault_end, EventKind::invoke,    EventKind::ok,
    EventKind::fail,        EventKind::info,      EventKind::phase,     EventKind::step_fired,
    EventKind::check,       EventKind::goal,      EventKind::violation, EventKind::snapshot,
    EventKind::lost,        EventKind::compact,   EventKind::corrupt,   EventKind::clock};

MessageFacts facts_of(const MessageView& view) {
  return {.previous_index = view.previous_index,
          .previous_term = view.previous_term,
          .commit = view.commit,
          .context = view.context,
          .entries = view.entries.size(),
          .last_entry_term = view.entries.empty() ? Term{} : view.entries.back().term};
}

Extra copy_of(const history::Details& details) {
  Extra extra;
  extra.causes.assign(details.causes.begin(), details.causes.end());
  if (details.message != nullptr) extra.message = facts_of(*details.message);
  if (details.operation != nullptr) extra.operation = *details.operation;
  if (details.result != nullptr) extra.result = *details.result;
  extra.labels.assign(details.labels.begin(), details.labels.end());
  if (details.configuration != nullptr) extra.configuration = *details.configuration;
  extra.nodes.assign(details.nodes.begin(), details.nodes.end());
  extra.text = details.text;
  return extra;
}

TimelineChunk thinned(TimelineChunk&& whole) {
  TimelineChunk thin;
  thin.thinned = true;
  for (const Row& row : whole.rows) {
    if (!skeleton.has(row.event.kind)) continue;
    Row kept = row;
    if (row.extra != Row::none) {
      kept.extra = static_cast<std::uint32_t>(thin.extras.size());
      thin.extras.push_back(std::move(whole.extras[row.extra]));
    }
    thin.rows.push_back(kept);
  }
  return thin;
}

}  // namespace

Timeline::Timeline(TimelineLimits limits) : limits_(std::move(limits)) {
  std::sort(limits_.keep.begin(), limits_.keep.end());
}

void Timeline::on_event(const Event& event, const history::Details& details) {
  if (chunks_.empty() || chunks_.back().rows.size() == chunk_rows) {
    // The newest chunks stay whole: the end is where a violation is. A quarter of the budget is the end.
    while (rows_ + chunk_rows > limits_.max_events &&
           (chunks_.size() - std::min(chunks_.size(), next_to_thin_)) * chunk_rows > limits_.max_events / 4)
      thin_oldest();
    chunks_.emplace_back().rows.reserve(chunk_rows);
  }
  TimelineChunk& chunk = chunks_.back();
  Row row{event, Row::none};
  if (event.has_details != 0) {
    row.extra = static_cast<std::uint32_t>(chunk.extras.size());
    chunk.extras.push_back(copy_of(details));
  }
  chunk.rows.push_back(row);
  ++seen_;
  ++rows_;
  if (event.node.is_node()) nodes_ = std::max(nodes_, static_cast<std::uint32_t>(event.node.raw));
  if (event.node.is_client()) clients_ = std::max(clients_, event.node.as_client() + 1);
}

bool Timeline::wanted_whole(const TimelineChunk& chunk) const {
  const std::uint64_t first = chunk.rows.front().event.id.value;
  const std::uint64_t last = chunk.rows.back().event.id.value;
  const auto near = std::lower_bound(
      limits_.keep.begin(), limits_.keep.end(), first,
      [](history::EventId kept, std::uint64_t from) { return kept.value + keep_radius < from; });
  return near != limits_.keep.end() && near->value <= last + keep_radius;
}

void Timeline::thin_oldest() {
  CHECK(next_to_thin_ < chunks_.size());
  TimelineChunk& chunk = chunks_[next_to_thin_];
  if (wanted_whole(chunk)) {
    ++next_to_thin_;
    return;
  }
  const std::size_t before = chunk.rows.size();
  chunk = thinned(std::move(chunk));
  rows_ -= before - chunk.rows.size();
  if (chunk.rows.empty())
    chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(next_to_thin_));
  else
    ++next_to_thin_;
}

}  // namespace raftsim::reports
