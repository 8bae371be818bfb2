import { describe, expect, it } from "vitest";
import { Coverage, type Dab, falloff } from "../../src/canvas/coverage";

const size = { width: 64, height: 48 };
const dab = (x: number, y: number, radius = 8, flow = 1): Dab => ({ x, y, radius, flow });

/** The share of a pixel inside a capsule, by 64 samples: the slow truth. */
function sampled(px: number, py: number, from: Dab, to: Dab): number {
  let inside = 0;
  for (let i = 0; i < 64; i++) {
    const [x, y] = [px + ((i % 8) + 0.5) / 8, py + (Math.floor(i / 8) + 0.5) / 8];
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(Math.max(along, 0), 1);
    if (Math.hypot(x - from.x - t * dx, y - from.y - t * dy) <= from.radius) inside++;
  }
  return (inside / 64) * 255;
}

describe("coverage", () => {
  it("is the share of each pixel inside a hard capsule, whole inside and none outside", () => {
    let seed = 7;
    const random = (most: number): number => (seed = (seed * 16807) % 2147483647) % most;
    for (let trial = 0; trial < 25; trial++) {
      const coverage = new Coverage(size);
      const radius = 1 + random(15);
      const [from, to] = [dab(random(64), random(48), radius), dab(random(64), random(48), radius)];
      coverage.segment(from, to, 1);
      let [edge, solid] = [0, 0];
      coverage.share.forEach((share, at) => {
        const truth = sampled(at % 64, Math.floor(at / 64), from, to);
        const off = Math.abs(share - truth);
        if (truth === 255 || truth === 0) solid = Math.max(solid, off);
        else edge = Math.max(edge, off);
      });
      expect(solid).toBeLessThan(60);
      expect(edge).toBeLessThan(110);
    }
  });

  it("does not add up where a stroke crosses itself", () => {
    const coverage = new Coverage(size);
    coverage.segment(dab(10, 20, 6, 0.5), dab(50, 20, 6, 0.5), 1);
    coverage.segment(dab(50, 20, 6, 0.5), dab(10, 20, 6, 0.5), 1);
    expect(coverage.share[20 * 64 + 30]).toBe(128);
  });

  it("touches only what it says", () => {
    const coverage = new Coverage(size);
    const { x, y, width, height } = coverage.segment(dab(20, 20), dab(30, 24), 0.3);
    coverage.share.forEach((share, at) => {
      const [column, row] = [at % 64, Math.floor(at / 64)];
      const inside = column >= x && row >= y && column < x + width && row < y + height;
      if (share) expect(inside).toBe(true);
    });
  });

  it("forgets all of it", () => {
    const coverage = new Coverage(size);
    coverage.segment(dab(-5, -5), dab(80, 60), 0.5);
    coverage.clear();
    expect(coverage.share.some(Boolean)).toBe(false);
  });

  it("covers whole pixels with a box, in any direction and over the edge", () => {
    const coverage = new Coverage(size);
    coverage.box({ x: 70, y: 20 }, { x: 60, y: 10 });
    expect(coverage.share.reduce((sum, share) => sum + Number(share === 255), 0)).toBe(4 * 10);
  });
});

describe("falloff", () => {
  it("falls from the middle outwards, and sooner for a softer brush", () => {
    for (const hardness of [0, 0.5, 1]) {
      const shares = Array.from({ length: 30 }, (_, away) => falloff(away, 20, hardness));
      expect(shares[0]).toBe(1);
      expect(shares[29]).toBe(0);
      expect(shares.every((share, at) => at === 0 || share <= shares[at - 1])).toBe(true);
    }
    expect(falloff(10, 20, 0)).toBeLessThan(falloff(10, 20, 1));
  });

  it("thins lines that are narrower than a pixel", () => {
    expect(falloff(0, 0.25, 1)).toBeCloseTo(0.375);
  });
});
