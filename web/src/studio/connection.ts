/** The page's tie to the server: what there is, what happens, and what to do when it is gone. */

import * as api from "../api/client";
import { stream } from "../api/stream";
import { type Job, type Notice, Refusal } from "../api/types";
import { say } from "../i18n";
import { isOver, needPictures, update } from "./jobs";
import { refresh } from "./gallery";
import { server, work } from "./state";
import { speak, tell } from "./toasts";

/** After so long without an answer the server is not restarting, it is gone. */
const PATIENCE = 8000;

export function connect(signal: AbortSignal): void {
  let gone: ReturnType<typeof setTimeout> | undefined;
  const opened = (): void => {
    clearTimeout(gone);
    gone = undefined;
    void arrive();
  };
  const lost = (): void => {
    if (server.value.state === "there") server.set({ state: "restarting" });
    gone ??= setTimeout(() => {
      if (server.value.state !== "there" && server.value.state !== "denied") server.set({ state: "lost" });
    }, PATIENCE);
    void api.knock().catch((error: unknown) => {
      if (isDenied(error)) server.set({ state: "denied" });
    });
  };
  stream({ opened, lost, notice }, signal);
}

/** Learn what there is and where things stand. */
async function arrive(): Promise<void> {
  try {
    const [catalogue, jobs] = await Promise.all([api.catalogue(), api.jobs()]);
    server.set({ state: "there", catalogue });
    work.set({ jobs });
    if (!work.value.shown) work.set({ shown: latest(jobs)?.id ?? "" });
    await Promise.all([needPictures(), refresh()]);
  } catch (error) {
    if (isDenied(error)) server.set({ state: "denied" });
    else if (error instanceof Refusal) tell(error.message, "bad");
  }
}

/** The job to show after a reload: what is being painted, else what waits, else what is done. */
function latest(jobs: readonly Job[]): Job | undefined {
  const waiting = jobs.filter(({ state }) => state === "queued");
  return jobs.find(({ state }) => state === "running") ?? waiting.at(-1) ?? jobs.find(isOver);
}

function notice({ job, what, step, steps, preview, picture }: Notice): void {
  const known = work.value.jobs.find(({ id }) => id === job);
  if (what === "progress") {
    if (!known || isOver(known)) return;
    const since = known.since || performance.now();
    update(job, { state: "running", step, steps, since, ...(preview ? { preview } : {}) });
    if (job === work.value.shown) speak(say("results.painting", { step, steps }), false);
    return;
  }
  if (what === "picture" && known) update(job, { pictures: [...new Set([...known.pictures, picture])] });
  else if (what === "running" && known) update(job, { state: "running", position: 0, step: 0, since: 0 });
  else void reread(job);
  if (what !== "picture") arrange();
  if (what === "picture") void needPictures().then(refresh);
}

let arranging: ReturnType<typeof setTimeout> | undefined;

/** When one job of a queue moves, others do too: ask where they all stand, once for many notices. */
function arrange(): void {
  clearTimeout(arranging);
  if (work.value.jobs.filter((job) => !isOver(job)).length < 2) return;
  arranging = setTimeout(() => {
    void api.jobs().then(
      (jobs) => {
        for (const { id, state, position } of jobs) if (state === "queued") update(id, { state, position });
      },
      () => undefined,
    );
  }, 150);
}

/** Ask anew about a job whose state changed in a way that says more than the notice. */
async function reread(id: string): Promise<void> {
  const job = await api.job(id).catch(() => null);
  if (!job) return;
  update(id, job);
  if (id !== work.value.shown || !isOver(job)) return;
  await needPictures();
  // Of a grid the sheet is what was asked for; it is the last.
  if (job.kind === "grid" && job.state === "done") work.set({ picked: job.pictures.length - 1 });
  if (job.state === "done") speak(say("results.done", { count: job.pictures.length }));
  if (job.state === "failed") speak(`${say("results.failed")}: ${job.error}`);
  for (const note of job.notes) tell(note);
}

function isDenied(error: unknown): boolean {
  return error instanceof Refusal && (error.status === 401 || error.status === 403);
}
