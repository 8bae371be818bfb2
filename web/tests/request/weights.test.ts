import { describe, expect, it } from "vitest";
import { moved, weighed } from "../../src/request/weights";

/** The text with its selection between bars. */
function marked({ text, start, end }: { text: string; start: number; end: number }): string {
  return `${text.slice(0, start)}|${text.slice(start, end)}|${text.slice(end)}`;
}

function selection(text: string): { text: string; start: number; end: number } {
  const [before, inside, after = ""] = text.split("|");
  return after === "" && text.split("|").length === 2
    ? { text: before + inside, start: before.length, end: before.length }
    : { text: before + inside + after, start: before.length, end: before.length + inside.length };
}

describe("weights by key", () => {
  it.each([
    ["a |red hat|", 0.1, "a (|red hat|:1.1)"],
    ["a (|red hat|:1.1)", 0.1, "a (|red hat|:1.2)"],
    ["a (|red hat|:1.1)", -0.1, "a |red hat|"],
    ["a |red| hat", -0.1, "a (|red|:0.9) hat"],
    ["a re|d hat", 0.1, "a (|red|:1.1) hat"],
    ["a (re|d:1.1) hat", 0.01, "a (|red|:1.11) hat"],
    ["a | red | hat", 0.1, "a  (|red|:1.1)  hat"],
    ["(a:1.2), |b|", 0.1, "(a:1.2), (|b|:1.1)"],
    ["|", 0.1, "||"],
  ])("turn %j by %d into %j", (before, change, after) => {
    expect(marked(weighed(selection(before), change))).toBe(after);
  });

  it("add up without crumbs of arithmetic", () => {
    let now = selection("|cat|");
    for (let step = 0; step < 3; step++) now = weighed(now, 0.1);
    expect(now.text).toBe("(cat:1.3)");
    for (let step = 0; step < 3; step++) now = weighed(now, -0.1);
    expect(now.text).toBe("cat");
  });
});

describe("comma parts by key", () => {
  it.each([
    ["one, t|wo, three", -1, "|two|, one, three"],
    ["one, t|wo, three", 1, "one, three, |two|"],
    ["o|ne, two", -1, "o||ne, two"],
  ] as const)("move %j by %d into %j", (before, places, after) => {
    expect(marked(moved(selection(before), places))).toBe(after);
  });
});
