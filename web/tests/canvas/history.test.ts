import { describe, expect, it } from "vitest";
import { WHITE } from "../../src/canvas/colours";
import { apply, bytes, delta, tilesOf } from "../../src/canvas/deltas";
import { drawing } from "../../src/canvas/drawing";
import { History } from "../../src/canvas/history";
import { blank } from "../../src/canvas/pixels";

const size = { width: 600, height: 300 };

describe("deltas", () => {
  it("cover the tiles that a change touches, clipped to the picture", () => {
    expect(tilesOf(size, { x: 250, y: 10, width: 20, height: 20 })).toEqual([
      { x: 0, y: 0, width: 256, height: 256 },
      { x: 256, y: 0, width: 256, height: 256 },
    ]);
    expect(tilesOf(size, { x: 590, y: 290, width: 99, height: 99 })).toEqual([
      { x: 512, y: 256, width: 88, height: 44 },
    ]);
  });

  it("lead from the old to the new and back, and are small", () => {
    const [old, fresh] = [blank(size, WHITE), blank(size, WHITE)];
    for (let at = 0; at < 4000; at++) fresh.data[300_000 + at] = at;
    const tiles = delta(old, fresh, { x: 0, y: 0, ...size });
    const middle = blank(size, WHITE);
    apply(middle, tiles);
    expect(Buffer.compare(Buffer.from(middle.data), Buffer.from(fresh.data))).toBe(0);
    apply(middle, tiles);
    expect(Buffer.compare(Buffer.from(middle.data), Buffer.from(old.data))).toBe(0);
    expect(bytes(tiles)).toBeLessThan(20_000);
  });

  it("are nothing when nothing changed", () => {
    expect(delta(blank(size), blank(size), { x: 0, y: 0, ...size })).toEqual([]);
  });
});

describe("a history", () => {
  const shape = (): Parameters<History["add"]>[0] => ({
    kind: "shape",
    before: drawing({ width: 64, height: 64 }, WHITE),
    after: drawing({ width: 64, height: 64 }, WHITE),
  });

  it("forgets the oldest when memory runs out", () => {
    const history = new History(100_000);
    for (let step = 0; step < 10; step++) history.add(shape());
    expect(history.undoable).toBe(2);
    expect(history.memory).toBeLessThanOrEqual(100_000);
  });

  it("forgets what was undone once something new is done", () => {
    const history = new History();
    const [first, second] = [shape(), shape()];
    history.add(first);
    expect(history.undo(drawing(size, WHITE))).toBe((first as { before: unknown }).before);
    expect(history.redoable).toBe(1);
    history.add(second);
    expect(history.redoable).toBe(0);
  });

  it("does nothing where there is nothing to undo", () => {
    const now = drawing(size, WHITE);
    expect(new History().undo(now)).toBe(now);
    expect(new History().redo(now)).toBe(now);
  });
});
