import { describe, expect, it } from "vitest";
import { type Colour, fromHex, fromHsv, remembered, toHex, toHsv } from "../../src/canvas/colours";

describe("colours", () => {
  it("go through hexadecimal and back", () => {
    expect(toHex([255, 128, 0])).toBe("#ff8000");
    expect(fromHex("#ff8000")).toEqual([255, 128, 0]);
    expect(fromHex(" abc ")).toEqual([170, 187, 204]);
    for (const wrong of ["", "#12", "#12345g", "red"]) expect(fromHex(wrong)).toBeNull();
  });

  it("go through the wheel and back", () => {
    for (const colour of [
      [0, 0, 0],
      [255, 255, 255],
      [200, 30, 90],
      [1, 254, 7],
    ] as Colour[]) {
      expect(fromHsv(toHsv(colour))).toEqual(colour);
    }
    expect(toHsv([0, 0, 255]).hue).toBe(240);
  });

  it("are remembered once each, newest first", () => {
    const recent = remembered(
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
      [2, 2, 2],
    );
    expect(recent).toEqual([
      [2, 2, 2],
      [1, 1, 1],
    ]);
    expect(
      remembered(
        Array.from({ length: 20 }, (_, at): Colour => [at, 0, 0]),
        [9, 9, 9],
      ),
    ).toHaveLength(12);
  });
});
