/** The axes of a grid: "steps: 10, 20, 40" is the field that changes and what it comes to. */

export const AXES = ["x", "y", "z"] as const;
/** Axes that are about more than one field, by the names that A1111 gave them. */
export const SPECIAL = ["Prompt S/R", "Prompt order", "Size"] as const;

export interface Axis {
  /** A field's name or one of the special ones; "" for nothing. */
  readonly name: string;
  readonly values: string;
}

export function axisOf(text: unknown): Axis {
  const [, name, values] = /^([^:]*):?\s*([\s\S]*)$/.exec(typeof text === "string" ? text : "") ?? [];
  return { name: (name ?? "").trim(), values: values ?? "" };
}

export function axisText({ name, values }: Axis): string {
  return name ? `${name}: ${values}` : "";
}

/** Whether any axis has something to change. */
export function isPlotted(fields: Readonly<Record<string, unknown>> | undefined): boolean {
  return AXES.some((name) => axisOf(fields?.[name]).values.trim() !== "");
}
