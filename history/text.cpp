#include "history/text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

namespace raftsim::history {
namespace {

struct LabelText {
  std::string operator()(const HardStateLabel& l) const {
    if (!l.vote) return fmt::format("term {}, no vote", l.term.value);
    return fmt::format("term {}, vote for n{}", l.term.value, l.vote->value);
  }
  std::string operator()(const EntriesLabel& l) const {
    return fmt::format("entries {}..{} up to term {}", l.first.value, l.last.value, l.last_term.value);
  }
  std::string operator()(const TruncateLabel& l) const {
    return fmt::format("no entries from {} on", l.from.value);
  }
  std::string operator()(const SnapshotLabel& l) const {
    return fmt::format("snapshot up to {} of term {}", l.index.value, l.term.value);
  }
};

struct Family {
  std::string_view name;
  EventKinds kinds;
};

using enum EventKind;
constexpr std::array<Family, 7> families{{
    {"all", EventKinds::all()},
    {"message", {send, depart, recv, drop, dup, hold, release, corrupt}},
    {"raft",
     {role, term, vote, EventKind::leader, append, truncate, commit, apply, snapshot, config, compact, note,
      lease, load}},
    {"disk", {write, sync, synced, disk_error, durable, lost, audit}},
    {"process", {boot, crash, restart, pause, resume, wipe, halt, timer_set, timer_fire, clock}},
    {"fault", {fault_begin, fault_end, phase, step_fired, check, violation, goal}},
    {"client", {invoke, ok, fail, info, reply}},
}};

std::optional<std::uint64_t> number_after(char letter, std::string_view text) {
  if (text.size() < 2 || text[0] != letter || (text[1] == '0' && text.size() > 2)) return std::nullopt;
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc{} || stop != end || number >= Endpoint::client_bit) return std::nullopt;
  return number;
}

}  // namespace

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string to_text(NodeId node) { return fmt::format("n{}", node.value); }

std::string to_text(Endpoint endpoint) {
  if (endpoint.is_world()) return "world";
  if (endpoint.is_client()) return fmt::format("c{}", endpoint.as_client());
  return to_text(endpoint.as_node());
}

std::string to_text(Instant time) {
  // Before the start there is nothing in a run, but a node's own clock may be behind.
  const auto ns = static_cast<std::uint64_t>(time.ns);
  const std::uint64_t us = (time.ns < 0 ? 0 - ns : ns) / 1'000;
  return fmt::format("{}{}.{:06}s", time.ns < 0 ? "-" : "", us / 1'000'000, us % 1'000'000);
}

std::string to_text(Duration duration) {
  struct Unit {
    std::int64_t ns;
    std::string_view name;
  };
  static constexpr std::array<Unit, 5> units{{{3'600'000'000'000, "h"},
                                              {60'000'000'000, "m"},
                                              {1'000'000'000, "s"},
                                              {1'000'000, "ms"},
                                              {1'000, "us"}}};
  if (duration.ns == 0) return "0ms";
  for (const Unit& unit : units)
    if (duration.ns % unit.ns == 0) return fmt::format("{}{}", duration.ns / unit.ns, unit.name);
  return fmt::format("{}ns", duration.ns);
}

std::string to_text(const NodeSet& nodes) {
  std::string text;
  for (const NodeId node : nodes) {
    if (!text.empty()) text += ' ';
    text += to_text(node);
  }
  return text;
}

std::string to_text(const Configuration& configuration) {
  std::string text = fmt::format("{{{}}}", to_text(configuration.voters));
  if (configuration.joint()) text += fmt::format(" and {{{}}}", to_text(configuration.voters_outgoing));
  if (!configuration.learners.empty()) text += fmt::format(" + {{{}}}", to_text(configuration.learners));
  return text;
}

std::string to_text(const Label& label) { return std::visit(LabelText{}, label); }

std::string to_text(const Operation& operation) {
  if (operation.kind == OperationKind::open_session) return "open session";
  const std::string text = fmt::format("{} {}", name(operation.kind), operation.key);
  const std::string value = history::quoted(operation.value);
  if (operation.kind == OperationKind::put) return fmt::format("{} = {}", text, value);
  if (operation.kind == OperationKind::append) return fmt::format("{} += {}", text, value);
  if (operation.kind != OperationKind::cas) return text;
  return fmt::format("{} {} -> {}", text,
                     operation.expected ? history::quoted(*operation.expected) : "absent", value);
}

std::optional<NodeId> node_named(std::string_view text) {
  const auto number = number_after('n', text);
  if (!number || *number == 0) return std::nullopt;
  return NodeId{*number};
}

std::optional<Endpoint> endpoint_named(std::string_view text) {
  if (text == "world") return Endpoint::world();
  if (const auto node = node_named(text)) return Endpoint::node(*node);
  if (const auto number = number_after('c', text))
    return Endpoint::client(static_cast<std::uint32_t>(*number));
  return std::nullopt;
}

std::string one_line(const Event& event, const Details& details) {
  return fmt::format("{}  {}  {}  {}", event.id.value, to_text(event.time), to_text(event.node),
                     in_words(event, details));
}

std::variant<EventKinds, std::string> kinds_named(std::string_view list) {
  EventKinds kinds;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view word = list.substr(0, comma);
    bool known = false;
    for (const Family& family : families) {
      if (family.name != word) continue;
      kinds = kinds | family.kinds;
      known = true;
    }
    if (const auto kind = named<EventKind>(word)) {
      kinds = kinds | EventKinds{*kind};
      known = true;
    }
    if (!known)
      return fmt::format(
          "no kind of event is called \"{}\"; there are: all message raft disk process fault client, {}",
          word, fmt::join(Names<EventKind>::table, " "));
    if (comma == std::string_view::npos) return kinds;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace raftsim::history
