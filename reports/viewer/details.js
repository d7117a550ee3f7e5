// All of one event: its fields, the state of its node, its cause and what it caused, each a link.
import {describe} from './describe.js';
import {el, fill} from './dom.js';
import {FATE, REASONS} from './flights.js';
import {placeName, seconds, span} from './format.js';

const EFFECTS_MAX = 12;

export class Details {
  /**
   * @param {import('./model.js').Model} model @param {import('./state.js').Store} store
   * @param {(row: number) => void} choose
   */
  constructor(model, store, choose) {
    this.model = model;
    this.store = store;
    this.choose = choose;
    this.element = el('section.details', {'aria-label': 'Selected event'});
    this.live = el('div.live', {'aria-live': 'polite'});
    store.listen((now, changed) => {
      if (changed.has('selected')) this.draw(now.selected);
    });
    this.draw(store.now.selected);
  }

  /** @param {number} row */
  link(row) {
    const m = this.model;
    return el(
        'button.link', {on: {click: () => this.choose(row)}}, el('span.id', {}, `#${m.id[row]}`),
        ` ${placeName(m.place[row])} `, el('span.kind', {}, m.names.kinds[m.kind[row]]),
        ` ${describe(m, row)}`);
  }

  /** @param {number} row */
  draw(row) {
    const m = this.model;
    if (row < 0 || row >= m.n) {
      fill(
          this.element,
          el('p.faint', {}, 'Select an event: click in the lanes or the list, or press . and ,'));
      return;
    }
    const kind = m.names.kinds[m.kind[row]];
    this.live.textContent = `Event ${m.id[row]}, ${placeName(m.place[row])}, ${kind}, ${describe(m, row)}`;
    const rows = [['time', seconds(m.t[row])], ['step', String(m.step[row])]];
    this.addState(rows, row);
    this.addFields(rows, row);
    this.addFlight(rows, row);
    const table = el(
        'table', {}, ...rows.map(([name, value]) => el('tr', {}, el('th', {}, name), el('td', {}, value))));
    fill(
        this.element,
        el('h2', {}, el('span.id', {}, `#${m.id[row]}`), ` ${placeName(m.place[row])} `,
           el('span.kind', {}, kind)),
        el('p.words', {}, describe(m, row)), table, ...this.causes(row), ...this.effects(row));
    this.element.scrollTop = 0;
  }

  /** The node as it is after the event. */
  addState(rows, row) {
    const m = this.model;
    const place = m.place[row];
    if (place === 0 || place % 2 === 1) return;
    const stretch = m.lives.stretchAt(place / 2, row);
    if (!stretch) return;
    const role = ['follower', 'pre-candidate', 'candidate', 'leader', 'learner'][stretch.role];
    rows.push(
        ['node', stretch.up ? `${role}, term ${stretch.term}${stretch.paused ? ', paused' : ''}` : 'down']);
    const life = m.lives.nodes[place / 2];
    const commit = lastAtOrBefore(life.commits, row);
    if (commit >= 0) rows.push(['commit', String(m.field(commit, 'commit.commit'))]);
    const applied = lastAtOrBefore(life.applies, row);
    if (applied >= 0) rows.push(['applied', String(m.field(applied, 'apply.index'))]);
    if (life.unsynced.some(([from, to]) => from <= row && row < to))
      rows.push(['disk', 'something written is not durable']);
  }

  /** The payload: every field of the kind that is not 0. */
  addFields(rows, row) {
    const m = this.model;
    const group = m.group(row);
    const words = {peer: placeName, at: seconds};
    const told = new Set([
      'flags', 'type', 'class', 'nodes', 'configuration', 'meaning', 'key', 'value', 'expected', 'result',
      'kind'
    ]);
    for (const name of m.columns.infos.keys()) {
      if (!name.startsWith(`${group}.`) || /^(role|note|boot)\./.test(name)) continue;
      const field = name.slice(group.length + 1);
      const value = told.has(field) ? 0 : m.field(row, name);
      if (!value) continue;
      rows.push([field.replace(/_/g, ' '), words[field] ? words[field](value) : String(value)]);
    }
    for (const field of ['key', 'value', 'expected', 'result'])
      if (group === 'operation' && m.textField(row, `operation.${field}`))
        rows.push([field, m.textField(row, `operation.${field}`)]);
    if (group === 'disk' && m.textField(row, 'disk.meaning'))
      rows.push(['labels', m.textField(row, 'disk.meaning')]);
    const view = group === 'message' ? m.view(row) : null;
    if (view) {
      rows.push(['previous', `${view.previousIndex} of term ${view.previousTerm}`]);
      if (view.entries) rows.push(['entries', String(view.entries)]);
    }
    if (m.text(row)) rows.push(['text', m.text(row)]);
  }

  /** What became of the message. */
  addFlight(rows, row) {
    const f = this.model.flights;
    const i = f.ofRow(row);
    if (i < 0) return;
    const t = this.model.t;
    if (f.left[i] !== f.issued[i])
      rows.push(['waited', `${span(t[f.left[i]] - t[f.issued[i]])} for the disk`]);
    if (f.fate[i] === FATE.delivered) rows.push(['on the way', span(t[f.ended[i]] - t[f.left[i]])]);
    if (f.fate[i] === FATE.dropped || f.fate[i] === FATE.unsent)
      rows.push(['lost', REASONS[f.reason[i]] || 'dropped']);
    if (f.twin[i]) rows.push(['duplicated', 'yes']);
  }

  causes(row) {
    const m = this.model;
    const direct = m.causeOf(row);
    const further = m.furtherCauses(row).filter((r) => r !== direct);
    if (direct < 0 && !further.length) return [];
    return [
      el('h3', {}, 'Because of'), ...(direct >= 0 ? [direct] : []).concat(further).map((r) => this.link(r))
    ];
  }

  effects(row) {
    const list = this.model.effectsOf(row);
    if (!list.length) return [];
    const shown = Array.from(list).slice(0, EFFECTS_MAX).map((r) => this.link(r));
    const more = list.length - shown.length;
    return [el('h3', {}, 'It caused'), ...shown, more > 0 ? el('p.faint', {}, `and ${more} more`) : null];
  }
}

/** @param {number[]} rows sorted @param {number} row */
function lastAtOrBefore(rows, row) {
  let low = -1;
  let high = rows.length;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (rows[mid] <= row)
      low = mid;
    else
      high = mid;
  }
  return low < 0 ? -1 : rows[low];
}
