// Colours and marks of the canvas. Colours that the style sheet owns are read from it, so that the themes
// cannot disagree; terms and message types have theirs here. Nothing is told by colour alone.

/** Readable on both themes (3:1): light, dark. By MessageType of seam/message_view.hpp. */
const TYPE_COLOURS = [
  ['#6b7280', '#9ca3af'],
  ['#c2410c', '#fb923c'],
  ['#a16207', '#facc15'],
  ['#7e22ce', '#c084fc'],
  ['#86198f', '#e879f9'],
  ['#1d4ed8', '#60a5fa'],
  ['#0f766e', '#2dd4bf'],
  ['#be185d', '#f472b6'],
  ['#9d174d', '#fb7185'],
  ['#b91c1c', '#f87171'],
  ['#4d7c0f', '#a3e635'],
  ['#15803d', '#4ade80'],
  ['#6b7280', '#9ca3af'],
  ['#475569', '#94a3b8'],
];

export class Paint {
  /** @param {CanvasRenderingContext2D} context @param {boolean} dark */
  constructor(context, dark) {
    this.context = context;
    this.dark = dark;
    const style = getComputedStyle(document.documentElement);
    const read = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
    this.ink = read('ink');
    this.faint = read('faint');
    this.line = read('line');
    this.ground = read('ground');
    this.panel = read('panel');
    this.bad = read('bad');
    this.warn = read('warn');
    this.good = read('good');
    this.accent = read('accent');
    /** @type {Map<string, CanvasPattern | string>} */
    this.patterns = new Map();
  }

  /** @param {number} type */
  type(type) { return (TYPE_COLOURS[type] || TYPE_COLOURS[0])[this.dark ? 1 : 0]; }

  /** The hue of a term: neighbours differ, and none is the red of a violation. @param {number} term */
  hue(term) { return 45 + (term * 137.508) % 250; }

  /** @param {number} term @param {'strong' | 'soft'} weight */
  term(term, weight) {
    const hue = this.hue(term).toFixed(0);
    if (weight === 'strong') return this.dark ? `hsl(${hue},62%,42%)` : `hsl(${hue},62%,50%)`;
    return this.dark ? `hsl(${hue},26%,20%)` : `hsl(${hue},48%,88%)`;
  }

  /**
   * Stripes of one colour on another, as a fill. @param {'/' | 'x' | '.' | '|'} mark
   * @param {string} ground @param {string} colour
   */
  pattern(mark, ground, colour) {
    const key = mark + ground + colour;
    let made = this.patterns.get(key);
    if (!made) {
      const tile = document.createElement('canvas');
      tile.width = tile.height = 8;
      const c = /** @type {CanvasRenderingContext2D} */ (tile.getContext('2d'));
      c.fillStyle = ground;
      c.fillRect(0, 0, 8, 8);
      c.strokeStyle = c.fillStyle = colour;
      c.lineWidth = 1.5;
      c.beginPath();
      if (mark === '/' || mark === 'x')
        for (const k of [-8, 0, 8]) c.moveTo(k, 8), c.lineTo(k + 8, 0);
      if (mark === 'x')
        for (const k of [-8, 0, 8]) c.moveTo(k, 0), c.lineTo(k + 8, 8);
      if (mark === '|') c.moveTo(4, 0), c.lineTo(4, 8);
      c.stroke();
      if (mark === '.') c.fillRect(1, 1, 2, 2), c.fillRect(5, 5, 2, 2);
      made = this.context.createPattern(tile, 'repeat') || ground;
      this.patterns.set(key, made);
    }
    return made;
  }

  /** @param {string} text @param {number} x @param {number} y @param {string} [colour] */
  text(text, x, y, colour = this.ink) {
    this.context.fillStyle = colour;
    this.context.fillText(text, x, y);
  }

  /** Text on a ground of its own, so that it reads over arrows. */
  caption(text, x, y, colour) {
    const width = this.context.measureText(text).width;
    this.context.globalAlpha = 0.86;
    this.context.fillStyle = this.ground;
    this.context.fillRect(x - 2, y - 7, width + 4, 14);
    this.context.globalAlpha = 1;
    this.text(text, x, y, colour);
    return width;
  }

  /** A numbered disc. */
  badge(number, x, y, colour) {
    const c = this.context;
    c.beginPath();
    c.arc(x, y, 8, 0, 7);
    c.fillStyle = colour;
    c.fill();
    c.strokeStyle = this.ground;
    c.lineWidth = 1.5;
    c.stroke();
    c.textAlign = 'center';
    c.font = 'bold 11px system-ui, sans-serif';
    this.text(String(number), x, y + 0.5, this.dark ? '#111' : '#fff');
    c.textAlign = 'left';
  }

  /** A flag at the top of a vertical line; it turns to the left near the right edge. */
  flag(text, x, y, colour, right) {
    const c = this.context;
    c.font = 'bold 11px system-ui, sans-serif';
    const width = c.measureText(text).width + 12;
    const left = x + width > right ? x - width : x;
    c.fillStyle = colour;
    c.fillRect(left, y, width, 17);
    this.text(text, left + 6, y + 9, this.dark ? '#111' : '#fff');
  }

  cross(x, y, size, colour, width = 2) {
    const c = this.context;
    c.strokeStyle = colour;
    c.lineWidth = width;
    c.beginPath();
    c.moveTo(x - size, y - size);
    c.lineTo(x + size, y + size);
    c.moveTo(x + size, y - size);
    c.lineTo(x - size, y + size);
    c.stroke();
  }

  /** A filled head at (x2, y2) of an arrow that comes from (x1, y1). */
  head(x1, y1, x2, y2, size) {
    const angle = Math.atan2(y2 - y1, x2 - x1);
    const c = this.context;
    c.beginPath();
    c.moveTo(x2, y2);
    c.lineTo(x2 - size * Math.cos(angle - 0.4), y2 - size * Math.sin(angle - 0.4));
    c.lineTo(x2 - size * Math.cos(angle + 0.4), y2 - size * Math.sin(angle + 0.4));
    c.fill();
  }
}
