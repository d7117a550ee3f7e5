#include "history/verdict.hpp"

namespace raftsim::history {

const Violation* Verdict::headline() const {
  for (const Violation& v : violations)
    if (history::info(v.id).property_class == PropertyClass::outcome) return &v;
  return violations.empty() ? nullptr : &violations.front();
}

const Violation* Verdict::first_broken() const {
  const Violation* first = nullptr;
  for (const Violation& v : violations)
    if (first == nullptr || v.event < first->event) first = &v;
  return first;
}

}  // namespace raftsim::history
