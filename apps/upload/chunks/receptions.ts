/**
 * The chunks that are coming in at this moment, in this process, and which bytes of the source each of them writes to.
 * No two write to the same bytes: who finds its place taken takes its chunk in beside the source and puts it in place
 * afterwards. Of two that bring the same chunk the newer wins; the older goes on reading and writes no more.
 */

/** A part of the source, in bytes; `end` is exclusive and may be Infinity. */
export interface Region {
  start: number;
  end: number;
}

export interface Reception extends Disposable {
  readonly uploadId: string;
  readonly index: number;
  /** True once a newer sender of the same chunk has put it in place. */
  isOvertaken(): boolean;
  /** Takes these bytes for itself, unless somebody else has some of them, or has overtaken it. */
  claim(region: Region): boolean;
  /** Runs a write to the claimed bytes; whoever takes over waits for it. */
  write<Result>(work: () => Promise<Result>): Promise<Result>;
  /**
   * Takes these bytes, also from older receptions of the same chunk: those write no more when it resolves. False when
   * somebody else has some of them, or a newer one has overtaken it.
   */
  takeOver(region: Region): Promise<boolean>;
  /**
   * Resolves when something has changed that may free a place or tell one.
   *
   * @returns false when nobody else is coming in who could change anything
   */
  untilChange(signal: AbortSignal): Promise<boolean>;
}

export interface Receptions {
  /** Enters a chunk that begins to come in; leaves when disposed. */
  enter(uploadId: string, index: number): Reception;
}

interface Entry {
  index: number;
  claim: Region | null;
  overtaken: boolean;
  writing: Promise<unknown>;
}

/** An upload's receptions, oldest first, and whoever waits for a change among them. */
interface Room {
  entries: Set<Entry>;
  waiters: Map<Entry, () => void>;
}

/** An empty register. */
export function createReceptions(): Receptions {
  const rooms = new Map<string, Room>();

  function enter(uploadId: string, index: number): Reception {
    const room = rooms.get(uploadId) ?? { entries: new Set(), waiters: new Map() };
    rooms.set(uploadId, room);
    const entry: Entry = { index, claim: null, overtaken: false, writing: Promise.resolve() };
    room.entries.add(entry);
    const others = () => [...room.entries].filter((other) => other !== entry);
    const changed = () => {
      for (const wake of room.waiters.values()) wake();
      // Whoever was woken waits no more, though his turn to run comes later.
      room.waiters.clear();
    };

    return {
      uploadId,
      index,
      isOvertaken: () => entry.overtaken,
      claim(region) {
        if (entry.overtaken) return false;
        if (others().some((other) => overlap(other.claim, region))) return false;
        entry.claim = region;
        return true;
      },
      write(work) {
        const written = work();
        entry.writing = written.catch(() => undefined);
        return written;
      },
      async takeOver(region) {
        const older = [...room.entries].slice(0, [...room.entries].indexOf(entry)).filter((one) => one.index === index);
        const inTheWay = others().some((other) => overlap(other.claim, region) && !older.includes(other));
        if (entry.overtaken || inTheWay) return false;
        entry.claim = region;
        for (const other of older) other.overtaken = true;
        await Promise.all(older.map((other) => other.writing));
        for (const other of older) other.claim = null;
        if (older.length > 0) changed();
        return !entry.overtaken;
      },
      async untilChange(signal) {
        if (others().every((other) => room.waiters.has(other))) return false;
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const end = () => reject(signal.reason);
        room.waiters.set(entry, resolve);
        signal.addEventListener("abort", end, { once: true });
        try {
          signal.throwIfAborted();
          await promise;
          return true;
        } finally {
          room.waiters.delete(entry);
          signal.removeEventListener("abort", end);
        }
      },
      [Symbol.dispose]() {
        room.entries.delete(entry);
        if (room.entries.size === 0) rooms.delete(uploadId);
        changed();
      },
    };
  }
  return { enter };
}

const overlap = (claim: Region | null, region: Region): boolean =>
  claim !== null && claim.start < region.end && region.start < claim.end;
