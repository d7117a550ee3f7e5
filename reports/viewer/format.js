// Numbers as people read them.

/** Seconds with six decimals, as in the verdict. @param {number} ns */
export function seconds(ns) {
  const us = Math.floor(ns / 1000);
  return `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}s`;
}

/** A span in the unit that suits it. @param {number} ns */
export function span(ns) {
  if (Math.abs(ns) < 1e3) return `${ns}ns`;
  if (Math.abs(ns) < 1e6) return `${+ (ns / 1e3).toFixed(1)}µs`;
  if (Math.abs(ns) < 1e9) return `${+ (ns / 1e6).toFixed(2)}ms`;
  return `${+ (ns / 1e9).toFixed(3)}s`;
}

/**
 * A tick of the time axis, with as many decimals as the distance of two ticks needs.
 * @param {number} ns @param {number} step
 */
export function tick(ns, step) {
  const decimals = Math.max(0, Math.min(9, Math.ceil(9 - Math.log10(step) - 1e-9)));
  return `${(ns / 1e9).toFixed(decimals)}s`;
}

/** @param {number} n */
export function count(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, ','); }

/** `3.41`, `3.41s`, `12ms` as nanoseconds; null where it is none. @param {string} text */
export function parseTime(text) {
  const match = /^([0-9]+(?:\.[0-9]+)?)(s|ms|us|µs|ns)?$/.exec(text.trim());
  if (!match) return null;
  const unit = {s: 1e9, ms: 1e6, us: 1e3, 'µs': 1e3, ns: 1}[match[2] || 's'];
  return Number(match[1]) * /** @type {number} */ (unit);
}

/** Place numbers of the payload: 0 the world, even nodes, odd clients. @param {number} place */
export function placeName(place) {
  if (place === 0) return 'world';
  return place % 2 === 0 ? `n${place / 2}` : `c${(place - 1) / 2}`;
}
