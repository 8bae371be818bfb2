/** The button that everything leads to; it stays in sight however far the settings are scrolled. */

import { useWords } from "../i18n";
import { keyOf } from "../keys/bindings";
import { useStore } from "../store";
import { isOver } from "../studio/jobs";
import { generate, interrupt, wanted } from "../studio/painting";
import { server, settings, view, work } from "../studio/state";

export function Generate() {
  const say = useWords();
  const there = useStore(server, (value) => value.state === "there");
  const busy = useStore(work, ({ jobs }) => jobs.filter((job) => !isOver(job)).length);
  const kind = useStore(settings, () => wanted()[0]);
  const keys = useStore(view, (value) => value.keys);
  return (
    <div class="generate-row">
      <button
        type="button"
        id="generate"
        class="generate"
        disabled={!there}
        onClick={() => void generate()}
        title={keyOf("generate", keys)}
      >
        {say(kind === "upscale" ? "picture.upscale" : kind === "grid" ? "generate.grid" : "generate")}
        <kbd>{keyOf("generate", keys).replace("Ctrl", "Ctrl ").replace("+", "").replace("Enter", "↵")}</kbd>
      </button>
      {busy ? (
        <button
          type="button"
          class="cancel"
          title={keyOf("interrupt", keys)}
          onClick={() => void interrupt()}
        >
          {say("cancel")}
        </button>
      ) : null}
    </div>
  );
}
