/** Flood fill: the connected area of nearly one colour. */

import { Coverage } from "./coverage";
import type { Point } from "./geometry";
import type { Pixels } from "./pixels";

/**
 * Cover the area around `start` whose colours differ by at most `tolerance` (0..255 a channel)
 * from the colour there; nothing when `start` lies outside.
 */
export function flooded(picture: Pixels, start: Point, tolerance: number): Coverage {
  const { width, height, data } = picture;
  const coverage = new Coverage(picture);
  const [x, y] = [Math.floor(start.x), Math.floor(start.y)];
  if (x < 0 || y < 0 || x >= width || y >= height) return coverage;

  const origin = (y * width + x) * 4;
  const wanted = data.slice(origin, origin + 4);
  const fits = (at: number): boolean =>
    !coverage.share[at] &&
    wanted.every((channel, index) => Math.abs(data[at * 4 + index] - channel) <= tolerance);

  const waiting = [y * width + x];
  let [left, top, right, bottom] = [x, y, x, y];
  while (waiting.length) {
    const seed = waiting.pop() as number;
    if (!fits(seed)) continue;
    const row = Math.floor(seed / width);
    let [first, last] = [seed, seed];
    while (first > row * width && fits(first - 1)) first--;
    while (last < row * width + width - 1 && fits(last + 1)) last++;
    coverage.share.fill(255, first, last + 1);

    left = Math.min(left, first - row * width);
    right = Math.max(right, last - row * width);
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    for (const neighbour of [row - 1, row + 1]) {
      if (neighbour >= 0 && neighbour < height) {
        seeds(first + (neighbour - row) * width, last + (neighbour - row) * width, fits, waiting);
      }
    }
  }
  coverage.touched = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  return coverage;
}

/** Add the first pixel of each run between two places that may be filled. */
function seeds(first: number, last: number, fits: (at: number) => boolean, waiting: number[]): void {
  let inside = false;
  for (let at = first; at <= last; at++) {
    const fitting = fits(at);
    if (fitting && !inside) waiting.push(at);
    inside = fitting;
  }
}
