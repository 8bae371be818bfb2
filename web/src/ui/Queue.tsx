/** What waits and what is being painted, each to cancel or to put first. */

import type { Job } from "../api/types";
import * as api from "../api/client";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { isOver } from "../studio/jobs";
import { cancel } from "../studio/painting";
import { view, work } from "../studio/state";
import { attempt } from "../studio/toasts";
import { Button, Empty } from "./parts";

export function Queue() {
  const say = useWords();
  const jobs = useStore(work, (value) => value.jobs);
  const order = (job: Job): number => (job.state === "running" ? -1 : job.position);
  const waiting = jobs.filter((job) => !isOver(job)).sort((a, b) => order(a) - order(b));
  if (!waiting.length) return <Empty icon="queue" title={say("queue.empty")} />;
  return (
    <ol class="queue">
      {waiting.map((job) => (
        <li key={job.id}>
          <button
            type="button"
            class="queue-show"
            onClick={() => {
              work.set({ shown: job.id, picked: 0 });
              view.set({ side: "results" });
            }}
          >
            <span class="queue-prompt">{String(job.request["prompt"] || "—")}</span>
            <span class="queue-state">
              {job.state === "running"
                ? say("results.painting", { step: job.step, steps: job.steps || "…" })
                : say("results.waiting.behind", { count: job.position })}
            </span>
          </button>
          {job.state === "queued" && job.position > 0 ? (
            <Button
              icon="up"
              label={say("queue.front")}
              onClick={() => void attempt(() => api.toFront(job.id))}
            />
          ) : null}
          <Button icon="close" label={say("cancel")} onClick={() => void cancel(job.id)} />
        </li>
      ))}
    </ol>
  );
}
