/** Videos for pictures of the studio: drawn on the spot, so that they are nobody's, and named as people name theirs. */

export interface SampleVideo {
  name: string;
  title: string;
  seconds: number;
  /** Of the gradient that it shows, in ffmpeg's words. */
  colours: [string, string, string];
  shape: "linear" | "radial" | "circular" | "spiral";
  /** Of the video. */
  size?: { width: number; height: number };
}

/** The first one has a page of its own in the pictures. */
export const sampleVideos: SampleVideo[] = [
  {
    name: "morning-tide.mp4",
    title: "Morning tide",
    seconds: 48,
    colours: ["0x0b3954", "0x3fa7d6", "0xf4e3c1"],
    shape: "circular",
    size: { width: 1280, height: 720 },
  },
  {
    name: "lecture-07.mp4",
    title: "Lecture 7: Fields and waves",
    seconds: 12,
    colours: ["0x1d2b53", "0x7e2553", "0xffa300"],
    shape: "linear",
  },
  {
    name: "alpine-crossing.mp4",
    title: "Alpine crossing",
    seconds: 9,
    colours: ["0xe8e9eb", "0x5b8c85", "0x0f2027"],
    shape: "radial",
  },
  {
    name: "interview-anna.mp4",
    title: "Interview with Anna",
    seconds: 14,
    colours: ["0xf19c79", "0xa44a3f", "0x2b1b17"],
    shape: "linear",
    size: { width: 480, height: 854 },
  },
  {
    name: "harvest-festival.mp4",
    title: "Harvest festival",
    seconds: 7,
    colours: ["0x3a5a40", "0xdda15e", "0xfefae0"],
    shape: "spiral",
  },
  {
    name: "night-train.mp4",
    title: "Night train",
    seconds: 10,
    colours: ["0xe85d04", "0x370617", "0x03071e"],
    shape: "radial",
  },
  {
    name: "first-steps.mp4",
    title: "First steps",
    seconds: 5,
    colours: ["0x5f0f40", "0xfb8b24", "0xf9dcc4"],
    shape: "circular",
  },
];

/** Writes the video to `path`, with a tone. Drawn at a third of its size, since drawing is what takes the time. */
export async function makeSample(path: string, sample: SampleVideo): Promise<string> {
  const { seconds, colours, shape, size = { width: 854, height: 480 } } = sample;
  const [width, height] = [Math.round(size.width / 3), Math.round(size.height / 3)];
  const [c0, c1, c2] = colours;
  const drawn = `gradients=size=${width}x${height}:rate=25:duration=${seconds}:speed=0.006:seed=3:type=${shape}`;
  const line = shape === "linear" || shape === "radial" ? `:x0=0:y0=${height}:x1=${width}:y1=0` : "";
  const picture = `${drawn}${line}:nb_colors=3:c0=${c0}:c1=${c1}:c2=${c2}`;
  // A little grain, or there would be nothing to encode.
  const finish = `format=yuv420p,scale=${size.width}:${size.height}:flags=bicubic,setsar=1,noise=c0s=5:c0f=t`;
  const inputs = [
    "-f",
    "lavfi",
    "-i",
    `${picture},${finish}`,
    "-f",
    "lavfi",
    "-i",
    `sine=frequency=220:duration=${seconds}`,
  ];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-c:a", "aac", "-shortest"];
  const child = Bun.spawn(["ffmpeg", "-nostdin", "-v", "error", "-y", ...inputs, ...codecs, path], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`The sample ${path} could not be made: ${errors}`);
  return path;
}
