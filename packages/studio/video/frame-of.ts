/** The frame that a player shows, as a picture. */
import { texts } from "../texts.ts";

/** A JPEG. @throws Error with a sentence where nothing is shown */
export async function frameOf(video: HTMLVideoElement | null): Promise<Blob> {
  const canvas = document.createElement("canvas");
  if (video && video.readyState >= video.HAVE_CURRENT_DATA) {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
    if (picture) return picture;
  }
  throw new Error(texts.video.frameFailed);
}
