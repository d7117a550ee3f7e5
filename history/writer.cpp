#include "history/writer.hpp"

#include "history/byte_sink.hpp"
#include "history/cluster_view.hpp"
#include "history/json_fields.hpp"
#include "history/run_info_json.hpp"

namespace raftsim::history {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{256} << 10;

Hash128 hash_of_text(std::string_view text) {
  RollingHash hash;
  Event event;
  Details details;
  details.text = text;
  hash.add(event, details);
  return hash.digest();
}

JsonOut json_or_text(const std::string& text) {
  JsonOut json = JsonOut::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? JsonOut(text) : json;
}

std::string header_line(const HistoryHeader& header) {
  JsonOut json = JsonOut::object();
  json["format"] = history_format;
  json["tool"] = header.tool;
  json["seed"] = std::to_string(header.seed);
  const JsonOut scenario = json_or_text(header.scenario);
  json["scenario"] = scenario;
  json["scenario_hash"] = to_text(hash_of_text(dump(scenario)));
  json["run"] = json_or_text(to_json(header.run));
  json["nodes"] = JsonOut::array();
  for (const NodeInfo& node : header.run.nodes) json["nodes"].push_back(encode(node.id));
  return dump(json);
}

JsonOut node_json(const NodeState& node) {
  Encoder v;
  v("n", node.id);
  v("up", node.up);
  v("paused", node.paused);
  v("role", node.role);
  v("term", node.term);
  v("vote", node.vote);
  v("leader", node.leader);
  v("commit", node.commit);
  v("applied", node.applied);
  v("last", node.last);
  v("last_term", node.last_term);
  v("incarnation", node.incarnation);
  return v.take();
}

std::string keyframe_line(const ClusterView& cluster, const Event& last) {
  JsonOut json = JsonOut::object();
  json["k"] = "keyframe";
  json["i"] = last.id.value;
  json["t"] = last.time.ns;
  JsonOut nodes = JsonOut::array();
  for (const NodeState& node : cluster.nodes()) nodes.push_back(node_json(node));
  json["nodes"] = std::move(nodes);
  return dump(json);
}

RunResult without_host_data(RunResult result) {
  result.wall_ns = 0;
  result.cpu_ns = 0;
  result.peak_rss_kib = 0;
  result.report_path.clear();
  result.history_path.clear();
  return result;
}

std::string end_line(std::uint64_t events, Hash128 hash, const RunResult& result) {
  JsonOut json = JsonOut::object();
  json["k"] = "end";
  json["events"] = events;
  json["hash"] = to_text(hash);
  json["result"] = json_or_text(to_json(without_host_data(result)));
  return dump(json);
}

}  // namespace

class HistoryWriter::Impl {
 public:
  Impl(const std::string& path, const HistoryHeader& header, WriterOptions options)
      : sink_(path), cluster_(header.run.nodes.size()), options_(options) {
    buffer_.reserve(buffer_bytes + (buffer_bytes >> 2));
    add_line(header_line(header));
  }

  void add(const Event& event, const Details& details) {
    if (sink_.error()) return;
    append_json(event, details, buffer_);
    buffer_ += '\n';
    ++events_;
    cluster_.on_event(event, details);
    if (options_.keyframe_every && events_ % *options_.keyframe_every == 0)
      add_line(keyframe_line(cluster_, event));
    if (buffer_.size() >= buffer_bytes) flush();
  }

  std::optional<HistoryError> finish(Hash128 hash, const RunResult& result) {
    add_line(end_line(events_, hash, result));
    flush();
    sink_.commit();
    return sink_.error();
  }

  const std::optional<HistoryError>& error() const { return sink_.error(); }

 private:
  void add_line(const std::string& line) {
    buffer_ += line;
    buffer_ += '\n';
  }
  void flush() {
    sink_.write(buffer_);
    buffer_.clear();
  }

  ByteSink sink_;
  ClusterView cluster_;
  WriterOptions options_;
  std::string buffer_;
  std::uint64_t events_ = 0;
};

HistoryWriter::HistoryWriter(const std::string& path, const HistoryHeader& header, WriterOptions options)
    : impl_(std::make_unique<Impl>(path, header, options)) {}

HistoryWriter::~HistoryWriter() = default;

void HistoryWriter::on_event(const Event& event, const Details& details) { impl_->add(event, details); }

std::optional<HistoryError> HistoryWriter::finish(Hash128 hash, const RunResult& result) {
  return impl_->finish(hash, result);
}

const std::optional<HistoryError>& HistoryWriter::error() const { return impl_->error(); }

}  // namespace raftsim::history
