/** One stroke in the making: a coverage laid over a layer as it was when the pen went down. */

import type { Colour } from "./colours";
import { Coverage, type Dab } from "./coverage";
import { type Tile, delta } from "./deltas";
import { EMPTY, type Point, type Rect, distance, union } from "./geometry";
import { type Pixels, over } from "./pixels";

/** In pixels: how far the drawn line may be from the curve that is meant, and its longest piece. */
const [FLAT, LONGEST] = [0.04, 32];

/** What covered pixels get: a colour, or their own transparency back. */
export interface Paint {
  readonly colour: Colour | "erase";
  /** 0..1; the whole stroke's, however often it crosses itself. */
  readonly opacity: number;
  /** 0..1. */
  readonly hardness: number;
}

export class Stroke {
  readonly #base: Pixels;
  readonly #coverage: Coverage;
  /** The last two places of the pen, and where the curve has been drawn to. */
  #last: Dab | null = null;
  #reached: Dab | null = null;
  #changed: Rect = EMPTY;

  constructor(
    readonly target: Pixels,
    readonly paint: Paint,
  ) {
    this.#base = { ...target, data: target.data.slice() };
    this.#coverage = new Coverage(target);
  }

  /** Draw on to the next place of the pen; returns what changed. */
  to(dab: Dab): Rect {
    if (!this.#last || !this.#reached) {
      [this.#last, this.#reached] = [dab, dab];
      return this.#segment(dab, dab);
    }
    if (distance(this.#last, dab) < Math.max(0.75, dab.radius * 0.08)) return EMPTY;
    const middle = between(this.#last, dab, 0.5);
    const changed = this.#curve(this.#reached, this.#last, middle);
    [this.#last, this.#reached] = [dab, middle];
    return changed;
  }

  /** Draw the rest of the way to where the pen was lifted. */
  lift(): Rect {
    return this.#last && this.#reached ? this.#segment(this.#reached, this.#last) : EMPTY;
  }

  /** Draw a straight line instead of what was drawn so far. */
  line(from: Dab, to: Dab): Rect {
    return this.#instead(() => this.#coverage.segment(from, to, this.paint.hardness));
  }

  /** Draw a filled box instead of what was drawn so far. */
  box(a: Point, b: Point): Rect {
    return this.#instead(() => this.#coverage.box(a, b));
  }

  /** Lay down a coverage made elsewhere. */
  whole(coverage: Coverage): Rect {
    return this.#show(coverage.touched, coverage);
  }

  /** What the stroke did, for the history. */
  delta(): Tile[] {
    return delta(this.#base, this.target, this.#changed);
  }

  #curve(from: Dab, bend: Dab, to: Dab): Rect {
    const pieces = piecesOf(from, bend, to);
    let changed = EMPTY;
    let start = from;
    for (let piece = 1; piece <= pieces; piece++) {
      const share = piece / pieces;
      const end = between(between(from, bend, share), between(bend, to, share), share);
      changed = union(changed, this.#coverage.segment(start, end, this.paint.hardness));
      start = end;
    }
    return this.#show(changed, this.#coverage);
  }

  #segment(from: Dab, to: Dab): Rect {
    return this.#show(this.#coverage.segment(from, to, this.paint.hardness), this.#coverage);
  }

  #instead(cover: () => Rect): Rect {
    const old = this.#coverage.touched;
    this.#coverage.clear();
    return this.#show(union(old, cover()), this.#coverage);
  }

  /** Bring a part of the layer up to date: as it was, with the coverage over it. */
  #show(rect: Rect, coverage: Coverage): Rect {
    this.#changed = union(this.#changed, rect);
    const { colour, opacity } = this.paint;
    const { data, width } = this.target;
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      const [start, end] = [y * width + rect.x, y * width + rect.x + rect.width];
      data.set(this.#base.data.subarray(start * 4, end * 4), start * 4);
      for (let at = start; at < end; at++) {
        const share = (coverage.share[at] / 255) * opacity;
        if (!share) continue;
        if (colour === "erase") data[at * 4 + 3] *= 1 - share;
        else over(data, at * 4, colour[0], colour[1], colour[2], share);
      }
    }
    return rect;
  }
}

/** How many straight pieces stay within FLAT of a curve, and small enough to look for its pixels. */
function piecesOf(from: Dab, bend: Dab, to: Dab): number {
  const turn = Math.hypot(from.x - 2 * bend.x + to.x, from.y - 2 * bend.y + to.y);
  const length = distance(from, bend) + distance(bend, to);
  // A quadratic curve in n pieces strays from them by a quarter of its turn over n squared.
  return Math.max(1, Math.ceil(Math.sqrt(turn / (4 * FLAT))), Math.ceil(length / LONGEST));
}

function between(a: Dab, b: Dab, share: number): Dab {
  const mix = (one: number, other: number): number => one + (other - one) * share;
  return {
    x: mix(a.x, b.x),
    y: mix(a.y, b.y),
    radius: mix(a.radius, b.radius),
    flow: mix(a.flow, b.flow),
  };
}
