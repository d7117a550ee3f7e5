// Reads what reports/payload.cpp wrote: gzip in base64, a header in JSON, columns of varints behind it.

/**
 * @typedef {{name: string, form: number, count: number, max: number, at: number, bytes: number}} ColumnInfo
 * @typedef {Uint8Array | Uint16Array | Uint32Array | Float64Array} Numbers
 */

/** Column::Form of reports/columns.hpp. */
const FORM = {
  plain: 0,
  delta: 1,
  byPlace: 2
};

/** @param {string} text @returns {Uint8Array} */
function bytesOfBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The narrowest array that holds values up to `max`. @param {number} max @param {number} count */
function arrayFor(max, count) {
  if (max < 0x100) return new Uint8Array(count);
  if (max < 0x10000) return new Uint16Array(count);
  if (max < 0x100000000) return new Uint32Array(count);
  return new Float64Array(count);
}

/**
 * @param {Uint8Array} bytes @param {ColumnInfo} info
 * @param {ArrayLike<number> | null} places of each value, where differences are by place @returns {Numbers}
 */
function decode(bytes, info, places) {
  const out = arrayFor(info.max, info.count);
  let at = 0;
  /** @type {number[]} */
  const last = [0];
  for (let i = 0; i < info.count; i++) {
    let byte = bytes[at++];
    let value = byte & 0x7f;
    // Beyond 28 bits `|` and `<<` would lose bits: numbers up to 2^53 are built by multiplication.
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      byte = bytes[at++];
      value += (byte & 0x7f) * scale;
    }
    if (info.form !== FORM.plain) {
      const of = places ? places[i] : 0;
      out[i] = last[of] = (last[of] || 0) + (value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    } else {
      out[i] = value;
    }
  }
  return out;
}

/** Columns by name, each decoded when it is first asked for. */
export class Columns {
  /** @param {ColumnInfo[]} infos @param {Uint8Array} bytes @param {string[]} groups by kind */
  constructor(infos, bytes, groups) {
    this.bytes = bytes;
    this.groups = groups;
    /** The places of a group's rows, in order. @type {Map<string, number[]>} */
    this.places = new Map();
    /** @type {Map<string, ColumnInfo>} */
    this.infos = new Map(infos.map((info) => [info.name, info]));
    /** @type {Map<string, Numbers>} */
    this.decoded = new Map();
  }

  /** @param {string} name @returns {Numbers} */
  get(name) {
    let column = this.decoded.get(name);
    if (!column) {
      const info = this.infos.get(name);
      if (!info) throw new Error(`no column ${name}`);
      column = decode(
          this.bytes.subarray(info.at, info.at + info.bytes), info,
          info.form === FORM.byPlace ? this.placesOf(name.split('.')[0]) : null);
      this.decoded.set(name, column);
    }
    return column;
  }

  /** The group `send` is those of `message` that carry a described message. @param {string} group */
  placesOf(group) {
    let places = this.places.get(group);
    if (places) return places;
    const [kind, place] = [this.get('all.kind'), this.get('all.place')];
    const member = this.groups.map((name) => name === (group === 'send' ? 'message' : group));
    const flags = group === 'send' ? this.get('message.flags') : null;
    places = [];
    for (let i = 0, at = 0; i < kind.length; i++)
      if (member[kind[i]] && (!flags || flags[at++] & 4)) places.push(place[i]);
    this.places.set(group, places);
    return places;
  }
}

/** @param {string} base64 */
export async function readPayload(base64) {
  const packed = new Blob([bytesOfBase64(base64)]);
  const stream = packed.stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return {header, columns: new Columns(header.columns, bytes.subarray(4 + length), header.names.groups)};
}
