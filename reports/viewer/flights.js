// Every transmission: who sent what to whom, when it left, and what became of it. Columns, because there are
// many.

export const FATE = {
  pending: 0,
  delivered: 1,
  dropped: 2,
  unsent: 3
};
/** By DropReason of history/event.hpp. */
export const REASONS = [
  '', 'loss', 'partition', 'rule', 'receiver down', 'queue full', 'sender crashed', 'inbox full',
  'disconnected'
];

/** Flights per block of the index that finds those of a window. */
const BLOCK = 256;

export class Flights {
  /** @param {import('./model.js').Model} model */
  constructor(model) {
    const {K} = model;
    this.model = model;
    const sends = countKinds(model, [K.send, K.dup]);
    this.n = 0;
    this.from = new Uint32Array(sends);
    this.to = new Uint32Array(sends);
    this.type = new Uint8Array(sends);
    this.fate = new Uint8Array(sends);
    this.reason = new Uint8Array(sends);
    this.twin = new Uint8Array(sends);
    this.empty = new Uint8Array(sends);
    this.issued = new Uint32Array(sends);
    this.left = new Uint32Array(sends);
    this.ended = new Uint32Array(sends);
    /** Message number (dense from 1) -> flight; -1: its beginning was left out. */
    const infos = model.columns.infos.get('message.message');
    this.byMessage = new Int32Array((infos ? infos.max : 0) + 1).fill(-1);
    this.collect();
    this.typical = this.typicalLatency();
    this.indexBlocks();
  }

  collect() {
    const m = this.model;
    const {K} = m;
    const message = m.columns.get('message.message');
    const isMessage = m.names.groups.map((group) => group === 'message');
    for (let row = 0; row < m.n; row++) {
      const kind = m.kind[row];
      if (!isMessage[kind]) continue;
      const number = message[m.field_row[row]];
      if (kind === K.send || kind === K.dup) {
        this.begin(row, number);
        continue;
      }
      const i = this.byMessage[number];
      if (i < 0) continue;
      if (kind === K.depart) this.left[i] = row;
      if (kind === K.recv) this.end(i, row, FATE.delivered);
      if (kind === K.drop) {
        this.end(i, row, FATE.dropped);
        this.reason[i] = m.field(row, 'message.flags') >> 3;
        if (this.reason[i] === 6) this.fate[i] = FATE.unsent;
      }
    }
  }

  begin(row, number) {
    const m = this.model;
    const i = this.n++;
    this.byMessage[number] = i;
    this.from[i] = m.place[row];
    this.to[i] = m.field(row, 'message.peer');
    this.type[i] = m.field(row, 'message.type');
    this.issued[i] = this.left[i] = this.ended[i] = row;
    const view = m.view(row);
    this.empty[i] = this.type[i] === m.T.AppendEntries && view !== null && view.entries === 0 ? 1 : 0;
    if (m.kind[row] !== m.K.dup) return;
    this.twin[i] = 1;
    const original = this.byMessage[m.field(row, 'message.match')];
    if (original === undefined || original < 0) return;
    this.twin[original] = 1;
    this.empty[i] = this.empty[original];
  }

  end(i, row, fate) {
    this.ended[i] = row;
    this.fate[i] = fate;
  }

  /** Half of the deliveries took no longer: how a dropped message's slant is drawn. In ns. */
  typicalLatency() {
    const sample = [];
    const every = Math.max(1, Math.floor(this.n / 2000));
    for (let i = 0; i < this.n; i += every)
      if (this.fate[i] === FATE.delivered)
        sample.push(this.model.t[this.ended[i]] - this.model.t[this.left[i]]);
    sample.sort((a, b) => a - b);
    return sample.length ? sample[sample.length >> 1] : 1e6;
  }

  /** The last row that any flight of a block reaches: flights are in order of issue, not of arrival. */
  indexBlocks() {
    this.reach = new Uint32Array(Math.ceil(this.n / BLOCK));
    for (let i = 0; i < this.n; i++) {
      const block = Math.floor(i / BLOCK);
      if (this.ended[i] > this.reach[block]) this.reach[block] = this.ended[i];
    }
  }

  /**
   * Calls `visit` with each flight that touches rows from..to. @param {number} from @param {number} to
   * @param {(i: number) => void} visit
   */
  within(from, to, visit) {
    for (let block = 0; block < this.reach.length; block++) {
      if (this.issued[block * BLOCK] > to) return;
      if (this.reach[block] < from) continue;
      const stop = Math.min(this.n, (block + 1) * BLOCK);
      for (let i = block * BLOCK; i < stop; i++)
        if (this.ended[i] >= from && this.issued[i] <= to) visit(i);
    }
  }

  /** The flight of a message event; -1 where its beginning was left out. @param {number} row */
  ofRow(row) {
    if (row < 0 || this.model.group(row) !== 'message') return -1;
    return this.byMessage[this.model.field(row, 'message.message')];
  }
}

function countKinds(model, kinds) {
  let count = 0;
  for (let row = 0; row < model.n; row++)
    if (kinds.includes(model.kind[row])) count++;
  return count;
}
