/** How much of each pixel a stroke covers: the brush as mathematics, without a colour.
 *
 * A stroke is the union of capsules, one between each two points of the pen. A pixel's coverage is
 * the largest that any capsule gives it, never their sum: a stroke that crosses itself is as
 * opaque as one that does not.
 */

import { EMPTY, type Point, type Rect, type Size, all, around, clamp, intersection, union } from "./geometry";

/** A place of the pen: its radius there in pixels, and its flow, 0..1. */
export interface Dab extends Point {
  readonly radius: number;
  readonly flow: number;
}

export class Coverage {
  /** 0..255 a pixel, row by row. */
  readonly share: Uint8Array;
  /** Around everything covered so far. */
  touched: Rect = EMPTY;

  constructor(readonly size: Size) {
    this.share = new Uint8Array(size.width * size.height);
  }

  /** Forget everything; costs what was touched. */
  clear(): void {
    const { x, y, width, height } = this.touched;
    for (let row = y; row < y + height; row++) {
      this.share.fill(0, row * this.size.width + x, row * this.size.width + x + width);
    }
    this.touched = EMPTY;
  }

  /**
   * Cover the capsule from one dab to the next; returns what it may have changed.
   *
   * hardness: 1 has an edge of one pixel; 0 fades from the middle on.
   */
  segment(from: Dab, to: Dab, hardness: number): Rect {
    const reach = Math.max(from.radius, to.radius, 0.5) + 1;
    const rect = intersection(around(from, to, reach), all(this.size));
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const scale = 1 / (dx * dx + dy * dy || 1);

    for (let y = rect.y; y < rect.y + rect.height; y++) {
      const py = y + 0.5 - from.y;
      let at = y * this.size.width + rect.x;
      for (let x = rect.x; x < rect.x + rect.width; x++, at++) {
        const px = x + 0.5 - from.x;
        const along = clamp((px * dx + py * dy) * scale, 0, 1);
        const [offX, offY] = [px - along * dx, py - along * dy];
        const away = Math.sqrt(offX * offX + offY * offY);
        const radius = from.radius + along * (to.radius - from.radius);
        if (away > radius + 0.5) continue;
        const flow = from.flow + along * (to.flow - from.flow);
        const share = falloff(away, radius, hardness) * flow * 255;
        if (share > this.share[at]) this.share[at] = share + 0.5;
      }
    }
    this.touched = union(this.touched, rect);
    return rect;
  }

  /** Cover every pixel whose middle lies in the box between two points. */
  box(a: Point, b: Point): Rect {
    const [left, right] = [Math.round(Math.min(a.x, b.x)), Math.round(Math.max(a.x, b.x))];
    const [top, bottom] = [Math.round(Math.min(a.y, b.y)), Math.round(Math.max(a.y, b.y))];
    const asked = { x: left, y: top, width: Math.max(right - left, 1), height: Math.max(bottom - top, 1) };
    const rect = intersection(asked, all(this.size));
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      const start = y * this.size.width + rect.x;
      this.share.fill(255, start, start + rect.width);
    }
    this.touched = union(this.touched, rect);
    return rect;
  }
}

/** How much of a pixel `away` from the middle is covered, 0..1. */
export function falloff(away: number, radius: number, hardness: number): number {
  const edge = clamp(radius + 0.5 - away, 0, 1) * Math.min(1, radius * 2);
  if (hardness >= 1 || edge === 0) return edge;
  const soft = clamp((radius - away) / Math.max(radius * (1 - hardness), 1), 0, 1);
  return Math.min(edge, soft * soft * (3 - 2 * soft));
}
