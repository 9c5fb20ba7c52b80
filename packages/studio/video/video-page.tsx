/** A video: what it shows, how its encoding stands, and all that may be done with it. */
import { useEffect, useMemo } from "preact/hooks";
import { replacePoster } from "../library/change-video.ts";
import { StateBadge } from "../library/state-badge.tsx";
import { titleOf, type Video } from "../library/video.ts";
import { useVideoActions } from "../library/video-actions.tsx";
import { announce } from "../shell/announce.tsx";
import { sentenceOf } from "../shell/ask.ts";
import { Icon } from "../shell/icons.tsx";
import { go, pages } from "../shell/location.ts";
import { Menu } from "../shell/menu.tsx";
import { may } from "../shell/session.ts";
import { here } from "../shell/settings.ts";
import { useTitle } from "../shell/use-title.ts";
import { texts } from "../texts.ts";
import { originalOf } from "./addresses.ts";
import { Attempts } from "./attempts.tsx";
import { BitratePlot } from "./bitrate-plot.tsx";
import { CaptionsPanel } from "./captions.tsx";
import { Encoding } from "./encoding.tsx";
import { Facts } from "./facts.tsx";
import { frameOf } from "./frame-of.ts";
import { Links } from "./links.tsx";
import { type OpenVideo, openVideo } from "./open-video.ts";
import type { PlayAddress } from "./play-address.ts";
import { Player } from "./player.tsx";
import { createPlayhead, type Playhead } from "./playhead.ts";
import { Storyboard } from "./storyboard.tsx";

const words = texts.video;

/** The id does not change while the page is on screen. */
export function VideoPage({ id }: { id: string }) {
  const open = useMemo(() => openVideo(id), [id]);
  useEffect(() => open.close, [open]);
  const video = open.video.value;
  const presence = open.presence.value;
  useTitle(video ? titleOf(video) : texts.nav.library);
  if (presence === "absent") return <Blank heading={words.notFound} sentence={words.notFoundWords} />;
  if (presence === "deleted") return <Blank heading={words.deletedMeanwhile} sentence="" />;
  if (video) return <Shown open={open} video={video} />;
  return open.fault.value ? <Blank heading={words.loadFailed} sentence={open.fault.value} /> : <Placeholder />;
}

function Blank({ heading, sentence }: { heading: string; sentence: string }) {
  return (
    <section class="blank">
      <h1>{heading}</h1>
      <p>{sentence}</p>
      <a class="button" href={here(pages.library)}>
        {texts.notFound.back}
      </a>
    </section>
  );
}

function Placeholder() {
  return (
    <div class="video-page" aria-hidden="true">
      <div class="stage" />
    </div>
  );
}

function Shown({ open, video }: { open: OpenVideo; video: Video }) {
  const playhead = useMemo(createPlayhead, []);
  const transcoding = open.transcoding.value;
  const map = open.map.value;
  const bitrates = open.bitrates.value;
  const base = open.address.base.value;
  const isPlayable = video.status === "completed" || (transcoding?.playable ?? false);
  return (
    <div class="video-page">
      <div class="video-main">
        {isPlayable && base ? (
          <Player video={video} base={base} playhead={playhead} />
        ) : (
          <div class="stage">
            {!isPlayable && <p>{video.status === "failed" ? words.failedToPlay : words.waitingToPlay}</p>}
          </div>
        )}
        <Head video={video} address={open.address} percent={transcoding?.progress} playhead={playhead} />
        <Encoding video={video} transcoding={transcoding} map={map} playhead={playhead} />
        {transcoding?.storyboard && base && <Storyboard base={base} playhead={playhead} />}
        <section class="panel">
          <h2>{words.bitrates.heading}</h2>
          {bitrates && map ? <BitratePlot bitrates={bitrates} duration={map.duration} /> : <div class="blank-plot" />}
        </section>
        <Attempts id={open.id} />
      </div>
      <aside class="video-side">
        <Facts video={video} transcoding={transcoding} />
        <Links video={video} address={open.address} />
        <CaptionsPanel id={open.id} captions={open.captions.value} transcoding={transcoding} />
      </aside>
    </div>
  );
}

interface HeadProps {
  video: Video;
  address: PlayAddress;
  percent: number | undefined;
  playhead: Playhead;
}

function Head({ video, address, percent, playhead }: HeadProps) {
  const mayChange = may("write");
  const actions = useVideoActions(video, () => go(pages.library));
  const title = titleOf(video);
  const takeFrame = async () => {
    try {
      await replacePoster(video.hash, await frameOf(playhead.video.value));
      announce(words.frameUsed);
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  };
  return (
    <div class="video-head">
      <div class="video-title">
        <h1>{title}</h1>
        <p class="meta">
          <StateBadge status={video.status} percent={percent} />
          {video.visibility === "private" && (
            <span class="private">
              <Icon name="lock" />
              {texts.library.privateVideo}
            </span>
          )}
        </p>
      </div>
      <div class="video-actions">
        {mayChange && actions.stop && (
          <button type="button" onClick={actions.stop}>
            {texts.library.stop}
          </button>
        )}
        {mayChange && actions.resume && (
          <button type="button" onClick={actions.resume}>
            {video.status === "failed" ? texts.library.tryAgain : texts.library.resume}
          </button>
        )}
        {mayChange && (
          <button type="button" onClick={actions.edit}>
            {words.edit}
          </button>
        )}
        {(mayChange || address.base.value) && (
          <Menu of={title}>
            {mayChange && (
              <button type="button" onClick={takeFrame}>
                {words.useFrame}
              </button>
            )}
            {address.base.value && (
              <a href={originalOf(video.hash, address.token.value?.token)} download="">
                {words.download}
              </a>
            )}
            {mayChange && (
              <button type="button" class="danger-words" onClick={actions.askToDelete}>
                {words.delete}
              </button>
            )}
          </Menu>
        )}
      </div>
      {video.description && <p class="description">{video.description}</p>}
      {actions.dialog}
    </div>
  );
}
