/** What a client times to know its line: 1 MiB that no proxy can make smaller. */

const sampleBytes = 1024 * 1024;
/** As much as the platform hands out in one call. */
const randomBytes = 65_536;

/** Made once; every answer shares it. */
export const sample: Uint8Array<ArrayBuffer> = randomSample();

function randomSample(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sampleBytes);
  for (let at = 0; at < sampleBytes; at += randomBytes) crypto.getRandomValues(bytes.subarray(at, at + randomBytes));
  return bytes;
}
