// Predicates and targets as JSON, in a scenario's own form. Private to history/; run_info_json.hpp has the
// public face.
#pragma once

#include "history/json_fields.hpp"
#include "history/json_schema.hpp"
#include "history/predicate.hpp"

namespace raftsim::history {

template <class V, Is<Compare> X>
void fields(V& v, X& x) {
  v("eq", x.eq);
  v("ge", x.ge);
  v("le", x.le);
  v("gt", x.gt);
  v("lt", x.lt);
}

JsonOut encode(const Target& target);
JsonOut encode(const Predicate& predicate);
void decode(const JsonIn& j, Target& out, Trouble& trouble);
void decode(const JsonIn& j, Predicate& out, Trouble& trouble);
/// Both can hold themselves: references to a definition.
JsonOut schema_of(Type<Target>, const Schemas& schemas);
JsonOut schema_of(Type<Predicate>, const Schemas& schemas);

}  // namespace raftsim::history
