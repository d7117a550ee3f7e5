// One line of words per event, in the protocol's language; made only for what is on the screen.
import {REASONS} from './flights.js';
import {count, placeName, span} from './format.js';

const ROLE_NAMES = ['follower', 'pre-candidate', 'candidate', 'leader', 'learner'];
const OPERATIONS = ['get', 'put', 'delete', 'cas', 'append', 'open session'];
const REPLIES = ['ok', 'not leader', 'busy', 'refused', 'failed', 'unsupported'];
const ACTIONS = ['write', 'sync', 'read', 'truncate', 'rename', 'remove', 'list', 'sync directory'];
const STATUS = ['ok', 'I/O error', 'full', 'not found'];
const POINTS =
    ['', 'in the middle of its effects', 'before a sync', 'during a sync', 'after a sync', 'during recovery'];
const BOOTS = ['first boot', 'joins', 'recovers from disk'];

/** @typedef {import('./model.js').Model} Model */

/** @param {number} n */
const node = (n) => (n ? `n${n}` : 'none');

/** What a message says. @param {Model} m @param {number} row */
function messageWords(m, row) {
  const get = (/** @type {string} */ name) => m.field(row, `message.${name}`);
  const type = m.names.types[get('type')];
  const flags = get('flags');
  const parts = [type];
  if (get('term')) parts.push(`term ${get('term')}`);
  if (/Resp$/.test(type))
    parts.push(flags & 2 ? (type.includes('Vote') ? 'granted' : 'accepted') : 'refused');
  const view = m.view(row);
  if (view && type === 'AppendEntries')
    parts.push(
        view.entries ? `${view.entries} after ${view.previousIndex}` : 'heartbeat', `commit ${view.commit}`);
  if (view && /Vote$/.test(type))
    parts.push(`log ends at ${view.previousIndex} of term ${view.previousTerm}`);
  // A copy names its original there.
  const copy = m.names.kinds[m.kind[row]] === 'dup';
  if (type === 'AppendEntriesResp' && flags & 2 && !copy) parts.push(`match ${get('match')}`);
  return parts.join(', ');
}

/** Type and answer of a message, to stand beside its arrow. @param {Model} m @param {number} row */
export function shortWords(m, row) {
  const type = m.names.types[m.field(row, 'message.type')];
  if (!/Resp$/.test(type)) return type;
  const yes = m.field(row, 'message.flags') & 2;
  if (type.includes('Vote')) return yes ? 'vote granted' : 'vote refused';
  return type === 'AppendEntriesResp' ? (yes ? 'accepted' : 'refused') : type;
}

/** @param {Model} m @param {number} row */
function messageLine(m, row) {
  const peer = placeName(m.field(row, 'message.peer'));
  const flags = m.field(row, 'message.flags');
  const words = messageWords(m, row);
  switch (m.names.kinds[m.kind[row]]) {
    case 'send':
      return `→ ${peer}  ${words}${flags & 1 ? '  (waits for the disk)' : ''}`;
    case 'depart':
      return `→ ${peer}  ${words}  (disk done, leaves now)`;
    case 'recv':
      return `← ${peer}  ${words}`;
    case 'drop':
      return `✕ ${peer}  ${words}  (${REASONS[flags >> 3] || 'dropped'})`;
    case 'dup':
      return `⇉ ${peer}  ${words}  (${flags & 1 ? 'comes again later' : 'copied'})`;
    case 'hold':
      return `⏸ ${peer}  ${words}  (held back)`;
    case 'release':
      return `▸ ${peer}  ${words}  (let go)`;
    default:
      return `≈ ${peer}  ${words}  (damaged)`;
  }
}

/** @param {Model} m @param {number} row */
function askedWords(m, row) {
  const key = m.textField(row, 'operation.key');
  const value = m.textField(row, 'operation.value');
  const expected = m.textField(row, 'operation.expected');
  const kind = OPERATIONS[m.field(row, 'operation.kind')] || 'operation';
  return [kind, key, expected && `${expected} →`, value].filter(Boolean).join(' ');
}

/**
 * A client's operation in as few words as there are: what was asked, and what a read gave.
 * @param {Model} m @param {{from: number, to: number, outcome: string}} operation
 */
export function operationWords(m, {from, to, outcome}) {
  const asked = askedWords(m, from);
  const result = outcome === 'ok' ? m.textField(to, 'operation.result') : '';
  if (outcome === 'open') return `${asked}: unknown`;
  if (outcome === 'fail') return `${asked}: failed`;
  return result && result !== 'ok' ? `${asked}: ${result}` : asked;
}

/** @param {Model} m @param {number} row */
function operationLine(m, row) {
  const get = (/** @type {string} */ name) => m.field(row, `operation.${name}`);
  const result = m.textField(row, 'operation.result');
  const asked = askedWords(m, row);
  const position = get('position') ? `  at ${get('position')}` : '';
  switch (m.names.kinds[m.kind[row]]) {
    case 'invoke':
      return `asks: ${asked}${get('final') ? '  (final read)' : ''}`;
    case 'ok':
      return `ok: ${asked}  ${result}${position}`;
    case 'fail':
      return `failed: ${asked}  ${result || REPLIES[get('reply')]}`;
    case 'info':
      return `unknown: ${asked}  (no answer in time)`;
    default:
      return `replies to c${get('client')}: ${REPLIES[get('reply')]}${position}`;
  }
}

/** @param {Model} m @param {number} row */
function diskLine(m, row) {
  const meaning = m.textField(row, 'disk.meaning');
  const file = m.text(row);
  const what = [ACTIONS[m.field(row, 'disk.action')], file].filter(Boolean).join(' ');
  const op = `#${m.field(row, 'disk.op')}`;
  switch (m.names.kinds[m.kind[row]]) {
    case 'durable':
      return `durable: ${meaning || op}`;
    case 'lost':
      return `${m.field(row, 'disk.status') ? 'damaged' : 'lost at the crash'}: ${meaning || op}`;
    case 'synced':
      return `sync ${op} ${m.field(row, 'disk.flaw') ? 'says done and did nothing' : 'done'}`;
    case 'sync':
      return `sync ${file} ${op}`;
    case 'disk_error':
      return `${what} ${op}: ${STATUS[m.field(row, 'disk.status')]}`;
    default:
      return `${what} ${op}, ${count(m.field(row, 'disk.length'))} bytes${meaning ? `: ${meaning}` : ''}`;
  }
}

/** @param {Model} m @param {number} row */
function processLine(m, row) {
  const kind = m.names.kinds[m.kind[row]];
  const parts = [kind === 'halt' ? 'stops itself' : kind];
  if (kind === 'crash') {
    const bytes = m.field(row, 'process.lost_bytes');
    const messages = m.field(row, 'process.lost_messages');
    if (POINTS[m.field(row, 'process.point')]) parts.push(POINTS[m.field(row, 'process.point')]);
    if (bytes) parts.push(`${count(bytes)} unsynced bytes lost`);
    if (messages) parts.push(`${messages} waiting messages never left`);
  }
  const text = m.text(row);
  return parts.join(', ') + (text ? `  (${text})` : '');
}

/** @param {Model} m @param {number} row */
function noteLine(m, row) {
  const name = m.names.notes[m.field(row, 'note.note')] || 'note';
  const a = m.field(row, 'note.a');
  const b = m.field(row, 'note.b');
  const words = name.replace(/_/g, ' ');
  if (name === 'role_changed') return `note: ${ROLE_NAMES[b]} → ${ROLE_NAMES[a]}`;
  if (name === 'vote_granted') return `note: grants vote to ${node(a)}, term ${b}`;
  if (name === 'vote_refused_voted_other')
    return `note: refuses ${node(a)}: this term's vote went to ${node(b)}`;
  if (name === 'vote_refused_leader_alive') return `note: refuses ${node(a)}: leader ${node(b)} is alive`;
  if (name === 'vote_refused_log_behind') return `note: refuses ${node(a)}: its log ends at ${b}, behind`;
  if (name === 'vote_refused_stale_term') return `note: refuses ${node(a)}: its term ${b} is stale`;
  if (name === 'election_timed_out') return `note: election timed out, campaigns for term ${a}`;
  if (name === 'stepped_down_higher_term') return `note: steps down for term ${a}, told by ${node(b)}`;
  if (name === 'recovered') return `note: recovered up to entry ${a}, term ${b}`;
  if (name === 'change_refused')
    return `note: refuses a change of configuration: ${m.names.refusals[a] || a}`;
  if (name === 'lease_read_fell_back')
    return `note: has no lease (${m.names.no_lease[a] || a}): the read takes a round`;
  return `note: ${words}  ${a}${b ? ` ${b}` : ''}`;
}

/**
 * Class and words of a fault; the class once, where the words begin with it.
 * @param {string} name @param {string} words
 */
export function faultWords(name, words) {
  const plain = name.replace(/_/g, ' ');
  return words.startsWith(plain) ? words : `${plain}  ${words}`.trim();
}

/** @type {Object<string, (m: Model, row: number) => string>} */
const BY_GROUP = {
  message: messageLine,
  operation: operationLine,
  disk: diskLine,
  process: processLine,
  note: noteLine,
  timer: (m, row) =>
      (m.names.kinds[m.kind[row]] === 'timer_fire' ?
           'wakes' :
           `wants to wake in ${span(m.field(row, 'timer.at') - m.t[row])}`),
  boot: (m, row) =>
      `boots (incarnation ${m.field(row, 'boot.incarnation')}, ${BOOTS[m.field(row, 'boot.boot')]})`,
  role: (m, row) => `becomes ${ROLE_NAMES[m.field(row, 'role.role')]} in term ${m.field(row, 'role.term')}` +
      `  (was ${ROLE_NAMES[m.field(row, 'role.previous')]}, log ends at ${m.field(row, 'role.last_index')})`,
  change: (m, row) => {
    const kind = m.names.kinds[m.kind[row]];
    const [now, before] = [m.field(row, 'change.now'), m.field(row, 'change.previous')];
    if (kind === 'term') return `term ${before} → ${now}`;
    const term = m.field(row, 'change.term');
    return kind === 'vote' ? (now ? `vote for ${node(now)}, term ${term}` : `no vote, term ${term}`) :
                             `knows leader ${node(now)}, term ${term}`;
  },
  append: (m, row) => `appends entry ${m.field(row, 'append.index')} of term ${m.field(row, 'append.term')}`,
  truncate: (m, row) => {
    const [from, last] = [m.field(row, 'truncate.from'), m.field(row, 'truncate.last')];
    return m.names.kinds[m.kind[row]] === 'truncate' ? `removes entries ${from}..${last}` :
                                                       `log starts at ${from}`;
  },
  commit: (m, row) =>
      `commits up to ${m.field(row, 'commit.commit')}  (was ${m.field(row, 'commit.previous')})`,
  apply: (m, row) => `applies entry ${m.field(row, 'apply.index')}`,
  snapshot: (m, row) =>
      `snapshot ${['taken', 'sent', 'installed', 'recovered'][m.field(row, 'snapshot.action')]} at ` +
      `${m.field(row, 'snapshot.index')} of term ${m.field(row, 'snapshot.term')}`,
  config: (m, row) => `configuration ${m.textField(row, 'config.configuration')}`,
  audit: (m, row) => {
    if (m.field(row, 'audit.shows') & 8) return 'audit: the worst crash image makes it stop itself';
    const [term, vote] = [m.field(row, 'audit.term'), m.field(row, 'audit.vote')];
    return `audit: the worst crash image recovers term ${term}, vote ${node(vote)}, ` +
        `log up to ${m.field(row, 'audit.last')}`;
  },
  lease: (m, row) => {
    const [until, term] = [m.field(row, 'lease.until'), m.field(row, 'lease.term')];
    return until ? `lease for ${span(until - m.t[row])}, term ${term}` : `no lease any more, term ${term}`;
  },
  load: (m, row) => `${m.field(row, 'load.uncommitted')} bytes uncommitted, ` +
      `${m.field(row, 'load.reads')} reads pending`,
  clock: (m, row) => {
    const by = `${m.field(row, 'clock.by') < 0 ? '-' : ''}${span(Math.abs(m.field(row, 'clock.by')))}`;
    return [
      `wall clock jumps by ${by}`, `clock jumps by ${by}, timers too`, 'clock stands still, timers too',
      `clock goes on, ${by} behind`
    ][m.field(row, 'clock.what')];
  },
  fault: (m, row) => {
    const nodes = m.textField(row, 'fault.nodes');
    const name = m.names.faults[m.field(row, 'fault.class')];
    return `${m.names.kinds[m.kind[row]] === 'fault_begin' ? 'fault' : 'end of fault'}: ` +
        faultWords(name, m.text(row) || nodes);
  },
  world: (m, row) => {
    const kind = m.names.kinds[m.kind[row]];
    const text = m.text(row);
    if (kind === 'phase') {
      const phase = ['chaos', 'quiet', 'drain'][m.field(row, 'world.what')] || '';
      // A quiet phase in which not everybody is well says who is.
      return `phase: ${[phase, text].filter((part, i, all) => part && part !== all[i - 1]).join(', ')}`;
    }
    if (kind === 'check') return `check ${m.field(row, 'world.what') ? 'held' : 'failed'}: ${text}`;
    return `${kind.replace('_', ' ')}: ${text}`;
  },
};

/** @param {Model} m @param {number} row @returns {string} */
export function describe(m, row) { return BY_GROUP[m.group(row)](m, row); }
