/** The easel: a drawing, its history, and the tool in hand. Knows no page and no pointer. */

import { type Colour, WHITE } from "./colours";
import type { Dab } from "./coverage";
import { apply, delta } from "./deltas";
import {
  type Drawing,
  type Layer,
  activeLayer,
  drawing as newDrawing,
  layer as newLayer,
  sketch,
} from "./drawing";
import { flooded } from "./fill";
import { type Point, type Rect, type Size, all, isEmpty } from "./geometry";
import { History } from "./history";
import { type Pixels, blank, placed, shifted } from "./pixels";
import { type Paint, Stroke } from "./stroke";

export const TOOLS = ["brush", "eraser", "eyedropper", "fill", "line", "rectangle", "move"] as const;
export type Tool = (typeof TOOLS)[number];

export interface Brush {
  readonly colour: Colour;
  /** Diameter in document pixels, 1..500. */
  readonly size: number;
  /** 0..1. */
  readonly hardness: number;
  /** 0..1. */
  readonly opacity: number;
  /** Which of the two a pen's pressure changes. */
  readonly pressure: { readonly size: boolean; readonly opacity: boolean };
}

/** Where the pen is, in document pixels, and how hard it is pressed: 0..1, a mouse always 1. */
export interface Pen extends Point {
  readonly pressure: number;
}

/** What listeners are told: pixels to show anew, a new shape, or that a change is done. */
export type Happening =
  | { readonly kind: "pixels"; readonly layer: number; readonly rect: Rect }
  | { readonly kind: "shape" }
  | { readonly kind: "done" };

/** What marks are painted in on mask layers, whatever the brush's colour. */
export const MASK: Colour = [124, 58, 237];

const FILL_TOLERANCE = 24;

export class Easel {
  #drawing: Drawing;
  #history = new History();
  #listeners = new Set<(happening: Happening) => void>();
  #action: { readonly tool: Tool; readonly brush: Brush; readonly start: Pen; end: Pen } | null = null;
  #stroke: Stroke | null = null;

  constructor(drawing: Drawing = newDrawing({ width: 512, height: 512 }, WHITE)) {
    this.#drawing = drawing;
  }

  get drawing(): Drawing {
    return this.#drawing;
  }

  get history(): History {
    return this.#history;
  }

  get busy(): boolean {
    return this.#action !== null;
  }

  /** Hear of every happening; returns how to stop. */
  listen(listener: (happening: Happening) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Put the tool to the canvas. */
  press(tool: Tool, brush: Brush, pen: Pen): void {
    if (this.busy) this.release();
    const layer = activeLayer(this.#drawing);
    if (!layer.visible) return;
    this.#action = { tool, brush, start: pen, end: pen };
    if (tool === "fill") return this.#fill(layer, brush, pen);
    if (tool !== "move" && tool !== "eyedropper") {
      this.#stroke = new Stroke(layer.pixels, paint(tool, brush, layer));
    }
    this.drag(pen);
  }

  /** Go on to where the pen is now; `straight` keeps lines to 45 degrees and boxes square. */
  drag(pen: Pen, straight = false): void {
    const action = this.#action;
    if (!action) return;
    action.end = straight ? { ...pen, ...aligned(action.start, pen, action.tool === "rectangle") } : pen;
    const { tool, brush, start, end } = action;
    const dab = dabOf(brush, end);
    if (tool === "line") this.#show(this.#stroke?.line({ ...dabOf(brush, start), radius: dab.radius }, dab));
    else if (tool === "rectangle") this.#show(this.#stroke?.box(start, end));
    else if (tool === "brush" || tool === "eraser") this.#show(this.#stroke?.to(dab));
  }

  /** Lift the tool: what was drawn becomes one step of the history. */
  release(): void {
    const action = this.#action;
    this.#action = null;
    if (!action) return;
    const layer = activeLayer(this.#drawing);
    if (action.tool === "move") return this.#move(layer, action.start, action.end);
    if (!this.#stroke) return;
    if (action.tool === "brush" || action.tool === "eraser") this.#show(this.#stroke.lift());
    const tiles = this.#stroke.delta();
    this.#stroke = null;
    if (tiles.length) this.#record({ kind: "pixels", layer: layer.id, tiles });
  }

  /** Lift the tool as if it had never touched the canvas. */
  cancel(): void {
    if (this.#stroke) apply(activeLayer(this.#drawing).pixels, this.#stroke.delta());
    [this.#action, this.#stroke] = [null, null];
    this.#show(all(this.#drawing));
  }

  /** How far the move tool has gone, for whoever shows it. */
  get moving(): Point {
    if (this.#action?.tool !== "move") return { x: 0, y: 0 };
    const { start, end } = this.#action;
    return { x: Math.round(end.x - start.x), y: Math.round(end.y - start.y) };
  }

  /** The colour that is seen at a place; null outside. */
  colourAt(point: Point): Colour | null {
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    const { width, height } = this.#drawing;
    if (x < 0 || y < 0 || x >= width || y >= height) return null;
    const [red, green, blue] = sketch(this.#drawing, { x, y, width: 1, height: 1 }).data;
    return [red, green, blue];
  }

  /** Give the drawing another shape, as one step of the history. */
  reshape(change: (drawing: Drawing) => Drawing): void {
    if (this.busy) this.release();
    const before = this.#drawing;
    const after = change(before);
    if (after === before) return;
    this.#drawing = after;
    this.#tell({ kind: "shape" });
    this.#record({ kind: "shape", before, after });
  }

  /** Choose which layer is drawn on; not a step of the history. */
  activate(id: number): void {
    this.#drawing = { ...this.#drawing, active: id };
    this.#tell({ kind: "shape" });
  }

  /** Empty the active layer. */
  clear(): void {
    const layer = activeLayer(this.#drawing);
    this.#replace(layer, blank(this.#drawing));
  }

  /** Another size; layers keep their corner. */
  resize(size: Size): void {
    const { width, height } = this.#drawing;
    if (width === size.width && height === size.height) return;
    this.reshape((drawing) => ({
      ...drawing,
      ...size,
      layers: drawing.layers.map((each) => ({ ...each, pixels: placed(each.pixels, size, 0, 0) })),
    }));
  }

  /** Start over with an empty drawing, or with one picture on its first layer; undoable. */
  renew(size: Size, background: Colour, picture?: Pixels): void {
    const fresh = newDrawing(size, background);
    const first = picture ? [newLayer(1, "sketch", placed(picture, size, 0, 0))] : fresh.layers;
    this.reshape(() => ({ ...fresh, layers: first }));
  }

  /** Take a drawing as it is, with no history before it. */
  open(drawing: Drawing): void {
    this.#drawing = drawing;
    this.#history = new History();
    this.#tell({ kind: "shape" });
  }

  undo(): void {
    this.#travel((history) => history.undo(this.#drawing));
  }

  redo(): void {
    this.#travel((history) => history.redo(this.#drawing));
  }

  #travel(go: (history: History) => Drawing): void {
    if (this.busy) this.release();
    this.#drawing = go(this.#history);
    this.#tell({ kind: "shape" });
    this.#tell({ kind: "done" });
  }

  #fill(layer: Layer, brush: Brush, pen: Pen): void {
    const seen = layer.role === "sketch" ? sketch(this.#drawing) : layer.pixels;
    this.#stroke = new Stroke(layer.pixels, paint("fill", brush, layer));
    this.#show(this.#stroke.whole(flooded(seen, pen, FILL_TOLERANCE)));
    this.release();
  }

  #move(layer: Layer, start: Point, end: Point): void {
    const [dx, dy] = [Math.round(end.x - start.x), Math.round(end.y - start.y)];
    if (dx || dy) this.#replace(layer, shifted(layer.pixels, dx, dy));
  }

  /** Change a layer's pixels in place, so that every older state still shares them. */
  #replace(layer: Layer, pixels: Pixels): void {
    const tiles = delta(layer.pixels, pixels, all(this.#drawing));
    layer.pixels.data.set(pixels.data);
    this.#show(all(this.#drawing));
    if (tiles.length) this.#record({ kind: "pixels", layer: layer.id, tiles });
  }

  #record(change: Parameters<History["add"]>[0]): void {
    this.#history.add(change);
    this.#tell({ kind: "done" });
  }

  #show(rect: Rect | undefined): void {
    if (rect && !isEmpty(rect)) this.#tell({ kind: "pixels", layer: this.#drawing.active, rect });
  }

  #tell(happening: Happening): void {
    for (const listener of this.#listeners) listener(happening);
  }
}

function paint(tool: Tool, brush: Brush, layer: Layer): Paint {
  const colour = tool === "eraser" ? "erase" : layer.role === "mask" ? MASK : brush.colour;
  const opacity = layer.role === "mask" ? 1 : brush.opacity;
  return { colour, opacity, hardness: brush.hardness };
}

function dabOf(brush: Brush, pen: Pen): Dab {
  const radius = (brush.size / 2) * (brush.pressure.size ? pen.pressure : 1);
  return { x: pen.x, y: pen.y, radius, flow: brush.pressure.opacity ? pen.pressure : 1 };
}

/** The end of a line at the nearest multiple of 45 degrees, or of a box that is square. */
function aligned(start: Point, end: Point, square: boolean): Point {
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  if (square) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    return { x: start.x + Math.sign(dx) * side, y: start.y + Math.sign(dy) * side };
  }
  const angle = (Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) * Math.PI) / 4;
  const length = Math.hypot(dx, dy);
  return { x: start.x + Math.cos(angle) * length, y: start.y + Math.sin(angle) * length };
}
