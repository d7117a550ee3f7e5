// The verdict, what run it was, and how to run it again.
import {el} from './dom.js';
import {count, seconds} from './format.js';
import {Paint} from './paint.js';

const WORDS = {
  held: 'PASS',
  violated: 'FAIL',
  unknown: 'UNKNOWN'
};

/** @param {string} name @param {string} value */
function fact(name, value) { return el('span.fact', {}, el('span.name', {}, name), value); }

/** @param {string} text @param {HTMLElement} button */
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // From disk some browsers have no clipboard: the old way.
    const area = el('textarea', {readonly: true});
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  button.classList.add('done');
  setTimeout(() => button.classList.remove('done'), 1200);
}

/** @param {import('./model.js').Model} model @param {{theme: () => void, help: () => void}} actions */
export function header(model, actions) {
  const {run, verdict} = model;
  const violation = run.headline === null ? null : verdict.violations[run.headline];
  const title = violation ? violation.sentence.split('\n')[0] : run.line.split(/\s{2,}/).slice(3).join(' ');
  const button =
      el('button.copy', {title: 'Copy this line'}, el('code', {}, run.reproduce), el('span', {}, 'copy'));
  button.addEventListener('click', () => copy(run.reproduce, button));
  const held = verdict.properties.filter((p) => p.verdict === 'held').length;
  const skipped = verdict.properties.filter((p) => p.verdict === 'skipped').length;
  return el(
      'header', {},
      el('div.top', {}, el(`span.badge.${run.outcome}`, {}, WORDS[run.outcome]), el('h1', {}, title),
         el('button.icon',
            {title: 'Dark or light (t)', 'aria-label': 'Switch theme', on: {click: actions.theme}}, '◐'),
         el('button.icon', {title: 'Keys (?)', 'aria-label': 'Help', on: {click: actions.help}}, '?')),
      el('div.facts', {},
         violation ?
             fact('violated', `${violation.name} at ${seconds(violation.t)}, event ${violation.event}`) :
             null,
         fact(run.nodes ? 'scenario' : 'history', run.scenario), run.nodes ? fact('seed', run.seed) : null,
         run.system ? fact(run.nodes ? 'system' : 'read as', run.system) : null,
         fact('held', `${held} of ${verdict.properties.length - skipped}`),
         skipped ? fact('skipped', `${skipped}`) : null, fact('events', count(run.events)),
         run.nodes ? fact('messages', count(run.messages)) : null,
         run.commits === null || !run.nodes ? null : fact('commits', count(run.commits)),
         fact(
             'operations', `${count(run.ok)} ok, ${count(run.failed)} failed, ${count(run.unknown)} unknown`),
         // A run that was stopped has none.
         run.nodes && /[^0]/.test(run.hash) ? fact('hash', run.hash.slice(0, 16)) : null,
         run.version ? fact('version', run.version) : null, run.reproduce ? button : null),
      run.note ? el('div.left-out', {}, run.note) : null,
      run.left_out ?
          el('div.left-out', {},
             `${count(run.left_out)} events of ${count(run.events)} are left out: between ` +
                 'the beginning, the end and the violations only roles, faults and operations are shown.') :
          null);
}

/**
 * Which types of message the lanes show; a click hides or shows one.
 * @param {import('./model.js').Model} model @param {import('./state.js').Store} store
 */
export function legend(model, store) {
  const present = new Map();
  const {flights} = model;
  for (let i = 0; i < flights.n; i++) present.set(flights.type[i], (present.get(flights.type[i]) || 0) + 1);
  const swatches = [];
  const chips = Array.from(present.keys()).sort((a, b) => a - b).map((type) => {
    const swatch = el('span.swatch');
    swatches.push({type, swatch});
    const chip =
        el('button.chip', {title: `${count(present.get(type))} messages`}, swatch, model.names.types[type]);
    chip.addEventListener('click', () => {
      const hidden = new Set(store.now.hidden);
      if (!hidden.delete(type)) hidden.add(type);
      store.set({hidden});
    });
    return {type, chip};
  });
  const refresh = () => {
    const {hidden, theme} = store.now;
    const paint = new Paint(/** @type {any} */ (null), theme === 'dark');
    for (const {type, swatch} of swatches) swatch.style.background = paint.type(type);
    for (const {type, chip} of chips) chip.setAttribute('aria-pressed', String(!hidden.has(type)));
  };
  store.listen((_, changed) => {
    if (changed.has('hidden') || changed.has('theme')) refresh();
  });
  refresh();
  return el(
      'div.legend', {}, ...chips.map(({chip}) => chip),
      el('span.marks', {},
         model.run.nodes ?
             '✕ lost   ⇉ duplicated   ▔ not yet durable   ╵ commit / applied' :
             '■ answered   □ failed   ▨ nobody knows, open to the end   red frame: of the violation'));
}
