/** One picture large, or against what it was painted from. */

import { useState } from "preact/hooks";
import type { Picture } from "../api/types";
import { fileOf } from "../api/reading";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { shownJob } from "../studio/jobs";
import { gallery, view, work } from "../studio/state";
import { Facts } from "./Facts";
import { PictureActions } from "./PictureActions";
import { Button, Segments } from "./parts";
import { Dialog } from "./popups";

type Way = "slider" | "side" | "difference";
const WAYS: readonly Way[] = ["slider", "side", "difference"];

export function Viewer({ mode }: { mode: "viewer" | "compare" }) {
  const say = useWords();
  const opened = useStore(view, (value) => value.viewed);
  const known = useStore(work, ({ pictures }) => (opened ? (pictures[opened.id] ?? opened) : null));
  const listed = useStore(gallery, ({ pictures }) => pictures.find(({ id }) => id === opened?.id));
  const picture = listed ?? known;
  if (!picture) return null;
  const close = (): void => view.set({ dialog: "", viewed: null });
  return (
    <Dialog
      class="viewer"
      label={say(mode === "compare" ? "picture.compare" : "picture.open")}
      onClose={close}
    >
      <div
        class="viewer-body"
        onKeyDown={(event) => {
          const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
          if (!by || (event.target as HTMLElement).tagName === "INPUT") return;
          event.preventDefault();
          step(picture, by);
        }}
      >
        {mode === "compare" ? <Comparison picture={picture} /> : <Large picture={picture} />}
        <PictureActions picture={picture} large />
        <p class="caption">{String(picture.request["prompt"] ?? "")}</p>
        <Facts picture={picture} />
      </div>
    </Dialog>
  );
}

function Large({ picture }: { picture: Picture }) {
  const say = useWords();
  return (
    <div class="large">
      <Button icon="left" label={say("picture.previous")} onClick={() => step(picture, -1)} />
      <img
        src={picture.url}
        alt={String(picture.request["prompt"] ?? "")}
        width={picture.width}
        height={picture.height}
      />
      <Button icon="right" label={say("picture.next")} onClick={() => step(picture, 1)} />
    </div>
  );
}

/** Go to the neighbour among the job's pictures, or else in the gallery. */
function step(picture: Picture, by: number): void {
  const job = shownJob();
  const own = (job?.pictures ?? []).flatMap((id) => work.value.pictures[id] ?? []);
  const row = own.some(({ id }) => id === picture.id) ? own : gallery.value.pictures;
  const next = row[row.findIndex(({ id }) => id === picture.id) + by];
  if (!next) return;
  view.set({ viewed: next });
  if (row === own) work.set({ picked: own.indexOf(next) });
}

function Comparison({ picture }: { picture: Picture }) {
  const say = useWords();
  const [way, setWay] = useState<Way>("slider");
  const [share, setShare] = useState(50);
  const other = picture.inputs["init"] ?? picture.parent;
  const first = shownJob()?.pictures.find((id) => id !== picture.id);
  const before = other || first;
  if (!before) return <Large picture={picture} />;

  const ratio = { aspectRatio: `${picture.width} / ${picture.height}` };
  return (
    <div class="comparison">
      <Segments
        label={say("picture.compare")}
        value={way}
        choices={WAYS.map((id) => ({ id, label: say(`compare.${id}`) }))}
        onChange={setWay}
      />
      <div class={`compared ${way}`} style={ratio}>
        <img src={fileOf(before)} alt={say("compare.with")} />
        <img
          class="after"
          src={picture.url}
          alt={String(picture.request["prompt"] ?? "")}
          style={way === "slider" ? { clipPath: `inset(0 0 0 ${share}%)` } : {}}
        />
        {way === "slider" ? (
          <>
            <div class="seam" style={{ left: `${share}%` }} />
            <input
              type="range"
              aria-label={say("compare.place")}
              min={0}
              max={100}
              value={share}
              onInput={(event) => setShare(Number(event.currentTarget.value))}
            />
          </>
        ) : null}
      </div>
    </div>
  );
}
