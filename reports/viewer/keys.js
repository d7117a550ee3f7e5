// Every key of the page. One table: the help dialog shows what the handler does.
import {el} from './dom.js';
import {parseTime} from './format.js';

/**
 * @typedef {{keys: string[], says: string, run: () => void}} Key
 */

export class Keys {
  /** @param {any} page */
  constructor(page) {
    this.page = page;
    this.table = this.keys();
    this.help = this.helpDialog();
    this.goTo = this.goToDialog();
    this.elements = [this.help, this.goTo.dialog];
    document.addEventListener('keydown', (event) => this.pressed(event));
  }

  /** @returns {Key[]} */
  keys() {
    const {chart, choose, list, model, store} = this.page;
    const selected = () => store.now.selected;
    const pick = (/** @type {number} */ row) => row >= 0 && choose(row);
    const after = (/** @type {number[]} */ rows) => {
      const next = rows.find((row) => row > selected());
      pick(next !== undefined ? next : rows.length ? rows[0] : -1);
    };
    const sameNode = (/** @type {number} */ by) => {
      const place = selected() < 0 ? 0 : model.place[selected()];
      for (let row = selected() + by; row >= 0 && row < model.n; row += by)
        if (model.place[row] === place) return pick(row);
    };
    const violations = model.verdict.violations.map((v) => model.rowOf(v.event)).sort((a, b) => a - b);
    const faults = model.lives.faults.map((fault) => fault.from);
    return [
      {keys: ['.'], says: 'next event (of the filter)', run: () => pick(list.neighbour(1))},
      {keys: [','], says: 'previous event', run: () => pick(list.neighbour(-1))},
      {
        keys: [']'],
        says: 'along the cause: what this event caused',
        run: () =>
            selected() >= 0 && pick(model.effectsOf(selected()).length ? model.effectsOf(selected())[0] : -1)
      },
      {keys: ['['], says: 'back to its cause', run: () => selected() >= 0 && pick(model.causeOf(selected()))},
      {keys: ['}'], says: 'next event of the same node', run: () => sameNode(1)},
      {keys: ['{'], says: 'previous event of the same node', run: () => sameNode(-1)},
      {keys: ['v'], says: 'next violation', run: () => after(violations)},
      {keys: ['f'], says: 'next fault', run: () => after(faults)},
      {keys: ['ArrowLeft', 'a'], says: 'move left', run: () => chart.pan(-0.2)},
      {keys: ['ArrowRight', 'd'], says: 'move right', run: () => chart.pan(0.2)},
      {keys: ['+', '=', 'ArrowUp', 'w'], says: 'closer', run: () => chart.zoomBy(0.6)},
      {keys: ['-', 'ArrowDown', 's'], says: 'farther', run: () => chart.zoomBy(1 / 0.6)},
      {keys: ['0'], says: 'the whole run', run: () => chart.show(...chart.view.extent(store.now.axis))},
      {keys: ['/'], says: 'filter', run: () => this.page.focusFilter()},
      {keys: ['g'], says: 'go to an event or a time', run: () => this.open(this.goTo.dialog)},
      {keys: ['m'], says: 'axis: time, or order of events', run: () => chart.switchAxis()},
      {keys: ['t'], says: 'dark or light', run: () => this.page.switchTheme()},
      {keys: ['?'], says: 'this help', run: () => this.open(this.help)},
    ];
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest && target.closest('dialog')) return;
    if (target instanceof HTMLInputElement) {
      if (event.key === 'Escape' || event.key === 'Enter') target.blur();
      return;
    }
    const key = this.table.find((entry) => entry.keys.includes(event.key));
    if (!key) return;
    event.preventDefault();
    key.run();
  }

  /** @param {HTMLDialogElement} dialog */
  open(dialog) { dialog.showModal(); }

  helpDialog() {
    const rows = this.table.map(
        (key) =>
            el('tr', {}, el('td', {}, ...key.keys.map((name) => el('kbd', {}, name.replace('Arrow', '')))),
               el('td', {}, key.says)));
    const close = el('button', {}, 'close');
    const dialog =
        el('dialog', {}, el('h2', {}, 'Keys'), el('table', {}, ...rows),
           el('p.faint', {},
              'Wheel: zoom. Drag, shift and wheel: move. Click: select. The link in the address bar ' +
                  'leads back to what you see.'),
           close);
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('keydown', (event) => event.key === '?' && dialog.close());
    return dialog;
  }

  goToDialog() {
    const input = el('input', {'aria-label': 'Event number or time', placeholder: '18720 or 3.4s'});
    const form = el('form', {method: 'dialog'}, el('h2', {}, 'Go to an event or a time'), input);
    const dialog = el('dialog', {}, form);
    form.addEventListener('submit', () => {
      const {model, choose} = this.page;
      const text = input.value.trim().replace(/^#/, '');
      const time = /[a-zµ.]/.test(text) ? parseTime(text) : null;
      const row = time !== null ? model.rowAt(time) : /^\d+$/.test(text) ? model.rowOf(Number(text)) : -1;
      if (row >= 0) choose(row);
      input.value = '';
    });
    return {dialog, input};
  }
}
