/** The player, loaded when there is something to play and not before: it is larger than all the rest of the studio. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { posterOf, titleOf, type Video } from "../library/video.ts";
import { texts } from "../texts.ts";
import { masterIn, storyboardIn } from "./addresses.ts";
import type { Playhead } from "./playhead.ts";

/** @param base where the video's files are; another one is another player */
export function Player({ video, base, playhead }: { video: Video; base: string; playhead: Playhead }) {
  const place = useRef<HTMLDivElement>(null);
  const isMissing = useSignal(false);
  useEffect(() => {
    let isOver = false;
    let player: HTMLElement | null = null;
    import("@video-backend/player").then(
      ({ VideoPlayer }) => {
        if (isOver || !place.current) return;
        const made = new VideoPlayer();
        made.setAttribute("src", masterIn(base));
        made.setAttribute("poster", posterOf(video));
        made.setAttribute("storyboard", storyboardIn(base));
        made.setAttribute("video-title", titleOf(video));
        place.current.append(made);
        player = made;
        playhead.video.value = made.video;
        made.video?.addEventListener("timeupdate", () => (playhead.at.value = made.video?.currentTime ?? null));
      },
      () => (isMissing.value = true),
    );
    return () => {
      isOver = true;
      player?.remove();
      playhead.video.value = null;
      playhead.at.value = null;
    };
    // Another poster or title is no reason to begin anew.
  }, [base]);
  return (
    <div class="stage" ref={place}>
      {isMissing.value && <p>{texts.video.noPlayer}</p>}
    </div>
  );
}
