/** What people choose an audio track or subtitles by. */
import { languageName } from "./languages.ts";
import { quotable } from "./quotable.ts";

const mostCharacters = 100;

/**
 * The tracks with their names: the title, else the language, else what they are. No two are the same, since "each NAME MUST
 * be unique" within a group (RFC 8216, 4.3.4.1.1).
 *
 * @param otherwise the name of a track with neither title nor language
 */
export function namedTracks<Track extends { title: string | null; language: string | null }>(
  tracks: Track[],
  otherwise: string,
): (Track & { name: string })[] {
  const taken = new Set<string>();
  return tracks.map((track) => {
    const plain =
      quotable(track.title ?? "", mostCharacters) || (track.language ? languageName(track.language) : otherwise);
    let name = plain;
    for (let number = 2; taken.has(name); number++) name = `${plain} ${number}`;
    taken.add(name);
    return { ...track, name };
  });
}
