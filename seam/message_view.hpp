// What a message means, as System::describe tells it: kept with the message, called once per send.
#pragma once

#include <cstdint>
#include <vector>

#include "seam/types.hpp"

namespace raftsim {

enum class MessageType : std::uint8_t {
  unknown,
  request_vote,
  request_vote_resp,
  pre_vote,
  pre_vote_resp,
  append_entries,
  append_entries_resp,
  install_snapshot,
  install_snapshot_resp,
  timeout_now,
  read_index,
  read_index_resp,
  client_request,  ///< between a client and a server; never described
  client_reply,
};

inline constexpr int message_types = static_cast<int>(MessageType::client_reply) + 1;

struct MessageEntry {
  Index index;
  Term term;
  std::uint64_t hash = 0;  ///< as EntryView::hash
  friend bool operator==(const MessageEntry&, const MessageEntry&) = default;
};

struct MessageView {
  MessageType type = MessageType::unknown;
  /// The sender's term; of a pre-vote request, the term it would campaign for.
  Term term;
  /// AppendEntries: previous index and term. (Pre)RequestVote: the candidate's last index and term.
  /// InstallSnapshot: last included index and term.
  Index previous_index;
  Term previous_term;
  /// AppendEntries: leader's commit. Of a refused append response: the conflict hint's index.
  Index commit;
  /// A response's yes or no: vote granted, append succeeded, all that the snapshot covers is there (until
  /// then, InstallSnapshotResp answers pieces of it and promises nothing).
  bool granted = false;
  /// AppendEntriesResp, granted InstallSnapshotResp: the index up to which the follower's log matches,
  /// a snapshot that covers it being as good as the entries. ReadIndexResp: the read index.
  Index match;
  /// What a response answers to: the round of a heartbeat (or of an InstallSnapshot, which takes its place),
  /// a read's number.
  std::uint64_t context = 0;
  std::vector<MessageEntry> entries;

  friend bool operator==(const MessageView&, const MessageView&) = default;
};

}  // namespace raftsim
