// What stands still on the canvas: axis, faults, clients, the band of each node with its ticks.
import {faultWords, operationWords} from './describe.js';
import {placeName, tick} from './format.js';
import {ROLE} from './lives.js';
import {range} from './view.js';

const LETTERS = ['F', 'P', 'C', 'L', 'N'];
export const FONT = '11px system-ui, sans-serif';
const NUMBERS = '10px ui-monospace, "DejaVu Sans Mono", monospace';

/**
 * @typedef {import('./paint.js').Paint} Paint
 * @typedef {import('./view.js').View} View
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./hits.js').Hits} Hits
 */

/** @param {Paint} paint @param {View} view */
export function drawAxis(paint, view) {
  const c = paint.context;
  const ticks = view.scale.ticks(Math.max(2, Math.floor((view.right - view.left) / 110)));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1e9;
  c.font = FONT;
  c.textAlign = 'center';
  for (const value of ticks) {
    const x = Math.round(view.scale(value)) + 0.5;
    c.strokeStyle = paint.line;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x, view.faults_top);
    c.lineTo(x, view.bottom);
    c.stroke();
    const label = view.axis === 'time'          ? tick(value, step) :
        value % 1 === 0 && value < view.model.n ? `#${view.model.id[value]}` :
                                                  '';
    // Near the edges the label moves inwards: the gutter would hide half of it.
    const half = c.measureText(label).width / 2;
    paint.text(
        label, Math.max(view.left + half, Math.min(view.right - half, x)), view.faults_top - 8, paint.faint);
  }
  c.textAlign = 'left';
}

/**
 * Labels in the gutter, drawn last so that nothing runs under them. @param {Paint} paint @param {View} view
 */
export function drawGutter(paint, view) {
  const c = paint.context;
  c.fillStyle = paint.ground;
  c.fillRect(0, 0, view.left - 1, view.height);
  c.font = FONT;
  paint.text(view.axis === 'time' ? 'time' : 'event', 8, view.faults_top - 8, paint.faint);
  if (view.model.run.nodes) paint.text('faults', 8, view.faults_top + 10, paint.faint);
  if (view.client_step >= 11)
    view.first_in_lane.slice(0, view.client_rows)
        .forEach(
            (client) => paint.text(`c${client}${view.lanes_shared ? ' …' : ''}`, 10, view.y(2 * client + 1)));
  if (view.clients_height && view.model.run.nodes)
    paint.text('clients', 8, view.clients_top + 10, paint.faint);
  c.font = 'bold 14px system-ui, sans-serif';
  for (let k = 1; k <= view.model.run.nodes; k++) paint.text(`n${k}`, 10, view.y(2 * k));
  c.strokeStyle = paint.line;
  c.beginPath();
  for (const y of [view.faults_top, view.clients_top, view.nodes_top]) {
    c.moveTo(0, Math.round(y) + 0.5);
    c.lineTo(view.right, Math.round(y) + 0.5);
  }
  c.stroke();
}

/** @param {Paint} paint @param {View} view @param {Hits} hits */
export function drawFaults(paint, view, hits) {
  const c = paint.context;
  c.font = FONT;
  view.model.lives.faults.forEach((fault, i) => {
    const {row, moment} = view.fault_rows[i];
    const x1 = view.clip(view.x(fault.from));
    const x2 = moment ? x1 + 3 : view.clip(view.x(fault.to));
    if (x2 < view.left || x1 > view.right) return;
    const y = view.faults_top + 4 + row * 16;
    const name = view.model.names.faults[fault.cls];
    const words = moment || !fault.text ? fault.nodes : fault.text;
    const label = faultWords(name, words);
    if (moment) {
      c.fillStyle = paint.warn;
      c.fillRect(x1 - 1, y, 3, 14);
      hits.box(x1 - 3, y, x1 + 60, y + 14, fault.from);
      paint.text(label, x1 + 5, y + 7, paint.warn);
      return;
    }
    c.fillStyle = paint.pattern('/', paint.panel, paint.line);
    c.fillRect(x1, y, Math.max(x2 - x1, 2), 14);
    c.fillStyle = paint.warn;
    c.fillRect(x1, y, 3, 14);
    hits.box(x1, y, Math.max(x2, x1 + 4), y + 14, fault.from);
    c.save();
    c.beginPath();
    c.rect(x1, y, Math.max(x2 - x1, 4), 14);
    c.clip();
    paint.caption(label, Math.max(x1, view.left) + 6, y + 7, paint.ink);
    c.restore();
    if (!isSteady(name)) shade(paint, view, x1, x2);
  });
}

const isSteady = (name) => /^(message_|clock_|disk_|set_link)/.test(name);

/** A fault that divides or stops something shades the lanes below it. */
function shade(paint, view, x1, x2) {
  const c = paint.context;
  c.globalAlpha = 0.07;
  c.fillStyle = paint.warn;
  c.fillRect(x1, view.nodes_top, x2 - x1, view.bottom - view.nodes_top);
  c.globalAlpha = 1;
}

/** @param {Paint} paint @param {View} view @param {Hits} hits */
export function drawClients(paint, view, hits) {
  if (!view.clients_height) return;
  const c = paint.context;
  const alone = !view.model.run.nodes;
  const height = Math.max(1.5, alone ? Math.min(view.client_step - 2, 20) : view.client_step - 2);
  const marked = alone ? evidenceRows(view.model) : new Set();
  const colours = {ok: paint.good, fail: paint.warn, info: paint.faint, open: paint.faint};
  /**
   * @type {Map<number, number>} Where the last bar of a client's row ended: bars under a pixel are not
   *     repeated.
   */
  const drawn = new Map();
  for (const operation of view.model.lives.operations) {
    if (operation.from > view.last_row) break;
    if (operation.to < view.first_row) continue;
    const x1 = view.clip(view.x(operation.from));
    const x2 = Math.max(view.clip(view.x(operation.to)), x1 + 1.5);
    const y = view.y(operation.client * 2 + 1) - height / 2;
    const told = marked.has(operation.from) || (operation.outcome !== 'open' && marked.has(operation.to));
    if (operation.outcome === 'ok' && !told && (drawn.get(y) || 0) >= x2 - 0.5) continue;
    drawn.set(y, x2);
    c.fillStyle = c.strokeStyle = colours[operation.outcome];
    if (operation.outcome === 'ok') {
      c.fillRect(x1, y, x2 - x1, height);
    } else if (operation.outcome === 'fail') {
      c.lineWidth = 1;
      c.strokeRect(x1 + 0.5, y + 0.5, Math.max(x2 - x1 - 1, 1), Math.max(height - 1, 1));
    } else {
      c.fillStyle = paint.pattern('/', paint.ground, colours[operation.outcome]);
      c.fillRect(x1, y, x2 - x1, height);
    }
    hits.box(x1, y - 1, x2, y + height + 1, operation.from);
    if (alone) nameOperation(paint, view, operation, {x1, x2, y, height, told});
  }
}

/** The rows of what the violation names. @param {Model} model */
function evidenceRows(model) {
  const {run, verdict} = model;
  if (run.headline === null) return new Set();
  return new Set(verdict.violations[run.headline].evidence.map((line) => model.rowOf(line.event)));
}

/** What a bar stands for, where there is room; a frame, where the violation names it. */
function nameOperation(paint, view, operation, {x1, x2, y, height, told}) {
  const c = paint.context;
  if (told) {
    c.strokeStyle = paint.bad;
    c.lineWidth = 2;
    c.strokeRect(x1 - 1, y - 1, x2 - x1 + 2, height + 2);
  }
  if (height < 12 || x2 - x1 < 34) return;
  c.save();
  c.beginPath();
  c.rect(x1, y, x2 - x1, height);
  c.clip();
  c.font = FONT;
  const words = operationWords(view.model, operation);
  paint.caption(words, Math.max(x1, view.left) + 4, y + height / 2 + 0.5, paint.ink);
  c.restore();
}

/** @param {Paint} paint @param {import('./lives.js').Stretch} stretch */
function fillOf(paint, stretch) {
  if (!stretch.up) return paint.pattern('x', paint.ground, paint.line);
  const soft = paint.term(stretch.term, 'soft');
  const strong = paint.term(stretch.term, 'strong');
  if (stretch.paused) return paint.pattern('|', soft, paint.faint);
  switch (stretch.role) {
    case ROLE.leader:
      return strong;
    case ROLE.candidate:
      return paint.pattern('/', soft, strong);
    case ROLE.preCandidate:
      return paint.pattern('.', soft, strong);
    case ROLE.learner:
      return paint.pattern('|', soft, strong);
    default:
      return soft;
  }
}

/** @param {Paint} paint @param {View} view @param {Hits} hits */
export function drawBands(paint, view, hits) {
  const c = paint.context;
  for (let k = 1; k <= view.model.run.nodes; k++) {
    const y = view.y(2 * k) - view.band / 2;
    let labelled = -Infinity;
    for (const stretch of view.model.lives.nodes[k].stretches) {
      const x1 = Math.max(view.x(stretch.from), view.left);
      const x2 = Math.min(view.x(stretch.to), view.right);
      if (x2 < view.left || x1 > view.right) continue;
      c.fillStyle = fillOf(paint, stretch);
      c.fillRect(x1, y, Math.max(x2 - x1, 1), view.band);
      hits.box(x1, y, x2, y + view.band, stretch.from);
      if (x2 - x1 < 26 || x1 < labelled) continue;
      const text = stretch.up ?
          `${LETTERS[stretch.role] || '?'} ${stretch.term}${stretch.paused ? ' paused' : ''}` :
          'down';
      c.font = stretch.role === ROLE.leader && stretch.up ? 'bold 12px system-ui, sans-serif' : FONT;
      labelled = x1 + 6 + paint.caption(text, x1 + 5, y + view.band / 2 + 0.5, paint.ink);
    }
    drawUnsynced(paint, view, k, y);
    drawTicks(paint, view, k, y + view.band, hits);
  }
}

/** A strip on the band's upper edge while something written is not durable. */
function drawUnsynced(paint, view, k, y) {
  const c = paint.context;
  c.fillStyle = paint.warn;
  let drawn = -Infinity;
  for (const [from, to] of view.model.lives.nodes[k].unsynced) {
    if (to < view.first_row) continue;
    if (from > view.last_row) break;
    const x1 = Math.max(view.x(from), view.left);
    const x2 = Math.min(Math.max(view.x(to), x1 + 1), view.right);
    if (x2 < drawn + 0.5) continue;
    drawn = x2;
    c.fillRect(x1, y - 3, x2 - x1, 3);
  }
}

/** Commits below the band, with their index where there is room; applied entries below them. */
function drawTicks(paint, view, k, y, hits) {
  const c = paint.context;
  const life = view.model.lives.nodes[k];
  const rows = [life.commits, life.applies];
  c.font = NUMBERS;
  for (const applied of [0, 1]) {
    const list = rows[applied];
    const [first, end] = range(list, view.first_row, view.last_row);
    let last = -Infinity;
    // Where ticks crowd, their numbers would be noise.
    let label = (end - first) * 20 > view.right - view.left || view.lane < 60 ? Infinity : -Infinity;
    for (let i = first; i < end; i++) {
      const x = view.x(list[i]);
      if (x < last + 1.5) continue;
      last = x;
      c.fillStyle = applied ? paint.faint : paint.accent;
      c.fillRect(x, y + 1 + applied * 6, 1.5, applied ? 4 : 5);
      if (applied) continue;
      hits.point(x, y + 3, list[i]);
      if (x < label) continue;
      const text = String(view.model.field(list[i], 'commit.commit'));
      paint.text(text, x + 3, y + 8, paint.faint);
      label = x + 12 + c.measureText(text).width;
    }
  }
}

/** @param {Paint} paint @param {View} view @param {number} row */
export function drawSelection(paint, view, row) {
  if (row < 0) return;
  const x = view.x(row);
  if (x < view.left || x > view.right) return;
  const c = paint.context;
  const y = view.y(view.model.place[row]);
  c.strokeStyle = paint.ink;
  c.lineWidth = 1;
  c.setLineDash([3, 3]);
  c.beginPath();
  c.moveTo(Math.round(x) + 0.5, view.faults_top);
  c.lineTo(Math.round(x) + 0.5, view.bottom);
  c.stroke();
  c.setLineDash([]);
  c.lineWidth = 2.5;
  c.strokeStyle = paint.accent;
  c.beginPath();
  const onNode = view.model.place[row] && view.model.place[row] % 2 === 0;
  c.arc(x, y, onNode ? view.band / 2 + 3 : 6, 0, 7);
  c.stroke();
  c.font = FONT;
  c.textAlign = x > view.right - 120 ? 'right' : 'left';
  const label = `${placeName(view.model.place[row])} #${view.model.id[row]}`;
  paint.text(label, x + (c.textAlign === 'right' ? -5 : 5), view.bottom - 8, paint.ink);
  c.textAlign = 'left';
}
