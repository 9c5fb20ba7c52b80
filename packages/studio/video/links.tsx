/** Addresses to give away: the page, HTML to put it into another page, and the stream for any player. */
import { titleOf, type Video } from "../library/video.ts";
import { CopyButton } from "../shell/copy-button.tsx";
import { texts } from "../texts.ts";
import { masterIn, watchPageOf } from "./addresses.ts";
import { embedCode } from "./embed-code.ts";
import type { PlayAddress } from "./play-address.ts";

const words = texts.video.links;

export function Links({ video, address }: { video: Video; address: PlayAddress }) {
  const { hash } = video;
  const { base, token } = address;
  const access = token.value ? { token: token.value.token } : {};
  return (
    <section class="panel">
      <h2>{words.heading}</h2>
      {token.value && <p class="muted">{words.privateWords(new Date(token.value.expiresAt * 1000))}</p>}
      {base.value && (
        <div class="links">
          <LinkRow name={words.watch} text={watchPageOf(hash, access)} isAddress />
          <LinkRow name={words.embed} text={embedCode(watchPageOf(hash, { embed: "1", ...access }), titleOf(video))} />
          <LinkRow name={words.stream} text={masterIn(base.value)} />
        </div>
      )}
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
