/** Which key does what. The names are stable; the keys can be changed by who uses them. */

import type { Key } from "../i18n";

export interface Binding {
  readonly name: string;
  readonly label: Key;
  /** "Ctrl+Enter", "Shift+[", "b": Ctrl is also Cmd. */
  readonly key: string;
}

export const BINDINGS = [
  { name: "generate", label: "key.generate", key: "Ctrl+Enter" },
  { name: "front", label: "key.front", key: "Ctrl+Shift+Enter" },
  { name: "interrupt", label: "key.interrupt", key: "Alt+Enter" },
  { name: "interrupt2", label: "key.interrupt", key: "Escape" },
  { name: "brush", label: "tool.brush", key: "b" },
  { name: "eraser", label: "tool.eraser", key: "e" },
  { name: "eyedropper", label: "tool.eyedropper", key: "i" },
  { name: "fill", label: "tool.fill", key: "g" },
  { name: "line", label: "tool.line", key: "n" },
  { name: "rectangle", label: "tool.rectangle", key: "u" },
  { name: "move", label: "tool.move", key: "v" },
  { name: "pan", label: "tool.pan", key: "h" },
  { name: "smaller", label: "key.smaller", key: "[" },
  { name: "larger", label: "key.larger", key: "]" },
  { name: "softer", label: "key.softer", key: "Shift+[" },
  { name: "harder", label: "key.harder", key: "Shift+]" },
  { name: "swap", label: "key.swap", key: "x" },
  { name: "defaults", label: "key.defaults", key: "d" },
  { name: "undo", label: "undo", key: "Ctrl+z" },
  { name: "redo", label: "redo", key: "Ctrl+Shift+z" },
  { name: "redo2", label: "redo", key: "Ctrl+y" },
  { name: "fit", label: "zoom.fit", key: "s" },
  { name: "fit2", label: "zoom.fit", key: "0" },
  { name: "actual", label: "key.reset", key: "r" },
  { name: "mask", label: "key.mask", key: "m" },
  { name: "live", label: "live", key: "l" },
  { name: "star", label: "picture.star", key: "." },
  { name: "compare", label: "picture.compare", key: "c" },
  { name: "viewer", label: "key.viewer", key: "z" },
  { name: "delete", label: "picture.delete", key: "Delete" },
  { name: "next", label: "picture.next", key: "ArrowRight" },
  { name: "previous", label: "picture.previous", key: "ArrowLeft" },
  { name: "help", label: "help", key: "?" },
] as const satisfies readonly Binding[];

export type ActionName = (typeof BINDINGS)[number]["name"];

/** Keys that are part of a place and cannot be changed; shown beside the others. */
export const FIXED: readonly { readonly label: Key; readonly key: string }[] = [
  { label: "key.pick", key: "1 – 4" },
  { label: "key.opacity", key: "Shift+1 – 9" },
  { label: "key.weigh.up", key: "Ctrl+↑" },
  { label: "key.weigh.down", key: "Ctrl+↓" },
  { label: "key.weigh.finer", key: "Ctrl+Shift+↑ ↓" },
  { label: "key.part", key: "Alt+← →" },
  { label: "key.history", key: "Alt+↑ ↓" },
  { label: "tool.eyedropper", key: "Alt+click" },
  { label: "tool.pan", key: "Space+drag" },
];

const CODES: Record<string, string> = { BracketLeft: "[", BracketRight: "]" };

/** What a key press is called: modifiers in a fixed order, brackets by their place. */
export function nameOf(
  event: Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">,
): string {
  const key = CODES[event.code] ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  // "?" already says that Shift is down; letters and names do not.
  const shift = event.shiftKey && (key.length > 1 || /[a-z[\]]/.test(key));
  return [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    shift ? "Shift+" : "",
    key,
  ].join("");
}

/** The key of an action: the person's own, or the usual one. */
export function keyOf(name: ActionName, own: Readonly<Record<string, string>>): string {
  return own[name] ?? BINDINGS.find((binding) => binding.name === name)?.key ?? "";
}

/** The action that a key press stands for. */
export function actionOf(key: string, own: Readonly<Record<string, string>>): ActionName | undefined {
  return BINDINGS.find(({ name }) => keyOf(name, own) === key)?.name;
}

/** A key as people read it. */
export function shown(key: string): string {
  return key
    .replace(/(^|\+)([a-z])$/, (_, before: string, letter: string) => before + letter.toUpperCase())
    .replace("ArrowRight", "→")
    .replace("ArrowLeft", "←")
    .replace("Escape", "Esc")
    .replace("Delete", "Del");
}
