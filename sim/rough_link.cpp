#include "sim/rough_link.hpp"

#include <algorithm>

namespace raftsim::sim {

void damage(std::span<std::byte> bytes, std::uint64_t draw) {
  const std::uint64_t bits = bytes.size() * 8;
  if (bits == 0) return;
  const std::uint64_t first = scale_draw(draw & 0xFFFF'FFFF'0000'0000ULL, bits);
  const std::uint32_t pattern = static_cast<std::uint32_t>(draw) | 1u;
  for (std::uint64_t i = 0; i < 32 && first + i < bits; ++i) {
    if ((pattern >> i & 1) == 0) continue;
    const std::uint64_t bit = first + i;
    bytes[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
  }
}

void RoughLink::Draws::follow(std::uint64_t ordinal) {
  for (Stream* s : {&corrupt, &bits, &replay, &replay_delay, &clog, &clog_duration}) s->follow(ordinal);
}

RoughLink::Draws& RoughLink::draws(MessageType type) {
  std::unique_ptr<Draws>& d = draws_[static_cast<std::size_t>(type)];
  if (d != nullptr) return *d;
  const auto open = [&](Purpose purpose) {
    return decisions_.open({purpose, from_.raw, to_.raw, static_cast<std::uint32_t>(type)});
  };
  d = std::make_unique<Draws>(Draws{open(Purpose::message_corrupt), open(Purpose::corrupt_bits),
                                    open(Purpose::message_replay), open(Purpose::replay_delay),
                                    open(Purpose::link_clog), open(Purpose::clog_duration)});
  return *d;
}

}  // namespace raftsim::sim
