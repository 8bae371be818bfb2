/** The server's notices, in order and without gaps: after a break they resume where they were. */

import { type Json, noticeOf } from "./reading";
import type { Notice } from "./types";

export interface Listener {
  readonly notice: (notice: Notice) => void;
  /** The stream is there, for the first time or again. */
  readonly opened: () => void;
  readonly lost: () => void;
}

const KINDS: readonly Notice["what"][] = [
  "queued",
  "moved",
  "running",
  "progress",
  "picture",
  "done",
  "failed",
  "cancelled",
];
const WAITS = [250, 500, 1000, 2000, 4000] as const;

/** Listen until the signal aborts; reconnects by itself. */
export function stream(listener: Listener, signal: AbortSignal): void {
  let [last, failures] = [0, 0];
  const hear = (data: string): void => {
    const notice = noticeOf(JSON.parse(data) as Json);
    last = Math.max(last, notice.sequence);
    listener.notice(notice);
  };
  const connect = (): void => {
    if (signal.aborted) return;
    const source = new EventSource(`v1/events${last ? `?after=${last}` : ""}`);
    source.onopen = () => {
      failures = 0;
      listener.opened();
    };
    for (const kind of KINDS) source.addEventListener(kind, (event) => hear(String(event.data)));
    source.onerror = () => {
      source.close();
      listener.lost();
      setTimeout(connect, WAITS[Math.min(failures++, WAITS.length - 1)]);
    };
    signal.addEventListener("abort", () => source.close());
  };
  connect();
}
