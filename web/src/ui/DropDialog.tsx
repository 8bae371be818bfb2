/** A picture came in from outside: open it, lay it over, mask with it, or take its settings. */

import { useEffect, useState } from "preact/hooks";
import { useWords } from "../i18n";
import { paintEach } from "../studio/batch";
import { recallFrom, take } from "../studio/drawing";
import { view } from "../studio/state";
import { attempt, tell } from "../studio/toasts";
import { useStore } from "../store";
import type { IconName } from "./icons";
import { Button } from "./parts";
import { Dialog } from "./popups";

export function DropDialog() {
  const say = useWords();
  const files = useStore(view, (value) => value.dropped);
  const [file] = files;
  const [address, setAddress] = useState("");
  useEffect(() => {
    const made = file ? URL.createObjectURL(file) : "";
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  if (!file) return null;
  const many = files.length > 1;

  const close = (): void => view.set({ dialog: "", dropped: [] });
  const choose = (action: () => Promise<void>): void => {
    close();
    void attempt(action);
  };
  const recall = async (): Promise<void> => {
    if (await recallFrom(file)) return;
    tell(say("recall.none"));
    await take(file, "sketch");
  };
  const asLayers = async (): Promise<void> => {
    for (const each of files) await take(each, "layer");
  };
  const choices: readonly [IconName, string, () => Promise<void>][] = many
    ? [
        ["queue", say("batch.paint", { count: files.length }), () => paintEach(files)],
        ["layers", say("batch.layers"), asLayers],
      ]
    : [
        ["settings", say("recall.settings"), recall],
        ["sketch", say("recall.sketch"), () => take(file, "sketch")],
        ["layers", say("recall.layer"), asLayers],
        ["mask", say("recall.mask"), () => take(file, "mask")],
      ];
  const title = many ? say("batch.title", { count: files.length }) : say("recall.title");
  return (
    <Dialog class="drop" label={title} onClose={close}>
      <h2>{title}</h2>
      {address ? <img class="dropped" src={address} alt={file.name} /> : null}
      <div class="drop-choices">
        {choices.map(([icon, label, action]) => (
          <Button key={label} text icon={icon} label={label} onClick={() => choose(action)} />
        ))}
      </div>
      {many ? <p class="note">{say("batch.hint")}</p> : null}
    </Dialog>
  );
}
