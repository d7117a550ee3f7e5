// What the pointer is on: filled anew with each picture, asked when the pointer moves.

export class Hits {
  constructor() { this.clear(); }

  clear() {
    /** @type {number[]} x, y, row */
    this.points = [];
    /** @type {number[]} x1, y1, x2, y2, row */
    this.boxes = [];
    /** @type {number[]} x1, y1, x2, y2, row */
    this.lines = [];
  }

  point(x, y, row) { this.points.push(x, y, row); }

  box(x1, y1, x2, y2, row) { this.boxes.push(x1, y1, x2, y2, row); }

  line(x1, y1, x2, y2, row) { this.lines.push(x1, y1, x2, y2, row); }

  /** The row under a point: marks before arrows before areas; -1 where there is none. */
  find(x, y) {
    let best = -1;
    let least = 9 * 9;
    for (let i = 0; i < this.points.length; i += 3) {
      const d = (this.points[i] - x) ** 2 + (this.points[i + 1] - y) ** 2;
      if (d < least) [least, best] = [d, this.points[i + 2]];
    }
    if (best >= 0) return best;
    least = 5 * 5;
    for (let i = 0; i < this.lines.length; i += 5) {
      const d = distance(this.lines, i, x, y);
      if (d < least) [least, best] = [d, this.lines[i + 4]];
    }
    if (best >= 0) return best;
    const b = this.boxes;
    for (let i = b.length - 5; i >= 0; i -= 5)
      if (x >= b[i] && x <= b[i + 2] && y >= b[i + 1] && y <= b[i + 3]) return b[i + 4];
    return -1;
  }
}

/** Square of the distance to a segment. */
function distance(lines, i, x, y) {
  const [x1, y1] = [lines[i], lines[i + 1]];
  const [dx, dy] = [lines[i + 2] - x1, lines[i + 3] - y1];
  const length = dx * dx + dy * dy;
  const at = length ? Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length)) : 0;
  return (x1 + at * dx - x) ** 2 + (y1 + at * dy - y) ** 2;
}
