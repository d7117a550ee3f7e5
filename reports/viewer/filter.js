// The filter language of the event list: words with a space between, all must hold; `-` before one turns it
// round.
//   node:n5  key:k3  type:RequestVote*  kind:drop,recv  term>=7  term:7  t>3.4s  fault:crash  anything else:
//   in the words
import {describe} from './describe.js';
import {parseTime, placeName} from './format.js';

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {(row: number) => boolean} Test
 */

export const FILTER_HELP =
    'node:n5  key:k3  type:RequestVote*  kind:drop,crash  term>=7  t>3.4s  fault:crash  free text  -not';

/**
 * Numbers of the names that match a list like `RequestVote*,drop`; case does not matter.
 * @param {string[]} names @param {string} list
 */
function matching(names, list) {
  const patterns = list.split(',').filter(Boolean).map(
      (word) => new RegExp(`^${word.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`, 'i'));
  const hits = new Set();
  names.forEach((name, i) => {
    if (patterns.some((pattern) => pattern.test(name))) hits.add(i);
  });
  return hits;
}

/** @param {string} operator @param {number} a @param {number} b */
function compare(operator, a, b) {
  switch (operator) {
    case '>=':
      return a >= b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '<':
      return a < b;
    default:
      return a === b;
  }
}

/**
 * The term that an event speaks of, or that its node was in; -1 where there is none.
 * @param {Model} m @param {number} row
 */
export function termOf(m, row) {
  switch (m.group(row)) {
    case 'message':
      return m.field(row, 'message.term');
    case 'role':
      return m.field(row, 'role.term');
    case 'change':
      return m.names.kinds[m.kind[row]] === 'term' ? m.field(row, 'change.now') : m.field(row, 'change.term');
    case 'append':
      return m.field(row, 'append.term');
    default: {
      if (m.place[row] === 0 || m.place[row] % 2 === 1) return -1;
      const stretch = m.lives.stretchAt(m.place[row] / 2, row);
      return stretch ? stretch.term : -1;
    }
  }
}

/** @param {Model} m @param {string} word @returns {Test | string} a test, or what is wrong */
function testOf(m, word) {
  const match = /^(node|key|kind|type|fault|term|t|event):?(>=|<=|>|<|=)?(.*)$/i.exec(word);
  if (!match || !/^[a-z]+(:|>|<|=)/i.test(word)) {
    const needle = word.toLowerCase();
    return (row) => `${m.names.kinds[m.kind[row]]} ${describe(m, row)}`.toLowerCase().includes(needle);
  }
  const [, field, operator, value] = match;
  if (!value) return `${field}: needs a value`;
  switch (field.toLowerCase()) {
    case 'node': {
      const places = value.toLowerCase().split(',');
      return (row) => places.includes(placeName(m.place[row]));
    }
    case 'key': {
      const keys = value.split(',');
      return (row) => m.group(row) === 'operation' && keys.includes(m.textField(row, 'operation.key'));
    }
    case 'kind': {
      const kinds = matching(m.names.kinds, value);
      return kinds.size ? (row) => kinds.has(m.kind[row]) : `no kind is called ${value}`;
    }
    case 'type': {
      const types = matching(m.names.types, value);
      return types.size ? (row) => m.group(row) === 'message' && types.has(m.field(row, 'message.type')) :
                          `no message type is called ${value}`;
    }
    case 'fault': {
      const faults = matching(m.names.faults, value);
      return faults.size ? (row) => m.group(row) === 'fault' && faults.has(m.field(row, 'fault.class')) :
                           `no fault class is called ${value}`;
    }
    case 't': {
      const time = parseTime(value);
      return time === null ? `${value} is no time: write 3.4s` : (row) => compare(operator, m.t[row], time);
    }
    default: {
      const number = Number(value);
      if (!Number.isFinite(number)) return `${value} is no number`;
      return field.toLowerCase() === 'term' ? (row) => compare(operator, termOf(m, row), number) :
                                              (row) => compare(operator, m.id[row], number);
    }
  }
}

/**
 * The rows that a query lets through, and what was wrong with it.
 * @param {Model} m @param {string} query @returns {{rows: Uint32Array | null, error: string}} null: all rows
 */
export function filterRows(m, query) {
  /** @type {Test[]} */
  const tests = [];
  for (const word of query.split(/\s+/).filter(Boolean)) {
    const negated = word.length > 1 && word.startsWith('-');
    const test = testOf(m, negated ? word.slice(1) : word);
    if (typeof test === 'string') return {rows: null, error: test};
    tests.push(negated ? (row) => !test(row) : test);
  }
  if (!tests.length) return {rows: null, error: ''};
  const rows = new Uint32Array(m.n);
  let n = 0;
  for (let row = 0; row < m.n; row++)
    if (tests.every((test) => test(row))) rows[n++] = row;
  return {rows: rows.slice(0, n), error: ''};
}
