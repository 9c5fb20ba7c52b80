/** A video's picture, in a frame of fixed shape so that nothing moves when it comes, or when there is none. */
import { useSignal } from "@preact/signals";
import { Icon } from "../shell/icons.tsx";
import { posterOf, type Video } from "./video.ts";

export function Poster({ video }: { video: Pick<Video, "hash" | "updated_at" | "thumbnail_filename"> }) {
  const failed = useSignal<string | null>(null);
  const address = posterOf(video);
  if (video.thumbnail_filename === null || failed.value === address) {
    return (
      <span class="no-poster">
        <Icon name="film" />
      </span>
    );
  }
  return <img src={address} alt="" loading="lazy" decoding="async" onError={() => (failed.value = address)} />;
}
