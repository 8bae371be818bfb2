/** The right side: results, the gallery, the queue. */

import { useWords } from "../i18n";
import { useStore } from "../store";
import { isOver } from "../studio/jobs";
import { type Pane, view, work } from "../studio/state";
import { Gallery } from "./Gallery";
import { LivePanel } from "./LivePanel";
import { Queue } from "./Queue";
import { Results } from "./Results";

const PANES: readonly Exclude<Pane, "settings">[] = ["results", "gallery", "queue"];

export function Side() {
  const say = useWords();
  const side = useStore(view, (value) => value.side);
  const live = useStore(view, (value) => value.live);
  const waiting = useStore(work, ({ jobs }) => jobs.filter((job) => !isOver(job)).length);
  const shown = PANES.find((pane) => pane === side) ?? "results";
  const step = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    const next = PANES[(PANES.indexOf(shown) + by + PANES.length) % PANES.length];
    view.set({ side: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <section class="side" aria-label={say("results")}>
      <div class="tabs" role="tablist" onKeyDown={step}>
        {PANES.map((pane) => (
          <button
            type="button"
            role="tab"
            key={pane}
            id={`tab-${pane}`}
            aria-selected={pane === shown}
            aria-controls="side-panel"
            tabIndex={pane === shown ? 0 : -1}
            onClick={() => view.set({ side: pane })}
          >
            {say(pane)}
            {pane === "queue" && waiting ? <span class="badge">{waiting}</span> : null}
          </button>
        ))}
      </div>
      <div class="side-panel" id="side-panel" role="tabpanel" aria-labelledby={`tab-${shown}`}>
        {live && shown === "results" ? <LivePanel /> : null}
        {shown === "results" ? <Results /> : shown === "gallery" ? <Gallery /> : <Queue />}
      </div>
    </section>
  );
}
