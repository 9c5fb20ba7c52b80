/**
 * The filters between decoder and encoders: what people should see, on the plan's time line. Everything that looks at
 * neighbours in time comes before the cut, so that a chunk has the very frames that one pass has.
 */
import { toStandardPicture } from "./colour.ts";
import type { Encoder } from "./encoders.ts";
import type { PictureRendition, Plan } from "./plan.ts";

type Picture = NonNullable<Plan["picture"]>;

export interface Cut {
  /** Seconds from the start of the file. */
  startSeconds: number;
  /** Null for all that follows. */
  endSeconds: number | null;
}

/**
 * One decode for all rungs: the highest one is brought to standard colour, each other one is scaled from the one above. A
 * rung goes onto the encoder's device after the split, since the next one is scaled in ordinary memory.
 */
export function pictureGraph(plan: Plan, rungs: PictureRendition[], cut: Cut, encoder: Encoder): string {
  const { picture } = plan;
  if (!picture) throw new Error("The plan has no picture");
  let input = `[0:${picture.stream}]${[...framesOf(picture, cut), ""].join(",")}`;
  const steps = rungs.flatMap((rung, position) => {
    const scale = position === 0 ? toStandardPicture(picture.colour, rung) : scaleTo(rung);
    const scaled = encoder.upload ? `[scaled-${rung.name}]` : `[${rung.name}]`;
    const upload = encoder.upload ? [`${scaled}${encoder.upload}[${rung.name}]`] : [];
    const step = `${input}${scale}`;
    input = `[from-${rung.name}]`;
    return [position === rungs.length - 1 ? `${step}${scaled}` : `${step},split${scaled}${input}`, ...upload];
  });
  return steps.join(";");
}

/** What the decoder has to be told before the input; see `x264BuildOf` in `probe.ts`. */
export const decoderOptions = ({ x264Build }: Pick<Picture, "x264Build">): string[] =>
  x264Build === null ? [] : ["-x264_build", String(x264Build)];

/** One frame for two fields, and none of those that are marked as progressive. */
export const deinterlacing = ({ isInterlaced }: Pick<Picture, "isInterlaced">): string[] =>
  isInterlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : [];

const scaleTo = ({ width, height }: PictureRendition): string => `scale=${width}:${height}:flags=bicubic,setsar=1`;

/** Which frames there are, and when. */
function framesOf(picture: Picture, { startSeconds, endSeconds }: Cut): string[] {
  const { cappedFrameRate, frameRate, heldFromSeconds } = picture;
  const shownUntil = endSeconds ?? picture.endSeconds;
  const heldSeconds = heldFromSeconds === undefined ? 0 : shownUntil - heldFromSeconds;
  return [
    ...deinterlacing(picture),
    ...(cappedFrameRate ? [`fps=${frameRate}`] : []),
    ...(heldSeconds > 0 ? [`tpad=stop_mode=clone:stop_duration=${heldSeconds.toFixed(3)}`] : []),
    `trim=start=${startSeconds}${endSeconds === null ? "" : `:end=${endSeconds}`}`,
  ];
}
