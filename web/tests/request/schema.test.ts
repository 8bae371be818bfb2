import { describe, expect, it } from "vitest";
import { defaults, described, fitting } from "../../src/request/schema";

const schema = {
  properties: {
    prompt: { type: "string", default: "", description: "What  it\nshows." },
    steps: { type: "integer", default: 20, minimum: 1, maximum: 150 },
    width: { type: "integer", default: 512, minimum: 64, maximum: 2048, multipleOf: 8 },
    guidance_scale: { type: "number", default: 7, minimum: 0, maximum: 30 },
    strength: { type: "number", default: 0.75, minimum: 0, maximum: 1 },
    sampler: { type: "string", enum: ["euler", "heun"], default: "euler" },
    tiling: { type: "boolean", default: false },
    init: { anyOf: [{ type: "string", contentEncoding: "base64" }, { type: "null" }], default: null },
    limit: { anyOf: [{ type: "number", minimum: 0, maximum: 4 }, { type: "null" }], default: null },
  },
};

const control = (name: string) => {
  const found = described(schema).find((field) => field.name === name);
  if (!found) throw new Error(name);
  return found.control;
};

describe("a schema", () => {
  it("becomes a control for each field, but for pictures", () => {
    expect(described(schema).map(({ name, control: { kind } }) => [name, kind])).toEqual([
      ["prompt", "text"],
      ["steps", "number"],
      ["width", "number"],
      ["guidance_scale", "number"],
      ["strength", "number"],
      ["sampler", "choice"],
      ["tiling", "switch"],
      ["limit", "number"],
    ]);
    expect(described(schema)[0].help).toBe("What it shows.");
  });

  it("gives numbers the steps that hands are used to", () => {
    const step = (name: string) => (control(name) as { step: number }).step;
    expect(["steps", "width", "guidance_scale", "strength"].map(step)).toEqual([1, 8, 0.5, 0.01]);
  });

  it("has a default for everything", () => {
    expect(defaults(schema)).toMatchObject({ steps: 20, init: null, tiling: false });
  });

  it("makes values fit, or refuses them", () => {
    expect(fitting(control("steps"), 9000)).toBe(150);
    expect(fitting(control("width"), "517")).toBe(520);
    expect(fitting(control("strength"), 0.333)).toBe(0.333);
    expect(fitting(control("steps"), "many")).toBeNull();
    expect(fitting(control("steps"), " ")).toBeNull();
    expect(fitting(control("sampler"), "eular")).toBeNull();
    expect(fitting(control("tiling"), "yes")).toBeNull();
    expect(fitting(control("prompt"), 3)).toBeNull();
  });
});
