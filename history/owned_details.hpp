// Details that outlive the call they came with: for recorders, readers and judges that keep evidence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "history/event.hpp"

namespace raftsim::history {

/// Invariant: view() of a copy made from `d` equals `d`, field by field.
struct OwnedDetails {
  std::vector<EventId> causes;
  std::optional<MessageView> message;
  std::vector<Label> labels;
  std::optional<Configuration> configuration;
  std::optional<Operation> operation;
  std::optional<OperationResult> result;
  std::vector<NodeId> nodes;
  std::string text;

  OwnedDetails() = default;
  explicit OwnedDetails(const Details& details);

  /// Valid until this object changes or goes.
  Details view() const;
  void clear();

  friend bool operator==(const OwnedDetails&, const OwnedDetails&) = default;
};

/// Whether there is anything in it: Event::has_details.
bool empty(const Details& details);

}  // namespace raftsim::history
