/** Pictures in memory: RGBA, 8 bits a channel, alpha not multiplied in; and how they blend. */

import type { Colour } from "./colours";
import { type Rect, type Size, intersection, all } from "./geometry";

export interface Pixels extends Size {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** A transparent picture, or one of a single colour. */
export function blank({ width, height }: Size, colour?: Colour): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  if (colour) words(data).fill(packed(colour, 255));
  return { width, height, data };
}

/** The pixels as one 32-bit word each: four times faster to fill and compare. */
export function words(data: Uint8ClampedArray<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
}

/** A colour as a word, on the little-endian machines that browsers run on. */
export function packed([red, green, blue]: Colour, alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Lay a colour of this opacity (0..1) over the pixel that starts at byte `at`. */
export function over(
  data: Uint8ClampedArray,
  at: number,
  red: number,
  green: number,
  blue: number,
  opacity: number,
): void {
  const below = (data[at + 3] / 255) * (1 - opacity);
  const alpha = opacity + below;
  if (alpha <= 0) return;
  data[at] = (red * opacity + data[at] * below) / alpha;
  data[at + 1] = (green * opacity + data[at + 1] * below) / alpha;
  data[at + 2] = (blue * opacity + data[at + 2] * below) / alpha;
  data[at + 3] = alpha * 255;
}

/** Lay the whole of `picture` over `target` with its corner at (x, y), at this opacity. */
export function lay(target: Pixels, picture: Pixels, x = 0, y = 0, opacity = 1): void {
  const place = intersection({ x, y, ...size(picture) }, all(target));
  for (let row = place.y; row < place.y + place.height; row++) {
    let from = ((row - y) * picture.width + place.x - x) * 4;
    let to = (row * target.width + place.x) * 4;
    for (let column = 0; column < place.width; column++, from += 4, to += 4) {
      const alpha = picture.data[from + 3];
      if (!alpha) continue;
      const [red, green, blue] = [picture.data[from], picture.data[from + 1], picture.data[from + 2]];
      over(target.data, to, red, green, blue, (alpha / 255) * opacity);
    }
  }
}

/** The part of a picture inside `rect`, which must lie within it. */
export function cut(picture: Pixels, rect: Rect): Pixels {
  const part = blank(rect);
  for (let row = 0; row < rect.height; row++) {
    const start = ((rect.y + row) * picture.width + rect.x) * 4;
    part.data.set(picture.data.subarray(start, start + rect.width * 4), row * rect.width * 4);
  }
  return part;
}

/** The picture moved by whole pixels; what leaves is lost, what comes in is transparent. */
export function shifted(picture: Pixels, dx: number, dy: number): Pixels {
  return placed(picture, picture, dx, dy);
}

/** The picture with its corner at (x, y) of a transparent one of `room`. */
export function placed(picture: Pixels, room: Size, x: number, y: number): Pixels {
  const result = blank(room);
  const place = intersection({ x, y, ...size(picture) }, all(room));
  for (let row = place.y; row < place.y + place.height; row++) {
    const start = ((row - y) * picture.width + place.x - x) * 4;
    const bytes = picture.data.subarray(start, start + place.width * 4);
    result.data.set(bytes, (row * room.width + place.x) * 4);
  }
  return result;
}

export function size({ width, height }: Size): Size {
  return { width, height };
}
