#include "history/writer.hpp"

#include "history/byte_sink.hpp"
#include "history/line_fields.hpp"

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
  const JsonOut scenario = json_or_text(header.scenario);
  HeaderLine line{header.tool, header.seed, {scenario}, hash_of_text(dump(scenario)), header.run, {}};
  for (const NodeInfo& node : header.run.nodes) line.nodes.push_back(node.id);
  return dump(encode(line));
}

std::string keyframe_line(const ClusterView& cluster, const Event& last) {
  return dump(encode(KeyframeLine{last.id, last.time, {cluster.nodes().begin(), cluster.nodes().end()}}));
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
  return dump(encode(EndLine{events, hash, without_host_data(result)}));
}

}  // namespace

class HistoryWriter::Impl {
 public:
  Impl(const std::string& path, const HistoryHeader& header, WriterOptions options)
      : sink_(path), cluster_(header.run.nodes_at_start()), options_(options) {
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
