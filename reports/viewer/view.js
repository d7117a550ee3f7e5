// Where things lie on the canvas: the axis and the lanes. Pixels are CSS pixels.
import {scaleLinear} from './d3.js';

export const GUTTER = 66;
const RIGHT = 12;
const AXIS = 38;
const FAULT_ROW = 16;
const CLIENTS_HEIGHT = 58;
/** More clients than this share lanes. */
const OWN_LANES_MAX = 24;
/** Faults of one moment; their end, if any is told, is no span. */
export const MOMENTS = new Set(['crash', 'restart', 'timeout_now', 'heal', 'disk_loss', 'disk_torn']);

export class View {
  /** @param {import('./model.js').Model} model */
  constructor(model) {
    this.model = model;
    this.packFaults();
    this.packClients();
    this.resize(800, 500);
  }

  /** Faults in rows so that none covers another; what lasts the whole run shares the lowest rows. */
  packFaults() {
    const ends = [];
    this.fault_rows = this.model.lives.faults.map((fault) => {
      const moment = MOMENTS.has(this.model.names.faults[fault.cls]);
      let row = ends.findIndex((end) => end <= fault.from);
      if (row < 0) row = ends.length < 6 ? ends.length : ends.length - 1;
      ends[row] = moment ? fault.from + 1 : fault.to;
      return {row, moment};
    });
    this.fault_row_count = Math.max(ends.length, 1);
  }

  /**
   * Where there are no servers, clients have the lanes. Of many, one that begins when another is over takes
   * its lane: Jepsen gives a process that went wrong a new number.
   */
  packClients() {
    /** @type {Map<number, number>} */
    this.lane_of = new Map();
    /** @type {number[]} Of each lane, who was first in it. */
    this.first_in_lane = [];
    this.lanes_shared = false;
    if (this.model.run.nodes) return;
    const until = new Map();
    for (const operation of this.model.lives.operations)
      until.set(operation.client, Math.max(until.get(operation.client) || 0, operation.to));
    this.lanes_shared = until.size > OWN_LANES_MAX;
    const ends = [];
    for (const {client, from} of this.model.lives.operations) {
      if (this.lane_of.has(client)) continue;
      let lane = this.lanes_shared ? ends.findIndex((end) => end < from) : -1;
      if (lane < 0) lane = this.first_in_lane.push(client) - 1;
      ends[lane] = until.get(client);
      this.lane_of.set(client, lane);
    }
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.left = GUTTER;
    this.right = width - RIGHT;
    this.faults_top = AXIS;
    this.faults_height = this.fault_row_count * FAULT_ROW + 6;
    this.clients_top = this.faults_top + this.faults_height;
    const clients = this.model.run.clients;
    this.client_step = clients ? Math.max(2, Math.min(9, Math.floor((CLIENTS_HEIGHT - 6) / clients))) : 0;
    this.client_rows = clients ? Math.floor((CLIENTS_HEIGHT - 6) / this.client_step) : 0;
    this.clients_height = clients ? Math.min(clients, this.client_rows) * this.client_step + 8 : 0;
    if (!this.model.run.nodes) this.giveLanesToClients(height);
    this.nodes_top = this.clients_top + this.clients_height;
    const nodes = Math.max(this.model.run.nodes, 1);
    this.lane = Math.max(46, Math.min(150, (height - this.nodes_top - 6) / nodes));
    this.bottom = this.nodes_top + (this.model.run.nodes ? this.lane * nodes : 0);
    this.band = Math.min(22, this.lane * 0.3);
  }

  /** @param {number} height */
  giveLanesToClients(height) {
    const lanes = Math.max(this.first_in_lane.length, 1);
    this.faults_height = 0;
    this.clients_top = this.faults_top;
    this.client_step = Math.max(3, Math.min(46, (height - this.clients_top - 26) / lanes));
    this.client_rows = Math.max(1, Math.floor((height - this.clients_top - 26) / this.client_step));
    this.clients_height = Math.min(lanes, this.client_rows) * this.client_step + 8;
  }

  /** The whole of an axis. @param {'time' | 'event'} axis @returns {[number, number]} */
  extent(axis) {
    const m = this.model;
    if (axis === 'event') return [0, Math.max(m.n - 1, 1)];
    return [0, Math.max(m.run.end, m.n ? m.t[m.n - 1] : 0, 1000)];
  }

  /** @param {{from: number, to: number, axis: 'time' | 'event'}} state */
  look(state) {
    this.axis = state.axis;
    this.from = state.from;
    this.to = state.to;
    this.scale = scaleLinear().domain([state.from, state.to]).range([this.left, this.right]);
    this.per = (this.right - this.left) / (state.to - state.from);
    const m = this.model;
    if (state.axis === 'time') {
      this.first_row = Math.max(0, m.rowAt(state.from - 1) + 1);
      this.last_row = Math.max(0, m.rowAt(state.to));
    } else {
      this.first_row = Math.max(0, Math.floor(state.from));
      this.last_row = Math.min(m.n - 1, Math.ceil(state.to));
    }
  }

  /** @param {number} row */
  x(row) { return this.left + ((this.axis === 'time' ? this.model.t[row] : row) - this.from) * this.per; }

  /** Kept near the canvas, so that a far end does not overflow. @param {number} x */
  clip(x) { return Math.max(this.left - 50, Math.min(this.right + 50, x)); }

  /** The middle of a lane, by place number. @param {number} place */
  y(place) {
    if (place === 0) return this.faults_top + this.faults_height / 2;
    if (place % 2 === 0) return this.nodes_top + this.lane * (place / 2 - 1) + this.lane * 0.56;
    const client = (place - 1) / 2;
    const lane = this.lane_of.has(client) ? this.lane_of.get(client) : client;
    const row = this.client_rows ? lane % this.client_rows : 0;
    return this.clients_top + 4 + row * this.client_step + this.client_step / 2;
  }
}

/**
 * Positions of the first and last element of a sorted list of rows that lie in from..to.
 * @param {ArrayLike<number>} rows @param {number} from @param {number} to @returns {[number, number]}
 */
export function range(rows, from, to) {
  const first = (/** @type {number} */ bound) => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (rows[mid] < bound)
        low = mid + 1;
      else
        high = mid;
    }
    return low;
  };
  return [first(from), first(to + 1)];
}
