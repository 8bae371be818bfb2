/** A picture came in from outside: open it, lay it over, mask with it, or take its settings. */

import { useEffect, useState } from "preact/hooks";
import { useWords } from "../i18n";
import { recallFrom, take } from "../studio/drawing";
import { view } from "../studio/state";
import { attempt, tell } from "../studio/toasts";
import { useStore } from "../store";
import type { IconName } from "./icons";
import { Button, Dialog } from "./parts";

export function DropDialog() {
  const say = useWords();
  const file = useStore(view, (value) => value.dropped);
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = file ? URL.createObjectURL(file) : "";
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  if (!file) return null;

  const close = (): void => view.set({ dialog: "", dropped: null });
  const choose = (action: () => Promise<void>): void => {
    close();
    void attempt(action);
  };
  const recall = async (): Promise<void> => {
    if (await recallFrom(file)) return;
    tell(say("recall.none"));
    await take(file, "sketch");
  };
  const choices: readonly [IconName, "settings" | "sketch" | "layer" | "mask", () => Promise<void>][] = [
    ["settings", "settings", recall],
    ["sketch", "sketch", () => take(file, "sketch")],
    ["layers", "layer", () => take(file, "layer")],
    ["mask", "mask", () => take(file, "mask")],
  ];
  return (
    <Dialog class="drop" label={say("recall.title")} onClose={close}>
      <h2>{say("recall.title")}</h2>
      {address ? <img class="dropped" src={address} alt={file.name} /> : null}
      <div class="drop-choices">
        {choices.map(([icon, name, action]) => (
          <Button key={name} text icon={icon} label={say(`recall.${name}`)} onClick={() => choose(action)} />
        ))}
      </div>
    </Dialog>
  );
}
