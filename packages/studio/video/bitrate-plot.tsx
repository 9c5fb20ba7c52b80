/** The bit rate over time, rung by rung, as measured; below it the same in figures, which is also what is read out. */
import { useSignal } from "@preact/signals";
import { bitrate, clock, size } from "../shell/format.ts";
import { texts } from "../texts.ts";
import { scaleFor, stepPath, timeTicks } from "./plot.ts";
import type { Bitrates } from "./transcoding.ts";

const words = texts.video.bitrates;
const width = 800;
const height = 200;

export function BitratePlot({ bitrates, duration }: { bitrates: Bitrates; duration: number }) {
  const pointed = useSignal<number | null>(null);
  const pictures = bitrates.renditions.filter(({ kind }) => kind === "video");
  const drawn = pictures.length > 0 ? pictures : bitrates.renditions;
  if (!drawn.some(({ bytes }) => bytes > 0)) return <p class="muted">{words.none}</p>;
  const { top, parts } = scaleFor(drawn.map(({ kbps }) => kbps));
  const steps = drawn[0]?.kbps.length ?? 0;
  const step = (width * bitrates.step_seconds) / duration;
  const point = ({ currentTarget, clientX }: PointerEvent) => {
    const { left, width: shown } = (currentTarget as Element).getBoundingClientRect();
    pointed.value = Math.max(0, Math.min(steps - 1, Math.floor((((clientX - left) / shown) * width) / step)));
  };
  const at = pointed.value;
  return (
    <>
      <figure class="plot">
        <div class="scale" aria-hidden="true">
          {Array.from({ length: parts + 1 }, (_, index) => (
            <span key={index}>{index === parts ? "0" : bitrate((top * (parts - index)) / parts)}</span>
          ))}
        </div>
        <div class="area">
          <svg
            viewBox={`0 0 ${width} ${height}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={words.label(drawn.map(({ name }) => name).join(", "))}
            onPointerMove={point}
            onPointerLeave={() => (pointed.value = null)}
          >
            {Array.from({ length: parts + 1 }, (_, index) => (
              <line
                key={index}
                class="grid"
                x1={0}
                x2={width}
                y1={(height * index) / parts}
                y2={(height * index) / parts}
              />
            ))}
            {drawn.map(({ name, kbps }, index) => (
              <path key={name} class={`curve rung-${index}`} d={stepPath(kbps, { width, height, step, top })} />
            ))}
            {at !== null && <line class="pointer" x1={(at + 0.5) * step} x2={(at + 0.5) * step} y1={0} y2={height} />}
          </svg>
          <div class="times" aria-hidden="true">
            {timeTicks(duration, 6).map((tick) => (
              <span key={tick} style={{ left: `${(100 * tick) / duration}%` }}>
                {clock(tick)}
              </span>
            ))}
          </div>
        </div>
        <figcaption aria-hidden="true">
          {at === null
            ? words.words
            : [
                clock(at * bitrates.step_seconds),
                ...drawn.map(({ name, kbps }) => words.point(name, kbps[at] ?? null)),
              ].join(" · ")}
        </figcaption>
      </figure>
      <Figures bitrates={bitrates} drawn={drawn.map(({ name }) => name)} />
    </>
  );
}

function Figures({ bitrates, drawn }: { bitrates: Bitrates; drawn: string[] }) {
  const all = bitrates.renditions.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <table class="figures-table">
      <thead>
        <tr>
          <th scope="col">{texts.video.encoding.columns.rung}</th>
          <th scope="col">{words.average}</th>
          <th scope="col">{words.peak}</th>
          <th scope="col">{words.size}</th>
        </tr>
      </thead>
      <tbody>
        {bitrates.renditions.map(({ name, kind, average_kbps, peak_kbps, bytes }) => (
          <tr key={name}>
            <th scope="row">
              {drawn.includes(name) && <i class={`swatch rung-${drawn.indexOf(name)}`} />}
              {kind === "audio" ? name.replace(/^audio-?/, `${texts.video.encoding.audio} `).trim() : name}
            </th>
            <td>{bitrate(average_kbps)}</td>
            <td>{bitrate(peak_kbps)}</td>
            <td>{size(bytes)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{words.all}</th>
          <td />
          <td />
          <td>{size(all)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
