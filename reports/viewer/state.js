// What the person looks at: one plain object, changed only through set(), announced once a frame.

/**
 * @typedef {{from: number, to: number, axis: 'time' | 'event', selected: number, hover: number,
 *   hidden: Set<number>, query: string, tab: string, theme: string}} State
 */

export class Store {
  /** @param {State} initial */
  constructor(initial) {
    this.now = initial;
    /** @type {((now: State, changed: Set<string>) => void)[]} */
    this.listeners = [];
    /** @type {Set<string>} */
    this.changed = new Set();
    this.frame = 0;
  }

  /** @param {(now: State, changed: Set<string>) => void} listener */
  listen(listener) { this.listeners.push(listener); }

  /** @param {Partial<State>} patch */
  set(patch) {
    for (const [key, value] of Object.entries(patch)) {
      if (/** @type {any} */ (this.now)[key] === value) continue;
      /** @type {any} */ (this.now)[key] = value;
      this.changed.add(key);
    }
    if (this.changed.size && !this.frame) this.frame = requestAnimationFrame(() => this.flush());
  }

  /** Announces at once: for the first picture and for keys pressed faster than frames come. */
  flush() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.frame = 0;
    const changed = this.changed;
    this.changed = new Set();
    for (const listener of this.listeners) listener(this.now, changed);
  }
}
