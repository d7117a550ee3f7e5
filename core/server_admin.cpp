// The server and its operators. Each request is answered at most once: at once where it is refused, else when
// it is done or known to have come to nothing.
#include <utility>

#include "core/server.hpp"
#include "core/server_steps.hpp"

namespace raftsim::core {

void Server::reply_why(ClientId client, RequestId id, ReplyKind kind, std::string_view reason, Effects& out) {
  const Slice bytes = out.put(reason);
  out.list.emplace_back(Reply{client, id, kind, Index{}, bytes, std::nullopt});
}

void Server::on(const Admin& admin, const raftsim::Input& input, Effects& out) {
  if (phase_ != Phase::serving) return reply(admin.client, admin.id, ReplyKind::busy, out);
  switch (admin.kind) {
    case AdminKind::timeout_now:
      return campaign_now(admin, input, out);
    case AdminKind::transfer:
      return transfer(admin, input, out);
    case AdminKind::add_voter:
      return change_members(admin, ChangeKind::add_voter, input, out);
    case AdminKind::add_learner:
      return change_members(admin, ChangeKind::add_learner, input, out);
    case AdminKind::remove:
      return change_members(admin, ChangeKind::remove, input, out);
    case AdminKind::promote:
      return change_members(admin, ChangeKind::promote, input, out);
    case AdminKind::replace:
      return change_members(admin, ChangeKind::replace, input, out);
    case AdminKind::take_snapshot:
      return take_snapshot(admin, out);
  }
  reply(admin.client, admin.id, ReplyKind::unsupported, out);
}

void Server::campaign_now(const Admin& admin, const raftsim::Input& input, Effects& out) {
  run_raft(CampaignNow{}, input, out);
  CHECK(output_.campaign.has_value());
  switch (*output_.campaign) {
    case CampaignOutcome::started:
      return reply(admin.client, admin.id, ReplyKind::ok, out);
    case CampaignOutcome::refused_leads_already:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "it leads already", out);
    case CampaignOutcome::refused_not_voter:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "it does not vote", out);
    case CampaignOutcome::refused_doubt_for_good:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "it may have lost its vote", out);
    case CampaignOutcome::refused_in_doubt:
      return reply_why(admin.client, admin.id, ReplyKind::busy, "it does not trust its disk yet", out);
    case CampaignOutcome::refused_no_space:
      return reply_why(admin.client, admin.id, ReplyKind::busy, "its disk is full", out);
    case CampaignOutcome::refused_promised:
      return reply_why(admin.client, admin.id, ReplyKind::busy, "it promised a leader not to", out);
  }
}

/// A transfer may end in the step in which it starts, so that who asked is noted first. Only one goes on at a
/// time: while it does, another is answered at once.
void Server::transfer(const Admin& admin, const raftsim::Input& input, Effects& out) {
  if (admin.nodes.size() != 1) {
    return reply_why(admin.client, admin.id, ReplyKind::refused, "a transfer names one server", out);
  }
  const bool another = transfer_.has_value();
  if (!another) transfer_ = PendingAdmin{admin.client, admin.id};
  run_raft(TransferLeadership{admin.nodes.front()}, input, out);
  CHECK(output_.transfer.has_value());
  if (*output_.transfer == TransferStart::started) return;
  if (!another) transfer_.reset();
  switch (*output_.transfer) {
    case TransferStart::started:
      return;
    case TransferStart::not_leader:
      return reply_not_leader(admin.client, admin.id, out);
    case TransferStart::busy:
      return reply_why(admin.client, admin.id, ReplyKind::busy, "a transfer is going on", out);
    case TransferStart::leads_already:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "it leads already", out);
    case TransferStart::not_voter:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "the target is no voter", out);
    case TransferStart::votes_no_more:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "the target has lost its vote for good",
                       out);
  }
}

/// `failed` tells that this request has come to nothing. A target that was told to campaign may yet do so.
void Server::transfer_ended(Effects& out) {
  CHECK(transfer_.has_value());
  const PendingAdmin asked = *transfer_;
  transfer_.reset();
  switch (*output_.transfer_ended) {
    case TransferEnd::done:
      return reply(asked.client, asked.id, ReplyKind::ok, out);
    case TransferEnd::aborted:
      return reply_why(asked.client, asked.id, ReplyKind::failed, "the target did not take over in time",
                       out);
    case TransferEnd::lost:
      return reply_why(asked.client, asked.id, ReplyKind::failed, "another server leads", out);
    case TransferEnd::target_left:
      return reply_why(asked.client, asked.id, ReplyKind::failed, "the target is no voter any more", out);
  }
}

/// A change may end in the step in which it starts, so that who asked is noted first. Only one goes on at a
/// time: while it does, another is answered at once.
void Server::change_members(const Admin& admin, ChangeKind kind, const raftsim::Input& input, Effects& out) {
  const bool another = change_.has_value();
  if (!another) change_ = PendingAdmin{admin.client, admin.id};
  run_raft(ChangeRequest{kind, admin.nodes}, input, out);
  CHECK(output_.change.has_value());
  if (output_.change->result == ChangeResult::started) return;
  if (!another) change_.reset();
  answer_change(PendingAdmin{admin.client, admin.id}, *output_.change, out);
}

/// With the leadership, the change is out of this server's hands: whether the next leader goes on with it
/// depends on how far it came. The operator may ask again.
void Server::follow_change(Effects& out) {
  if (output_.change_ended) {
    CHECK(change_.has_value());
    answer_change(*std::exchange(change_, std::nullopt), *output_.change_ended, out);
  }
  if (raft_.role() != Role::leader) change_.reset();
}

void Server::answer_change(const PendingAdmin& asked, const ChangeOutcome& outcome, Effects& out) {
  switch (outcome.result) {
    case ChangeResult::started:
      return;
    case ChangeResult::done:
      out.list.emplace_back(
          Reply{asked.client, asked.id, ReplyKind::ok, outcome.index, Slice{}, std::nullopt});
      return;
    case ChangeResult::not_leader:
      return reply_not_leader(asked.client, asked.id, out);
    case ChangeResult::busy:
      return reply_why(asked.client, asked.id, ReplyKind::busy, reason(outcome.why), out);
    case ChangeResult::refused:
      return reply_why(asked.client, asked.id, ReplyKind::refused, reason(outcome.why), out);
  }
}

}  // namespace raftsim::core
