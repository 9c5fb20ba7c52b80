/** Which commands install a package on this kind of machine. Pure: what the machine has comes in. */

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
const managers: Record<string, (name: string) => string[][][]> = {
  "apt-get": (name) => {
    const install = [
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "install",
      "-y",
      "--no-install-recommends",
      name,
    ];
    return [[install], [["apt-get", "update"], install]];
  },
  dnf: (name) => [[["dnf", "install", "-y", name]]],
  apk: (name) => [[["apk", "add", "--no-cache", name]]],
  pacman: (name) => [[["pacman", "-Sy", "--noconfirm", name]]],
  brew: (name) => [[["brew", "install", name]]],
};

/** Null when the machine has none of the package managers that we know. Homebrew refuses root; the others want it. */
export function installationOf(name: string, machine: Machine): Installation | null {
  const found = Object.entries(managers).find(([manager]) => machine.has(manager));
  if (!found) return null;
  const [manager, attemptsFor] = found;
  if (manager === "brew") return { manager, allowed: !machine.root, attempts: attemptsFor(name) };
  const prefix = machine.root ? [] : machine.sudo ? ["sudo", "-n"] : ["sudo"];
  const attempts = attemptsFor(name).map((commands) => commands.map((command) => [...prefix, ...command]));
  return { manager, allowed: machine.root || machine.sudo, attempts };
}
