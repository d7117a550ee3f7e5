#include "core/batch_chain.hpp"

#include <algorithm>

#include "seam/check.hpp"

namespace raftsim::core {

bool BatchChain::goes_on_with(const Batch& batch) const {
  if (again_) return !to_come_.empty() && links_[to_come_.back()].hash == batch.hash;
  const Link& end = links_[end_];
  if (batch.link.previous_hash != end.hash) return false;
  const bool begins_segment = batch.link.offset == 0;
  return begins_segment ? batch.link.sequence > end.sequence : batch.link.sequence == end.sequence + 1;
}

void BatchChain::append(const Batch& batch) {
  CHECK(goes_on_with(batch));
  if (again_) {
    end_ = to_come_.back();
    to_come_.pop_back();
    return;
  }
  links_.push_back({batch.link.sequence, batch.hash, batch.link.segment, end_});
  end_ = links_.size() - 1;
}

void BatchChain::turn(const Batch& batch) {
  if (again_) return;
  const bool begins_segment = batch.link.offset == 0;
  if (begins_segment) {
    const auto follows = [&batch](const Link& link) {
      return link.hash == batch.link.previous_hash && link.sequence < batch.link.sequence;
    };
    const auto from = std::find_if(links_.rbegin(), links_.rend(), follows);
    if (from != links_.rend()) {
      turned_ = true;
      end_ = static_cast<std::size_t>(links_.rend() - from) - 1;
      return append(batch);
    }
  }
  // Within a segment the numbers have no gaps: one before it, which is missing, began this one.
  cut_before(batch.link.sequence - (begins_segment ? 0 : 1), batch.link.segment);
  if (batch.link.synced.sequence >= batch.link.sequence - 1)
    orphan_segment_ = std::max(orphan_segment_, batch.link.segment);
}

/// Of earlier segments than that.
void BatchChain::cut_before(std::uint64_t sequence, std::uint32_t segment) {
  while (end_ != 0 && links_[end_].segment < segment && links_[end_].sequence >= sequence) {
    turned_ = true;
    end_ = links_[end_].previous;
  }
}

void BatchChain::follow_again() {
  again_ = true;
  to_come_.clear();
  for (; end_ != 0; end_ = links_[end_].previous) to_come_.push_back(end_);
}

}  // namespace raftsim::core
