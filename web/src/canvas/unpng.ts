/** PNG files read back to the very pixels: RGBA of 8 bits, which is what drawings are kept in.
 *
 * The browser's own decoder hands pixels out through a canvas, which multiplies alpha in and back
 * and so changes faint colours. It still serves for every other kind of PNG.
 */

import { type Pixels, blank } from "./pixels";
import { through } from "./png";

const RGBA8 = [8, 6, 0, 0, 0];
const MAX_SIDE = 8192;

/** The picture in a PNG file; null if it is not RGBA of 8 bits without interlacing. */
export async function unpng(file: Uint8Array<ArrayBuffer>): Promise<Pixels | null> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 33 || view.getUint32(0) !== 0x89504e47) return null;
  if (!RGBA8.every((value, place) => file[24 + place] === value)) return null;
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (!width || !height || Math.max(width, height) > MAX_SIDE) return null;

  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= file.length; at += view.getUint32(at) + 12) {
    if (view.getUint32(at + 4) === 0x49444154) parts.push(file.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  const stride = width * 4;
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  const most = height * (stride + 1);
  const rows = await through(new DecompressionStream("deflate"), whole, most).catch(() => null);
  if (rows?.length !== most) return null;

  const picture = blank({ width, height });
  for (let row = 0; row < height; row++) {
    const from = row * (stride + 1);
    unfilter(picture.data, rows.subarray(from + 1, from + 1 + stride), row * stride, rows[from]);
  }
  return picture;
}

/** Undo a row's filter (PNG specification, section 9): each byte was told from its neighbours. */
function unfilter(data: Uint8ClampedArray, row: Uint8Array, start: number, filter: number): void {
  const stride = row.length;
  for (let at = 0; at < stride; at++) {
    const left = at >= 4 ? data[start + at - 4] : 0;
    const above = start ? data[start + at - stride] : 0;
    const corner = start && at >= 4 ? data[start + at - stride - 4] : 0;
    data[start + at] = (row[at] + guessed(filter, left, above, corner)) & 255;
  }
}

function guessed(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  if (filter !== 4) return 0;
  const [toLeft, toAbove, toCorner] = [above - corner, left - corner, left + above - 2 * corner].map(
    Math.abs,
  );
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
