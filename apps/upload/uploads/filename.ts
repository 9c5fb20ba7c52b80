/**
 * Which file names are accepted, and their names on disk. A name becomes the last part of a path below originals, so one that is
 * not a plain file name is refused (`originalNameProblem`), in whatever script. A name that is too long for file systems is kept
 * for people and shortened for the path.
 */
import { createHash } from "node:crypto";
import { ServiceError } from "@video-backend/service";
import { maxOriginalNameLength, originalNameProblem } from "@video-backend/storage/layout";

const video =
  "mp4 m4v mov qt mkv webm avi divx mpg mpeg mpe m1v m2v vob ts mts m2ts m2t flv f4v wmv asf 3gp 3g2 ogv ogg ogx mxf gxf " +
  "dv rm rmvb nut ivf obu y4m 264 h264 265 h265 hevc av1 mjpeg mjpg gif wtv";
const audio = "m4a m4b mp3 mp2 wav flac aac oga opus mka wma ac3 eac3 dts aif aiff caf amr ape wv";

/** Extensions that are accepted, without the dot. Whether the file really is one, ffprobe says later. */
export const acceptedEndings: readonly string[] = `${video} ${audio}`.split(" ");

/** Ext4 and others allow 255, and a temporary name is a little longer. */
const maxStoredBytes = 200;

/** @throws ServiceError `invalid_path` for what is not a plain name; `unsupported_file_type` for another extension */
export function checkFilename(filename: string): void {
  const wrong = originalNameProblem(filename);
  if (wrong) {
    throw new ServiceError(
      "invalid_path",
      `The filename ${wrong}; a plain name of at most ${maxOriginalNameLength} characters is accepted, without a directory and ` +
        "without control characters, such as holiday.mp4",
    );
  }
  const ending = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  if (!filename.includes(".") || !acceptedEndings.includes(ending)) {
    throw new ServiceError("unsupported_file_type", "Unsupported file type", {
      details: { accepted: acceptedEndings },
    });
  }
}

/** The name on disk if it cannot be the file's own; null if it can. A hash keeps two long names apart. */
export function storedName(filename: string): string | null {
  if (Buffer.byteLength(filename) <= maxStoredBytes) return null;
  const hash = createHash("sha256").update(filename).digest("hex").slice(0, 8);
  const tail = `-${hash}${filename.slice(filename.lastIndexOf("."))}`;
  const room = maxStoredBytes - Buffer.byteLength(tail);
  // Cut in the middle of a character, the rest of it decodes to U+FFFD.
  const head = Buffer.from(filename)
    .subarray(0, room)
    .toString()
    .replace(/\ufffd+$/, "");
  return head + tail;
}
