/** New drawings, pictures from elsewhere, and files to keep. */

import { useRef } from "preact/hooks";
import { BLACK, WHITE, toHex } from "../canvas/colours";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { renew, take } from "../studio/drawing";
import { offer, save } from "../studio/files";
import { easel, tools } from "../studio/state";
import { attempt } from "../studio/toasts";
import { Icon } from "./icons";
import { Menu } from "./popups";
import { useDrawing } from "./useDrawing";

export function CanvasMenu() {
  const say = useWords();
  const colour = useStore(tools, (value) => value.brush.colour);
  const { width, height } = useDrawing();
  const file = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const mask = useRef<HTMLInputElement>(null);

  const chosen = (event: { currentTarget: HTMLInputElement }): File[] => {
    const picked = [...(event.currentTarget.files ?? [])];
    event.currentTarget.value = "";
    return picked;
  };
  return (
    <div class="canvas-menu">
      <Menu label={say("canvas.menu")} button={<Icon name="file" />}>
        {(close) => {
          const item = (text: string, action: () => void, swatch?: string) => (
            <button
              type="button"
              onClick={() => {
                action();
                close();
              }}
            >
              {swatch ? <span class="swatch" style={{ background: swatch }} /> : null}
              {text}
            </button>
          );
          return (
            <div class="list">
              <p class="list-title">{say("canvas.new")}</p>
              {item(say("canvas.white"), () => renew(WHITE), "#fff")}
              {item(say("canvas.black"), () => renew(BLACK), "#000")}
              {item(
                say("canvas.colour", { width, height }),
                () => renew(colour, easel.drawing),
                toHex(colour),
              )}
              <hr />
              {item(say("canvas.open"), () => file.current?.click())}
              {item(say("canvas.camera"), () => camera.current?.click())}
              {item(say("layer.upload.mask"), () => mask.current?.click())}
              <hr />
              {item(say("canvas.export.ora"), () => void save("ora"))}
              {item(say("canvas.export"), () => void save("drawing"))}
              {item(say("canvas.export.layer"), () => void save("layer"))}
              {item(say("canvas.export.mask"), () => void save("mask"))}
            </div>
          );
        }}
      </Menu>
      <input
        ref={file}
        type="file"
        multiple
        accept="image/*,.ora"
        hidden
        aria-label={say("canvas.open")}
        onChange={(event) => offer(chosen(event))}
      />
      <input
        ref={camera}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={say("canvas.camera")}
        onChange={(event) => offer(chosen(event))}
      />
      <input
        ref={mask}
        type="file"
        accept="image/*"
        hidden
        aria-label={say("layer.upload.mask")}
        onChange={(event) => {
          const [picked] = chosen(event);
          if (picked) void attempt(() => take(picked, "mask"));
        }}
      />
    </div>
  );
}
