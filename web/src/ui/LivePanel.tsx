/** The picture that follows the brush. */

import { useWords } from "../i18n";
import { useStore } from "../store";
import { keep } from "../studio/live";
import { live } from "../studio/state";
import { Button, Empty } from "./parts";

export function LivePanel() {
  const say = useWords();
  const { picture, working } = useStore(live, (value) => value);
  return (
    <div class="live-panel" data-working={working || undefined}>
      {picture ? <img src={picture} alt={say("live")} /> : <Empty icon="live" title={say("live.waiting")} />}
      <div class="live-foot">
        <span class="live-state">{working ? say("live.working") : say("live.on")}</span>
        <Button
          text
          icon="download"
          label={say("live.keep")}
          disabled={!picture}
          onClick={() => void keep()}
        />
      </div>
    </div>
  );
}
