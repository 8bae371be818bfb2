/** Where the page begins: the drawing of last time, the keys, the server, and then the page. */

import { render } from "preact";
import doodle from "../../examples/banana.png";
import { Autosave, openDatabase, restored } from "./canvas/autosave";
import { language, say } from "./i18n";
import { listen } from "./keys/shortcuts";
import { connect } from "./studio/connection";
import { openExample } from "./studio/drawing";
import { easel } from "./studio/state";
import { tell } from "./studio/toasts";
import { watchTokens } from "./studio/tokens";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/canvas.css";
import "./styles/controls.css";
import "./styles/menus.css";
import "./styles/results.css";
import "./styles/dialogs.css";
import { App } from "./ui/App";

const EXAMPLE = "a ripe banana with water droplets, dramatic lighting";

async function start(): Promise<void> {
  document.documentElement.lang = language.value.code;
  const { signal } = new AbortController();
  listen(signal);
  connect(signal);
  watchTokens();
  render(<App />, document.getElementById("page") as HTMLElement);
  await keepDrawing();
}

/** Bring back the last drawing, or the example the first time, and keep what is drawn from now on. */
async function keepDrawing(): Promise<void> {
  let database: IDBDatabase | null = null;
  try {
    database = await openDatabase();
    const last = await restored(database);
    if (last) easel.open(last);
    else await openExample(doodle, EXAMPLE);
  } catch {
    tell(say("error.autosave"), "bad");
  }
  if (!database) return;
  const failing = { told: false };
  const autosave = new Autosave(easel, database, () => {
    if (!failing.told) tell(say("error.autosave"), "bad");
    failing.told = true;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) void autosave.save();
  });
  document.documentElement.dataset["ready"] = "";
}

void start();
