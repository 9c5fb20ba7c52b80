/**
 * The ladder by segments: a row a rendition, time from left to right, filling as encoders work. A click plays from there,
 * and what is not made there yet is made next.
 */
import { percent, span, speed } from "../shell/format.ts";
import { texts } from "../texts.ts";
import type { Playhead } from "./playhead.ts";
import type { RenditionMap, SegmentMap, SegmentRun, SegmentState } from "./transcoding.ts";

const words = texts.video.encoding;
const shownStates: SegmentState[] = ["made", "making", "demanded", "failed", "missing"];
/** More would be a grey area. */
const mostCells = 160;

export function Ladder({ map, playhead }: { map: SegmentMap; playhead: Playhead }) {
  const present = new Set(map.renditions.flatMap(({ runs }) => runs.map(({ state }) => state)));
  return (
    <div class="ladder">
      <div class="ladder-head" aria-hidden="true">
        <span>{words.columns.rung}</span>
        <span />
        <span>{words.columns.progress}</span>
        <span>{words.columns.speed}</span>
        <span>{words.columns.left}</span>
        <span>{words.columns.encoder}</span>
      </div>
      {map.renditions.map((rendition) => (
        <Row key={rendition.name} rendition={rendition} map={map} playhead={playhead} />
      ))}
      <ul class="legend" aria-label={words.legendLabel}>
        {shownStates
          .filter((state) => present.has(state))
          .map((state) => (
            <li key={state}>
              <i class={`run ${state}`} />
              {words.legend[state]}
            </li>
          ))}
        {playhead.video.value && <li class="hint">{words.seekHint}</li>}
      </ul>
    </div>
  );
}

function Row({ rendition, map, playhead }: { rendition: RenditionMap; map: SegmentMap; playhead: Playhead }) {
  const name = nameOf(rendition);
  const { duration } = map;
  const cell = rendition.segments <= mostCells ? `${(100 * map.segment_seconds) / duration}%` : "200%";
  const seek = (event: MouseEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    playhead.seek(((event.clientX - left) / width) * duration);
  };
  return (
    <div class="ladder-row">
      <span class="rung">{name}</span>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the player's own slider is what the keyboard seeks with */}
      <div class="strip" role="img" aria-label={labelOf(name, rendition)} style={{ "--cell": cell }} onClick={seek}>
        {rendition.runs.map((run) => (
          <i key={`${run.from} ${run.state}`} class={`run ${run.state}`} style={placeOf(run, duration)} />
        ))}
        <Mark playhead={playhead} duration={duration} />
      </div>
      <span class="figure">{percent(rendition.made, rendition.segments)}</span>
      <span class="figure minor">{rendition.speed === null ? "" : speed(rendition.speed)}</span>
      <span class="figure minor">{rendition.remaining_seconds ? span(rendition.remaining_seconds) : ""}</span>
      <span class="figure minor encoder">{rendition.encoder ?? ""}</span>
    </div>
  );
}

function Mark({ playhead, duration }: { playhead: Playhead; duration: number }) {
  const at = playhead.at.value;
  return at === null || at === 0 ? null : <b style={{ left: `${(100 * at) / duration}%` }} />;
}

const placeOf = ({ from, to }: SegmentRun, duration: number) => ({
  left: `${(100 * from) / duration}%`,
  width: `${(100 * (to - from)) / duration}%`,
});

/** `audio-2` is for machines. */
function nameOf({ name, kind }: RenditionMap): string {
  return kind === "audio" ? name.replace(/^audio-?/, `${words.audio} `).trim() : name;
}

function labelOf(name: string, { made, segments, runs }: RenditionMap): string {
  const others = (["making", "demanded", "failed"] as const).flatMap((state) => {
    const sum = runs.filter((run) => run.state === state).reduce((total, run) => total + run.segments, 0);
    return sum > 0 ? [`${words.legend[state].toLowerCase()}: ${sum}`] : [];
  });
  return words.row(name, made, segments, others);
}
