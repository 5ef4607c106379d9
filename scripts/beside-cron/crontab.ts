/** A line of the crontab that cron and Belfry both run. */
export interface Line {
  readonly covers: string;
  /** Variables and comments set above it; they hold for all lines below, too. */
  readonly above?: readonly string[];
  readonly when: string;
  readonly user: string;
  readonly command: string;
}

/**
 * The lines, in order: a line's number is its place here, from 1. Each notes its start under its
 * number; what it prints names its minute where it can, so that no mail passes for another.
 */
const LINES: readonly Line[] = [
  {
    covers: "output, and an input that is empty",
    above: ["# An environment line, and a comment that is none of a line.", "HERE=@HERE@"],
    when: "* * * * *",
    user: "root",
    command: "$HERE/start 1; cat; echo plain output",
  },
  { covers: "no output", when: "* * * * *", user: "root", command: "$HERE/start 2; true" },
  {
    covers: "output and error, in order",
    when: "*/2 * * * *",
    user: "root",
    command: "$HERE/start 3; echo out; echo error >&2; echo out again; echo é",
  },
  {
    covers: "% as input, \\% in it",
    when: "1-59/3 * * * *",
    user: "root",
    command: "$HERE/start 4; cat%first%  50\\% of the second%",
  },
  {
    covers: "\\% in a command",
    when: "* * * * *",
    user: "root",
    command: "$HERE/start 5; date +'\\%H:\\%M'",
  },
  {
    covers: "variables with quotes, blanks and $",
    above: [
      'QUOTED="two  blanks "',
      "  SINGLE = ' it says \"so\" '",
      "BARE = some words  and = signs ",
      "DOLLAR=$HOME/bin:$PATH",
      'EMPTY=""',
      "'ODD NAME'=taken",
    ],
    when: "0-29,30-59/2 * * * *",
    user: "root",
    command: '$HERE/start 6; echo "[$QUOTED][$SINGLE][$BARE][$DOLLAR][$EMPTY]"',
  },
  {
    covers: "PATH and HOME",
    above: ["PATH=@HERE@/tools:/usr/bin:/bin", "HOME=@HERE@/home"],
    when: "0-58/2,1-59/2 0-23 * * *",
    user: "root",
    command: "start 7; pwd; a-tool",
  },
  {
    covers: "SHELL",
    above: ["SHELL=/bin/bash"],
    when: "* * 1-31 jan-dec 0-7",
    user: "root",
    command: 'start 8; [[ -n $BASH_VERSION ]] && echo "$0 of {a,b}"; echo {a,b}',
  },
  {
    covers: "MAILTO an address, a failure, a step on a day of week",
    above: ["SHELL=/bin/sh", "MAILTO=ops@example.org"],
    when: "* * * * */1",
    user: "root",
    command: "start 9; echo about to fail; exit 3",
  },
  {
    covers: "a failure that prints nothing",
    when: "*/2 * * * sun-sat",
    user: "root",
    command: "start 10; exit 1",
  },
  {
    covers: "MAILTO two addresses, MAILFROM",
    above: ["MAILTO=ops@example.org,oncall@example.org", "MAILFROM=cron@example.org"],
    when: "0,1,2,3,4,5,6-59 * * * *",
    user: "root",
    command: "start 11; date +'to two at \\%H:\\%M'",
  },
  {
    covers: 'MAILTO="", a # in the command',
    above: ['MAILTO=""', 'MAILFROM=""'],
    when: "*/3 * * * *",
    user: "root",
    command: "start 12; echo mailed to nobody # which is no comment to cron",
  },
  {
    covers: "another user, CONTENT_TYPE",
    above: ["MAILTO=ops@example.org", "CONTENT_TYPE=text/html; charset=utf-8"],
    when: "* * * * *",
    user: "nobody",
    command: "start 13; id; echo '<p>é</p>'",
  },
  {
    covers: "a third user, CONTENT_TRANSFER_ENCODING",
    above: ['CONTENT_TYPE=""', "CONTENT_TRANSFER_ENCODING=quoted-printable"],
    when: "*/2 * * * *",
    user: "daemon",
    command: "start 14; id -un; echo caf=C3=A9",
  },
  {
    covers: "tabs, a long output, an end by a signal",
    above: ['CONTENT_TRANSFER_ENCODING=""'],
    when: "\t*\t*\t*\t*\t*",
    user: "root",
    command: "start 15; seq 2000; echo | cat; kill -TERM $$",
  },
];

/** The lines with their numbers. */
export function numberedLines(): readonly (Line & { readonly number: number })[] {
  return LINES.map((line, index) => ({ ...line, number: index + 1 }));
}

/** The crontab in the form of `/etc/cron.d`. */
export function crontabText(here: string): string {
  const texts = LINES.flatMap(({ above = [], when, user, command }) => [
    ...above,
    `${when}\t${user}\t${command}`,
  ]);
  return `${texts.join("\n").replaceAll("@HERE@", here)}\n`;
}
