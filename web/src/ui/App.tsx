/** The page: words on the left, the canvas in the middle, what became of it on the right. */

import { useEffect, useState } from "preact/hooks";
import { useWords } from "../i18n";
import { offer } from "../studio/files";
import { type Pane, view } from "../studio/state";
import { dismiss } from "../studio/toasts";
import { useStore } from "../store";
import { CanvasPanel } from "./CanvasPanel";
import { DropDialog } from "./DropDialog";
import { Generate } from "./Generate";
import { Help } from "./Help";
import { Prompts } from "./Prompts";
import { Settings } from "./Settings";
import { Side } from "./Side";
import { StatusBand } from "./StatusBand";
import { TopBar } from "./TopBar";
import { Viewer } from "./Viewer";
import { Button, Segments } from "./parts";

/** On narrow screens one of these is shown under the canvas. */
const PANES: readonly Pane[] = ["settings", "results", "gallery", "queue"];

export function App() {
  const say = useWords();
  const theme = useStore(view, (value) => value.theme);
  const narrow = useStore(view, (value) => value.narrow);
  const side = useStore(view, (value) => value.side);
  const dialog = useStore(view, (value) => value.dialog);
  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);
  const dragged = useDrops();

  return (
    <div class="page" data-narrow={narrow}>
      <a class="skip" href="#prompt">
        {say("skip")}
      </a>
      <TopBar />
      <StatusBand />
      <main class="desk">
        <CanvasPanel />
        <div class="narrow-tabs">
          <Segments
            label={say("pane.settings")}
            value={narrow === "settings" ? narrow : side}
            choices={PANES.map((id) => ({ id, label: say(id === "settings" ? "prompt" : id) }))}
            onChange={(pane) =>
              view.set(pane === "settings" ? { narrow: pane } : { narrow: "results", side: pane })
            }
          />
        </div>
        <section class="words" aria-label={say("pane.settings")}>
          <Prompts />
          <Generate />
          <Settings />
        </section>
        <Side />
      </main>
      {dialog === "help" ? <Help /> : null}
      {dialog === "viewer" || dialog === "compare" ? <Viewer mode={dialog} /> : null}
      {dialog === "drop" ? <DropDialog /> : null}
      {dragged ? <div class="drop-here">{say("recall.drop")}</div> : null}
      <Toasts />
    </div>
  );
}

function Toasts() {
  const say = useWords();
  const toasts = useStore(view, (value) => value.toasts);
  const spoken = useStore(view, (value) => value.spoken);
  return (
    <>
      <div class="hidden-label" role="status" aria-live="polite">
        {spoken}
      </div>
      <div class="toasts" aria-live="polite">
        {toasts.map(({ id, text, tone, action }) => (
          <div class={`toast ${tone}`} key={id}>
            <span>{text}</span>
            {action ? (
              <button
                type="button"
                class="toast-action"
                onClick={() => {
                  action.do();
                  dismiss(id);
                }}
              >
                {action.text}
              </button>
            ) : null}
            <Button icon="close" label={say("close")} onClick={() => dismiss(id)} />
          </div>
        ))}
      </div>
    </>
  );
}

/** Take files dropped or pasted anywhere; returns whether one hangs over the page. */
function useDrops(): boolean {
  const [dragged, setDragged] = useState(false);
  useEffect(() => {
    const stopper = new AbortController();
    const { signal } = stopper;
    document.addEventListener(
      "dragover",
      (event) => {
        event.preventDefault();
        setDragged(event.dataTransfer?.types.includes("Files") ?? false);
      },
      { signal },
    );
    document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget ?? setDragged(false), {
      signal,
    });
    document.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        setDragged(false);
        offer(event.dataTransfer?.files ?? []);
      },
      { signal },
    );
    document.addEventListener(
      "paste",
      (event) => {
        offer([...(event.clipboardData?.files ?? [])].filter(({ type }) => type.startsWith("image/")));
      },
      { signal },
    );
    return () => stopper.abort();
  }, []);
  return dragged;
}
