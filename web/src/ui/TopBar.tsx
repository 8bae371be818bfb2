/** The bar at the top: the name, the model, live painting, and the page's own settings. */

import { LANGUAGES, language, useWords } from "../i18n";
import { keyOf, shown } from "../keys/bindings";
import { useStore } from "../store";
import { toggleLive } from "../studio/live";
import { setField } from "../studio/painting";
import { server, settings, view } from "../studio/state";
import { Icon } from "./icons";
import { Button, Segments, Select } from "./parts";
import { Menu } from "./popups";

export function TopBar() {
  const say = useWords();
  const live = useStore(view, (value) => value.live);
  const keys = useStore(view, (value) => value.keys);
  return (
    <header class="top">
      <h1 class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M4 19c5-9 10-13 15-11s-4 10 1 11 8-4 8-4" />
          <path d="M5 26h22" />
        </svg>
        underpaint
      </h1>
      <ModelMenu />
      <div class="spacer" />
      <Button
        icon="live"
        text
        class="live-button"
        label={say("live")}
        shortcut={shown(keyOf("live", keys))}
        pressed={live}
        onClick={toggleLive}
      />
      <PageMenu />
      <Button icon="help" label={say("help")} shortcut="?" onClick={() => view.set({ dialog: "help" })} />
    </header>
  );
}

function ModelMenu() {
  const say = useWords();
  const catalogue = useStore(server, (value) => value.catalogue);
  const chosen = useStore(settings, (value) => value.fields["image"]?.["model"]);
  const fallback = catalogue?.schemas["image"].properties?.["model"]?.default;
  const models = catalogue?.models ?? [];
  const value = String(chosen ?? fallback ?? "");
  return (
    <Select
      bare
      id="setting_sd_model_checkpoint"
      label={say("model")}
      value={value}
      choices={models.length ? models : [{ id: value, label: value || "…" }]}
      onChange={(model) => setField("model", model)}
    />
  );
}

function PageMenu() {
  const say = useWords();
  const theme = useStore(view, (value) => value.theme);
  const code = useStore(language, (value) => value.code);
  return (
    <Menu side="right" label={`${say("theme")}, ${say("menu.language")}`} button={<Icon name="theme" />}>
      {() => (
        <div class="page-menu">
          <Segments
            label={say("theme")}
            value={theme}
            choices={[
              { id: "system", label: say("theme.system") },
              { id: "light", label: say("theme.light") },
              { id: "dark", label: say("theme.dark") },
            ]}
            onChange={(chosen) => view.set({ theme: chosen })}
          />
          <Select
            label={say("menu.language")}
            value={code}
            choices={Object.entries(LANGUAGES).map(([id, words]) => ({ id, label: words.language }))}
            onChange={(chosen) => {
              language.set({ code: chosen });
              document.documentElement.lang = chosen;
            }}
          />
        </div>
      )}
    </Menu>
  );
}
