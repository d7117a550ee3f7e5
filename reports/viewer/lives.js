// What became of each node, fault and client operation: spans between two rows, in order of their beginning.

/**
 * @typedef {{from: number, to: number, up: boolean, paused: boolean, role: number, term: number}} Stretch
 * @typedef {{commits: number[], applies: number[], stretches: Stretch[], unsynced: number[][],
 *   crashes: number[], votes: number[]}} Life
 * @typedef {{from: number, to: number, fault: number, cls: number, text: string, nodes: string}} FaultSpan
 * @typedef {{from: number, to: number, client: number, outcome: 'ok' | 'fail' | 'info' | 'open'}}
 * OperationSpan
 */

export const ROLE = {
  follower: 0,
  preCandidate: 1,
  candidate: 2,
  leader: 3,
  learner: 4
};
export const LEADER = ROLE.leader;

export class Lives {
  /** @param {import('./model.js').Model} model */
  constructor(model) {
    this.model = model;
    /** By node number; 0 is unused. @type {Life[]} */
    this.nodes = [];
    /** @type {FaultSpan[]} */
    this.faults = [];
    /** @type {OperationSpan[]} */
    this.operations = [];
    /** Rows at which the highest term of the cluster rose, with it. @type {{row: number, term: number}[]} */
    this.terms = [];
    /** Rows of elections won. @type {number[]} */
    this.elections = [];
    /** Rows at which a phase began. @type {number[]} */
    this.phases = [];
    for (let k = 0; k <= model.run.nodes; k++)
      this.nodes.push({commits: [], applies: [], stretches: [], unsynced: [], crashes: [], votes: []});
    this.collect();
  }

  collect() {
    const m = this.model;
    /** @type {any[]} Open stretch and count of labels that are not durable, by node. */
    const now = this.nodes.map(() => ({stretch: null, pending: 0, since: -1}));
    const open = {faults: new Map(), operations: new Map(), term: 0};
    const handlers = {...this.nodeHandlers(now, open), ...this.spanHandlers(open)};
    const byKind = m.names.kinds.map((name) => handlers[name] || null);
    for (let row = 0; row < m.n; row++) {
      const handle = byKind[m.kind[row]];
      if (handle) handle(row, m.place[row] >> 1);
    }
    const last = Math.max(m.n - 1, 0);
    now.forEach((state, k) => {
      if (state.stretch) this.close(k, state, last);
      if (state.pending > 0) this.nodes[k].unsynced.push([state.since, last]);
    });
    for (const span of open.faults.values()) span.to = last;
    for (const span of open.operations.values()) span.to = last;
  }

  close(k, state, row) {
    state.stretch.to = row;
    this.nodes[k].stretches.push(state.stretch);
    state.stretch = null;
  }

  /** Begins a new stretch that differs from the last in `patch`. */
  turn(k, state, row, patch) {
    const before = state.stretch || {up: true, paused: false, role: 0, term: 0};
    if (state.stretch) this.close(k, state, row);
    state.stretch = {...before, ...patch, from: row, to: row};
  }

  /** What each kind of event changes in the life of its node. */
  nodeHandlers(now, open) {
    const m = this.model;
    const rise = (row, term) => {
      if (term > open.term) this.terms.push({row, term: (open.term = term)});
    };
    const settle = (row, k, less) => {
      const state = now[k];
      if (state.pending <= 0) return;
      state.pending = Math.max(0, state.pending - less);
      if (state.pending === 0) this.nodes[k].unsynced.push([state.since, row]);
    };
    const down = (row, k) => {
      this.turn(k, now[k], row, {up: false, paused: false, role: 0});
      this.nodes[k].crashes.push(row);
      settle(row, k, Infinity);
    };
    return {
      // An incarnation starts from nothing; what it recovers follows as events.
      boot: (row, k) => this.turn(k, now[k], row, {up: true, paused: false, role: 0, term: 0}),
      role: (row, k) => {
        const role = m.field(row, 'role.role');
        const term = m.field(row, 'role.term');
        this.turn(k, now[k], row, {role, term});
        if (role === LEADER) this.elections.push(row);
        rise(row, term);
      },
      term: (row, k) => {
        const term = m.field(row, 'change.now');
        this.turn(k, now[k], row, {term});
        rise(row, term);
      },
      crash: down,
      halt: down,
      pause: (row, k) => this.turn(k, now[k], row, {paused: true}),
      resume: (row, k) => this.turn(k, now[k], row, {paused: false}),
      commit: (row, k) => this.nodes[k].commits.push(row),
      apply: (row, k) => this.nodes[k].applies.push(row),
      vote: (row, k) => this.nodes[k].votes.push(row),
      write: (row, k) => {
        const labels = m.field(row, 'disk.labels');
        if (!labels) return;
        if (now[k].pending === 0) now[k].since = row;
        now[k].pending += labels;
      },
      durable: (row, k) => settle(row, k, 1),
      lost: (row, k) => settle(row, k, 1),
    };
  }

  /** Faults and client operations: one event begins a span, another ends it. */
  spanHandlers(open) {
    const m = this.model;
    const finish = (outcome) => (row) => {
      const span = open.operations.get(m.field(row, 'operation.operation'));
      if (!span) return;
      open.operations.delete(m.field(row, 'operation.operation'));
      span.to = row;
      span.outcome = outcome;
    };
    return {
      fault_begin: (row) => {
        const span = {
          from: row,
          to: row,
          fault: m.field(row, 'fault.fault'),
          cls: m.field(row, 'fault.class'),
          text: m.text(row),
          nodes: m.textField(row, 'fault.nodes')
        };
        this.faults.push(span);
        open.faults.set(span.fault, span);
      },
      fault_end: (row) => {
        const span = open.faults.get(m.field(row, 'fault.fault'));
        if (span) span.to = row;
        open.faults.delete(m.field(row, 'fault.fault'));
      },
      invoke: (row) => {
        const span = {from: row, to: row, client: m.field(row, 'operation.client'), outcome: 'open'};
        this.operations.push(/** @type {OperationSpan} */ (span));
        open.operations.set(m.field(row, 'operation.operation'), span);
      },
      ok: finish('ok'),
      fail: finish('fail'),
      info: finish('info'),
      phase: (row) => this.phases.push(row),
    };
  }

  /**
   * The stretch of a node's life that a row falls into; null before its first. @param {number}
   * k @param {number} row
   */
  stretchAt(k, row) {
    const list = this.nodes[k] ? this.nodes[k].stretches : [];
    let low = -1;
    let high = list.length;
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if (list[mid].from <= row)
        low = mid;
      else
        high = mid;
    }
    return low < 0 ? null : list[low];
  }
}
