/**
 * Reads the variants out of a master playlist, RFC 8216 section 4.3.4.2. Only as much of HLS as that: our own transcoder
 * wrote the file, and what it lists is what can be played.
 */

/** One line pair of the master: a rendition's playlist and what it was announced with. */
export interface Variant {
  /** The folder of the playlist, which is the rendition's name. */
  name: string;
  playlist: string;
  resolution: string | null;
  /** Bits a second. */
  bandwidth: number | null;
  averageBandwidth: number | null;
}

const tag = "#EXT-X-STREAM-INF:";

/** The variants in the order of the file; a rendition that is listed twice (for two audio groups) counts once. */
export function parseMaster(text: string): Variant[] {
  const variants = new Map<string, Variant>();
  const lines = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith(tag)) continue;
    const playlist = lines[index + 1]?.trim();
    if (!playlist || playlist.startsWith("#")) continue;
    const attributes = parseAttributes(line.slice(tag.length));
    const name = playlist.split("/")[0] ?? playlist;
    if (variants.has(name)) continue;
    variants.set(name, {
      name,
      playlist,
      resolution: attributes.get("RESOLUTION") ?? null,
      bandwidth: numberOrNull(attributes.get("BANDWIDTH")),
      averageBandwidth: numberOrNull(attributes.get("AVERAGE-BANDWIDTH")),
    });
  }
  return [...variants.values()];
}

/** `A=1,B="x,y"`: a comma inside quotes does not part. */
function parseAttributes(list: string): Map<string, string> {
  const pairs = list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^",]*))/g);
  return new Map([...pairs].map(([, name = "", quoted, plain = ""]) => [name, quoted ?? plain]));
}

const numberOrNull = (text: string | undefined): number | null => (text && /^\d+$/.test(text) ? Number(text) : null);
