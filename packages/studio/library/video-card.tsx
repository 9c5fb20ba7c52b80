/** A video in the library: its picture and name lead to its page. */
import { ago, clock, size } from "../shell/format.ts";
import { Icon } from "../shell/icons.tsx";
import { pages } from "../shell/location.ts";
import { Menu } from "../shell/menu.tsx";
import { may } from "../shell/session.ts";
import { here } from "../shell/settings.ts";
import { texts } from "../texts.ts";
import { progress } from "./library.ts";
import { Poster } from "./poster.tsx";
import { StateBadge } from "./state-badge.tsx";
import { isInTheMaking, titleOf, type Video } from "./video.ts";
import { useVideoActions } from "./video-actions.tsx";

const words = texts.library;

export function VideoCard({ video }: { video: Video }) {
  const actions = useVideoActions(video);
  const title = titleOf(video);
  const percent = progress.value.get(video.hash);
  const isMaking = isInTheMaking(video);
  return (
    <li class="card">
      {/* biome-ignore lint/a11y/useAnchorContent: the title beside it is the same link, and is read out once */}
      <a class="frame" href={here(pages.video(video.hash))} tabIndex={-1} aria-hidden="true">
        <Poster video={video} />
        {video.duration !== null && <span class="length">{clock(video.duration)}</span>}
        {isMaking && <span class="card-progress" style={{ transform: `scaleX(${(percent ?? 0) / 100})` }} />}
      </a>
      <div class="card-words">
        <h2>
          <a href={here(pages.video(video.hash))} title={title}>
            {title}
          </a>
        </h2>
        {may("write") && (
          <Menu of={title}>
            <button type="button" onClick={actions.edit}>
              {words.edit}
            </button>
            {actions.stop && (
              <button type="button" onClick={actions.stop}>
                {words.stop}
              </button>
            )}
            {actions.resume && (
              <button type="button" onClick={actions.resume}>
                {video.status === "failed" ? words.tryAgain : words.resume}
              </button>
            )}
            <button type="button" class="danger-words" onClick={actions.askToDelete}>
              {words.delete}
            </button>
          </Menu>
        )}
      </div>
      <p class="meta">
        {video.status !== "completed" && <StateBadge status={video.status} percent={percent} />}
        {video.visibility === "private" && (
          <span class="private">
            <Icon name="lock" />
            {words.privateVideo}
          </span>
        )}
        <span>{metaOf(video).join(" · ")}</span>
      </p>
      {actions.dialog}
    </li>
  );
}

function metaOf({ original_quality_label: label, size_bytes: bytes, created_at: at }: Video): string[] {
  return [...(label ? [label] : []), ...(bytes ? [size(bytes)] : []), ago(at, Date.now() / 1000)];
}
