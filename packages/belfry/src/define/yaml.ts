import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { error, type Fault } from "./problem.ts";

/** What a YAML text says, and on which line it says it. */
export interface YamlText {
  /** Undefined where the text is not YAML. An empty text is an empty map. */
  readonly value: unknown;
  /** The line of the value under `path`; of the nearest one above it where there is none. */
  readonly lineOf: (path: readonly PropertyKey[]) => number | null;
  /** What makes it unreadable, with its line. */
  readonly errors: readonly (Fault & { readonly line: number })[];
}

/** Reads YAML 1.2 (core schema: no tags that make objects). */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter();
  // Pretty errors quote the text around them, and that may be a value nobody should see.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const lineOf = (path: readonly PropertyKey[]) => {
    const offset = offsetOf(document.contents, path);
    return offset === null ? null : lineAt(offset);
  };
  const faults = document.errors.map((thrown) => ({
    ...error([], thrown.message, "mend the YAML here"),
    line: lineAt(thrown.pos[0]),
  }));
  if (faults.length > 0) return { value: undefined, lineOf, errors: faults };
  try {
    const value: unknown = document.toJS();
    return { value: value ?? {}, lineOf, errors: [] };
  } catch (thrown) {
    // Aliases to nowhere, or so many that they would fill the memory.
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { value: undefined, lineOf, errors: [{ ...error([], message), line: 1 }] };
  }
}

/** Offset of the key, or of the list's item, that a path leads to, as far as it leads. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number | null {
  let offset = startOf(root);
  let node = root;
  for (const step of path) {
    if (!isCollection(node)) break;
    const pair = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : undefined;
    const start = startOf(pair?.key ?? node.get(step, true));
    if (start === null) break;
    offset = start;
    node = node.get(step, true);
  }
  return offset;
}

function startOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null;
}
