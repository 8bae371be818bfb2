import { describe, expect, it } from "vitest";
import { centred, fitted, panned, toDocument, toScreen, zoomed } from "../../src/canvas/viewport";

const [square, room] = [
  { width: 512, height: 512 },
  { width: 1000, height: 600 },
];

describe("a viewport", () => {
  it("fits the drawing into the room, in its middle", () => {
    const view = fitted(square, room, 44);
    expect(view.scale).toBe(1);
    expect(toScreen(view, { x: 256, y: 256 })).toEqual({ x: 500, y: 300 });
    expect(fitted({ width: 8, height: 8 }, room, 0, 4).scale).toBe(4);
  });

  it("zooms about a place that stays where it is", () => {
    const place = { x: 300, y: 200 };
    const view = centred(square, room, 1);
    const near = zoomed(view, 2.5, place);
    expect(toDocument(near, place).x).toBeCloseTo(toDocument(view, place).x);
    expect(toDocument(near, place).y).toBeCloseTo(toDocument(view, place).y);
    expect(zoomed(view, 1e9, place).scale).toBe(32);
  });

  it("pans, and leads there and back", () => {
    const view = panned(zoomed(centred(square, room, 1), 1.3, { x: 1, y: 2 }), 7, -9);
    const point = { x: 12.5, y: 400 };
    expect(toDocument(view, toScreen(view, point)).x).toBeCloseTo(point.x);
    expect(toDocument(view, toScreen(view, point)).y).toBeCloseTo(point.y);
  });
});
