// The canvas with the lanes: draws what the store says, turns gestures into it.
import {d3event, select, zoom, zoomIdentity} from './d3.js';
import {describe} from './describe.js';
import {el, fill} from './dom.js';
import {placeName, seconds} from './format.js';
import {Hits} from './hits.js';
import {drawAxis, drawBands, drawClients, drawFaults, drawGutter, drawSelection} from './lanes.js';
import {drawEvidence, drawViolations} from './marks.js';
import {drawCausal, drawMessages} from './messages.js';
import {Paint} from './paint.js';
import {View} from './view.js';

/** The narrowest windows: 20 us, 12 events. */
const NARROWEST = {
  time: 20e3,
  event: 12
};

export class Chart {
  /** @param {import('./model.js').Model} model @param {import('./state.js').Store} store */
  constructor(model, store) {
    this.model = model;
    this.store = store;
    this.view = new View(model);
    this.hits = new Hits();
    this.canvas = el('canvas', {tabindex: 0, role: 'img', 'aria-label': 'Timeline of the cluster'});
    this.tooltip = el('div.tooltip', {hidden: true});
    this.note = el('div.note');
    this.element = el('div.chart', {}, this.canvas, this.tooltip, this.note);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.gestures();
    new ResizeObserver(() => this.draw()).observe(this.element);
    store.listen(() => this.draw());
  }

  gestures() {
    const canvas = select(this.canvas);
    this.zoom = zoom()
                    .filter(() => !d3event.button && !(d3event.type === 'wheel' && sideways(d3event)))
                    .on('zoom', () => {
                      if (!d3event.sourceEvent) return;
                      const [low, high] = this.view.extent(this.store.now.axis);
                      const t = d3event.transform;
                      const whole = (high - low) / (this.view.right - this.view.left);
                      const at = (/** @type {number} */ x) => low + (t.invertX(x) - this.view.left) * whole;
                      this.store.set({from: at(this.view.left), to: at(this.view.right)});
                    });
    canvas.call(this.zoom).on('dblclick.zoom', null);
    this.canvas.addEventListener('wheel', (event) => {
      if (!sideways(event)) return;
      event.preventDefault();
      this.pan((event.deltaX || event.deltaY) / (this.view.right - this.view.left));
    }, {passive: false});
    this.canvas.addEventListener('mousemove', (event) => this.hover(event));
    this.canvas.addEventListener('mouseleave', () => (this.tooltip.hidden = true));
    this.canvas.addEventListener('click', (event) => {
      const row = this.hits.find(event.offsetX, event.offsetY);
      if (row >= 0) this.store.set({selected: row});
    });
  }

  hover(event) {
    const row = this.hits.find(event.offsetX, event.offsetY);
    this.canvas.classList.toggle('pointing', row >= 0);
    this.tooltip.hidden = row < 0 || event.buttons !== 0;
    if (row < 0) return;
    const m = this.model;
    fill(
        this.tooltip, el('b', {}, `${seconds(m.t[row])}  ${placeName(m.place[row])}  #${m.id[row]}`),
        el('div', {}, `${m.names.kinds[m.kind[row]]}  ${describe(m, row)}`));
    const width = this.tooltip.offsetWidth;
    const x = Math.min(event.offsetX + 14, this.view.width - width - 4);
    this.tooltip.style.transform = `translate(${Math.max(x, 0)}px,${event.offsetY + 16}px)`;
  }

  /** @param {number} share of the window, to the right */
  pan(share) {
    const {from, to} = this.store.now;
    this.show(from + share * (to - from), to + share * (to - from));
  }

  /** @param {number} factor below 1: closer */
  zoomBy(factor) {
    const {from, to, selected, axis} = this.store.now;
    let middle = (from + to) / 2;
    if (selected >= 0) {
      const at = this.model.at(selected, axis);
      if (at > from && at < to) middle = at;
    }
    this.show(middle + (from - middle) * factor, middle + (to - middle) * factor);
  }

  /** Shows a window, moved and widened into what there is. @param {number} from @param {number} to */
  show(from, to) {
    const axis = this.store.now.axis;
    const [low, high] = this.view.extent(axis);
    const span = Math.min(Math.max(to - from, NARROWEST[axis]), high - low);
    const middle = (from + to) / 2;
    const start = Math.max(low, Math.min(middle - span / 2, high - span));
    this.store.set({from: start, to: start + span});
  }

  /** Moves the window so that a row lies in its middle part. @param {number} row */
  reveal(row) {
    const {from, to, axis} = this.store.now;
    const at = this.model.at(row, axis);
    const margin = (to - from) * 0.08;
    if (at >= from + margin && at <= to - margin) return;
    this.show(at - (to - from) / 2, at + (to - from) / 2);
  }

  /** From time to order of events or back, the same stretch of history in view. */
  switchAxis() {
    const m = this.model;
    const {from, to, axis} = this.store.now;
    const other = axis === 'time' ? 'event' : 'time';
    const turn = (/** @type {number} */ value) =>
        (axis === 'time' ? Math.max(0, m.rowAt(value)) :
                           m.t[Math.max(0, Math.min(m.n - 1, Math.round(value)))]);
    const [start, end] = [turn(from), turn(to)];
    this.store.set({axis: other});
    this.show(start, end);
  }

  /** The flights that a selected event belongs to, and those of its direct causes. */
  causal() {
    const row = this.store.now.selected;
    const flights = new Set();
    if (row < 0) return flights;
    const add = (/** @type {number} */ r) => {
      const i = this.model.flights.ofRow(r);
      if (i >= 0) flights.add(i);
    };
    add(row);
    let cause = this.model.causeOf(row);
    if (cause >= 0) add(cause);
    for (const further of this.model.furtherCauses(row)) add(further);
    return flights;
  }

  size() {
    const ratio = window.devicePixelRatio || 1;
    const {clientWidth: width, clientHeight: height} = this.element;
    if (this.canvas.width !== Math.round(width * ratio) ||
        this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
      this.paint = null;
    }
    this.view.resize(width, height);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  draw() {
    if (!this.element.isConnected || this.element.clientWidth < 50) return;
    this.size();
    const {now} = this.store;
    const dark = now.theme === 'dark';
    if (!this.paint || this.paint.dark !== dark) this.paint = new Paint(this.context, dark);
    this.view.look(now);
    this.syncZoom(now);
    const [paint, view, hits] = [this.paint, this.view, this.hits];
    hits.clear();
    this.context.textBaseline = 'middle';
    this.context.fillStyle = paint.ground;
    this.context.fillRect(0, 0, view.width, view.height);
    drawAxis(paint, view);
    drawFaults(paint, view, hits);
    drawClients(paint, view, hits);
    // Arrows run behind the bands that they pass; only those that explain the selected event run over them.
    const causal = this.causal();
    const drawn = drawMessages(paint, view, hits, now.hidden, causal);
    drawBands(paint, view, hits);
    drawCausal(paint, view, hits, causal);
    drawViolations(paint, view, hits);
    drawSelection(paint, view, now.selected);
    drawEvidence(paint, view, hits);
    drawGutter(paint, view);
    this.note.textContent = drawn.ribbons ?
        `${drawn.shown.toLocaleString('en')} messages in view, drawn as density: zoom in for arrows` :
        '';
  }

  /** Tells d3's zoom where we are, so that the next gesture starts from there. */
  syncZoom({from, to, axis}) {
    const [low, high] = this.view.extent(axis);
    const {left, right} = this.view;
    const k = (high - low) / (to - from);
    const whole = (right - left) / (high - low);
    this.zoom.extent([[left, 0], [right, 1]]).translateExtent([[left, 0], [right, 1]]).scaleExtent([
      1, Math.max(1, (high - low) / NARROWEST[axis])
    ]);
    /** @type {any} */ (this.canvas).__zoom =
        zoomIdentity.translate(left - k * (left + (from - low) * whole), 0).scale(k);
  }
}

/** Shift and wheel, or a sideways swipe: moves instead of zooming. @param {WheelEvent} event */
function sideways(event) { return event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY); }
