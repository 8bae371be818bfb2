import { describe, expect, it } from "vitest";
import { LANGUAGES, duration, fieldName, language, say } from "../../src/i18n";

const parts = (words: string): string[] => [...words.matchAll(/\{\w+\}/g)].map(([part]) => part).sort();

describe("words", () => {
  it("say the same things, with the same parts, in every language", () => {
    const [first, ...others] = Object.values(LANGUAGES);
    for (const other of others) {
      expect(Object.keys(other)).toEqual(Object.keys(first));
      for (const [key, words] of Object.entries(first)) {
        expect(parts(other[key as keyof typeof other]), key).toEqual(parts(words));
      }
    }
  });

  it("fill in their parts, in the language chosen", () => {
    expect(say("results.painting", { step: 3, steps: 20 })).toBe("Step 3 of 20");
    language.set({ code: "de" });
    expect(say("results.painting", { step: 3, steps: 20 })).toBe("Schritt 3 von 20");
    language.set({ code: "en" });
  });

  it("name a field that nobody has named yet", () => {
    expect(fieldName("guidance_scale")).toBe("CFG scale");
    expect(fieldName("new_knob")).toBe("New knob");
  });

  it("tell times roughly", () => {
    expect([0.2, 8.4, 89, 200].map(duration)).toEqual(["1 s", "8 s", "89 s", "3 min"]);
  });
});
