/** Styles: words under a name, laid over the prompts when a picture is asked for. */

import { useEffect, useState } from "preact/hooks";
import * as api from "../api/client";
import type { Style } from "../api/types";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { fields } from "../studio/painting";
import { settings } from "../studio/state";
import { attempt, tell } from "../studio/toasts";
import { Icon } from "./icons";
import { Button } from "./parts";
import { Menu } from "./popups";

export function Styles() {
  const say = useWords();
  return (
    <Menu class="styles" side="right" label={say("styles")} button={<Icon name="styles" />}>
      {() => <StyleList />}
    </Menu>
  );
}

/** The styles that are on, each to be taken off. */
export function ChosenStyles() {
  const say = useWords();
  const chosen = useStore(settings, ({ styles }) => styles);
  if (!chosen.length) return null;
  return (
    <ul class="chosen-styles" aria-label={say("styles.chosen")}>
      {chosen.map((name) => (
        <li key={name}>
          {name}
          <Button icon="close" label={say("styles.off", { name })} onClick={() => toggle(name)} />
        </li>
      ))}
    </ul>
  );
}

function toggle(name: string): void {
  const { styles } = settings.value;
  settings.set({
    styles: styles.includes(name) ? styles.filter((each) => each !== name) : [...styles, name],
  });
}

function StyleList() {
  const say = useWords();
  const [styles, setStyles] = useState<readonly Style[]>([]);
  const chosen = useStore(settings, (value) => value.styles);
  const look = (): Promise<void> => attempt(async () => setStyles(await api.styles()));
  useEffect(() => void look(), []);
  const drop = (name: string): Promise<void> =>
    attempt(async () => {
      await api.dropStyle(name);
      if (settings.value.styles.includes(name)) toggle(name);
      await look();
    });
  return (
    <>
      <ul class="list">
        {styles.map(({ name, prompt, negative }) => (
          <li key={name} class="style">
            <label class="switch" title={[prompt, negative].filter(Boolean).join(" — ")}>
              <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
              <span>{name}</span>
            </label>
            <Button icon="clear" label={say("styles.delete", { name })} onClick={() => void drop(name)} />
          </li>
        ))}
      </ul>
      {styles.length ? <hr /> : <p class="note">{say("styles.none")}</p>}
      <Keep kept={look} />
    </>
  );
}

/** Keep the prompts as they stand under a name. */
function Keep({ kept }: { kept: () => Promise<void> }) {
  const say = useWords();
  const [name, setName] = useState("");
  const keep = (): Promise<void> =>
    attempt(async () => {
      const { prompt, negative } = fields();
      await api.keepStyle({
        name: name.trim(),
        prompt: String(prompt ?? ""),
        negative: String(negative ?? ""),
      });
      setName("");
      tell(say("styles.kept", { name: name.trim() }));
      await kept();
    });
  return (
    <form
      class="keep-style"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) void keep();
      }}
    >
      <input
        type="text"
        aria-label={say("styles.name")}
        placeholder={say("styles.name")}
        maxLength={200}
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" class="quiet-button" disabled={!name.trim()}>
        {say("styles.keep")}
      </button>
    </form>
  );
}
