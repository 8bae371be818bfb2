/** The drawing: layers over a background. Its shape is a value; only the layers' pixels change. */

import { BLACK, type Colour } from "./colours";
import { type Rect, type Size, all } from "./geometry";
import { type Pixels, blank, lay, over, cut } from "./pixels";

/** sketch: what is painted from. mask: what is repainted. guide: for the eye, and for a ControlNet. */
export type Role = "sketch" | "mask" | "guide";

export interface Layer {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly visible: boolean;
  /** 0..1. */
  readonly opacity: number;
  readonly pixels: Pixels;
}

export interface Drawing extends Size {
  readonly background: Colour;
  /** From the bottom up; never none. */
  readonly layers: readonly Layer[];
  /** The id of the layer that is drawn on. */
  readonly active: number;
}

export const MAX_LAYERS = 8;
export const SIDES = { least: 64, most: 2048 } as const;

export function layer(id: number, role: Role, pixels: Pixels, name = ""): Layer {
  return { id, name, role, visible: true, opacity: 1, pixels };
}

/** An empty drawing with one layer to sketch on. */
export function drawing(size: Size, background: Colour): Drawing {
  const first = layer(1, "sketch", blank(size));
  return { width: size.width, height: size.height, background, layers: [first], active: first.id };
}

export function activeLayer(drawing: Drawing): Layer {
  return drawing.layers.find(({ id }) => id === drawing.active) ?? drawing.layers[0];
}

export function withLayer(drawing: Drawing, id: number, change: Partial<Layer>): Drawing {
  const layers = drawing.layers.map((each) => (each.id === id ? { ...each, ...change } : each));
  return { ...drawing, layers };
}

/** The drawing with a fresh layer above the active one, which becomes the active one. */
export function withNewLayer(drawing: Drawing, role: Role, pixels?: Pixels): Drawing {
  if (drawing.layers.length >= MAX_LAYERS) return drawing;
  const fresh = layer(freeId(drawing), role, pixels ?? blank(drawing));
  const place = drawing.layers.findIndex(({ id }) => id === drawing.active) + 1;
  return { ...drawing, layers: drawing.layers.toSpliced(place, 0, fresh), active: fresh.id };
}

/** The drawing without a layer; the last one is emptied instead. */
export function withoutLayer(drawing: Drawing, id: number): Drawing {
  const place = drawing.layers.findIndex((each) => each.id === id);
  const layers = drawing.layers.filter((each) => each.id !== id);
  if (!layers.length) layers.push(layer(freeId(drawing), "sketch", blank(drawing)));
  const next = layers[Math.max(0, Math.min(place - 1, layers.length - 1))];
  return { ...drawing, layers, active: drawing.active === id ? next.id : drawing.active };
}

/** The drawing with a layer moved by places: 1 is up, towards the viewer. */
export function withLayerMoved(drawing: Drawing, id: number, places: number): Drawing {
  const from = drawing.layers.findIndex((each) => each.id === id);
  const to = Math.max(0, Math.min(from + places, drawing.layers.length - 1));
  if (from < 0 || from === to) return drawing;
  const layers = drawing.layers.toSpliced(from, 1).toSpliced(to, 0, drawing.layers[from]);
  return { ...drawing, layers };
}

/** The picture that painting starts from: the visible sketch layers over the background. */
export function sketch(drawing: Drawing, rect: Rect = all(drawing)): Pixels {
  const result = blank(rect, drawing.background);
  for (const each of drawing.layers) {
    if (each.visible && each.role === "sketch") lay(result, cut(each.pixels, rect), 0, 0, each.opacity);
  }
  return result;
}

/** The visible guide layers over a background; null when nothing is drawn on them. */
export function guide(drawing: Drawing, background: Colour): Pixels | null {
  const guides = drawing.layers.filter((each) => each.visible && each.role === "guide");
  if (!guides.some(({ pixels }) => isMarked(pixels))) return null;
  const result = blank(drawing, background);
  for (const { pixels, opacity } of guides) lay(result, pixels, 0, 0, opacity);
  return result;
}

/** What is to be repainted, white on black; null when nothing is marked. */
export function mask(drawing: Drawing): Pixels | null {
  const marks = drawing.layers.filter((each) => each.visible && each.role === "mask");
  if (!marks.some(({ pixels }) => isMarked(pixels))) return null;
  const result = blank(drawing, BLACK);
  for (const { pixels } of marks) {
    for (let at = 0; at < pixels.data.length; at += 4) {
      const alpha = pixels.data[at + 3];
      if (alpha) over(result.data, at, 255, 255, 255, alpha / 255);
    }
  }
  return result;
}

/** Whether a layer holds anything at all. */
export function isMarked({ data }: Pixels): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at]) return true;
  return false;
}

function freeId({ layers }: Drawing): number {
  return Math.max(...layers.map(({ id }) => id)) + 1;
}
