/** Names put into a prompt where the caret is: adapters and embeddings. */

import type { Selection } from "./weights";

/** What a prompt calls an adapter by. */
export function adapterTag(name: string): string {
  return `<lora:${name}:1>`;
}

/** The text with these words at the caret, apart from what stands beside them; the caret behind. */
export function inserted({ text, start, end }: Selection, words: string): Selection {
  const [before, after] = [text.slice(0, start), text.slice(end)];
  const lead = before && !/[\s(]$/.test(before) ? " " : "";
  const tail = after && !/^[\s,)]/.test(after) ? " " : "";
  const place = before.length + lead.length + words.length;
  return { text: before + lead + words + tail + after, start: place, end: place };
}
