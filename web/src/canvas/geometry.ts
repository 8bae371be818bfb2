/** Points and rectangles in document pixels. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Point, Size {}

export const EMPTY: Rect = { x: 0, y: 0, width: 0, height: 0 };

export function isEmpty(rect: Rect): boolean {
  return rect.width <= 0 || rect.height <= 0;
}

/** The whole of a picture of this size. */
export function all(size: Size): Rect {
  return { x: 0, y: 0, width: size.width, height: size.height };
}

/** The smallest rectangle that holds both; an empty one adds nothing. */
export function union(a: Rect, b: Rect): Rect {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** What both cover. */
export function intersection(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : EMPTY;
}

/** Whole pixels around the box from `a` to `b`, `margin` pixels further out on each side. */
export function around(a: Point, b: Point, margin: number): Rect {
  const x = Math.floor(Math.min(a.x, b.x) - margin);
  const y = Math.floor(Math.min(a.y, b.y) - margin);
  return {
    x,
    y,
    width: Math.ceil(Math.max(a.x, b.x) + margin) - x,
    height: Math.ceil(Math.max(a.y, b.y) + margin) - y,
  };
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}
