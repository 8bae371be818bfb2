/** Weights of words in a prompt, by key: Ctrl+Up and Ctrl+Down, as AUTOMATIC1111 has them. */

export interface Selection {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const WEIGHTED = /^\(([^()]*):(-?\d+(?:\.\d+)?)\)$/;

/** The text with the selected words (or the word at the caret) weighing `change` more or less. */
export function weighed({ text, start, end }: Selection, change: number): Selection {
  const [from, to] = bracketed(text, ...words(text, start, end));
  if (from === to) return { text, start, end };
  const chosen = text.slice(from, to);
  const [, inner, weight] = WEIGHTED.exec(chosen) ?? ["", chosen, "1"];
  const fresh = Math.round((Number(weight) + change) * 100) / 100;
  const replacement = fresh === 1 ? inner : `(${inner}:${fresh})`;
  const offset = fresh === 1 ? 0 : 1;
  return {
    text: text.slice(0, from) + replacement + text.slice(to),
    start: from + offset,
    end: from + offset + inner.length,
  };
}

/** The text with the comma-separated part at the caret one place to the left or right. */
export function moved({ text, start }: Selection, places: -1 | 1): Selection {
  const parts = text.split(",");
  let [index, begin] = [0, 0];
  while (index < parts.length - 1 && begin + parts[index].length < start) begin += parts[index++].length + 1;
  const target = index + places;
  if (target < 0 || target >= parts.length) return { text, start, end: start };
  // The blanks stay where they are; only the words change places.
  const [lead, body, tail] = split(parts[index]);
  const [otherLead, otherBody, otherTail] = split(parts[target]);
  parts[index] = lead + otherBody + tail;
  parts[target] = otherLead + body + otherTail;
  const place = parts.slice(0, target).join(",").length + (target ? 1 : 0) + otherLead.length;
  return { text: parts.join(","), start: place, end: place + body.length };
}

/** Where the selected text begins and ends without blanks; around the caret, its word. */
function words(text: string, start: number, end: number): [number, number] {
  if (start === end) {
    while (start > 0 && /[^\s,()[\]:]/.test(text[start - 1])) start--;
    while (end < text.length && /[^\s,()[\]:]/.test(text[end])) end++;
  }
  while (start < end && /\s/.test(text[start])) start++;
  while (end > start && /\s/.test(text[end - 1])) end--;
  return [start, end];
}

/** Out to the brackets, when they hold just this and a weight. */
function bracketed(text: string, start: number, end: number): [number, number] {
  const open = text.lastIndexOf("(", start);
  const close = text.indexOf(")", end);
  if (open < 0 || close < 0) return [start, end];
  const whole = WEIGHTED.exec(text.slice(open, close + 1));
  return whole && start >= open && end <= close + 1 ? [open, close + 1] : [start, end];
}

function split(part: string): [string, string, string] {
  const body = part.trim();
  const lead = part.slice(0, part.length - part.trimStart().length);
  return [lead, body, part.slice(lead.length + body.length)];
}
