/** What stands above a prompt: how many tokens it has, adapters and embeddings, styles, history. */

import { useEffect, useState } from "preact/hooks";
import * as api from "../api/client";
import { useWords } from "../i18n";
import { adapterTag } from "../request/insertion";
import { useStore } from "../store";
import { setField } from "../studio/painting";
import { settings, tokens } from "../studio/state";
import { attempt } from "../studio/toasts";
import { Styles } from "./Styles";
import { Icon } from "./icons";
import { Menu } from "./popups";

interface ToolsProps {
  readonly name: "prompt" | "negative";
  /** Put words into the prompt where its caret is. */
  readonly insert: (words: string) => void;
}

export function PromptTools({ name, insert }: ToolsProps) {
  const say = useWords();
  const label = say(name === "prompt" ? "networks" : "networks.negative");
  return (
    <div class="prompt-tools">
      <Count name={name} />
      <Menu class="networks" side="right" label={label} button={<Icon name="plus" />}>
        {(close) => (
          <Networks
            insert={(words) => {
              close();
              insert(words);
            }}
          />
        )}
      </Menu>
      {name === "prompt" ? <Styles /> : null}
      {name === "prompt" ? <History /> : null}
    </div>
  );
}

/** Tokens of the prompt, and what its contexts have room for: "12/75". */
function Count({ name }: { name: "prompt" | "negative" }) {
  const say = useWords();
  const { room, [name]: counts } = useStore(tokens, (value) => value);
  const [sum, most] = [counts.reduce((all, each) => all + each, 0), room * Math.max(counts.length, 1)];
  if (!room) return null;
  return (
    <span class="tokens" title={say("tokens", { count: sum, room: most })}>
      {sum}/{most}
    </span>
  );
}

interface Found {
  readonly adapters: readonly string[];
  readonly embeddings: readonly string[];
}

/** The adapters and embeddings there are, looked for anew each time the menu opens. */
function Networks({ insert }: { insert: (words: string) => void }) {
  const say = useWords();
  const [found, setFound] = useState<Found | null>(null);
  const [query, setQuery] = useState("");
  useEffect(() => {
    void attempt(async () => {
      const [adapters, embeddings] = await Promise.all([
        api.prompted("adapters"),
        api.prompted("embeddings"),
      ]);
      setFound({ adapters, embeddings });
    });
  }, []);
  if (!found) return <p class="note">…</p>;
  if (!found.adapters.length && !found.embeddings.length) return <p class="note">{say("networks.none")}</p>;

  const matching = (names: readonly string[]): readonly string[] =>
    names.filter((each) => each.toLowerCase().includes(query.toLowerCase()));
  const section = (title: string, names: readonly string[], words: (each: string) => string) =>
    names.length ? (
      <>
        <p class="list-title">{title}</p>
        {names.map((each) => (
          <button type="button" key={each} onClick={() => insert(words(each))}>
            {each}
          </button>
        ))}
      </>
    ) : null;
  return (
    <>
      <input
        type="search"
        aria-label={say("networks.search")}
        placeholder={say("networks.search")}
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <div class="list">
        {section(say("networks.adapters"), matching(found.adapters), adapterTag)}
        {section(say("networks.embeddings"), matching(found.embeddings), (each) => each)}
      </div>
    </>
  );
}

function History() {
  const say = useWords();
  const prompts = useStore(settings, (value) => value.prompts);
  return (
    <Menu class="history" side="right" label={say("history")} button={<Icon name="history" />}>
      {(close) =>
        prompts.length ? (
          <ul class="list">
            {prompts
              .toReversed()
              .slice(0, 30)
              .map((prompt) => (
                <li key={prompt}>
                  <button
                    type="button"
                    onClick={() => {
                      setField("prompt", prompt);
                      close();
                    }}
                  >
                    {prompt}
                  </button>
                </li>
              ))}
          </ul>
        ) : (
          <p class="note">{say("history.none")}</p>
        )
      }
    </Menu>
  );
}
