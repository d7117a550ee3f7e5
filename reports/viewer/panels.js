// The tabs beside the lanes: the story of the run, its checks.
import {describe} from './describe.js';
import {el} from './dom.js';
import {count, placeName, seconds} from './format.js';

const HAPPENINGS_MAX = 40;

/**
 * @typedef {import('./model.js').Model} Model
 * @typedef {(row: number) => void} Choose
 */

/**
 * A button that leads to an event; plain text where the report does not hold it.
 * @param {Model} model @param {Choose} choose @param {number} id @param {...(Node | string | null)} children
 */
function jump(model, choose, id, ...children) {
  const row = model.exactRow(id);
  return row < 0 ? el('span', {}, ...children) :
                   el('button.jump', {on: {click: () => choose(row)}}, ...children);
}

/** @param {Model} model @param {Choose} choose @param {any} violation @param {boolean} open */
function violationStory(model, choose, violation, open) {
  const items = violation.evidence.map(
      (line, i) =>
          el('li', {},
             jump(
                 model, choose, line.event, el('span.disc', {}, String(i + 1)),
                 el('span.time', {}, seconds(line.t)), el('b', {}, placeName(line.place)),
                 el('span.what', {}, line.what), line.remark ? el('span.remark', {}, line.remark) : null)));
  return el(
      `div.violation${open ? '.headline' : ''}`, {},
      el('h3', {}, violation.name, ' ', jump(model, choose, violation.event, `event ${violation.event}`)),
      el('p.sentence', {}, violation.sentence), el('ol.evidence', {}, ...items));
}

/**
 * Elections and faults in order: what happened, in a few lines. @param {Model} model @param {Choose} choose
 */
function happenings(model, choose) {
  const rows =
      model.lives.elections.concat(model.lives.phases, ...model.lives.nodes.map((life) => life.crashes));
  for (const fault of model.lives.faults)
    if (!/^(message_|clock_|disk_|crash)/.test(model.names.faults[fault.cls])) rows.push(fault.from);
  rows.sort((a, b) => a - b);
  if (!model.run.nodes) return null;
  const more = rows.length - HAPPENINGS_MAX;
  return el(
      'div.happenings', {}, el('h3', {}, 'Elections, faults, phases'),
      ...rows.slice(0, HAPPENINGS_MAX)
          .map(
              (row) => el(
                  'button.jump', {on: {click: () => choose(row)}}, el('span.time', {}, seconds(model.t[row])),
                  el('b', {}, placeName(model.place[row])), el('span.what', {}, describe(model, row)))),
      more > 0 ? el('p.faint', {}, `and ${count(more)} more: f leads from fault to fault`) : null);
}

/** @param {Model} model @param {Choose} choose */
export function storyPanel(model, choose) {
  const {run, verdict} = model;
  const first = run.first_broken !== null && run.first_broken !== run.headline ?
      verdict.violations[run.first_broken] :
      null;
  const order = verdict.violations.map((_, i) => i)
                    .sort((a, b) => Number(b === run.headline) - Number(a === run.headline) || a - b);
  return el(
      'section.story', {}, verdict.violations.length ? null : el('p.sentence', {}, run.line),
      ...order.slice(0, 1).map((i) => violationStory(model, choose, verdict.violations[i], true)),
      first ? el('p.start', {}, 'First rule broken: ',
                 jump(
                     model, choose, first.event, el('b', {}, first.name),
                     `, event ${first.event} - start there`)) :
              null,
      ...order.slice(1).map((i) => violationStory(model, choose, verdict.violations[i], false)),
      happenings(model, choose));
}

/** @param {Model} model @param {Choose} choose */
export function checksPanel(model, choose) {
  const {verdict} = model;
  const rank = {violated: 0, unknown: 1, skipped: 2, held: 3};
  const word = (p) => (p.verdict === 'held' && p.looked === 0 ? 'vacuous' : p.verdict);
  const sorted = verdict.properties.map((p, i) => ({p, i}))
                     .sort((a, b) => rank[a.p.verdict] - rank[b.p.verdict] || a.i - b.i);
  const rows = sorted.map(({p}) => {
    const violation = verdict.violations.find((v) => v.name === p.name);
    const name = violation ? jump(model, choose, violation.event, p.name) : p.name;
    return el(
        `tr.${word(p)}`, {title: p.statement}, el('td.verdict', {}, word(p)),
        el('td', {}, name, p.why ? el('div.why', {}, p.why) : null), el('td.looked', {}, count(p.looked)));
  });
  const goals = verdict.goals.map(
      (goal) =>
          el(`tr.${goal.reached ? 'held' : 'unknown'}`, {},
             el('td.verdict', {}, goal.reached ? 'reached' : 'not reached'), el('td', {}, goal.name),
             el('td', {})));
  const situations = verdict.situations.map(
      (s) =>
          el('tr', {title: s.sentence}, el('td.looked', {}, count(s.times)),
             el('td', {}, jump(model, choose, s.event, s.name)), el('td', {}, s.sentence)));
  return el(
      'section.checks', {},
      el('table.properties', {},
         el('thead', {},
            el('tr', {}, el('th', {}, 'verdict'), el('th', {}, 'property'), el('th.looked', {}, 'looked'))),
         el('tbody', {}, ...rows)),
      goals.length ?
          el('table', {}, el('thead', {}, el('tr', {}, el('th', {}, 'goal'), el('th', {}), el('th', {}))),
             el('tbody', {}, ...goals)) :
          null,
      situations.length ?
          el('table.situations', {},
             el('thead', {},
                el('tr', {}, el('th.looked', {}, 'times'), el('th', {}, 'rare situation'), el('th', {}, ''))),
             el('tbody', {}, ...situations)) :
          null);
}
