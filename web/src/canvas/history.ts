/** Undo and redo, bounded by memory and not by count. */

import { type Tile, apply, bytes } from "./deltas";
import type { Drawing } from "./drawing";

/** Pixels of one layer changed, or the drawing's shape did (layers, size, background). */
export type Change =
  | { readonly kind: "pixels"; readonly layer: number; readonly tiles: readonly Tile[] }
  | { readonly kind: "shape"; readonly before: Drawing; readonly after: Drawing };

export const MEMORY = 256 * 2 ** 20;

export class History {
  #done: Change[] = [];
  #undone: Change[] = [];
  #bytes = 0;

  constructor(private readonly most = MEMORY) {}

  get undoable(): number {
    return this.#done.length;
  }

  get redoable(): number {
    return this.#undone.length;
  }

  /** Bytes held: deltas, and pixels that only the past or the future still has. */
  get memory(): number {
    return this.#bytes;
  }

  /** Remember a change that has been made; the oldest are forgotten when memory runs out. */
  add(change: Change): void {
    this.#bytes += cost(change) - this.#undone.reduce((sum, each) => sum + cost(each), 0);
    this.#undone = [];
    this.#done.push(change);
    while (this.#done.length > 1 && this.#bytes > this.most) {
      this.#bytes -= cost(this.#done.shift() as Change);
    }
  }

  /** The drawing before the last change; the same one when there is none. */
  undo(drawing: Drawing): Drawing {
    const change = this.#done.pop();
    if (!change) return drawing;
    this.#undone.push(change);
    return change.kind === "shape" ? change.before : repainted(drawing, change);
  }

  /** The drawing after the change undone last; the same one when there is none. */
  redo(drawing: Drawing): Drawing {
    const change = this.#undone.pop();
    if (!change) return drawing;
    this.#done.push(change);
    return change.kind === "shape" ? change.after : repainted(drawing, change);
  }
}

/** What a change holds in memory: its deltas, or the pixels that one of its sides alone has. */
function cost(change: Change): number {
  if (change.kind === "pixels") return bytes(change.tiles);
  const [before, after] = [change.before, change.after].map(
    ({ layers }) => new Set(layers.map(({ pixels }) => pixels)),
  );
  const own = [...before].filter((each) => !after.has(each));
  own.push(...[...after].filter((each) => !before.has(each)));
  return own.reduce((sum, { data }) => sum + data.byteLength, 1024);
}

function repainted(drawing: Drawing, change: Change & { kind: "pixels" }): Drawing {
  const layer = drawing.layers.find(({ id }) => id === change.layer);
  if (layer) apply(layer.pixels, change.tiles);
  return drawing;
}
