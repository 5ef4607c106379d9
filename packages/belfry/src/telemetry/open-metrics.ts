/** The two forms in which Prometheus reads metrics: they differ in how a counter is introduced. */
export type Exposition = "openmetrics" | "text";

export const CONTENT_TYPES: Readonly<Record<Exposition, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  text: "text/plain; version=0.0.4; charset=utf-8",
};

export interface Family {
  /** Without the `_total` of counters; ends with the unit, if there is one. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit: "seconds" | null;
  readonly help: string;
  /** Whole lines. */
  readonly samples: readonly string[];
}

/**
 * Metrics as text. The older form reads `# UNIT` and `# EOF` as comments, so that whoever looks for
 * the end of the answer finds it in both.
 */
export function exposition(families: readonly Family[], form: Exposition): string {
  const lines = families.flatMap(({ name, type, unit, help, samples }) => {
    const named = form === "text" && type === "counter" ? `${name}_total` : name;
    return [
      `# HELP ${named} ${help}`,
      `# TYPE ${named} ${type}`,
      ...(unit === null ? [] : [`# UNIT ${named} ${unit}`]),
      ...samples,
    ];
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

/** OpenMetrics where it is asked for by name, as Prometheus does; else what every tool can read. */
export function preferred(accept: string | undefined): Exposition {
  return /\bapplication\/openmetrics-text\b/.test(accept ?? "") ? "openmetrics" : "text";
}

/** `{task="a",state="failed"}` */
export function labelled(labels: Readonly<Record<string, string>>): string {
  let text = "";
  for (const [name, value] of Object.entries(labels)) {
    text += `${text === "" ? "{" : ","}${name}="${escaped(value)}"`;
  }
  return text === "" ? text : `${text}}`;
}

function escaped(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
