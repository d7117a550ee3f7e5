// The whole run in a strip: density of events, faults, the staircase of terms, violations; a brush sets the
// window.
import {brushX, d3event, select} from './d3.js';
import {el} from './dom.js';
import {seconds} from './format.js';
import {MOMENTS} from './view.js';

const HEIGHT = 58;

export class Overview {
  /**
   * @param {import('./model.js').Model} model @param {import('./state.js').Store} store
   * @param {import('./chart.js').Chart} chart
   */
  constructor(model, store, chart) {
    this.model = model;
    this.store = store;
    this.chart = chart;
    this.canvas = el('canvas');
    this.svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    this.element = el(
        'div.overview', {title: 'The whole run. Drag to choose what the lanes show.'}, this.canvas, this.svg);
    this.brush = brushX().on('brush', () => this.brushed());
    this.group = select(this.svg).append('g').attr('class', 'brush');
    this.width = 0;
    new ResizeObserver(() => this.resize()).observe(this.element);
    store.listen((now, changed) => {
      if (changed.has('theme') || changed.has('axis')) this.draw();
      this.sync();
    });
  }

  resize() {
    const width = this.element.clientWidth;
    if (width === this.width || width < 50) return;
    this.width = width;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(HEIGHT * ratio);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${HEIGHT}px`;
    this.svg.setAttribute('width', String(width));
    this.svg.setAttribute('height', String(HEIGHT));
    this.brush.extent([[0, 0], [width, HEIGHT]]);
    this.group.call(this.brush);
    this.draw();
    this.sync();
  }

  brushed() {
    if (!d3event.sourceEvent || !d3event.selection) return;
    const [low, high] = this.chart.view.extent(this.store.now.axis);
    const per = (high - low) / this.width;
    this.chart.show(low + d3event.selection[0] * per, low + d3event.selection[1] * per);
  }

  sync() {
    if (!this.width) return;
    const {from, to, axis} = this.store.now;
    const [low, high] = this.chart.view.extent(axis);
    const x = (/** @type {number} */ value) => ((value - low) / (high - low)) * this.width;
    this.group.call(this.brush.move, [x(from), Math.max(x(to), x(from) + 4)]);
  }

  draw() {
    const c = this.canvas.getContext('2d');
    if (!c || !this.width) return;
    const ratio = window.devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    const style = getComputedStyle(document.documentElement);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    c.fillStyle = colour('panel');
    c.fillRect(0, 0, this.width, HEIGHT);
    const {axis} = this.store.now;
    const [low, high] = this.chart.view.extent(axis);
    const x = (/** @type {number} */ row) => ((this.model.at(row, axis) - low) / (high - low)) * this.width;
    this.drawFaults(c, x, colour);
    this.drawDensity(c, x, colour);
    this.drawTerms(c, x, colour);
    this.drawViolations(c, x, colour);
    c.font = '10px system-ui, sans-serif';
    c.fillStyle = colour('faint');
    c.textBaseline = 'top';
    c.fillText(axis === 'time' ? '0s' : '#1', 3, HEIGHT - 12);
    const end = axis === 'time' ? seconds(high) : `#${this.model.n ? this.model.id[this.model.n - 1] : 0}`;
    c.textAlign = 'right';
    c.fillText(end, this.width - 3, HEIGHT - 12);
    c.textAlign = 'left';
  }

  drawFaults(c, x, colour) {
    c.fillStyle = colour('warn');
    const {lives, names} = this.model;
    for (const fault of lives.faults) {
      if (/^(message_|clock_|disk_|set_link)/.test(names.faults[fault.cls])) continue;
      const x1 = x(fault.from);
      c.globalAlpha = 0.16;
      if (!MOMENTS.has(names.faults[fault.cls])) c.fillRect(x1, 0, Math.max(x(fault.to) - x1, 2), HEIGHT);
      c.globalAlpha = 0.9;
      c.fillRect(x1, 0, 1, HEIGHT);
    }
    c.globalAlpha = 1;
    for (const life of lives.nodes)
      for (const row of life.crashes) c.fillRect(x(row) - 1, HEIGHT - 5, 2, 5);
  }

  drawDensity(c, x, colour) {
    const bins = new Uint32Array(Math.max(1, Math.ceil(this.width / 2)));
    let most = 1;
    for (let row = 0; row < this.model.n; row++) {
      const bin = Math.min(bins.length - 1, Math.max(0, (x(row) / 2) | 0));
      most = Math.max(most, ++bins[bin]);
    }
    c.fillStyle = colour('density');
    bins.forEach((count, i) => {
      const height = Math.sqrt(count / most) * (HEIGHT - 18);
      c.fillRect(i * 2, HEIGHT - height, 2, height);
    });
  }

  drawTerms(c, x, colour) {
    const {terms} = this.model.lives;
    if (!terms.length) return;
    const top = terms[terms.length - 1].term;
    const y = (/** @type {number} */ term) => HEIGHT - 6 - (term / Math.max(top, 1)) * (HEIGHT - 22);
    c.strokeStyle = colour('accent');
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(0, y(0));
    let before = 0;
    for (const {row, term} of terms) {
      c.lineTo(x(row), y(before));
      c.lineTo(x(row), y(term));
      before = term;
    }
    c.lineTo(this.width, y(top));
    c.stroke();
    c.font = '10px system-ui, sans-serif';
    c.fillStyle = colour('accent');
    c.textBaseline = 'bottom';
    c.textAlign = 'right';
    c.fillText(`term ${top}`, this.width - 4, y(top) - 1);
    c.textAlign = 'left';
  }

  drawViolations(c, x, colour) {
    this.model.verdict.violations.forEach((violation, i) => {
      const row = this.model.rowOf(violation.event);
      if (row < 0) return;
      c.fillStyle = colour(i === this.model.run.headline ? 'bad' : 'warn');
      const at = x(row);
      c.fillRect(at - 1, 0, 2, HEIGHT);
      c.beginPath();
      c.moveTo(at, 0);
      c.lineTo(at > this.width - 12 ? at - 11 : at + 11, 5);
      c.lineTo(at, 10);
      c.fill();
    });
  }
}
