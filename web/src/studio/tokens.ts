/** How long the prompts are for the model, counted by the server while somebody types. */

import * as api from "../api/client";
import { server, settings, tokens } from "./state";

const PAUSE = 400;

let timer: ReturnType<typeof setTimeout> | undefined;
let asking = false;
/** What was counted last: the same words are not counted twice. */
let counted = "";

/** Count now, and whenever the words, the styles or the model change. */
export function watchTokens(): void {
  settings.listen(soon);
  server.listen(() => (server.value.state === "there" ? soon() : undefined));
}

function soon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void count(), PAUSE);
}

async function count(): Promise<void> {
  const { prompt = "", negative = "", model } = settings.value.fields["image"] ?? {};
  const asked = { prompt, negative, styles: settings.value.styles, ...(model ? { model } : {}) };
  const text = JSON.stringify(asked);
  if (text === counted || server.value.state !== "there") return;
  // One question at a time: a busy worker is not asked about every letter.
  if (asking) return soon();
  asking = true;
  try {
    tokens.set(await api.tokens(asked));
    counted = text;
  } catch {
    tokens.set({ room: 0 });
  } finally {
    asking = false;
  }
}
