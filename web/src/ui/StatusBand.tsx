/** What the page says while the server does not answer; and the hint of the first minute. */

import { useWords } from "../i18n";
import { useStore } from "../store";
import { server, view } from "../studio/state";
import { Icon } from "./icons";
import { Button } from "./parts";

export function StatusBand() {
  const say = useWords();
  const state = useStore(server, (value) => value.state);
  const hint = useStore(view, (value) => value.hint);
  if (state === "connecting") {
    return (
      <div class="band quiet" role="status">
        <span class="spinner" />
        <span>{say("status.connecting")}</span>
      </div>
    );
  }
  if (state !== "there") {
    const name = state === "denied" ? "denied" : state === "restarting" ? "restarting" : "offline";
    return (
      <div class={`band ${state === "restarting" ? "quiet" : "bad"}`} role="alert">
        {state === "restarting" ? <span class="spinner" /> : <Icon name="warning" />}
        <strong>{say(`status.${name}`)}</strong>
        <span>{say(`status.${name}.hint`)}</span>
      </div>
    );
  }
  if (!hint) return null;
  return (
    <div class="band hint">
      <Icon name="sketch" />
      <span>{say("hint.first")}</span>
      <Button icon="close" label={say("hint.close")} onClick={() => view.set({ hint: false })} />
    </div>
  );
}
