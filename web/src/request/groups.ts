/** Which controls stand together, and where painting starts when they count at all. */

import type { Key } from "../i18n";
import type { Described } from "./schema";

/** Where painting starts: from words, over the sketch, inside the mask; or only enlarging. */
export type Mode = "words" | "sketch" | "inpaint" | "upscale";
export const MODES: readonly Mode[] = ["words", "sketch", "inpaint", "upscale"];

/** The kind of work that a mode asks for. */
export function kindOf(mode: Mode): string {
  return mode === "upscale" ? "upscale" : "image";
}

/** Shown first, in this order. */
const FIRST = ["sampler", "schedule", "steps", "guidance_scale", "strength", "width", "batch", "seed"];
/** Shown elsewhere on the page; the height stands beside the width. */
const ELSEWHERE = new Set(["prompt", "negative", "model", "height"]);

interface Rule {
  readonly title: Key;
  readonly fields: RegExp;
  readonly modes: readonly Mode[];
}

const RULES: readonly Rule[] = [
  { title: "group.inpaint", fields: /^(mask|only_masked|soft)/, modes: ["inpaint"] },
  { title: "group.outpaint", fields: /^extend_/, modes: ["sketch", "inpaint"] },
  { title: "group.hires", fields: /^hires_/, modes: ["words"] },
  { title: "group.seed", fields: /^(variation_|seed_|noise_)/, modes: MODES },
  { title: "group.sampling", fields: /^(eta$|s_|sigma_|rho$|discard_)/, modes: MODES },
  { title: "settings.more", fields: /(?:)/, modes: MODES },
];

export interface Group {
  readonly title: Key;
  readonly fields: readonly Described[];
}

/** The controls of a picture's request in a mode: those shown first, and the groups below them. */
export function grouped(
  all: readonly Described[],
  mode: Mode,
): { first: readonly Described[]; groups: readonly Group[] } {
  const first = FIRST.flatMap((name) => all.filter((field) => field.name === name));
  const others = all.filter(({ name }) => !FIRST.includes(name) && !ELSEWHERE.has(name));
  const ruled = (name: string): Rule | undefined => RULES.find(({ fields }) => fields.test(name));
  const groups = RULES.filter(({ modes }) => modes.includes(mode))
    .map((rule) => ({ title: rule.title, fields: others.filter(({ name }) => ruled(name) === rule) }))
    .filter(({ fields }) => fields.length);
  return { first, groups };
}
