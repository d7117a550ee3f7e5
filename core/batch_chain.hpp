// Which of the batches on a disk follow which (disk_format.hpp), as far as their headers tell.
//
// Whoever starts begins a new segment, and its first batch names the one with which the chain ended then. So
// of several batches that follow the same one the last counts: what stands behind that one in earlier
// segments is passed over, for it was not there, or was not read, when the later segment was begun. (A disk
// that reads a batch wrong once makes a start cut the chain before it; later its remains read well again.)
//
// Where the first batch of a segment is itself missing, or names one that is, nobody can say where that
// segment stands. But it does not stand behind batches of its own numbers, or later ones: those of earlier
// segments are remains, and the chain ends before them. How much of what is left was still there when the
// segment was begun is not known; all of it once was the server's log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/disk_format.hpp"

namespace raftsim::core {

/// Fed with the intact batches in order of place; and if that turned it, once more.
class BatchChain {
 public:
  /// What stands before the first batch.
  void begin(std::uint64_t sequence, std::uint64_t hash) { links_ = {{sequence, hash, 0, 0}}; }

  /// Of its end.
  std::uint64_t sequence() const { return links_[end_].sequence; }
  std::uint64_t hash() const { return links_[end_].hash; }
  bool at_start() const { return end_ == 0; }

  /// Whether the batch is the next one. Its predecessor's hash says so; the number is the next one, too, but
  /// for the first batch after damage, which begins a segment and passes over what was lost.
  bool goes_on_with(const Batch& batch) const;
  /// Precondition: goes_on_with(batch).
  void append(const Batch& batch);
  /// A batch with which it does not go on may tell that it ends elsewhere, or goes on from there.
  void turn(const Batch& batch);

  /// It did: who took what it went on with before has to begin again.
  bool turned() const { return turned_; }
  /// Back to the beginning. From here on it goes on with the batches that it consists of now, and no others.
  void follow_again();

  /// A later segment than that of the end tells of a batch that was durable, and is missing.
  bool lost_behind() const { return orphan_segment_ > links_[end_].segment; }

 private:
  struct Link {
    std::uint64_t sequence = 0;
    std::uint64_t hash = 0;
    std::uint32_t segment = 0;
    std::size_t previous = 0;  ///< the one that it follows; less than its own position
  };
  void cut_before(std::uint64_t sequence, std::uint32_t segment);

  /// All that ever were in the chain. The first is what stands before it.
  std::vector<Link> links_ = std::vector<Link>(1);
  std::size_t end_ = 0;
  bool turned_ = false;
  /// The last with a batch that follows a durable one which is missing; 0: none.
  std::uint32_t orphan_segment_ = 0;

  /// Second reading: the links from the last to the first that are to come.
  bool again_ = false;
  std::vector<std::size_t> to_come_;
};

}  // namespace raftsim::core
