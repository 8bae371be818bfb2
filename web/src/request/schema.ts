/** The server's schema of a request, as the controls it stands for. */

import type { Fields, Schema } from "../api/types";

export type Control =
  | {
      readonly kind: "number";
      readonly whole: boolean;
      readonly least: number;
      readonly most: number;
      readonly step: number;
    }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "switch" }
  | { readonly kind: "text" };

export interface Described {
  readonly name: string;
  readonly help: string;
  readonly default: unknown;
  readonly control: Control;
  /** It may be left open, for what is usual. */
  readonly optional: boolean;
}

/** The fields of a request that a person sets with a control; pictures come from the canvas. */
export function described(schema: Schema): Described[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const control = controlOf(field);
    const help = (field.description ?? "").replace(/\s+/g, " ");
    const optional = field.anyOf?.some(({ type }) => type === "null") ?? false;
    return control ? [{ name, help, default: field.default, control, optional }] : [];
  });
}

/** The fields that a request has beside those of another, but for some. */
export function besides(
  all: readonly Described[],
  other: readonly Described[],
  without: readonly string[],
): readonly Described[] {
  const known = new Set([...other.map(({ name }) => name), ...without]);
  return all.filter(({ name }) => !known.has(name));
}

/** The value each field has when nobody sets it. */
export function defaults(schema: Schema): Fields {
  const entries = Object.entries(schema.properties ?? {});
  return Object.fromEntries(entries.map(([name, field]) => [name, field.default ?? null]));
}

/** A value made fit for its control: a number within bounds, on a step; null when it cannot be. */
export function fitting(control: Control, value: unknown): unknown {
  if (control.kind === "number") {
    const number = typeof value === "string" && value.trim() === "" ? NaN : Number(value);
    if (!Number.isFinite(number)) return null;
    const stepped = control.whole ? Math.round(number / control.step) * control.step : number;
    return Math.min(Math.max(stepped, control.least), control.most);
  }
  if (control.kind === "choice") return control.choices.includes(String(value)) ? value : null;
  if (control.kind === "switch") return typeof value === "boolean" ? value : null;
  return typeof value === "string" ? value : null;
}

function controlOf(field: Schema): Control | null {
  const inner = field.anyOf?.find(({ type }) => type !== "null") ?? field;
  if (inner.contentEncoding) return null;
  if (inner.enum) return { kind: "choice", choices: inner.enum };
  if (inner.type === "boolean") return { kind: "switch" };
  if (inner.type === "string") return { kind: "text" };
  if (inner.type !== "integer" && inner.type !== "number") return null;
  const [least, most] = [inner.minimum ?? 0, inner.maximum ?? 2 ** 32 - 1];
  const whole = inner.type === "integer";
  return {
    kind: "number",
    whole,
    least,
    most,
    step: inner.multipleOf ?? (whole ? 1 : stepFor(most - least)),
  };
}

/** Hundredths for shares, halves for larger ranges: what hands are used to. */
function stepFor(range: number): number {
  return range <= 2 ? 0.01 : 0.5;
}
