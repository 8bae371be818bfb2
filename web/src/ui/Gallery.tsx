/** Every picture painted so far, with search and stars; more come as one scrolls. */

import { useEffect, useRef } from "preact/hooks";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { more, search } from "../studio/gallery";
import { gallery, view } from "../studio/state";
import { Icon } from "./icons";
import { Button, Empty } from "./parts";

export function Gallery() {
  const say = useWords();
  const { query, starred, pictures, more: older, loading, error } = useStore(gallery, (value) => value);
  return (
    <div class="gallery">
      <div class="gallery-head">
        <input
          type="search"
          aria-label={say("gallery.search")}
          placeholder={say("gallery.search")}
          value={query}
          onInput={(event) => search({ query: event.currentTarget.value })}
        />
        <Button
          icon="star"
          filled={starred}
          pressed={starred}
          label={say("gallery.starred")}
          onClick={() => search({ starred: !starred })}
        />
      </div>
      {error ? <div class="outcome bad">{error}</div> : null}
      {!pictures.length && !loading && !error ? (
        <Empty
          icon="images"
          title={say(query || starred ? "gallery.empty.search" : "gallery.empty")}
          {...(query || starred ? {} : { hint: say("gallery.empty.hint") })}
        />
      ) : null}
      <ul class="thumbnails">
        {pictures.map((picture) => (
          <li key={picture.id}>
            <button
              type="button"
              title={String(picture.request["prompt"] ?? "")}
              onClick={() => view.set({ dialog: "viewer", viewed: picture })}
            >
              <img
                loading="lazy"
                src={picture.thumbnail}
                alt={String(picture.request["prompt"] ?? "")}
                width={picture.width}
                height={picture.height}
              />
              {picture.starred ? <Icon name="star" filled /> : null}
            </button>
          </li>
        ))}
      </ul>
      {older ? <More /> : null}
    </div>
  );
}

/** Asks for older pictures as soon as it is seen; also a button. */
function More() {
  const say = useWords();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current) return undefined;
    const watcher = new IntersectionObserver(([entry]) => {
      if (entry.isIntersecting) void more();
    });
    watcher.observe(button.current);
    return () => watcher.disconnect();
  }, []);
  return (
    <button type="button" class="quiet-button" ref={button} onClick={() => void more()}>
      {say("gallery.more")}
    </button>
  );
}
