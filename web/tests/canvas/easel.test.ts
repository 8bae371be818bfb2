import { describe, expect, it } from "vitest";
import { BLACK, WHITE, type Colour } from "../../src/canvas/colours";
import * as drawings from "../../src/canvas/drawing";
import { type Brush, Easel, type Pen, TOOLS } from "../../src/canvas/easel";
import { blank } from "../../src/canvas/pixels";

const RED: Colour = [255, 0, 0];
const brush: Brush = {
  colour: RED,
  size: 20,
  hardness: 1,
  opacity: 1,
  pressure: { size: true, opacity: false },
};
const pen = (x: number, y: number, pressure = 1): Pen => ({ x, y, pressure });

function easel(width = 128, height = 96): Easel {
  return new Easel(drawings.drawing({ width, height }, WHITE));
}

function painted(target: Easel, tool: (typeof TOOLS)[number], from: Pen, to: Pen, with_ = brush): void {
  target.press(tool, with_, from);
  target.drag(to);
  target.release();
}

/** The drawing as one number and its shape. */
function hash(target: Easel): string {
  let sum = 7;
  for (const { pixels } of target.drawing.layers) {
    for (let at = 0; at < pixels.data.length; at++) sum = (Math.imul(sum, 31) + pixels.data[at]) | 0;
  }
  const { width, height, background, layers } = target.drawing;
  return JSON.stringify([sum, width, height, background, layers.map(({ id, role }) => [id, role])]);
}

describe("the tools", () => {
  it("paint, and the eyedropper finds the colour again", () => {
    const target = easel();
    painted(target, "brush", pen(20, 40), pen(100, 40));
    expect(target.colourAt(pen(60, 40))).toEqual(RED);
    expect(target.colourAt(pen(60, 80))).toEqual(WHITE);
    expect(target.colourAt(pen(-1, 80))).toBeNull();
  });

  it("make a dot of one touch", () => {
    const target = easel();
    target.press("brush", brush, pen(64, 48));
    target.release();
    expect(target.colourAt(pen(64, 48))).toEqual(RED);
    expect(target.history.undoable).toBe(1);
  });

  it("keep a stroke at one opacity", () => {
    const target = easel();
    const half = { ...brush, opacity: 0.5 };
    target.press("brush", half, pen(20, 40));
    for (const x of [100, 20, 100]) target.drag(pen(x, 40));
    target.release();
    expect(target.colourAt(pen(60, 40))).toEqual([255, 127, 127]);
  });

  it("give transparency back with the eraser", () => {
    const target = easel();
    painted(target, "brush", pen(20, 40), pen(100, 40));
    painted(target, "eraser", pen(60, 20), pen(60, 80));
    expect(target.colourAt(pen(60, 40))).toEqual(WHITE);
    expect(target.colourAt(pen(30, 40))).toEqual(RED);
  });

  it("follow the pen's pressure with the width", () => {
    const target = easel();
    painted(target, "brush", pen(20, 40, 0.2), pen(100, 40, 0.2));
    expect(target.colourAt(pen(60, 46))).toEqual(WHITE);
  });

  it("fill up to an edge, across layers", () => {
    const target = easel();
    painted(target, "rectangle", pen(40, 0), pen(44, 96));
    target.reshape((drawing) => drawings.withNewLayer(drawing, "sketch"));
    target.press("fill", { ...brush, colour: BLACK }, pen(10, 10));
    expect(target.colourAt(pen(39, 95))).toEqual(BLACK);
    expect(target.colourAt(pen(42, 50))).toEqual(RED);
    expect(target.colourAt(pen(60, 50))).toEqual(WHITE);
  });

  it("draw one line, however the pen wandered, and at 45 degrees when asked", () => {
    const target = easel();
    target.press("line", brush, pen(20, 20));
    target.drag(pen(100, 90));
    target.drag(pen(90, 30), true);
    target.release();
    expect(target.colourAt(pen(85, 20))).toEqual(RED);
    expect(target.colourAt(pen(90, 80))).toEqual(WHITE);
  });

  it("move a layer by whole pixels", () => {
    const target = easel();
    painted(target, "rectangle", pen(10, 10), pen(20, 20));
    painted(target, "move", pen(0, 0), pen(50.4, 30.2));
    expect(target.colourAt(pen(62, 42))).toEqual(RED);
    expect(target.colourAt(pen(12, 12))).toEqual(WHITE);
  });

  it("leave nothing behind when they are cancelled", () => {
    const target = easel();
    const before = hash(target);
    target.press("brush", brush, pen(20, 40));
    target.drag(pen(100, 40));
    target.cancel();
    expect(hash(target)).toBe(before);
    expect(target.busy).toBe(false);
    expect([target.history.undoable, target.history.redoable]).toEqual([0, 0]);
  });

  it("mark mask layers without changing the sketch", () => {
    const target = easel();
    target.reshape((drawing) => drawings.withNewLayer(drawing, "mask"));
    expect(drawings.mask(target.drawing)).toBeNull();
    painted(target, "brush", pen(20, 40), pen(100, 40));
    const mask = drawings.mask(target.drawing);
    expect(mask?.data.slice((40 * 128 + 60) * 4, (40 * 128 + 60) * 4 + 4)).toEqual(
      Uint8ClampedArray.of(255, 255, 255, 255),
    );
    expect(target.colourAt(pen(60, 40))).toEqual(WHITE);
  });

  it("leave hidden layers alone", () => {
    const target = easel();
    target.reshape((drawing) => drawings.withLayer(drawing, 1, { visible: false }));
    painted(target, "brush", pen(20, 40), pen(100, 40));
    expect(drawings.isMarked(target.drawing.layers[0].pixels)).toBe(false);
  });
});

describe("the history", () => {
  it("undoes and redoes 10,000 random operations to the same pixels", () => {
    let seed = 99;
    const random = (most: number): number => (seed = (seed * 48271) % 2147483647) % most;
    const target = easel(48, 32);
    const start = hash(target);
    const marks = [start];
    for (let step = 0; step < 10_000; step++) {
      const kind = random(24);
      if (kind === 0) target.reshape((drawing) => drawings.withNewLayer(drawing, "sketch"));
      else if (kind === 1) target.reshape((drawing) => drawings.withoutLayer(drawing, target.drawing.active));
      else if (kind === 2) target.reshape((drawing) => drawings.withLayerMoved(drawing, 1, random(3) - 1));
      else if (kind === 3) target.clear();
      else {
        const tool = TOOLS[random(TOOLS.length)];
        const colour: Colour = [random(256), random(256), random(256)];
        const with_ = { ...brush, colour, size: 1 + random(12), hardness: random(3) / 2 };
        painted(target, tool, pen(random(48), random(32)), pen(random(48), random(32)), with_);
      }
      if (step % 1000 === 999) marks.push(hash(target));
    }
    const end = hash(target);
    const steps = target.history.undoable;
    for (let step = 0; step < steps; step++) target.undo();
    expect(hash(target)).toBe(start);
    while (target.history.redoable) target.redo();
    expect(hash(target)).toBe(end);
    expect(new Set(marks).size).toBe(marks.length);
  }, 60_000);

  it("keeps at least fifty strokes of a big drawing in its memory", () => {
    const target = easel(1024, 1024);
    for (let step = 0; step < 60; step++)
      painted(target, "brush", pen(step * 16, 8), pen(1024 - step * 16, 1000));
    expect(target.history.undoable).toBe(60);
    expect(target.history.memory).toBeLessThan(256 * 2 ** 20);
  }, 60_000);

  it("undoes a new size and a new drawing", () => {
    const target = easel();
    painted(target, "brush", pen(20, 40), pen(100, 40));
    const before = hash(target);
    target.resize({ width: 256, height: 256 });
    target.renew({ width: 512, height: 512 }, BLACK, blank({ width: 100, height: 100 }, RED));
    expect(target.drawing.background).toEqual(BLACK);
    expect(target.colourAt(pen(50, 50))).toEqual(RED);
    target.undo();
    target.undo();
    expect(hash(target)).toBe(before);
  });
});
