/** Which commands install packages on this kind of machine. Pure: what the machine has comes in. */

export interface Machine {
  /** Whether there is such a program. */
  has: (program: string) => boolean;
  root: boolean;
  /** Whether sudo works without a password. */
  sudo: boolean;
}

export interface Installation {
  manager: string;
  /** Whether we may run this; else somebody with a password must. */
  allowed: boolean;
  /** Lists of commands, each to be tried when the one before did not help. The last one is complete. */
  attempts: string[][][];
}

/** apt's lists may be missing or old: then installing fails, and an update helps. Updating first would cost every time. */
const managers: Record<string, (packages: string[]) => string[][][]> = {
  "apt-get": (packages) => {
    const line = "env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends";
    const install = [...line.split(" "), ...packages];
    return [[install], [["apt-get", "update"], install]];
  },
  dnf: (packages) => [[["dnf", "install", "-y", ...packages]]],
  apk: (packages) => [[["apk", "add", "--no-cache", ...packages]]],
  pacman: (packages) => [[["pacman", "-Sy", "--noconfirm", ...packages]]],
  brew: (packages) => [[["brew", "install", ...packages]]],
};

/** Null when the machine has none of the package managers that we know. Homebrew refuses root; the others want it. */
export function installationOf(packages: string[], machine: Machine): Installation | null {
  const found = Object.entries(managers).find(([manager]) => machine.has(manager));
  if (!found) return null;
  const [manager, attemptsFor] = found;
  if (manager === "brew") return { manager, allowed: !machine.root, attempts: attemptsFor(packages) };
  const prefix = machine.root ? [] : machine.sudo ? ["sudo", "-n"] : ["sudo"];
  const attempts = attemptsFor(packages).map((commands) => commands.map((command) => [...prefix, ...command]));
  return { manager, allowed: machine.root || machine.sudo, attempts };
}
