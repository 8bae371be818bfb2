/** PNG files written from pixels, the same bytes for the same pixels; and the texts inside them.
 *
 * The browser's own encoder multiplies alpha in and back, which changes faint colours; this one
 * loses nothing.
 */

import type { Pixels } from "./pixels";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const MAX_TEXT = 4 * 2 ** 20;

/** The picture as a PNG file with alpha. */
export async function png({ width, height, data }: Pixels): Promise<Uint8Array<ArrayBuffer>> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint32(8, 0x08060000); // 8 bits, RGBA, deflate, no filter choice
  const rows = new Uint8Array(height * (width * 4 + 1));
  for (let row = 0; row < height; row++) {
    rows.set(data.subarray(row * width * 4, (row + 1) * width * 4), row * (width * 4 + 1) + 1);
  }
  const chunks = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", await through(new CompressionStream("deflate"), rows)),
    chunk("IEND", new Uint8Array()),
  ];
  return joined(chunks);
}

/** The texts inside a PNG file by keyword: "parameters", "prompt", "Comment"...; {} for no PNG. */
export async function texts(file: Uint8Array<ArrayBuffer>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  if (!SIGNATURE.every((byte, index) => file[index] === byte)) return found;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 8; at + 12 <= file.length;) {
    const length = view.getUint32(at);
    const kind = latin(file.subarray(at + 4, at + 8));
    const body = file.subarray(at + 8, at + 8 + length);
    if (["tEXt", "zTXt", "iTXt"].includes(kind)) {
      const entry = await text(kind, body).catch(() => null);
      if (entry && !(entry[0] in found)) found[entry[0]] = entry[1];
    }
    at += length + 12;
  }
  return found;
}

/** A keyword and its text. */
async function text(kind: string, body: Uint8Array<ArrayBuffer>): Promise<[string, string]> {
  const end = body.indexOf(0);
  const keyword = latin(body.subarray(0, end));
  if (kind === "tEXt") return [keyword, latin(body.subarray(end + 1))];
  if (kind === "zTXt") return [keyword, latin(await inflated(body.subarray(end + 2)))];
  const language = body.indexOf(0, end + 3);
  const content = body.subarray(body.indexOf(0, language + 1) + 1);
  const plain = body[end + 1] ? await inflated(content) : content;
  return [keyword, new TextDecoder().decode(plain)];
}

async function inflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return through(new DecompressionStream("deflate"), bytes, MAX_TEXT);
}

/** What a stream makes of these bytes; fails beyond `most`. */
export async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
  most = Infinity,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough<Uint8Array<ArrayBuffer>>(stream).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
    if (length > most) throw new RangeError(`more than ${most} bytes`);
  }
  return joined(parts);
}

function chunk(kind: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(body.length + 12);
  const view = new DataView(result.buffer);
  view.setUint32(0, body.length);
  result.set(
    Array.from(kind, (letter) => letter.charCodeAt(0)),
    4,
  );
  result.set(body, 8);
  view.setUint32(body.length + 8, crc(result.subarray(4, body.length + 8)));
  return result;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** The checksum of PNG and of zip. */
export function crc(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (sum >>> 8) ^ CRCS[(sum ^ byte) & 255];
  return (sum ^ 0xffffffff) >>> 0;
}

/** The parts one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
