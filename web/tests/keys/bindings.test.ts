import { describe, expect, it } from "vitest";
import { BINDINGS, actionOf, keyOf, nameOf, shown } from "../../src/keys/bindings";

const press = (
  key: string,
  code = "",
  held: Partial<Record<"ctrlKey" | "altKey" | "shiftKey" | "metaKey", boolean>> = {},
) => nameOf({ key, code, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, ...held });

describe("keys", () => {
  it("are named with modifiers in one order", () => {
    expect(press("B", "KeyB")).toBe("b");
    expect(press("Enter", "Enter", { ctrlKey: true, shiftKey: true })).toBe("Ctrl+Shift+Enter");
    expect(press("z", "KeyZ", { metaKey: true })).toBe("Ctrl+z");
    expect(press("?", "Slash", { shiftKey: true })).toBe("?");
  });

  it("are brackets by their place on any keyboard", () => {
    expect(press("ü", "BracketLeft")).toBe("[");
    expect(press("{", "BracketLeft", { shiftKey: true })).toBe("Shift+[");
  });

  it("do one thing each", () => {
    const keys = BINDINGS.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { name, key } of BINDINGS) expect(actionOf(key, {})).toBe(name);
  });

  it("can be changed", () => {
    const own = { brush: "p", pan: "" };
    expect(keyOf("brush", own)).toBe("p");
    expect(actionOf("p", own)).toBe("brush");
    expect(actionOf("b", own)).toBeUndefined();
    expect(actionOf("h", own)).toBeUndefined();
  });

  it("are shown as people read them", () => {
    expect(["b", "Ctrl+z", "Shift+[", "ArrowLeft"].map(shown)).toEqual(["B", "Ctrl+Z", "Shift+[", "←"]);
  });
});
