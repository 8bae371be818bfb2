/** The pictures of one job side by side: while they are painted, and to choose from. */

import { useEffect, useState } from "preact/hooks";
import type { Job, Picture } from "../api/types";
import { duration, useWords } from "../i18n";
import { open, pick } from "../keys/shortcuts";
import { useStore } from "../store";
import { toggleStar } from "../studio/gallery";
import { isOver, secondsLeft } from "../studio/jobs";
import { cancel, generate } from "../studio/painting";
import { work } from "../studio/state";
import { Facts } from "./Facts";
import { PictureActions } from "./PictureActions";
import { Button, Empty } from "./parts";

export function Results() {
  const say = useWords();
  const job = useStore(work, ({ jobs, shown }) => jobs.find(({ id }) => id === shown));
  const pictures = useStore(work, (value) => value.pictures);
  const picked = useStore(work, (value) => value.picked);
  if (!job) return <Empty icon="images" title={say("results.empty")} hint={say("results.empty.hint")} />;

  const count = isOver(job) ? job.pictures.length : Math.max(Number(job.request["batch"] ?? 1), 1);
  const chosen = pictures[job.pictures[picked]];
  return (
    <div class="results" data-job={job.id} data-state={job.state}>
      <Progress job={job} />
      <div class={`four ${job.kind} count-${Math.min(count, 4)}`} role="group" aria-label={say("results")}>
        {order(job.kind, count).map((index) => (
          <Tile
            key={index}
            index={index}
            job={job}
            picture={pictures[job.pictures[index]]}
            picked={index === picked}
          />
        ))}
      </div>
      {chosen ? <PictureActions picture={chosen} /> : null}
      {chosen ? <p class="caption">{String(chosen.request["prompt"] ?? "")}</p> : null}
      {chosen ? <Facts picture={chosen} /> : null}
    </div>
  );
}

/** The pictures as they stand; a grid's sheet, which is the last, comes first. */
function order(kind: string, count: number): readonly number[] {
  const places = Array.from({ length: count }, (_, index) => index);
  return kind === "grid" ? [count - 1, ...places.slice(0, -1)] : places;
}

interface TileProps {
  readonly index: number;
  readonly job: Job;
  readonly picture: Picture | undefined;
  readonly picked: boolean;
}

function Tile({ index, job, picture, picked }: TileProps) {
  const say = useWords();
  const { width, height } = picture ?? job.request;
  const style = { aspectRatio: `${Number(width) || 1} / ${Number(height) || 1}` };
  if (!picture) {
    return (
      <div class="tile waiting" style={style}>
        {job.preview && index === 0 ? <img src={job.preview} alt="" /> : null}
      </div>
    );
  }
  return (
    <div class={picked ? "tile picked" : "tile"} style={style}>
      <button
        type="button"
        class="tile-picture"
        aria-label={say("results.pick", { number: index + 1 })}
        aria-pressed={picked}
        onClick={() => pick(index)}
        onDblClick={() => open("viewer")}
      >
        <img src={picture.url} alt={String(picture.request["prompt"] ?? "")} />
      </button>
      <kbd>{index + 1}</kbd>
      <Button
        class="tile-star"
        icon="star"
        filled={picture.starred}
        pressed={picture.starred}
        label={say(picture.starred ? "picture.unstar" : "picture.star")}
        shortcut="."
        onClick={() => void toggleStar(picture)}
      />
    </div>
  );
}

/** How far the job is, in words and as a bar; or why there are no pictures. */
function Progress({ job }: { job: Job }) {
  const say = useWords();
  const now = useClock(job.state === "running");
  if (job.state === "failed") {
    return (
      <div class="outcome bad" role="alert">
        <strong>{say("results.failed")}</strong>
        <span>{job.error}</span>
        <button type="button" class="quiet-button" onClick={() => void generate()}>
          {say("results.again")}
        </button>
      </div>
    );
  }
  if (job.state === "cancelled") return <div class="outcome">{say("results.cancelled")}</div>;
  if (job.state === "done") return null;

  const left = secondsLeft(job, now);
  const words =
    job.state === "queued"
      ? job.position
        ? say("results.waiting.behind", { count: job.position })
        : say("results.waiting")
      : job.steps
        ? say("results.painting", { step: job.step, steps: job.steps })
        : say("results.starting");
  return (
    <div class="progress">
      <div class="progress-words">
        <span>{words}</span>
        {left === null ? null : <span>{say("results.left", { time: duration(left) })}</span>}
        <button type="button" class="quiet-button" onClick={() => void cancel(job.id)}>
          {say("cancel")}
        </button>
      </div>
      <progress max={job.steps || 1} value={job.steps ? job.step : undefined} aria-label={words} />
    </div>
  );
}

/** The page's milliseconds, four times a second while they matter. */
function useClock(running: boolean): number {
  const [now, set] = useState(() => performance.now());
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => set(performance.now()), 250);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
