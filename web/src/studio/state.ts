/** What the page remembers, each store one concern. Components read these; actions change them. */

import type { Catalogue, Fields, Job, Picture } from "../api/types";
import { BLACK, type Colour, WHITE } from "../canvas/colours";
import { type Brush, Easel, type Tool } from "../canvas/easel";
import type { Mode } from "../request/groups";
import { Store, kept } from "../store";

/** The one drawing of the page. */
export const easel = new Easel();

export type Hand = Tool | "pan";

export const tools = kept(
  "tools",
  {
    tool: "brush" as Hand,
    brush: {
      colour: [248, 214, 40] as Colour,
      size: 28,
      hardness: 0.9,
      opacity: 1,
      pressure: { size: true, opacity: false },
    } as Brush,
    second: WHITE as Colour,
    recent: [BLACK, WHITE] as readonly Colour[],
  },
  [],
);

export const settings = kept("request", {
  mode: "sketch" as Mode,
  /** What was set by hand, by the kind of work; everything else is the schema's default. */
  fields: {} as Readonly<Record<string, Fields>>,
  /** Each picture is what the next one starts from. */
  looped: false,
  /** Names of the styles that are laid over the prompts. */
  styles: [] as readonly string[],
  prompts: [] as readonly string[],
  /** The picture of the gallery that the drawing began as; "" for none. */
  parent: "",
});

export const server = new Store({
  /** connecting: not yet; lost: was there before; denied: it wants its key. */
  state: "connecting" as "connecting" | "there" | "restarting" | "lost" | "denied",
  catalogue: null as Catalogue | null,
});

export const work = new Store({
  /** Newest first. */
  jobs: [] as readonly Job[],
  /** The jobs that this page asked for and shows, newest last. */
  shown: "" as string,
  pictures: {} as Readonly<Record<string, Picture>>,
  picked: 0,
});

/** How many tokens each context of the prompts has, and has room for; a room of 0: not known. */
export const tokens = new Store({
  room: 0,
  prompt: [] as readonly number[],
  negative: [] as readonly number[],
});

export const gallery = new Store({
  query: "",
  starred: false,
  pictures: [] as readonly Picture[],
  more: false,
  loading: false,
  error: "",
});

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "plain" | "bad";
  readonly action?: { readonly text: string; readonly do: () => void };
}

export type Pane = "settings" | "results" | "gallery" | "queue";

export const view = kept(
  "view",
  {
    theme: "system" as "system" | "light" | "dark",
    side: "results" as Pane,
    narrow: "settings" as "settings" | "results",
    hint: true,
    layers: false,
    keys: {} as Readonly<Record<string, string>>,
    live: false,
    dialog: "" as "" | "help" | "viewer" | "compare" | "drop",
    viewed: null as Picture | null,
    dropped: [] as readonly File[],
    toasts: [] as readonly Toast[],
    spoken: "",
  },
  ["dialog", "viewed", "dropped", "toasts", "spoken", "live"],
);

/** Live painting as it stands. */
export const live = new Store({ picture: "", working: false, seed: 0 });
