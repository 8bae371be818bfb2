/** What can be done with one picture. */

import * as api from "../api/client";
import type { Picture } from "../api/types";
import { useWords } from "../i18n";
import { open } from "../keys/shortcuts";
import { sendToInpaint, useAsSketch } from "../studio/drawing";
import { download } from "../studio/files";
import { remove, toggleStar } from "../studio/gallery";
import { recall, reproduce, upscale } from "../studio/painting";
import { server, view } from "../studio/state";
import { useStore } from "../store";
import { attempt, tell } from "../studio/toasts";
import { Button } from "./parts";

/** Open the picture that this one goes on from. */
function showParent(picture: Picture): Promise<void> {
  return attempt(async () => view.set({ viewed: await api.picture(picture.parent), dialog: "viewer" }));
}

export function PictureActions({ picture, large = false }: { picture: Picture; large?: boolean }) {
  const say = useWords();
  const canUpscale = useStore(server, ({ catalogue }) => "upscale" in (catalogue?.schemas ?? {}));
  const closing = (action: () => void) => (): void => {
    action();
    if (large) view.set({ dialog: "", viewed: null });
  };
  return (
    <div class="picture-actions">
      <Button
        text
        icon="sketch"
        label={say("picture.sketch")}
        onClick={closing(() => void useAsSketch(picture))}
      />
      <Button
        text
        icon="mask"
        label={say("picture.inpaint")}
        onClick={closing(() => void sendToInpaint(picture))}
      />
      {canUpscale ? (
        <Button
          text
          icon="upscale"
          label={say("picture.upscale")}
          onClick={closing(() => void upscale(picture))}
        />
      ) : null}
      <span class="icon-row">
        <Button
          icon="star"
          filled={picture.starred}
          pressed={picture.starred}
          shortcut="."
          label={say(picture.starred ? "picture.unstar" : "picture.star")}
          onClick={() => void toggleStar(picture)}
        />
        {large ? null : (
          <Button icon="large" label={say("picture.open")} shortcut="Z" onClick={() => open("viewer")} />
        )}
        <Button icon="compare" label={say("picture.compare")} shortcut="C" onClick={() => open("compare")} />
        <Button
          icon="recycle"
          label={say("picture.reproduce")}
          onClick={closing(() => void reproduce(picture))}
        />
        {"prompt" in picture.request ? (
          <Button
            icon="settings"
            label={say("picture.settings")}
            onClick={closing(() => {
              recall(picture.request);
              tell(say("recall.done"));
            })}
          />
        ) : null}
        {picture.parent ? (
          <Button icon="parent" label={say("picture.parent")} onClick={() => void showParent(picture)} />
        ) : null}
        <Button
          icon="download"
          label={say("picture.download")}
          onClick={() => download(picture.url, `underpaint-${picture.id}.png`)}
        />
        <Button
          icon="clear"
          label={say("picture.delete")}
          shortcut="Del"
          onClick={closing(() => void remove(picture))}
        />
      </span>
    </div>
  );
}
