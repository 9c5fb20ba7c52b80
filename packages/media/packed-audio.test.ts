import { expect, test } from "bun:test";
import { exampleFacts } from "./example-plan.ts";
import { hasPackedAudio, packCommand, unpackCommand } from "./packed-audio.ts";
import { guardedInput } from "./spawn.ts";

const guard = guardedInput.join(" ");
const [aac] = exampleFacts().audio;
if (!aac) throw new Error("no audio");
const amr = { ...aac, codec: "amr_nb", startSeconds: 0.25 };

test("audio is packed where all of it is AMR within an MP4", () => {
  expect(hasPackedAudio({ container: "mov,mp4,m4a,3gp,3g2,mj2", audio: [amr] })).toBe(true);
  expect(hasPackedAudio({ container: "mov,mp4,m4a,3gp,3g2,mj2", audio: [amr, aac] })).toBe(false);
  expect(hasPackedAudio({ container: "mov,mp4,m4a,3gp,3g2,mj2", audio: [] })).toBe(false);
  expect(hasPackedAudio({ container: "amr", audio: [amr] })).toBe(false);
});

test("a track is written out, and comes back behind the silence that it begins with", () => {
  expect(unpackCommand("/a.3gp", 1, "/w/0.amr").join(" ")).toBe(
    `-hide_banner -nostdin -loglevel error -nostats -max_error_rate 1 -y ${guard} -i file:/a.3gp -map 0:1 -c copy -map_metadata -1 -map_chapters -1 -f amr file:/w/0.amr -progress pipe:1 -stats_period 1`,
  );
  expect(packCommand([{ path: "/w/0.amr", audio: amr }], "/w/sound.mka").join(" ")).toBe(
    `-hide_banner -nostdin -loglevel error -nostats -max_error_rate 1 -y ${guard} -i file:/w/0.amr -map 0:0 -filter:a:0 adelay=250:all=1,atrim=end=26 -c:a flac -map_metadata -1 -map_chapters -1 -f matroska file:/w/sound.mka -progress pipe:1 -stats_period 1`,
  );
});
