/** What a fetched file is called, where whoever asks for it did not say. */
import { parse } from "content-disposition";
import { checkFilename } from "../uploads/filename.ts";
import { mediaTypeOf } from "./remote-file.ts";
import type { RemoteAnswer } from "./request-once.ts";

/** For addresses whose last element is no name of a file, such as `/download?id=7`. */
const namesByType: Record<string, string> = {
  "video/mp4": "video.mp4",
  "video/quicktime": "video.mov",
  "video/webm": "video.webm",
  "video/matroska": "video.mkv",
  "video/x-matroska": "video.mkv",
  "video/mpeg": "video.mpg",
  "video/mp2t": "video.ts",
  "video/x-msvideo": "video.avi",
  "video/x-ms-wmv": "video.wmv",
  "video/x-flv": "video.flv",
  "video/3gpp": "video.3gp",
  "video/ogg": "video.ogv",
  "audio/mpeg": "sound.mp3",
  "audio/mp4": "sound.m4a",
  "audio/x-m4a": "sound.m4a",
  "audio/aac": "sound.aac",
  "audio/ogg": "sound.ogg",
  "audio/flac": "sound.flac",
  "audio/wav": "sound.wav",
  "audio/x-wav": "sound.wav",
};

/**
 * The name in Content-Disposition, else the last element of the address, before redirects and behind them, else one by the
 * type; the first that is accepted.
 *
 * @throws ServiceError `unsupported_file_type` or `invalid_path` as `checkFilename`, for the first of them
 */
export function nameFile(asked: URL, answer: RemoteAnswer): string {
  const names = [namedByServer(answer), lastElement(asked), lastElement(answer.url), namesByType[mediaTypeOf(answer)]];
  const given = names.filter((name) => name !== undefined && name !== "") as string[];
  const accepted = given.find(isAccepted);
  if (accepted !== undefined) return accepted;
  const [first = "unnamed"] = given;
  checkFilename(first);
  return first;
}

function namedByServer({ headers }: RemoteAnswer): string | undefined {
  const header = headers["content-disposition"];
  if (header === undefined) return undefined;
  // Headers are bytes; many servers put UTF-8 there as it is.
  const asUtf8 = Buffer.from(header, "latin1").toString();
  const { parameters } = parse(asUtf8.includes("\ufffd") ? header : asUtf8);
  return parameters.filename?.split(/[/\\]/).at(-1);
}

function lastElement({ pathname }: URL): string | undefined {
  const element = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(element);
  } catch {
    return element;
  }
}

function isAccepted(filename: string): boolean {
  try {
    checkFilename(filename);
    return true;
  } catch {
    return false;
  }
}
