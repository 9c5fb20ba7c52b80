/** The video at a glance: small pictures over its length, each of which plays from there. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { clock } from "../shell/format.ts";
import { texts } from "../texts.ts";
import { storyboardIn } from "./addresses.ts";
import { parseStoryboard, type Tile, thinned } from "./parse-storyboard.ts";
import type { Playhead } from "./playhead.ts";

const words = texts.video.storyboard;
const mostTiles = 18;

export function Storyboard({ base, playhead }: { base: string; playhead: Playhead }) {
  const tiles = useSignal<Tile[]>([]);
  useEffect(() => {
    const closing = new AbortController();
    const address = storyboardIn(base);
    const read = async () => {
      const answer = await fetch(address, { signal: closing.signal });
      if (answer.ok) tiles.value = thinned(parseStoryboard(await answer.text(), address), mostTiles);
    };
    // Nobody misses what is not there.
    read().catch(() => undefined);
    return () => closing.abort();
  }, [base]);
  if (tiles.value.length === 0) return null;
  return (
    <section class="panel">
      <h2>{words.heading}</h2>
      <ul class="tiles">
        {tiles.value.map((tile) => (
          <li key={tile.from}>
            <button type="button" aria-label={words.seek(clock(tile.from))} onClick={() => playhead.seek(tile.from)}>
              <span
                style={{
                  width: `${tile.width}px`,
                  height: `${tile.height}px`,
                  backgroundImage: `url("${tile.sheet}")`,
                  backgroundPosition: `-${tile.x}px -${tile.y}px`,
                }}
              />
              <small aria-hidden="true">{clock(tile.from)}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
