#include "history/owned_details.hpp"

namespace raftsim::history {

OwnedDetails::OwnedDetails(const Details& details)
    : causes(details.causes.begin(), details.causes.end()),
      labels(details.labels.begin(), details.labels.end()),
      nodes(details.nodes.begin(), details.nodes.end()),
      text(details.text) {
  if (details.message != nullptr) message = *details.message;
  if (details.configuration != nullptr) configuration = *details.configuration;
  if (details.operation != nullptr) operation = *details.operation;
  if (details.result != nullptr) result = *details.result;
}

Details OwnedDetails::view() const {
  Details d;
  d.causes = causes;
  d.message = message ? &*message : nullptr;
  d.labels = labels;
  d.configuration = configuration ? &*configuration : nullptr;
  d.operation = operation ? &*operation : nullptr;
  d.result = result ? &*result : nullptr;
  d.nodes = nodes;
  d.text = text;
  return d;
}

void OwnedDetails::clear() {
  causes.clear();
  message.reset();
  labels.clear();
  configuration.reset();
  operation.reset();
  result.reset();
  nodes.clear();
  text.clear();
}

bool empty(const Details& details) {
  return details.causes.empty() && details.message == nullptr && details.labels.empty() &&
         details.configuration == nullptr && details.operation == nullptr && details.result == nullptr &&
         details.nodes.empty() && details.text.empty();
}

}  // namespace raftsim::history
