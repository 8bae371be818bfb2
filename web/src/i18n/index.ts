/** The page's words in the language of whoever reads it. */

import { kept, useStore } from "../store";
import de from "./de.json";
import en from "./en.json";

export type Key = keyof typeof en;
export type Words = Record<Key, string>;

export const LANGUAGES: Record<string, Words> = { en, de };

const spoken = typeof navigator === "undefined" ? "en" : navigator.language.slice(0, 2);

export const language = kept("language", { code: spoken in LANGUAGES ? spoken : "en" });

/** The words for a key, with {parts} filled in. */
export function say(key: Key, parts: Record<string, string | number> = {}): string {
  const words = (LANGUAGES[language.value.code] ?? en)[key];
  return words.replace(/\{(\w+)\}/g, (all, name: string) => String(parts[name] ?? all));
}

/** `say`, for a component: it is drawn again when the language changes. */
export function useWords(): typeof say {
  useStore(language, ({ code }) => code);
  return say;
}

/** What a field of the request is called; one that nobody named yet reads as it is spelt. */
export function fieldName(name: string): string {
  const key = `field.${name}`;
  if (key in en) return say(key as Key);
  return name.charAt(0).toUpperCase() + name.slice(1).replace(/_/g, " ");
}

/** What a choice of a field is called. */
export function choiceName(field: string, id: string): string {
  const key = `choice.${field}.${id}`;
  return key in en ? say(key as Key) : id;
}

/** A stretch of time for people: "8 s", "2 min". */
export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}
