import { describe, expect, it } from "vitest";
import { axisOf, axisText, isPlotted } from "../../src/request/axes";

describe("an axis", () => {
  it("is a name and its values, there and back", () => {
    for (const text of ["steps: 10, 20", "Prompt S/R: a: b, c", "Size: 512x512"]) {
      expect(axisText(axisOf(text))).toBe(text);
    }
    expect(axisOf("Prompt S/R: a: b, c")).toEqual({ name: "Prompt S/R", values: "a: b, c" });
  });

  it("may be nothing, or have no values yet", () => {
    expect(axisOf(undefined)).toEqual({ name: "", values: "" });
    expect(axisOf("steps: ")).toEqual({ name: "steps", values: "" });
    expect(axisText({ name: "", values: "1" })).toBe("");
  });

  it("makes a grid once it has values", () => {
    expect(isPlotted(undefined)).toBe(false);
    expect(isPlotted({ x: "steps: ", legend: true })).toBe(false);
    expect(isPlotted({ x: "", z: "steps: 1" })).toBe(true);
  });
});
