// Messages of the right form with any content, and often enough with content that a server believes.
#pragma once

#include <optional>
#include <vector>

#include "core/message.hpp"
#include "tests/fuzz/bytes_in.hpp"

namespace raftsim::core::fuzz {

/// What the receiver is at: numbers are drawn near it.
struct Around {
  Term term;
  Index last;
  Term last_term;
  Index commit;
};

/// Keeps what the message points into; valid until the next one.
class ConfusedPeer {
 public:
  const Message& speak(BytesIn& in, const Around& around);

 private:
  Message message_;
  std::vector<EntryRef> entries_;
};

}  // namespace raftsim::core::fuzz
