// Reads what reports/payload.cpp wrote: gzip in base64, a header in JSON, columns of varints behind it.

/**
 * @typedef {{name: string, delta: boolean, count: number, max: number, at: number, bytes: number}} ColumnInfo
 * @typedef {Uint8Array | Uint16Array | Uint32Array | Float64Array} Numbers
 */

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

/** @param {Uint8Array} bytes @param {ColumnInfo} info @returns {Numbers} */
function decode(bytes, info) {
  const out = arrayFor(info.max, info.count);
  let at = 0;
  let last = 0;
  for (let i = 0; i < info.count; i++) {
    let byte = bytes[at++];
    let value = byte & 0x7f;
    // Beyond 28 bits `|` and `<<` would lose bits: numbers up to 2^53 are built by multiplication.
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      byte = bytes[at++];
      value += (byte & 0x7f) * scale;
    }
    if (info.delta) {
      last += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      out[i] = last;
    } else {
      out[i] = value;
    }
  }
  return out;
}

/** Columns by name, each decoded when it is first asked for. */
export class Columns {
  /** @param {ColumnInfo[]} infos @param {Uint8Array} bytes */
  constructor(infos, bytes) {
    this.bytes = bytes;
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
      column = decode(this.bytes.subarray(info.at, info.at + info.bytes), info);
      this.decoded.set(name, column);
    }
    return column;
  }
}

/** @param {string} base64 */
export async function readPayload(base64) {
  const packed = new Blob([bytesOfBase64(base64)]);
  const stream = packed.stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  return {header, columns: new Columns(header.columns, bytes.subarray(4 + length))};
}
