/** The keyboard on one page, each key to change. */

import { useState } from "preact/hooks";
import { useWords } from "../i18n";
import { type ActionName, BINDINGS, FIXED, keyOf, nameOf, shown } from "../keys/bindings";
import { useStore } from "../store";
import { view } from "../studio/state";
import { Dialog } from "./popups";

/** Each action once, with all of its keys. */
const LABELS = [...new Set(BINDINGS.map(({ label }) => label))];

export function Help() {
  const say = useWords();
  const keys = useStore(view, (value) => value.keys);
  const [changing, setChanging] = useState<ActionName | null>(null);

  const take = (event: KeyboardEvent): void => {
    if (!changing || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const key = nameOf(event);
    // A key does one thing: whoever had it before has none.
    const others = BINDINGS.filter(({ name }) => name !== changing && keyOf(name, keys) === key);
    const freed = Object.fromEntries(others.map(({ name }) => [name, ""]));
    if (event.key !== "Escape") view.set({ keys: { ...keys, ...freed, [changing]: key } });
    setChanging(null);
  };
  return (
    <Dialog class="help" label={say("help")} onClose={() => view.set({ dialog: "" })}>
      <h2>{say("help")}</h2>
      <dl class="keys" onKeyDownCapture={take}>
        {LABELS.map((label) => (
          <div key={label}>
            <dt>{say(label)}</dt>
            <dd>
              {BINDINGS.filter((binding) => binding.label === label).map(({ name }) => {
                const key = changing === name ? say("help.press") : shown(keyOf(name, keys)) || "—";
                return (
                  <button
                    type="button"
                    key={name}
                    aria-label={say("help.change", { key, action: say(label) })}
                    onClick={() => setChanging(name)}
                    onBlur={() => setChanging(null)}
                  >
                    <kbd>{key}</kbd>
                  </button>
                );
              })}
            </dd>
          </div>
        ))}
        {FIXED.map(({ label, key }) => (
          <div key={key}>
            <dt>{say(label)}</dt>
            <dd>
              <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <button type="button" class="quiet-button" onClick={() => view.set({ keys: {} })}>
        {say("help.reset")}
      </button>
    </Dialog>
  );
}
