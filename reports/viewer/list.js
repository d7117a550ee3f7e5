// The event list: only the lines in view exist. The accessible way through a history: one focus, arrow keys,
// a live region that speaks the selected event.
import {describe} from './describe.js';
import {el, fill} from './dom.js';
import {FILTER_HELP, filterRows} from './filter.js';
import {count, placeName, seconds} from './format.js';

const LINE = 20;
/** Browsers clip elements beyond some 30 million pixels; above it the scroll position is scaled. */
const TALLEST = 8e6;

export class EventList {
  /**
   * @param {import('./model.js').Model} model @param {import('./state.js').Store} store
   * @param {(row: number) => void} choose
   */
  constructor(model, store, choose) {
    this.model = model;
    this.store = store;
    this.choose = choose;
    /** Rows that the filter lets through; null: all. @type {Uint32Array | null} */
    this.rows = null;
    this.query = '';
    this.input = el('input.filter', {
      type: 'search',
      placeholder: `filter:  ${FILTER_HELP}`,
      spellcheck: 'false',
      'aria-label': `Filter events: ${FILTER_HELP}`,
      on: {input: () => this.later()}
    });
    this.status = el('div.status', {role: 'status'});
    this.lines = el('div.lines');
    this.tall = el('div.tall', {}, this.lines);
    this.scroller =
        el('div.scroller', {
          role: 'listbox',
          tabindex: 0,
          'aria-label': 'Events',
          on: {scroll: () => this.draw(), keydown: (event) => this.key(event)}
        },
           this.tall);
    this.element = el('section.list', {}, this.input, this.status, this.scroller);
    new ResizeObserver(() => {
      this.reveal(store.now.selected);
      this.draw();
    }).observe(this.scroller);
    store.listen((now, changed) => {
      if (changed.has('query')) this.filter(now.query);
      if (changed.has('selected')) this.reveal(now.selected);
      if (changed.has('selected') || changed.has('query') || changed.has('tab')) this.draw();
      if (changed.has('tab') && now.tab === 'events') this.reveal(now.selected);
    });
    this.filter(store.now.query);
  }

  /** Typing is answered when it pauses: free text over a million events takes a while. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.store.set({query: this.input.value}), this.model.n > 50000 ? 200 : 30);
  }

  /** @param {string} query */
  filter(query) {
    if (this.input.value !== query) this.input.value = query;
    const {rows, error} = filterRows(this.model, query);
    this.rows = rows;
    this.input.classList.toggle('wrong', error !== '');
    this.status.textContent = error ||
        (rows ? `${count(rows.length)} of ${count(this.model.n)} events` : `${count(this.model.n)} events`);
  }

  length() { return this.rows ? this.rows.length : this.model.n; }

  /** @param {number} position */
  row(position) { return this.rows ? this.rows[position] : position; }

  /** The position of the first shown row at or after a row. @param {number} row */
  position(row) {
    if (!this.rows) return row;
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.rows[mid] < row)
        low = mid + 1;
      else
        high = mid;
    }
    return low;
  }

  /** The shown row `by` places after (or before) the selected one. @param {number} by */
  neighbour(by) {
    const selected = this.store.now.selected;
    const at = this.position(Math.max(selected, 0));
    const exact = at < this.length() && this.row(at) === selected;
    const next = selected < 0 ? 0 : at + (by > 0 && !exact ? by - 1 : by);
    return this.length() ? this.row(Math.max(0, Math.min(this.length() - 1, next))) : -1;
  }

  heights() {
    const real = this.length() * LINE;
    const shown = Math.min(real, TALLEST);
    return {real, shown, window: this.scroller.clientHeight};
  }

  /** @param {number} row */
  reveal(row) {
    if (row < 0 || !this.scroller.clientHeight) return;
    const {real, shown, window} = this.heights();
    const top = this.position(row) * LINE;
    const now = this.offset();
    if (top >= now && top + LINE <= now + window) return;
    const wanted = Math.max(0, top - window / 2);
    this.scroller.scrollTop =
        real > shown ? (wanted / Math.max(real - window, 1)) * (shown - window) : wanted;
  }

  /** Pixels of the full list above the window. */
  offset() {
    const {real, shown, window} = this.heights();
    return real > shown ? (this.scroller.scrollTop / Math.max(shown - window, 1)) * (real - window) :
                          this.scroller.scrollTop;
  }

  draw() {
    if (!this.scroller.clientHeight) return;
    const {shown, window} = this.heights();
    this.tall.style.height = `${shown}px`;
    const offset = this.offset();
    const first = Math.floor(offset / LINE);
    const last = Math.min(this.length(), first + Math.ceil(window / LINE) + 1);
    const lines = [];
    for (let i = first; i < last; i++) lines.push(this.line(this.row(i)));
    this.lines.style.transform = `translateY(${this.scroller.scrollTop - (offset - first * LINE)}px)`;
    fill(this.lines, ...lines);
    const {selected} = this.store.now;
    this.scroller.setAttribute('aria-activedescendant', selected >= 0 ? `row${selected}` : '');
  }

  /** @param {number} row */
  line(row) {
    const m = this.model;
    const kind = m.names.kinds[m.kind[row]];
    const selected = this.store.now.selected === row;
    return el(
        `div.line.k-${m.group(row)}.e-${kind}${selected ? '.selected' : ''}`, {
          id: `row${row}`,
          role: 'option',
          'aria-selected': String(selected),
          on: {click: () => this.choose(row)}
        },
        el('span.id', {}, String(m.id[row])), el('span.time', {}, seconds(m.t[row])),
        el('span.place', {}, placeName(m.place[row])), el('span.kind', {}, kind),
        el('span.text', {}, describe(m, row)));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / LINE) - 1);
    const by = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9}[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const row = this.neighbour(by);
    if (row >= 0) this.choose(row);
  }
}
