import { describe, expect, it } from "vitest";
import { MODES, grouped, kindOf } from "../../src/request/groups";
import { described } from "../../src/request/schema";

const names = [
  ...["prompt", "negative", "model", "width", "height", "steps", "seed", "batch", "sampler", "schedule"],
  ...[
    "strength",
    "guidance_scale",
    "mask_blur",
    "only_masked",
    "hires_steps",
    "variation_seed",
    "eta",
    "rho",
    "extend_up",
  ],
  "brand_new",
];
const fields = described({
  properties: Object.fromEntries(names.map((name) => [name, { type: "integer" }])),
});
const shown = (mode: (typeof MODES)[number]): string[] => {
  const { first, groups } = grouped(fields, mode);
  return [...first, ...groups.flatMap((group) => group.fields)].map(({ name }) => name);
};

describe("groups of controls", () => {
  it("show what counts in a mode, each once, with the usual ones first", () => {
    expect(shown("sketch").slice(0, 3)).toEqual(["sampler", "schedule", "steps"]);
    expect(shown("sketch")).not.toContain("mask_blur");
    expect(shown("inpaint")).toContain("mask_blur");
    expect(shown("words")).toContain("hires_steps");
    for (const mode of MODES) expect(new Set(shown(mode)).size).toBe(shown(mode).length);
  });

  it("show every field somewhere, new ones too, but for those that stand elsewhere", () => {
    const all = new Set(MODES.flatMap(shown));
    const elsewhere = ["prompt", "negative", "model", "height"];
    expect([...all].sort()).toEqual(names.filter((name) => !elsewhere.includes(name)).sort());
  });

  it("have no empty group", () => {
    expect(grouped([], "sketch")).toEqual({ first: [], groups: [] });
    expect(kindOf("upscale")).toBe("upscale");
    expect(kindOf("words")).toBe("image");
  });
});
