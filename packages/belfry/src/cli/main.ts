import { VERSION } from "../version.ts";
import { readArguments } from "./arguments.ts";
import { CHAPTERS, COMMANDS } from "./commands.ts";
import { tellFailure } from "./failure.ts";
import { helpOf, overview } from "./help.ts";
import type { Io } from "./io.ts";
import { Session } from "./session.ts";

/**
 * Carries out one command line.
 *
 * @param argv without the program's own name.
 * @returns the exit code.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const session = new Session(io, globalsOf(argv));
  try {
    const { command, version, ...given } = readArguments(argv, COMMANDS);
    if (version) session.print(VERSION);
    if (version) return 0;
    if (command === null) return tellOverview(session, argv);
    if (given.values["help"] === true) {
      session.print(helpOf(command, session.out));
      return 0;
    }
    return await perform(new Session(io, given.values), (asked) => command.run(asked, given));
  } catch (thrown) {
    return tellFailure(session, thrown);
  }
}

async function perform(
  session: Session,
  run: (session: Session) => Promise<number>,
): Promise<number> {
  try {
    return await run(session);
  } catch (thrown) {
    return tellFailure(session, thrown);
  } finally {
    await session.close();
  }
}

/** Asked for it is an answer; where a verb was forgotten it is talk, and the answer is 2. */
function tellOverview(session: Session, argv: readonly string[]): number {
  const asked = argv.includes("--help") || argv.includes("-h") || argv.includes("help");
  if (asked) session.print(overview(CHAPTERS, session.out));
  else session.io.stderr.write(`${overview(CHAPTERS, session.err)}\n`);
  return asked ? 0 : 2;
}

/** A command line that cannot be read still says how it wants to be answered. */
function globalsOf(argv: readonly string[]): Record<string, boolean> {
  const end = argv.indexOf("--");
  const before = end < 0 ? argv : argv.slice(0, end);
  return Object.fromEntries(
    ["json", "quiet", "no-color"].map((name) => [name, before.includes(`--${name}`)]),
  );
}
