// The history as the page thinks of it: rows (events that the report holds), and what they amount to: the
// life of each node, messages, operations, faults. Rows are numbered from 0; ids are the history's event
// numbers.
import {Flights} from './flights.js';
import {Lives} from './lives.js';

/** @typedef {import('./payload.js').Columns} Columns */

export class Model {
  /** @param {any} header @param {Columns} columns */
  constructor(header, columns) {
    this.run = header.run;
    this.verdict = header.verdict;
    this.names = header.names;
    this.strings = header.strings;
    this.columns = columns;
    this.id = columns.get('all.id');
    this.t = columns.get('all.t');
    this.kind = columns.get('all.kind');
    this.place = columns.get('all.place');
    this.step = columns.get('all.step');
    this.n = this.id.length;
    /** Kind numbers by name. @type {Object<string, number>} */
    this.K = Object.fromEntries(this.names.kinds.map((name, i) => [name, i]));
    /** Message type numbers by name. @type {Object<string, number>} */
    this.T = Object.fromEntries(this.names.types.map((name, i) => [name, i]));
    this.dense = this.n === 0 || this.id[this.n - 1] - this.id[0] === this.n - 1;
    this.indexGroups();
    this.lives = new Lives(this);
    this.flights = new Flights(this);
  }

  /** Where each row's fields lie in the columns of its group. */
  indexGroups() {
    const groups = this.names.groups;
    /** @type {Object<string, number>} */
    const next = {};
    const slot = groups.map((name) => (next[name] = 0, name));
    this.field_row = new Uint32Array(this.n);
    for (let i = 0; i < this.n; i++) this.field_row[i] = next[slot[this.kind[i]]]++;
    const flags = this.columns.get('message.flags');
    this.view_row = new Uint32Array(flags.length);
    for (let i = 0, at = 0; i < flags.length; i++) this.view_row[i] = flags[i] & 4 ? at++ : 0;
  }

  /**
   * A field of a row, like field(row, 'message.term'). The row's kind must belong to that group.
   * @param {number} row @param {string} name @returns {number}
   */
  field(row, name) { return this.columns.get(name)[this.field_row[row]]; }

  /** A text field: '' where there is none. @param {number} row @param {string} name @returns {string} */
  textField(row, name) {
    const number = this.field(row, name);
    return number ? this.strings[number - 1] : '';
  }

  /** Details.text. @param {number} row @returns {string} */
  text(row) {
    const number = this.columns.get('all.text')[row];
    return number ? this.strings[number - 1] : '';
  }

  /** What a described message said beyond its event; null where it was not understood. @param {number} row */
  view(row) {
    const at = this.field_row[row];
    if (!(this.columns.get('message.flags')[at] & 4)) return null;
    const k = this.view_row[at];
    const get = (/** @type {string} */ name) => this.columns.get(`send.${name}`)[k];
    return {
      previousIndex: get('previous_index'),
      previousTerm: get('previous_term'),
      commit: get('commit'),
      entries: get('entries')
    };
  }

  /** @param {number} row @returns {string} */
  group(row) { return this.names.groups[this.kind[row]]; }

  /**
   * The row of an event, or the last row before it where it was left out; -1 before all. @param {number} id
   */
  rowOf(id) {
    if (this.n === 0 || id < this.id[0]) return -1;
    if (this.dense) return Math.min(id - this.id[0], this.n - 1);
    return this.lastRow((row) => this.id[row] <= id);
  }

  /** The last row at or before a time; -1 where there is none. @param {number} ns */
  rowAt(ns) { return this.lastRow((row) => this.t[row] <= ns); }

  /** @param {(row: number) => boolean} before true for a prefix of the rows */
  lastRow(before) {
    let low = -1;
    let high = this.n;
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if (before(mid))
        low = mid;
      else
        high = mid;
    }
    return low;
  }

  /** The row of the direct cause, -1 where there is none or it was left out. @param {number} row */
  causeOf(row) {
    const back = this.columns.get('all.cause')[row];
    return back ? this.exactRow(this.id[row] - back) : -1;
  }

  /** @param {number} id */
  exactRow(id) {
    const row = this.rowOf(id);
    return row >= 0 && this.id[row] === id ? row : -1;
  }

  /**
   * Rows of the further causes: a quorum's acknowledgements, the grants of an election. @param {number} row
   */
  furtherCauses(row) {
    const counts = this.columns.get('all.causes');
    if (!counts[row]) return [];
    if (!this.cause_at) {
      this.cause_at = new Uint32Array(this.n + 1);
      for (let i = 0; i < this.n; i++) this.cause_at[i + 1] = this.cause_at[i] + counts[i];
    }
    const list = this.columns.get('list.causes');
    const out = [];
    for (let k = this.cause_at[row]; k < this.cause_at[row + 1]; k++)
      out.push(this.exactRow(this.id[row] - list[k]));
    return out.filter((cause) => cause >= 0);
  }

  /** Rows whose direct cause this one is, in order. @param {number} row @returns {ArrayLike<number>} */
  effectsOf(row) {
    if (!this.effect_at) this.indexEffects();
    return this.effects.subarray(this.effect_at[row], this.effect_at[row + 1]);
  }

  indexEffects() {
    const cause = new Int32Array(this.n);
    this.effect_at = new Uint32Array(this.n + 1);
    for (let i = 0; i < this.n; i++) {
      cause[i] = this.causeOf(i);
      if (cause[i] >= 0) this.effect_at[cause[i] + 1]++;
    }
    for (let i = 0; i < this.n; i++) this.effect_at[i + 1] += this.effect_at[i];
    this.effects = new Uint32Array(this.effect_at[this.n]);
    const next = this.effect_at.slice();
    for (let i = 0; i < this.n; i++)
      if (cause[i] >= 0) this.effects[next[cause[i]]++] = i;
  }

  /** The axis value of a row. @param {number} row @param {'time' | 'event'} axis */
  at(row, axis) { return axis === 'time' ? this.t[row] : row; }
}
