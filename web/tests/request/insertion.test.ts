import { describe, expect, it } from "vitest";
import { adapterTag, inserted } from "../../src/request/insertion";

const at = (marked: string): { text: string; start: number; end: number } => {
  const [start, end] = [marked.indexOf("|"), marked.lastIndexOf("|") - 1];
  return { text: marked.replaceAll("|", ""), start, end: Math.max(end, start) };
};

describe("words put into a prompt", () => {
  it("stand at the caret, apart from their neighbours", () => {
    expect(inserted(at("|"), "x").text).toBe("x");
    expect(inserted(at("a hat|"), "x").text).toBe("a hat x");
    expect(inserted(at("a| hat"), "x").text).toBe("a x hat");
    expect(inserted(at("a |hat"), "x").text).toBe("a x hat");
    expect(inserted(at("(|hat)"), "x").text).toBe("(x hat)");
    expect(inserted(at("hat|, shoe"), "x").text).toBe("hat x, shoe");
  });

  it("replace what is selected, and leave the caret behind them", () => {
    const { text, start, end } = inserted(at("a |red| hat"), adapterTag("soft"));
    expect(text).toBe("a <lora:soft:1> hat");
    expect([start, end]).toEqual([15, 15]);
  });
});
