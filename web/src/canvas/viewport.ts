/** Where the drawing lies on the screen: document pixels to CSS pixels, and back. */

import { type Point, type Size, clamp } from "./geometry";

export interface Viewport {
  /** CSS pixels a document pixel, 0.05..32. */
  readonly scale: number;
  /** Where the drawing's corner is, in CSS pixels. */
  readonly x: number;
  readonly y: number;
}

export const ZOOMS = { least: 0.05, most: 32 } as const;

/** The whole drawing in the middle of the room, with a margin; never larger than `most`. */
export function fitted(drawing: Size, room: Size, margin = 24, most: number = ZOOMS.most): Viewport {
  const free = { width: room.width - 2 * margin, height: room.height - 2 * margin };
  const wanted = Math.min(free.width / drawing.width, free.height / drawing.height, most);
  return centred(drawing, room, clamp(wanted, ZOOMS.least, ZOOMS.most));
}

/** The drawing in the middle of the room at this scale. */
export function centred(drawing: Size, room: Size, scale: number): Viewport {
  return {
    scale,
    x: (room.width - drawing.width * scale) / 2,
    y: (room.height - drawing.height * scale) / 2,
  };
}

/** Nearer or farther, with the point at `place` staying where it is on the screen. */
export function zoomed(view: Viewport, factor: number, place: Point): Viewport {
  const scale = clamp(view.scale * factor, ZOOMS.least, ZOOMS.most);
  const change = scale / view.scale;
  return {
    scale,
    x: place.x - (place.x - view.x) * change,
    y: place.y - (place.y - view.y) * change,
  };
}

export function panned(view: Viewport, dx: number, dy: number): Viewport {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

export function toDocument(view: Viewport, place: Point): Point {
  return { x: (place.x - view.x) / view.scale, y: (place.y - view.y) / view.scale };
}

export function toScreen(view: Viewport, point: Point): Point {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}
