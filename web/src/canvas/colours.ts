/** Colours: sRGB with 8 bits a channel, and the hue wheel's way of naming them. */

import { clamp } from "./geometry";

/** Red, green, blue: 0..255. */
export type Colour = readonly [number, number, number];

export interface Hsv {
  /** Degrees, 0..360. */
  readonly hue: number;
  /** 0..1. */
  readonly saturation: number;
  /** 0..1. */
  readonly value: number;
}

export const BLACK: Colour = [0, 0, 0];
export const WHITE: Colour = [255, 255, 255];

/** Flat colours that doodles are made of. */
export const PALETTE = [
  "#000000",
  "#4b4b4b",
  "#9a9a9a",
  "#d9d9d9",
  "#ffffff",
  "#7a4a21",
  "#c08552",
  "#f1c9a5",
  "#e23b3b",
  "#f28c28",
  "#f8d628",
  "#7bc043",
  "#2e8b57",
  "#2aa9b8",
  "#2f6fde",
  "#6a4bd1",
  "#c13fa0",
  "#ff9ec4",
  "#8fd3ff",
  "#bfe3a3",
];

/** Those of them that lie at hand beside the tools. */
export const DOODLES = [0, 4, 5, 8, 9, 10, 12, 14, 15, 17].map((place) => PALETTE[place]);

export function toHex(colour: Colour): string {
  return "#" + colour.map((channel) => channel.toString(16).padStart(2, "0")).join("");
}

/** The colour written as #rgb or #rrggbb, with or without the #; null for anything else. */
export function fromHex(text: string): Colour | null {
  const digits = text.trim().replace(/^#/, "");
  const full = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  if (!/^[0-9a-f]{6}$/i.test(full)) return null;
  const bits = parseInt(full, 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

export function toHsv([red, green, blue]: Colour): Hsv {
  const most = Math.max(red, green, blue);
  const spread = most - Math.min(red, green, blue);
  const saturation = most ? spread / most : 0;
  if (!spread) return { hue: 0, saturation, value: most / 255 };
  const sector =
    most === red
      ? (green - blue) / spread
      : most === green
        ? (blue - red) / spread + 2
        : (red - green) / spread + 4;
  return { hue: (sector * 60 + 360) % 360, saturation, value: most / 255 };
}

export function fromHsv({ hue, saturation, value }: Hsv): Colour {
  const channel = (offset: number): number => {
    const place = (offset + hue / 60) % 6;
    const share = value - value * saturation * clamp(Math.min(place, 4 - place), 0, 1);
    return Math.round(share * 255);
  };
  return [channel(5), channel(3), channel(1)];
}

/** The colours used last, newest first, each once. */
export function remembered(recent: readonly Colour[], colour: Colour, most = 12): Colour[] {
  const hex = toHex(colour);
  return [colour, ...recent.filter((other) => toHex(other) !== hex)].slice(0, most);
}
