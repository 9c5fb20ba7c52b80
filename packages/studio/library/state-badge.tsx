/** How a video stands, in a word; the colour says the same again. */
import { texts } from "../texts.ts";
import type { VideoStatus } from "./video.ts";

export function StateBadge({ status, percent }: { status: VideoStatus; percent?: number | undefined }) {
  const isEncoding = status === "transcoding" && percent !== undefined;
  return (
    <span class={`badge ${status}`}>
      {texts.status[status]}
      {isEncoding && ` ${Math.floor(percent)}%`}
    </span>
  );
}
