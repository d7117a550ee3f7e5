// The page: puts the parts together and keeps the address bar in step.
import {Chart} from './chart.js';
import {Details} from './details.js';
import {el, fill} from './dom.js';
import {parseTime, seconds} from './format.js';
import {header, legend} from './header.js';
import {Keys} from './keys.js';
import {EventList} from './list.js';
import {Model} from './model.js';
import {Overview} from './overview.js';
import {checksPanel, storyPanel} from './panels.js';
import {readPayload} from './payload.js';
import {Store} from './state.js';

const CLIENT_TYPES = ['ClientRequest', 'ClientReply'];

/**
 * `#e=18720&w=3.39s..3.42s&q=node:n5&x=event`, or `#e18720`, as the terminal prints it. @param {string} hash
 */
function parseHash(hash) {
  const short = /^#e(\d+)$/.exec(hash);
  if (short) return {event: Number(short[1]), window: null, query: '', axis: ''};
  const fields = new URLSearchParams(hash.slice(1));
  const ends = (fields.get('w') || '').split('..').map(parseTime);
  const window = ends.length === 2 && ends[0] !== null && ends[1] !== null && ends[0] < ends[1] ? ends : null;
  const event = /^\d+$/.test(fields.get('e') || '') ? Number(fields.get('e')) : null;
  return {event, window, query: fields.get('q') || '', axis: fields.get('x') || ''};
}

/** @param {Model} model */
function initialState(model) {
  const {open} = model.run;
  const link = parseHash(location.hash);
  const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
  const [from, to] = link.window || [open.from, Math.max(open.to, open.from + 1000)];
  return {
    from,
    to,
    axis: /** @type {'time' | 'event'} */ ('time'),
    selected: model.rowOf(link.event === null ? open.event : link.event),
    hover: -1,
    hidden: new Set(CLIENT_TYPES.map((name) => model.T[name])),
    query: link.query,
    tab: link.query ? 'events' : 'story',
    theme: dark ? 'dark' : 'light'
  };
}

class Page {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.store = new Store(initialState(model));
    this.choose = (/** @type {number} */ row) => {
      this.store.set({selected: row});
      this.chart.reveal(row);
    };
    this.chart = new Chart(model, this.store);
    this.overview = new Overview(model, this.store, this.chart);
    this.list = new EventList(model, this.store, this.choose);
    this.details = new Details(model, this.store, this.choose);
    this.keys = new Keys(this);
    this.store.listen((now, changed) => this.follow(now, changed));
    window.addEventListener('hashchange', () => this.goToLink());
  }

  build() {
    document.documentElement.dataset.theme = this.store.now.theme;
    const actions = {theme: () => this.switchTheme(), help: () => this.keys.open(this.keys.help)};
    document.body.append(
        el('div.page', {id: 'page'}, header(this.model, actions), this.overview.element,
           el('div.main', {}, el('div.left', {}, this.chart.element, legend(this.model, this.store)),
              el('aside', {}, this.tabs(), this.details.element, this.details.live))),
        ...this.keys.elements);
    document.documentElement.classList.add('live');
    const {selected} = this.store.now;
    if (selected >= 0 && parseHash(location.hash).event !== null) this.chart.reveal(selected);
    this.chart.draw();
    this.store.set({hover: -2});
    this.store.flush();
  }

  tabs() {
    const panels = {
      story: storyPanel(this.model, this.choose),
      events: this.list.element,
      checks: checksPanel(this.model, this.choose)
    };
    this.panel = el('div.panel', {role: 'tabpanel'});
    this.buttons = Object.keys(panels).map(
        (name) =>
            el('button', {role: 'tab', on: {click: () => this.store.set({tab: name})}},
               name[0].toUpperCase() + name.slice(1)));
    const show = (/** @type {string} */ tab) => {
      fill(this.panel, panels[tab]);
      this.buttons.forEach(
          (button, i) => button.setAttribute('aria-selected', String(Object.keys(panels)[i] === tab)));
    };
    // First among the listeners of a change, so that a list that comes into view can measure itself.
    this.store.listeners.unshift((now, changed) => changed.has('tab') && show(now.tab));
    show(this.store.now.tab);
    return el('div.side', {}, el('div.tabs', {role: 'tablist'}, ...this.buttons), this.panel);
  }

  switchTheme() {
    this.store.set({theme: this.store.now.theme === 'dark' ? 'light' : 'dark'});
    document.documentElement.dataset.theme = this.store.now.theme;
  }

  focusFilter() {
    this.store.set({tab: 'events'});
    this.store.flush();
    this.list.input.focus();
    this.list.input.select();
  }

  /** @param {import('./state.js').State} now @param {Set<string>} changed */
  follow(now, changed) {
    if (!['selected', 'from', 'to', 'query', 'axis'].some((name) => changed.has(name))) return;
    const fields = new URLSearchParams();
    if (now.selected >= 0) fields.set('e', String(this.model.id[now.selected]));
    if (now.axis === 'time') fields.set('w', `${seconds(now.from)}..${seconds(now.to)}`);
    if (now.query) fields.set('q', now.query);
    clearTimeout(this.address);
    // Browsers refuse more than some hundred changes of address a minute.
    this.address = setTimeout(() => {
      this.own = `#${fields.toString().replace(/%3A/g, ':')}`;
      history.replaceState(null, '', this.own);
    }, 300);
  }

  goToLink() {
    const link = parseHash(location.hash);
    if (link.query) this.store.set({query: link.query, tab: 'events'});
    if (link.window && this.store.now.axis === 'time') this.chart.show(link.window[0], link.window[1]);
    if (link.event !== null) this.choose(this.model.rowOf(link.event));
  }
}

async function start() {
  const element = /** @type {HTMLElement} */ (document.getElementById('payload'));
  const {header: head, columns} = await readPayload(element.textContent || '');
  new Page(new Model(head, columns)).build();
  performance.mark('ready');
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
}

start().catch((error) => {
  // The static part stays: verdict, story and picture. What failed is said.
  document.body.prepend(
      el('p.failed', {}, `This page's viewer failed: ${error}. Below is the static report.`));
});
