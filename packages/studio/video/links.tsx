/** Addresses to give away: the page, HTML to put it into another page, and the stream for any player. */
import { titleOf, type Video } from "../library/video.ts";
import { CopyButton } from "../shell/copy-button.tsx";
import { texts } from "../texts.ts";
import { embedCodeOf, masterOf, watchPageOf } from "./addresses.ts";

const words = texts.video.links;

export function Links({ video }: { video: Video }) {
  const { hash } = video;
  return (
    <section class="panel">
      <h2>{words.heading}</h2>
      {video.visibility === "private" && <p class="muted">{words.privateWords}</p>}
      <div class="links">
        <LinkRow name={words.watch} text={watchPageOf(hash)} isAddress />
        <LinkRow name={words.embed} text={embedCodeOf(hash, titleOf(video))} />
        <LinkRow name={words.stream} text={masterOf(hash)} />
      </div>
    </section>
  );
}

function LinkRow({ name, text, isAddress = false }: { name: string; text: string; isAddress?: boolean }) {
  return (
    <div class="link-row">
      <span class="name">{name}</span>
      {isAddress ? (
        <a class="value" href={text} target="_blank" rel="noreferrer">
          {text}
        </a>
      ) : (
        <code class="value">{text}</code>
      )}
      <CopyButton text={text} label={words.copyOf(name)} />
    </div>
  );
}
