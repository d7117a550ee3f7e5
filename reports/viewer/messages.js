// Messages as arrows between lanes; above some thousands, as ribbons of density per pair of nodes.
import {shortWords} from './describe.js';
import {FATE, REASONS} from './flights.js';
import {placeName} from './format.js';
import {FONT} from './lanes.js';

/** More arrows than this say nothing one by one, and cost more than a frame. */
const ARROWS_MAX = 3000;
const RIBBON_BIN = 6;
/** Up to so many in view, each lost one says why; up to so many, each says what it is. */
const REASONS_MAX = 120;
const LABELS_MAX = 24;

/**
 * @typedef {import('./paint.js').Paint} Paint
 * @typedef {import('./view.js').View} View
 * @typedef {import('./hits.js').Hits} Hits
 */

/**
 * Where a flight is drawn from and to. One that never arrived ends on the way, with the slant of a usual one.
 */
function ends(view, flights, i) {
  const y1 = edge(view, flights.from[i], flights.to[i]);
  const y2 = edge(view, flights.to[i], flights.from[i]);
  const x1 = view.x(flights.left[i]);
  let x2 = view.x(flights.ended[i]);
  if (flights.fate[i] === FATE.delivered) return [x1, y1, x2, y2];
  const slant = view.axis === 'time' ? flights.typical * view.per : 12;
  // Its end stands in the gap beside the sender's lane, farther out the farther it was to go: no band covers
  // it, and what was lost at one moment on several links stays apart.
  const way = Math.abs(y2 - y1);
  const hops = Math.max(1, Math.round(way / view.lane));
  const share = Math.min(0.45, (view.lane * (0.2 + 0.11 * Math.min(hops, 5))) / Math.max(way, 1));
  x2 = Math.max(x2, x1 + share * slant);
  return [x1, y1, x2, y1 + share * (y2 - y1)];
}

/** The side of a lane's band that faces another lane. */
function edge(view, place, other) {
  const y = view.y(place);
  if (place === 0 || place % 2 === 1) return y;
  return view.y(other) > y ? y + view.band / 2 : y - view.band / 2;
}

/**
 * @param {Paint} paint @param {View} view @param {Hits} hits @param {Set<number>} hidden types
 * @param {Set<number>} causal flights that are drawn thick, whatever the rest
 * @returns {{shown: number, ribbons: boolean}}
 */
export function drawMessages(paint, view, hits, hidden, causal) {
  const flights = view.model.flights;
  const visible = [];
  flights.within(view.first_row, view.last_row, (i) => {
    if (!hidden.has(flights.type[i]) || causal.has(i)) visible.push(i);
  });
  const ribbons = visible.length > ARROWS_MAX;
  if (ribbons) drawRibbons(paint, view, visible);
  const c = paint.context;
  const faint = visible.length > 400 ? 0.45 : 0.8;
  const special =
      visible.filter((i) => causal.has(i) || flights.fate[i] !== FATE.delivered || flights.twin[i]);
  const list = ribbons ? special.slice(0, ARROWS_MAX) : visible;
  for (const i of list) {
    if (causal.has(i)) continue;
    c.globalAlpha = flights.empty[i] ? faint * 0.5 : faint;
    drawOne(paint, view, hits, i, 1.2, visible.length < REASONS_MAX);
  }
  c.globalAlpha = 1;
  if (visible.length <= LABELS_MAX)
    for (const i of visible) label(paint, view, i);
  return {shown: visible.length, ribbons};
}

/** @param {Paint} paint @param {View} view @param {Hits} hits @param {Set<number>} causal */
export function drawCausal(paint, view, hits, causal) {
  for (const i of causal) drawOne(paint, view, hits, i, 3, true);
}

/** What the message says, beside its arrow: only where there are few. */
function label(paint, view, i) {
  const [x1, y1, x2, y2] = ends(view, view.model.flights, i);
  // In the gap beside the sender's lane: on long arrows no band of another node may cover it.
  const share = Math.min(0.36, (view.lane * 0.38) / Math.max(Math.abs(y2 - y1), 1));
  const x = x1 + (x2 - x1) * share;
  const c = paint.context;
  c.font = FONT;
  const text = shortWords(view.model, view.model.flights.issued[i]);
  if (x < view.left || x + c.measureText(text).width > view.right) return;
  paint.caption(text, x + 6, y1 + (y2 - y1) * share, paint.type(view.model.flights.type[i]));
}

/** @param {boolean} words whether there is room for the reason of a loss */
function drawOne(paint, view, hits, i, width, words) {
  const flights = view.model.flights;
  const c = paint.context;
  const [x1, y1, x2, y2] = ends(view, flights, i);
  if (x2 < view.left || x1 > view.right) return;
  const colour = paint.type(flights.type[i]);
  const delivered = flights.fate[i] === FATE.delivered;
  hits.line(x1, y1, x2, y2, delivered ? flights.ended[i] : flights.issued[i]);
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = width;
  if (!delivered) c.setLineDash([5, 3]);
  c.beginPath();
  if (flights.issued[i] !== flights.left[i]) {
    // It waited for the disk: a stub along the sender's band.
    c.moveTo(view.x(flights.issued[i]), y1);
    c.lineTo(x1, y1);
  } else {
    c.moveTo(x1, y1);
  }
  c.lineTo(x2, y2);
  c.stroke();
  c.setLineDash([]);
  if (delivered) {
    paint.head(x1, y1, x2, y2, 6 + width);
    if (flights.twin[i]) paint.head(x1, y1, x2 - (x2 - x1) * 0.06, y2 - (y2 - y1) * 0.06, 6 + width);
    return;
  }
  if (flights.fate[i] === FATE.pending) return;
  c.globalAlpha = 1;
  paint.cross(x2, y2, 4, colour);
  if (words) {
    c.font = FONT;
    const why = `${placeName(flights.to[i])}: ${REASONS[flights.reason[i]] || 'dropped'}`;
    paint.caption(why, x2 + 7, y2, colour);
  }
}

/** Per pair of nodes, type and bin of pixels: the darker the more messages. */
function drawRibbons(paint, view, visible) {
  const flights = view.model.flights;
  const bins = Math.ceil((view.right - view.left) / RIBBON_BIN) + 1;
  /** @type {Map<number, {from: number, to: number, type: number, counts: Uint32Array}>} */
  const pairs = new Map();
  let most = 1;
  for (const i of visible) {
    if (flights.fate[i] !== FATE.delivered) continue;
    const [from, to] = [flights.from[i], flights.to[i]];
    if (from === 0 || to === 0 || from % 2 || to % 2) continue;
    const key = (from * 65536 + to) * 16 + flights.type[i];
    let pair = pairs.get(key);
    if (!pair) pairs.set(key, (pair = {from, to, type: flights.type[i], counts: new Uint32Array(bins)}));
    const bin = Math.floor((view.x(flights.left[i]) - view.left) / RIBBON_BIN);
    if (bin < 0 || bin >= bins) continue;
    most = Math.max(most, ++pair.counts[bin]);
  }
  const c = paint.context;
  for (const pair of pairs.values()) {
    const y1 = edge(view, pair.from, pair.to);
    const y2 = edge(view, pair.to, pair.from);
    c.strokeStyle = paint.type(pair.type);
    c.lineWidth = RIBBON_BIN * 0.55;
    for (let bin = 0; bin < bins; bin++) {
      if (!pair.counts[bin]) continue;
      c.globalAlpha = 0.06 + 0.34 * Math.sqrt(pair.counts[bin] / most);
      const x = view.left + bin * RIBBON_BIN + (pair.from < pair.to ? 1 : RIBBON_BIN / 2);
      c.beginPath();
      c.moveTo(x, y1);
      c.lineTo(x + 2, y2);
      c.stroke();
    }
  }
  c.globalAlpha = 1;
}
