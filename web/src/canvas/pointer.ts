/** Mouse, pen and fingers on the canvas. A pen that has been seen draws alone: fingers then pan. */

import type { Brush, Easel, Pen, Tool } from "./easel";
import { type Point, clamp, distance } from "./geometry";
import type { Screen } from "./screen";
import { panned, toDocument, zoomed } from "./viewport";

/** What the page knows and is told. */
export interface Hand {
  readonly tool: () => Tool;
  readonly brush: () => Brush;
  /** The hand tool, or Space held down. */
  readonly panning: () => boolean;
  readonly picked: (point: Point) => void;
  readonly painted: () => void;
  readonly hover: (place: Point | null) => void;
  readonly resized: (factor: number) => void;
}

const TAP = { milliseconds: 250, travel: 12 } as const;

export class Pointer {
  /** Fingers and buttons that are down, by pointer id, in CSS pixels of the canvas. */
  #down = new Map<number, Point>();
  #doing: "draw" | "pick" | "pan" | "pinch" | null = null;
  #penSeen = false;
  #pinch = { since: 0, travel: 0 };

  constructor(
    private readonly screen: Screen,
    private readonly easel: Easel,
    private readonly hand: Hand,
    signal: AbortSignal,
  ) {
    const on = <K extends keyof HTMLElementEventMap>(
      name: K,
      handler: (event: HTMLElementEventMap[K]) => void,
    ): void => screen.canvas.addEventListener(name, handler, { signal, passive: false });
    on("pointerdown", (event) => this.#press(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#lift(event));
    on("pointercancel", (event) => this.#lift(event));
    on("lostpointercapture", (event) => this.#lift(event));
    on("pointerleave", () => this.hand.hover(null));
    on("wheel", (event) => this.#wheel(event));
    on("contextmenu", (event) => event.preventDefault());
  }

  #press(event: PointerEvent): void {
    this.#penSeen ||= event.pointerType === "pen";
    this.screen.canvas.setPointerCapture(event.pointerId);
    this.#down.set(event.pointerId, this.#place(event));
    if (this.#down.size === 2) return this.#startPinch(event);
    if (this.#doing) return;

    const finger = event.pointerType === "touch" && this.#penSeen;
    if (event.button === 1 || finger || this.hand.panning()) this.#doing = "pan";
    else if (event.altKey || event.button === 2 || this.hand.tool() === "eyedropper") this.#pick(event);
    else this.#draw(event);
  }

  #draw(event: PointerEvent): void {
    this.#doing = "draw";
    // The blunt end of a pen is an eraser.
    const tool = event.buttons & 32 ? "eraser" : this.hand.tool();
    this.easel.press(tool, this.hand.brush(), this.#pen(event));
  }

  #pick(event: PointerEvent): void {
    this.#doing = "pick";
    this.hand.picked(this.#pen(event));
  }

  #move(event: PointerEvent): void {
    const place = this.#place(event);
    this.hand.hover(event.pointerType === "touch" ? null : place);
    const before = this.#down.get(event.pointerId);
    if (!before) return;
    if (this.#doing === "draw") this.#drag(event);
    else if (this.#doing === "pick") this.hand.picked(this.#pen(event));
    else if (this.#doing === "pan") {
      this.screen.look(panned(this.screen.view, place.x - before.x, place.y - before.y));
    } else if (this.#doing === "pinch") this.#spread(event.pointerId, place);
    this.#down.set(event.pointerId, place);
  }

  /** Every place the pen has been since the last frame, not only the last. */
  #drag(event: PointerEvent): void {
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.easel.drag(this.#pen(each), event.shiftKey);
    if (this.easel.moving.x || this.easel.moving.y) this.screen.refresh();
  }

  #lift(event: PointerEvent): void {
    if (!this.#down.delete(event.pointerId)) return;
    if (this.#doing === "draw") {
      this.easel.release();
      this.hand.painted();
    }
    const { since, travel } = this.#pinch;
    const tapped = performance.now() - since < TAP.milliseconds && travel < TAP.travel;
    if (this.#doing === "pinch" && tapped) {
      this.easel.undo();
      this.#pinch.since = 0;
    }
    if (this.#doing !== "pinch" || !this.#down.size) this.#doing = null;
  }

  /** The second finger ends a stroke that has hardly begun, and takes hold of the view. */
  #startPinch(event: PointerEvent): void {
    if (event.pointerType !== "touch") return;
    if (this.#doing === "draw") this.easel.cancel();
    this.#doing = "pinch";
    this.#pinch = { since: performance.now(), travel: 0 };
  }

  #spread(id: number, place: Point): void {
    const before = this.#down.get(id) as Point;
    const other = [...this.#down].find(([each]) => each !== id)?.[1];
    if (!other) return;
    this.#pinch.travel += distance(before, place);
    const factor = distance(other, place) / Math.max(distance(other, before), 1);
    const middle = { x: (other.x + place.x) / 2, y: (other.y + place.y) / 2 };
    const moved = panned(this.screen.view, (place.x - before.x) / 2, (place.y - before.y) / 2);
    this.screen.look(zoomed(moved, factor, middle));
  }

  /** Ctrl and the wheel is the brush's size, Shift pans, the wheel alone zooms. */
  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const turn = clamp((event.deltaY || event.deltaX) * lines, -120, 120);
    if (event.ctrlKey) this.hand.resized(Math.exp(-turn / 400));
    else if (event.shiftKey) this.screen.look(panned(this.screen.view, -turn, 0));
    else this.screen.look(zoomed(this.screen.view, Math.exp(-turn / 400), this.#place(event)));
  }

  #place(event: MouseEvent): Point {
    const box = this.screen.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #pen(event: PointerEvent): Pen {
    const pressure = event.pointerType === "pen" ? event.pressure || 0.5 : 1;
    return { ...toDocument(this.screen.view, this.#place(event)), pressure };
  }
}
