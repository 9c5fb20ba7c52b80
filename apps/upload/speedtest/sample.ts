/** 1 MiB for clients that measure their bandwidth; random, so that no proxy can compress it. */

const sampleBytes = 1024 * 1024;
/** The maximum of one call of the platform. */
const randomBytes = 65_536;

/** Created once and shared by all answers. */
export const sample: Uint8Array<ArrayBuffer> = randomSample();

function randomSample(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sampleBytes);
  for (let at = 0; at < sampleBytes; at += randomBytes) crypto.getRandomValues(bytes.subarray(at, at + randomBytes));
  return bytes;
}
