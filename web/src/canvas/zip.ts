/** Zip archives: written with their entries stored, read stored or deflated. */

import { crc, joined, through } from "./png";

export type Entries = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const [STORED, DEFLATED] = [0, 8];
/** The first of January 1980: the same entries make the same bytes, whenever they are written. */
const DATE = 0x21;
const [MAX_ENTRIES, MAX_BYTES] = [256, 256 * 2 ** 20];

/** The entries as one archive, in their order. */
export function zipped(entries: Entries): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const index: Uint8Array[] = [];
  let offset = 0;
  for (const [path, bytes] of entries) {
    const name = new TextEncoder().encode(path);
    const about = [20, 0, STORED, 0, DATE, ...long(crc(bytes)), ...long(bytes.length), ...long(bytes.length)];
    const head = shorts([...long(LOCAL), ...about, name.length, 0]);
    index.push(
      shorts([...long(CENTRAL), 20, ...about, name.length, 0, 0, 0, 0, 0, 0, ...long(offset)]),
      name,
    );
    parts.push(head, name, bytes);
    offset += head.length + name.length + bytes.length;
  }
  const length = index.reduce((sum, part) => sum + part.length, 0);
  const counts = [0, 0, entries.size, entries.size];
  return joined([...parts, ...index, shorts([...long(END), ...counts, ...long(length), ...long(offset), 0])]);
}

/** An archive's entries by path; fails where it is none, or larger than a drawing could be. */
export async function unzipped(archive: Uint8Array<ArrayBuffer>): Promise<Entries> {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let end = archive.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new RangeError("no end of the archive");
  const [count, start] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (count > MAX_ENTRIES) throw new RangeError(`more than ${MAX_ENTRIES} entries`);

  const entries = new Map<string, Uint8Array<ArrayBuffer>>();
  let [at, room] = [start, MAX_BYTES];
  for (let each = 0; each < count; each++) {
    if (view.getUint32(at, true) !== CENTRAL) throw new RangeError("no entry where one should be");
    const [method, packed] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [name, extra, remark] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    const path = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + name));
    const local = view.getUint32(at + 42, true);
    const body = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const bytes = await opened(method, archive.slice(body, body + packed), room);
    room -= bytes.length;
    entries.set(path, bytes);
    at += 46 + name + extra + remark;
  }
  return entries;
}

async function opened(
  method: number,
  bytes: Uint8Array<ArrayBuffer>,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (method === STORED && bytes.length <= most) return bytes;
  if (method === DEFLATED) return through(new DecompressionStream("deflate-raw"), bytes, most);
  throw new RangeError("an entry that is packed in another way, or too large");
}

/** A number of 32 bits as two of 16, the low one first. */
function long(value: number): [number, number] {
  return [value & 0xffff, value >>> 16];
}

function shorts(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 2));
  values.forEach((value, place) => view.setUint16(place * 2, value, true));
  return new Uint8Array(view.buffer);
}
