/** Words after which the command itself begins. */
const KEYWORDS = words("if then else elif do while until ! exec");
/** Programs that run the one behind them, after options, numbers and durations. */
const WRAPPERS = words("nice ionice chrt nohup setsid env sudo time timeout flock chronic");
/** Options of wrappers whose value is a word of its own. */
const WITH_VALUE = words("-u -g --user --group");
/** Programs that a script gives its name to. */
const INTERPRETERS = /^(python|perl|ruby|node|php|java|bash|dash|zsh|ksh|sh|pwsh)[\d.]*$/;
/** What a line is about only if there is nothing else in it. */
const GLUE = words(
  "test [ [[ cd true false : sleep echo printf export set source . umask exit date command mkdir touch logger curl wget fi done esac",
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

/**
 * The base name of the program that a shell line is about, as people would call it: of
 * `cd /srv && nice -n 10 python3 jobs/load.py | mail ops` that is `load.py`. Empty where there is
 * none. It reads the usual lines; of any other it names some word, which is as good for an identity.
 */
export function programOf(text: string): string {
  const plain = text
    .replace(/'[^']*'|"(?:[^"\\]|\\.)*"|\$\([^()]*\)/g, "'")
    .replace(/\d*[<>]{1,2}&?\s*[^\s;|&()]+/g, " ");
  const pipelines = plain.split(/&&|\|\||[;&(){}`\n]/);
  const programs = pipelines.map(programOfPipeline).filter((name) => /^[^-]*\w/.test(name));
  const own = programs.find((name) => !GLUE.has(name) && !INTERPRETERS.test(name));
  return own ?? programs[0] ?? "";
}

function programOfPipeline(pipeline: string): string {
  const rest = (pipeline.split("|")[0] ?? "").trim().split(/\s+/);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (KEYWORDS.has(word) || /^\w+=/.test(word)) continue;
    const name = baseName(word);
    if (WRAPPERS.has(name)) skipOptions(rest, name);
    else return INTERPRETERS.test(name) ? scriptOf(name, rest) : name;
  }
  return "";
}

function skipOptions(rest: string[], wrapper: string): void {
  while (/^-|^\d+[smhd]?$/.test(rest[0] ?? "")) {
    if (WITH_VALUE.has(rest.shift() ?? "")) rest.shift();
  }
  if (wrapper === "flock") rest.shift();
}

/** Code that stands in the line itself has no name. */
function scriptOf(interpreter: string, rest: readonly string[]): string {
  const [first = "", second = ""] = rest;
  if (first === "-m" || first === "-jar") return baseName(second);
  const script = rest.find((word) => !word.startsWith("-"));
  return script === undefined || script === "'" ? interpreter : baseName(script);
}

function baseName(word: string): string {
  return word.split("/").at(-1) ?? "";
}
