// What went wrong, on the canvas: the violations as flagged lines, the evidence as numbered discs with its
// words.
import {FONT} from './lanes.js';

/**
 * @typedef {import('./paint.js').Paint} Paint
 * @typedef {import('./view.js').View} View
 * @typedef {import('./hits.js').Hits} Hits
 */

/** @param {Paint} paint @param {View} view @param {Hits} hits */
export function drawViolations(paint, view, hits) {
  const {run, verdict} = view.model;
  const c = paint.context;
  verdict.violations.forEach((violation, i) => {
    const row = view.model.rowOf(violation.event);
    if (row < 0) return;
    const x = view.axis === 'time' ? view.left + (violation.t - view.from) * view.per : view.x(row);
    if (x < view.left - 1 || x > view.right + 1) return;
    const first = i === run.headline;
    const colour = first ? paint.bad : i === run.first_broken ? paint.warn : paint.faint;
    c.strokeStyle = colour;
    c.lineWidth = first ? 2 : 1.5;
    c.beginPath();
    c.moveTo(x, 18);
    c.lineTo(x, view.bottom);
    c.stroke();
    const text = first || i !== run.first_broken ? violation.name : `first broken: ${violation.name}`;
    paint.flag(text, x, first ? 0 : 18, colour, view.right + 8);
    hits.box(x - 4, 0, x + 4, view.bottom, row);
    hits.point(x, first ? 8 : 26, row);
  });
}

/**
 * Captions stand in up to three levels above a band; one that finds no room leaves its disc alone.
 * @param {Paint} paint @param {View} view @param {Hits} hits
 */
export function drawEvidence(paint, view, hits) {
  const {run, verdict} = view.model;
  if (run.headline === null) return;
  const c = paint.context;
  /** @type {Map<string, number>} The right end of what stands on each level. */
  const taken = new Map();
  verdict.violations[run.headline].evidence.forEach((line, i) => {
    const row = view.model.rowOf(line.event);
    if (row < 0) return;
    const x = view.x(row);
    if (x < view.left || x > view.right) return;
    const base = view.y(line.place) - (line.place && line.place % 2 === 0 ? view.band / 2 + 13 : 0);
    c.font = `bold ${FONT}`;
    const width = c.measureText(line.what).width + 24;
    const left = x + width > view.right ? x - width : x - 8;
    const levels = view.lane >= 96 ? [0, 1, 2] : view.lane >= 70 ? [0, 1] : [0];
    const level = levels.find((k) => (taken.get(`${line.place} ${k}`) || -1) <= left);
    const y = base - 18 * (level || 0);
    if (level) {
      c.strokeStyle = paint.bad;
      c.lineWidth = 1;
      c.beginPath();
      c.moveTo(x, y);
      c.lineTo(x, base + 12);
      c.stroke();
    }
    if (level !== undefined) {
      taken.set(`${line.place} ${level}`, left + width);
      paint.caption(line.what, left < x - 8 ? x - width + 8 : x + 12, y, paint.bad);
    }
    paint.badge(i + 1, x, y, paint.bad);
    hits.point(x, y, row);
  });
}
