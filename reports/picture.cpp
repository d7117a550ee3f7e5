#include "reports/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "history/text.hpp"
#include "reports/words.hpp"

namespace raftsim::reports {

namespace {

using history::Event;
using history::EventKind;

// Pixels.
constexpr std::int64_t width = 1180;
constexpr std::int64_t gutter = 56;
constexpr std::int64_t lane_height = 64;
constexpr std::int64_t band_height = 18;
constexpr std::int64_t top = 34;
constexpr std::size_t messages_max = 600;

constexpr std::string_view role_letters = "FPCLN";

class Picture {
 public:
  Picture(const Timeline& timeline, const history::RunResult& result, const Opening& window)
      : timeline_(timeline), result_(result), window_(window) {}

  std::string draw() {
    const std::uint32_t nodes = timeline_.node_count();
    const std::int64_t height = top + lane_height * nodes + 12;
    collect();
    std::string out =
        fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"The cluster from {} to {}\">\n",
                    width, height, history::to_text(window_.from), history::to_text(window_.to));
    for (std::uint32_t n = 1; n <= nodes; ++n)
      out += fmt::format("<text class=\"lane\" x=\"8\" y=\"{}\">n{}</text>\n", lane(n) + 5, n);
    out += fmt::format("<text class=\"time\" x=\"{}\" y=\"14\">{}</text>\n", gutter,
                       history::to_text(window_.from));
    out += fmt::format("<text class=\"time end\" x=\"{}\" y=\"14\">{}</text>\n", width - 8,
                       history::to_text(window_.to));
    out += bands_ + arrows_ + marks();
    return out + "</svg>\n";
  }

 private:
  struct Node {
    std::uint8_t role = 0;
    std::uint64_t term = 0;
    bool up = false;
    Instant since;
  };
  struct Flight {
    std::uint32_t from = 0;
    Instant left;
  };

  std::int64_t x(Instant t) const {
    const std::int64_t span = std::max<std::int64_t>((window_.to - window_.from).ns, 1);
    const std::int64_t at = std::clamp<std::int64_t>((t - window_.from).ns, 0, span);
    // Scaled down first: the product of nanoseconds and pixels of a year still fits.
    return gutter + at / 64 * (width - gutter - 8) / std::max<std::int64_t>(span / 64, 1);
  }
  static std::int64_t lane(std::uint64_t node) {
    return top + lane_height * static_cast<std::int64_t>(node - 1) + lane_height / 2;
  }
  bool inside(Instant t) const { return t >= window_.from && t <= window_.to; }

  void collect() {
    nodes_.assign(timeline_.node_count() + 1, Node{});
    for (const TimelineChunk& chunk : timeline_.chunks())
      for (const Row& row : chunk.rows)
        if (row.event.time <= window_.to) take(row.event);
    for (std::uint32_t n = 1; n < nodes_.size(); ++n) close_band(n, window_.to);
  }

  void take(const Event& e) {
    if (e.node.is_node()) take_state(e);
    if (inside(e.time)) take_message(e);
  }

  void take_state(const Event& e) {
    Node& node = nodes_[e.node.raw];
    const auto change = [&] {
      close_band(e.node.raw, e.time);
      node.since = e.time;
    };
    if (e.kind == EventKind::boot) {
      change();
      node.up = true;
      node.role = 0;
      node.term = 0;  // what it recovers follows as events
    } else if (e.kind == EventKind::crash || e.kind == EventKind::halt) {
      change();
      node.up = false;
    } else if (e.kind == EventKind::role) {
      change();
      node.role = e.role.role;
      node.term = e.role.term.value;
    } else if (e.kind == EventKind::term) {
      change();
      node.term = e.change.now;
    }
  }

  void take_message(const Event& e) {
    if (e.kind == EventKind::send || e.kind == EventKind::depart) {
      if (e.node.is_node() && e.message.peer.is_node())
        flights_[e.message.message.value] = {e.node.raw, e.time};
      return;
    }
    if (e.kind != EventKind::recv && e.kind != EventKind::drop) return;
    const auto flight = flights_.find(e.message.message.value);
    if (flight == flights_.end() || drawn_ == messages_max) return;
    ++drawn_;
    const bool arrived = e.kind == EventKind::recv;
    const std::uint64_t to = arrived ? e.node.raw : e.message.peer.raw;
    const std::int64_t x1 = x(flight->second.left), y1 = lane(flight->second.from);
    const std::int64_t x2 = x(e.time), y2 = arrived ? lane(to) : (y1 + lane(to)) / 2;
    arrows_ += fmt::format("<path class=\"{}\" d=\"M{} {}L{} {}\"/>\n", arrived ? "flight" : "flight lost",
                           x1, y1, x2, y2);
    if (!arrived)
      arrows_ += fmt::format("<path class=\"cross\" d=\"M{} {}l8 8m0 -8l-8 8\"/>\n", x2 - 4, y2 - 4);
    flights_.erase(flight);
  }

  void close_band(std::uint32_t n, Instant until) {
    const Node& node = nodes_[n];
    if (until < window_.from) return;
    const std::int64_t from = x(std::max(node.since, window_.from));
    const std::int64_t to = x(std::min(until, window_.to));
    if (to <= from) return;
    const std::int64_t y = lane(n) - band_height / 2;
    bands_ += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n",
                          !node.up          ? "down"
                          : node.role == 3u ? "leads"
                          : node.role == 0u ? "follows"
                                            : "runs",
                          from, y, to - from, band_height);
    if (to - from < 26) return;
    bands_ += fmt::format(
        "<text class=\"role\" x=\"{}\" y=\"{}\">{}</text>\n", from + 4, lane(n) + 4,
        node.up ? fmt::format("{} {}", role_letters[node.role % role_letters.size()], node.term) : "down");
  }

  std::string marks() const {
    const history::Violation* headline = result_.verdict.headline();
    if (headline == nullptr) return {};
    const std::int64_t at = x(headline->time);
    std::string out = fmt::format("<path class=\"violation\" d=\"M{} 20V{}\"/>\n", at,
                                  top + lane_height * timeline_.node_count());
    for (std::size_t i = 0; i < headline->evidence.size(); ++i) {
      const history::Evidence& line = headline->evidence[i];
      if (!line.node.is_node() || !inside(line.time)) continue;
      const std::int64_t y = lane(line.node.raw) - band_height;
      out += fmt::format(
          "<circle class=\"evidence\" cx=\"{}\" cy=\"{}\" r=\"8\"/><text class=\"number\" x=\"{}\" "
          "y=\"{}\">{}</text>\n",
          x(line.time), y, x(line.time), y + 4, i + 1);
    }
    return out;
  }

  const Timeline& timeline_;
  const history::RunResult& result_;
  const Opening& window_;
  std::vector<Node> nodes_;
  std::map<std::uint64_t, Flight> flights_;
  std::size_t drawn_ = 0;
  std::string bands_, arrows_;
};

}  // namespace

std::string picture_of(const Timeline& timeline, const history::RunResult& result, const Opening& window) {
  return Picture(timeline, result, window).draw();
}

}  // namespace raftsim::reports
