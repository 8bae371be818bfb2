/** Short messages at the edge of the page, and the same words for screen readers. */

import { Refusal, Unreachable } from "../api/types";
import { duration, say } from "../i18n";
import { type Toast, server, view } from "./state";

const SECONDS = 6;
let count = 0;

/** Show a message for some seconds; with an action to take, for ten. */
export function tell(text: string, tone: Toast["tone"] = "plain", action?: Toast["action"]): void {
  const toast: Toast = action ? { id: ++count, text, tone, action } : { id: ++count, text, tone };
  view.set({ toasts: [...view.value.toasts.slice(-3), toast] });
  setTimeout(() => dismiss(toast.id), (action ? 10 : SECONDS) * 1000);
}

export function dismiss(id: number): void {
  view.set({ toasts: view.value.toasts.filter((toast) => toast.id !== id) });
}

/** Say to those who listen, at most once in five seconds unless it matters. */
let spokenAt = 0;
export function speak(text: string, matters = true): void {
  const now = Date.now();
  if (!matters && now - spokenAt < 5000) return;
  spokenAt = now;
  view.set({ spoken: text });
}

/** Run an action; what goes wrong is told in the server's own sentence. */
export async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    // A studio that was started anew has a new key; only its new address gives it to the page.
    if (error instanceof Refusal && error.status === 401) server.set({ state: "denied" });
    else tell(sentence(error), "bad");
  }
}

function sentence(error: unknown): string {
  if (error instanceof Unreachable) return say("status.offline");
  if (error instanceof Refusal && error.status === 429) {
    return say("error.busy", { time: duration(error.wait || 5) });
  }
  return error instanceof Error ? error.message : String(error);
}
