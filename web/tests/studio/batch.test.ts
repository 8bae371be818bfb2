import { describe, expect, it } from "vitest";
import { sizeOf } from "../../src/studio/batch";

describe("a picture of many", () => {
  it("keeps its shape and is as long as the drawing", () => {
    expect(sizeOf({ width: 4000, height: 3000 }, 512)).toEqual({ width: 512, height: 384 });
    expect(sizeOf({ width: 100, height: 300 }, 768)).toEqual({ width: 256, height: 768 });
  });

  it("stays within what can be painted, in steps of 8", () => {
    expect(sizeOf({ width: 5000, height: 10 }, 512)).toEqual({ width: 512, height: 64 });
    const { width, height } = sizeOf({ width: 333, height: 221 }, 500);
    expect([width % 8, height % 8]).toEqual([0, 0]);
  });
});
