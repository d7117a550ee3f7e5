#include "reports/html.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <string_view>
#include <vector>

#include "history/text.hpp"
#include "reports/assets.hpp"
#include "reports/payload.hpp"
#include "reports/picture.hpp"
#include "reports/verdict_text.hpp"
#include "reports/words.hpp"
#include "seam/check.hpp"

namespace raftsim::reports {

namespace {

/// zlib's windowBits for the largest window with a gzip header and trailer.
constexpr int gzip_window_bits = 15 + 16;

std::vector<std::uint8_t> gzipped(const std::vector<std::uint8_t>& plain) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window_bits, 9, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::vector<std::uint8_t> out(deflateBound(&stream, static_cast<uLong>(plain.size())));
  // zlib counts input in 32 bits; a report's payload is far below (2 M events are some 40 MB).
  CHECK(plain.size() < 0xFFFF'FFFFu);
  stream.next_in = const_cast<Bytef*>(plain.data());  // zlib's signature; it only reads
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  CHECK(deflateEnd(&stream) == Z_OK);
  return out;
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = std::uint32_t{bytes[i]} << 16;
    if (have > 1) group |= std::uint32_t{bytes[i + 1]} << 8;
    if (have > 2) group |= bytes[i + 2];
    for (std::size_t k = 0; k < 4; ++k) out += k <= have ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

/// Evidence as an ordered list: what a reader without JavaScript clicks nothing in, but can follow.
std::string story_markup(const history::RunResult& result) {
  const history::Violation* headline = result.verdict.headline();
  if (headline == nullptr || headline->evidence.empty()) return {};
  std::string out = "<ol class=\"story\">\n";
  for (const history::Evidence& line : headline->evidence)
    out += fmt::format("<li><b>{}</b> {} <i>event {}</i> {} <small>{}</small></li>\n",
                       history::to_text(line.time), history::to_text(line.node), line.event.value,
                       escaped(line.what), escaped(line.remark));
  return out + "</ol>\n";
}

std::string title_of(const history::RunResult& result, const ReportContext& context) {
  return context.text.empty() ? verdict_line(result) : context.text.substr(0, context.text.find('\n'));
}

std::string static_part(const Timeline& timeline, const history::RunResult& result,
                        const ReportContext& context) {
  TextOptions options;
  options.detail = Detail::full;
  options.reproduce = context.reproduce;
  options.version = context.version;
  const std::string note = context.note.empty() ? "" : fmt::format("<p>{}</p>\n", escaped(context.note));
  return fmt::format("<main id=\"static\">\n<h1>{}</h1>\n{}{}{}<pre>{}</pre>\n</main>\n",
                     escaped(title_of(result, context)), note, story_markup(result),
                     picture_of(timeline, result, opening_of(timeline, result)),
                     escaped(context.text.empty() ? verdict_text(result, options) : context.text));
}

}  // namespace

std::string html_report(const Timeline& timeline, const history::RunResult& result,
                        const ReportContext& context) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'sha256-{}'; "
      "style-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n",
      assets::script_sha256, assets::style_sha256);
  out +=
      "<meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"color-scheme\" "
      "content=\"light dark\">\n";
  out += fmt::format("<title>{}</title>\n", escaped(title_of(result, context)));
  out += fmt::format("<style>{}</style>\n</head>\n<body>\n", assets::style());
  out += static_part(timeline, result, context);
  // A data block: its type is no script type, so it is never run.
  out += "<script id=\"payload\" type=\"application/gzip\">";
  out += base64(gzipped(payload_of(timeline, result, context)));
  out += "</script>\n<script>";
  out += assets::script();
  out += "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace raftsim::reports
