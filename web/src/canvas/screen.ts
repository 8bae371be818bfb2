/** Shows an easel's drawing on a canvas of the page: at most one redraw a frame, and only of
 * what changed. */

import { toHex } from "./colours";
import type { Drawing, Layer } from "./drawing";
import type { Easel, Happening } from "./easel";
import { EMPTY, type Rect, type Size, all, isEmpty, union } from "./geometry";
import type { Pixels } from "./pixels";
import { type Viewport, centred, fitted } from "./viewport";

const MASK_OPACITY = 0.55;
/** From this many screen pixels a document pixel on, each is shown as the square it is. */
const PIXELS_FROM = 6;

interface Surface {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
  stale: Rect;
}

export class Screen {
  view: Viewport = { scale: 1, x: 0, y: 0 };
  #context: CanvasRenderingContext2D;
  #surfaces = new Map<Pixels, Surface>();
  #room: Size = { width: 0, height: 0 };
  #density = 1;
  /** What has to be drawn anew, in document pixels; null for all of the canvas. */
  #stale: Rect | null = EMPTY;
  #frame = 0;
  #fitting = true;
  #shown: Size = { width: 0, height: 0 };
  #stop: () => void;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly easel: Easel,
    private readonly onView: (view: Viewport) => void,
  ) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser has no 2D canvas");
    this.#context = context;
    this.#stop = easel.listen((happening) => this.#hear(happening));
  }

  /** Take the canvas's new size on the page, in CSS pixels. */
  resize(room: Size, density: number): void {
    if (!room.width || !room.height) return;
    this.#room = room;
    this.#density = density;
    this.canvas.width = Math.round(room.width * density);
    this.canvas.height = Math.round(room.height * density);
    if (this.#fitting) this.fit();
    else this.#all();
  }

  /** Show the whole drawing, and keep doing so until the view is moved by hand. */
  fit(): void {
    this.look(fitted(this.easel.drawing, this.#room, this.#room.width < 500 ? 10 : 28, 4));
    this.#fitting = true;
  }

  /** Show document pixels as they are. */
  actualSize(): void {
    this.look(centred(this.easel.drawing, this.#room, 1));
  }

  look(view: Viewport): void {
    this.view = view;
    this.#fitting = false;
    this.#all();
    this.onView(view);
  }

  /** Draw anew in the next frame. */
  refresh(): void {
    this.#all();
  }

  close(): void {
    this.#stop();
    cancelAnimationFrame(this.#frame);
  }

  #hear(happening: Happening): void {
    if (happening.kind === "pixels") {
      const layer = this.easel.drawing.layers.find(({ id }) => id === happening.layer);
      const surface = layer && this.#surfaces.get(layer.pixels);
      if (surface) surface.stale = union(surface.stale, happening.rect);
      if (this.#stale) this.#stale = union(this.#stale, happening.rect);
      this.#soon();
    } else if (happening.kind === "shape") {
      for (const surface of this.#surfaces.values()) surface.stale = all(surface.canvas);
      const { width, height } = this.easel.drawing;
      const resized = width !== this.#shown.width || height !== this.#shown.height;
      this.#shown = { width, height };
      if (resized && this.#room.width) this.fit();
      else this.#all();
    }
  }

  #all(): void {
    this.#stale = null;
    this.#soon();
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const { drawing } = this.easel;
    const context = this.#context;
    const stale = this.easel.moving.x || this.easel.moving.y ? null : this.#stale;
    this.#stale = EMPTY;
    for (const pixels of this.#surfaces.keys()) {
      if (!drawing.layers.some((layer) => layer.pixels === pixels)) this.#surfaces.delete(pixels);
    }

    context.save();
    context.scale(this.#density, this.#density);
    context.translate(this.view.x, this.view.y);
    context.scale(this.view.scale, this.view.scale);
    this.#clear(drawing, stale);
    context.imageSmoothingEnabled = this.view.scale * this.#density < PIXELS_FROM;
    context.imageSmoothingQuality = "medium";
    for (const layer of drawing.layers) this.#layer(layer, drawing);
    context.restore();
  }

  /** Wipe what is stale and lay the background there; what follows is clipped to it. */
  #clear(drawing: Drawing, stale: Rect | null): void {
    const context = this.#context;
    if (!stale) {
      context.save();
      context.resetTransform();
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      context.restore();
    }
    context.beginPath();
    const { x, y, width, height } = stale && !isEmpty(stale) ? grown(stale, 2) : all(drawing);
    context.rect(
      Math.max(x, 0),
      Math.max(y, 0),
      Math.min(width, drawing.width),
      Math.min(height, drawing.height),
    );
    context.clip();
    context.beginPath();
    context.rect(0, 0, drawing.width, drawing.height);
    context.clip();
    context.fillStyle = toHex(drawing.background);
    context.fillRect(0, 0, drawing.width, drawing.height);
  }

  #layer(layer: Layer, drawing: Drawing): void {
    if (!layer.visible) return;
    const { x, y } = layer.id === drawing.active ? this.easel.moving : { x: 0, y: 0 };
    this.#context.globalAlpha = layer.opacity * (layer.role === "mask" ? MASK_OPACITY : 1);
    this.#context.drawImage(this.#surface(layer.pixels).canvas, x, y);
    this.#context.globalAlpha = 1;
  }

  /** A layer's pixels where the browser can draw them, brought up to date. */
  #surface(pixels: Pixels): Surface {
    let surface = this.#surfaces.get(pixels);
    if (!surface) {
      const canvas = new OffscreenCanvas(pixels.width, pixels.height);
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
      surface = { canvas, context, stale: all(pixels) };
      this.#surfaces.set(pixels, surface);
    }
    const { x, y, width, height } = surface.stale;
    if (width && height) {
      const image = new ImageData(pixels.data, pixels.width, pixels.height);
      surface.context.putImageData(image, 0, 0, x, y, width, height);
      surface.stale = EMPTY;
    }
    return surface;
  }
}

function grown({ x, y, width, height }: Rect, margin: number): Rect {
  return { x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin };
}
