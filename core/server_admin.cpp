// The server and its operators. Each request is answered at most once: at once where it is refused, else when
// it is done or known to have come to nothing.
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
    case AdminKind::add_learner:
    case AdminKind::remove:
    case AdminKind::promote:
    case AdminKind::replace:
      break;
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
    case CampaignOutcome::refused_promised:
      return reply_why(admin.client, admin.id, ReplyKind::busy, "it promised a leader not to", out);
  }
}

void Server::transfer(const Admin& admin, const raftsim::Input& input, Effects& out) {
  if (admin.nodes.size() != 1) {
    return reply_why(admin.client, admin.id, ReplyKind::refused, "a transfer names one server", out);
  }
  run_raft(TransferLeadership{admin.nodes.front()}, input, out);
  CHECK(output_.transfer.has_value());
  switch (*output_.transfer) {
    case TransferStart::started:
      transfer_ = PendingAdmin{admin.client, admin.id};
      return;
    case TransferStart::not_leader:
      return reply_not_leader(admin.client, admin.id, out);
    case TransferStart::busy:
      return reply_why(admin.client, admin.id, ReplyKind::busy, "a transfer is going on", out);
    case TransferStart::leads_already:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "it leads already", out);
    case TransferStart::not_voter:
      return reply_why(admin.client, admin.id, ReplyKind::refused, "the target is no voter", out);
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
  }
}

}  // namespace raftsim::core
